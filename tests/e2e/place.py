"""Where a region runs, how it is spoken to, and what has been promised and broken: what every part of region_test.py shares."""
import json
import pathlib
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

SOURCE, BUILD, WORK = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
SITE, REGION = WORK / "site", WORK / "region"
BROKEN = []
YEARS = []  # the school years that are public, once they are known
NUMBERED = {"value", "imprecise", "break"}


def promise(name, kept, detail=""):
    print(("ok      " if kept else "BROKEN  ") + name + (f": {detail}" if detail else ""), flush=True)
    if not kept:
        BROKEN.append(name)


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


class Service:
    def __init__(self, url):
        self.url = url

    def send(self, path, data=None, content_type=None, member=None, accept=None):
        """(status, body, headers); an answer of any status is an answer."""
        context = ssl.create_default_context(cafile=SITE / "tls/authority.pem")
        if member:
            context.load_cert_chain(member / "certificate.pem", member / "certificate.key")
        headers = {k: v for k, v in {"Content-Type": content_type, "Accept": accept}.items() if v}
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context, timeout=60) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def json(self, path):
        status, body, _ = self.send(path, accept="application/json")
        assert status == 200, f"{path}: {status} {body[:300]!r}"
        return json.loads(body)
