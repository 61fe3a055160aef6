"""Tokens from outside: two real key holders, real members, certificates made by another library, and a line in between that counts.

Usage: tokens_test.py BUILD_DIR SOURCE_DIR WORK_DIR. Prints a line per promise; exit 1 when one is broken.
"""
import base64
import csv
import datetime
import http.server
import ipaddress
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from key_log import put_in_log

BUILD, SOURCE, WORK = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
DATA = SOURCE / "policies/data"
BROKEN, STARTED = [], []
DALFSEN, ZWOLLE, STRANGER, REGION = "00000001999000000148", "00000001999000000193", "00000001999000009999", "00000001999900000010"
DOMAIN, OTHER_YEAR = "RMC10/absence/2022SJ", "RMC10/absence/2023SJ"
HEADER = ("case_id,person_id,bsn,education_number,family_name,given_name,date_of_birth,street,phone,case_type,date_opened,date_closed,"
          "education,target_group,origin,result,recurrence,officer,notes").split(",")


def promise(name, kept, detail=""):
    print(("ok      " if kept else "BROKEN  ") + name + (f": {' '.join(detail.split())}" if detail else ""), flush=True)
    if not kept:
        BROKEN.append(name)


def make_certificates():
    """RSA, whose signatures have one length: what passes on the line then depends on nothing but what is asked. Valid on the made-up clock too."""
    tls = WORK / "tls"
    tls.mkdir()
    start, end = datetime.datetime(2020, 1, 1), datetime.datetime(2040, 1, 1)
    authority = rsa.generate_private_key(65537, 2048)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def sign(name, subject, key, extensions):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(
            x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        (tls / f"{name}.pem").write_bytes(builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        (tls / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def usage(sign_certificates):
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
                 "encipher_only", "decipher_only")
        return x509.KeyUsage(**{n: n in (("key_cert_sign", "crl_sign") if sign_certificates else ("digital_signature", "key_encipherment")) for n in names})

    sign("ca", issuer, authority, [(x509.BasicConstraints(True, 0), True), (usage(True), True)])
    lists = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(start).next_update(end).sign(authority, hashes.SHA256())
    (tls / "revoked.pem").write_bytes(lists.public_bytes(serialization.Encoding.PEM))
    for name, oin in (("server", None), ("dalfsen", DALFSEN), ("zwolle", ZWOLLE), ("stranger", STRANGER), ("region", REGION)):
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)] + ([x509.NameAttribute(NameOID.SERIAL_NUMBER, oin)] if oin else [])
        use = ExtendedKeyUsageOID.CLIENT_AUTH if oin else ExtendedKeyUsageOID.SERVER_AUTH
        sign(name, x509.Name(subject), rsa.generate_private_key(65537, 2048), [
            (x509.BasicConstraints(False, None), True), (usage(False), True), (x509.ExtendedKeyUsage([use]), False),
            (x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]), False)])
    return tls


def set_clock(instant):
    (WORK / "clock.part").write_text(instant + "\n")
    (WORK / "clock.part").rename(WORK / "clock")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Holder:
    def __init__(self, name, tls):
        self.name, self.folder, self.port, self.process = name, WORK / name, free_port(), None
        self.run("init", "--out", self.folder, "--codebook", DATA / "codebooks/nl-leerplicht-2026.1.json", "--certificate", tls / "server.pem",
                 "--private-key", tls / "server.key", "--client-authority", tls / "ca.pem", "--revocation-lists", tls / "revoked.pem", "--port", self.port, "--clock-file", WORK / "clock", bare=True)
        self.lines = {domain: json.loads(self.run("create-key", "--domain", domain).stdout) for domain in (DOMAIN, OTHER_YEAR)}

    def run(self, command, *arguments, bare=False, check=True):
        config = [] if bare else ["--config", self.folder / "holder.json"]
        return subprocess.run([BUILD / "bin/polder-keyholder", command, *map(str, [*arguments, *config])], check=check, capture_output=True, text=True)

    def start(self):
        url = self.folder / "url"
        url.unlink(missing_ok=True)
        self.process = subprocess.Popen([BUILD / "bin/polder-keyholder", "serve", "--config", self.folder / "holder.json", "--url-file", url],
                                        stderr=open(WORK / f"{self.name}.log", "ab"))
        STARTED.append(self.process)
        for _ in range(300):
            if url.exists():
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not start")

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(timeout=30)

    def charged(self):
        with sqlite3.connect(f"file:{self.folder}/data/holder.db?mode=ro", uri=True) as store:
            return store.execute("SELECT coalesce(sum(size), 0) FROM batches").fetchone()[0]

    def sizes(self):
        with sqlite3.connect(f"file:{self.folder}/data/holder.db?mode=ro", uri=True) as store:
            return [row[0] for row in store.execute("SELECT size FROM batches ORDER BY sequence")]

    def set(self, **fields):
        path = self.folder / "holder.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def sheet(first, second, path, ports=None, keys=None):
    """tokens.json; `ports` and `keys` say where it deviates from what the holders are."""
    ports, keys = ports or (first.port, second.port), keys or {}
    holders = [{"name": h.name, "url": f"https://127.0.0.1:{p}", "authority": (WORK / "tls/ca.pem").read_text()} for h, p in zip((first, second), ports)]
    domains = [{"domain": d, "keys": [{"holder": h.name, "keyId": h.lines[d]["keyId"], "publicKey": keys.get((h.name, d), h.lines[d]["publicKey"])}
                                      for h in (first, second)]} for d in (DOMAIN, OTHER_YEAR)]
    whole = {"format": "polder-tokens-1", "region": "RMC10", "holders": holders, "domains": domains}
    path.write_text(json.dumps(put_in_log(whole, path.with_suffix(".policy"))))
    return path


def numbers(count, remainder=0, first=2_345_678):
    """Nine digits whose 11-test leaves `remainder`: 0 for citizens, 5 (and a 1 in front) for education numbers."""
    found, n = [], 90_000_000 if remainder == 0 else 10_000_000
    n += first
    while len(found) < count:
        digits = [int(d) for d in f"{n:08d}"]
        last = (sum(d * w for d, w in zip(digits, range(9, 1, -1))) - remainder) % 11
        if last < 10:
            found.append(f"{n:08d}{last}")
        n += 7
    return found


def export(path, bsns, education=(), year=2023):
    with open(path, "w", newline="") as out:
        rows = csv.DictWriter(out, HEADER, lineterminator="\n")
        rows.writeheader()
        for i, (bsn, number) in enumerate([*((b, "") for b in bsns), *(("", e) for e in education)]):
            rows.writerow({"case_id": f"Z{i}", "person_id": f"P{i}", "bsn": bsn, "education_number": number, "family_name": "Jansen", "given_name": "Jo",
                           "date_of_birth": "2008-05-17", "case_type": "20", "date_opened": f"{year}-03-06", "education": "VO", "target_group": "-",
                           "origin": "SCHOOL"})
    return path


def tokenise(csv_file, tokens, out, member="dalfsen", municipality="GM0148", period="2022SJ-Q3", more=(), wait=True):
    command = [BUILD / "bin/polder-member", "tokenise", "--mapping", DATA / "mappings/register-csv-1.json", "--codebook",
               DATA / "codebooks/nl-leerplicht-2026.1.json", "--export", csv_file, "--municipality", municipality, "--period", period, "--tokens", tokens, "--log-policy", tokens.with_suffix(".policy"),
               "--policy", DATA / "policies/default.json", "--recipient", WORK / "tls/region.pem", "--case-key", WORK / "case.key", "--certificate", WORK / f"tls/{member}.pem", "--private-key", WORK / f"tls/{member}.key", "--out", out,
               "--i-know-this-is-case-data", "--lang", "en", *more]
    environment = {**os.environ, "TMPDIR": str(WORK / "tmp")}
    if not wait:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240)


def pupils(path):
    """Token of each case, in the order of the export's rows (by the case key, which both runs derive alike)."""
    cases = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return {case["caseKey"]: case["pupil"] for case in cases if "pupil" in case}


class Counter:
    """A relay that counts the bytes of each direction."""

    def __init__(self, to):
        self.to, self.sent, self.received = to, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.pump, args=(client, server, "sent"), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, "received"), daemon=True).start()

    def pump(self, source, target, name):
        try:
            while chunk := source.recv(65536):
                setattr(self, name, getattr(self, name) + len(chunk))
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self):
        time.sleep(0.3)  # the last bytes of a connection that was closed
        counted, self.sent, self.received = (self.sent, self.received), 0, 0
        return counted


class Liar(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent and a proof of nothing."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"keyId": asked["keyId"], "evaluatedElements": asked["blindedElements"],
                           "proof": base64.urlsafe_b64encode(bytes(31) + b"\1" + bytes(31) + b"\1").rstrip(b"=").decode()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def start_liar():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(WORK / "tls/server.pem", WORK / "tls/server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def points(count):
    encode = lambda key: key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    raw = (encode(ec.generate_private_key(ec.SECP256R1()).public_key()) for _ in range(count))
    return [base64.urlsafe_b64encode(r).rstrip(b"=").decode() for r in raw]


def ask(holder, key_id, elements, member="dalfsen", body=None):
    context = ssl.create_default_context(cafile=WORK / "tls/ca.pem")
    if member:
        context.load_cert_chain(WORK / f"tls/{member}.pem", WORK / f"tls/{member}.key")
    data = body if body is not None else json.dumps({"keyId": key_id, "blindedElements": elements}).encode()
    request = urllib.request.Request(f"https://127.0.0.1:{holder.port}/v1/evaluate", data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.status, json.loads(answer.read()), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers["Content-Type"]


def check_tokens(first, second, tokens):
    bsns, education = numbers(3), numbers(2, 5)
    here, there = export(WORK / "dalfsen.csv", bsns, education), export(WORK / "zwolle.csv", bsns, education)
    ran = [tokenise(here, tokens, WORK / "dalfsen.ndjson"), tokenise(there, tokens, WORK / "zwolle.ndjson", "zwolle", "GM0193")]
    promise("a member gets its tokens from two holders", all(r.returncode == 0 for r in ran), ran[0].stderr[-300:])
    at_dalfsen, at_zwolle = set(pupils(WORK / "dalfsen.ndjson").values()), set(pupils(WORK / "zwolle.ndjson").values())
    promise("a pupil who moves inside the region within a year keeps the token", at_dalfsen == at_zwolle and len(at_dalfsen) == 5, f"{len(at_dalfsen)} pupils")
    later = tokenise(export(WORK / "later.csv", bsns, education, 2024), tokens, WORK / "later.ndjson", period="2023SJ-Q3")
    other = set(pupils(WORK / "later.ndjson").values())
    promise("another year's tokens are unrelated", later.returncode == 0 and len(other) == 5 and not other & at_dalfsen, later.stderr[-200:])
    again = tokenise(here, tokens, WORK / "again.ndjson")
    promise("blinded anew, the same delivery", again.returncode == 0 and (WORK / "again.ndjson").read_bytes() == (WORK / "dalfsen.ndjson").read_bytes())
    promise("a plain line tells how far it is", "tokens 1/1" in again.stderr, again.stderr[-200:])
    return bsns + education, at_dalfsen | other


def check_sizes(first, second):
    """Every byte on the line, both ways, of exports with one pupil more, with none, and with a hundred."""
    counters = [Counter(first.port), Counter(second.port)]
    tokens = sheet(first, second, WORK / "counted.json", [c.port for c in counters])
    seen, before = {}, (len(first.sizes()), len(second.sizes()))
    for count in (0, 1, 2, 100):
        ran = tokenise(export(WORK / "sized.csv", numbers(count)), tokens, WORK / "sized.ndjson")
        seen[count] = (ran.returncode, *(c.take() for c in counters))
    promise("not one byte on the line depends on the number of pupils", len(set(seen.values())) == 1 and seen[0][0] == 0, str(seen))
    sizes = set(first.sizes()[before[0]:]) | set(second.sizes()[before[1]:])
    promise("a holder's store has padded sizes only", sizes == {320}, str(sizes))


def check_broken_line(first, second, tokens):
    """A holder that dies while it is asked, and comes back: the same tokens, and nothing is charged twice."""
    many, member = export(WORK / "many.csv", numbers(3000)), ("zwolle", "GM0193")
    before = (first.charged(), second.charged())
    whole = tokenise(many, tokens, WORK / "whole.ndjson", *member)
    each = first.charged() - before[0]
    running = tokenise(many, tokens, WORK / "broken.ndjson", *member, wait=False, more=["--patience", "60"])
    while second.charged() == before[1] + each and running.poll() is None:
        time.sleep(0.02)
    second.end(signal.SIGKILL)
    interrupted = running.poll() is None
    time.sleep(1)
    second.start()
    _, err = running.communicate(timeout=240)
    promise("a holder that is killed and comes back costs a member nothing but time", whole.returncode == 0 and interrupted and running.returncode == 0 and
            (WORK / "broken.ndjson").read_bytes() == (WORK / "whole.ndjson").read_bytes(), err[-300:])
    promise("what was asked again is not charged again", second.charged() == before[1] + 2 * each and first.charged() == before[0] + 2 * each,
            f"{second.charged() - before[1]} of {2 * each}")


def check_liars(first, second):
    csv_file, out = export(WORK / "small.csv", numbers(2)), WORK / "lied.ndjson"
    other = Holder("key-holder-3", WORK / "tls")
    wrong_key = sheet(first, second, WORK / "wrong-key.json", keys={(second.name, DOMAIN): other.lines[DOMAIN]["publicKey"]})
    false_proof = sheet(first, second, WORK / "false-proof.json", ports=(first.port, start_liar()))
    for name, tokens in (("another key than the published one", wrong_key), ("a proof of nothing", false_proof)):
        ran = tokenise(csv_file, tokens, out)
        promise(f"a holder with {name} is named and nothing is written", ran.returncode == 1 and second.name in ran.stderr and first.name not in ran.stderr
                and not out.exists(), ran.stderr[-300:])
    same = sheet(first, second, WORK / "same.json", keys={(second.name, DOMAIN): first.lines[DOMAIN]["publicKey"]})
    ran = tokenise(csv_file, same, out)
    promise("one key for both halves is refused before anybody is asked", ran.returncode == 1 and "/domains/0/keys/1" in ran.stderr and not out.exists())


def check_refusals(first, second, tokens):
    csv_file, out = export(WORK / "small.csv", numbers(2)), WORK / "refused.ndjson"
    ran = tokenise(csv_file, tokens, out, member="stranger")
    promise("a certificate that is not on the list is refused", ran.returncode == 1 and "refuses" in ran.stderr and not out.exists(), ran.stderr[-300:])
    key = first.lines[DOMAIN]["keyId"]
    status, body, kind = ask(first, key, points(1), "stranger")
    promise("an OIN that is not allowed gets a 403 problem", status == 403 and kind.startswith("application/problem+json"), f"{status} {body}")
    promise("without a certificate nobody is answered", ask(first, key, points(1), None)[0] == 403)
    promise("an unknown key is a 404 problem", ask(first, "RMC10.absence.2022SJ.0000000000000000", points(1))[0] == 404)
    status, body, _ = ask(first, None, None, body=json.dumps({"keyId": 7, "blindedElements": ["AA", points(1)[0], None]}).encode())
    promise("every fault of a request comes at once", status == 400 and {e["pointer"] for e in body["errors"]} == {"/keyId", "/blindedElements/0",
                                                                                                                 "/blindedElements/2"}, str(body))
    status, body, _ = ask(first, key, points(64))
    promise("a batch that is of no class is refused", status == 400 and body["errors"][0]["code"] == "not-padded", f"{status} {body}")
    status, body, _ = ask(first, key, points(320))  # the least class of 4690 public pupils
    promise("the answer is exactly keyId, evaluatedElements and proof", status == 200 and set(body) == {"keyId", "evaluatedElements", "proof"} and
            len(body["evaluatedElements"]) == 320 and len(body["proof"]) == 86, f"{status} {body}")


def check_quota():
    holder = Holder("key-holder-4", WORK / "tls")
    holder.set(quotaPerPupil="1/20", paddedBatchesOnly=False)  # 4690 pupils: 256 elements
    holder.start()
    key = holder.lines[DOMAIN]["keyId"]
    batches = [points(64) for _ in range(50)]
    answers, mutex = [], threading.Lock()

    def fire(batch):
        status, body, _ = ask(holder, key, batch)
        with mutex:
            answers.append((status, body.get("type", "")))

    threads = [threading.Thread(target=fire, args=(b,)) for b in batches]
    [t.start() for t in threads]
    [t.join() for t in threads]
    kinds = {status: sum(s == status for s, _ in answers) for status, _ in answers}
    promise("50 requests at once never get more than the quota", kinds == {200: 4, 429: 46} and holder.charged() == 256, str(kinds))
    holder.end(signal.SIGKILL)
    holder.start()
    status, body, kind = ask(holder, key, points(1))
    promise("the quota survives a kill and a restart", status == 429 and kind.startswith("application/problem+json") and "quota-exhausted" in body["type"],
            f"{status} {body}")
    promise("another key has a quota of its own", ask(holder, holder.lines[OTHER_YEAR]["keyId"], points(1))[0] == 200)
    early = holder.run("destroy-key", "--key", key, check=False)
    set_clock("2024-09-04T00:00:00Z")
    gone = holder.run("destroy-key", "--key", key, check=False)
    status, body, _ = ask(holder, key, points(1))
    promise("a key is destroyed after its window only, at once and for good", early.returncode == 1 and gone.returncode == 0 and status == 410,
            f"{early.stderr} {gone.stderr} {status} {body}")
    set_clock("2023-02-06T09:00:00Z")
    promise("and stays so when the clock is turned back", ask(holder, key, points(1))[0] == 410)
    promise("a holder ends in good order", holder.end() == 0)


def check_down(first, second, tokens):
    out, bad = WORK / "down.ndjson", WORK / "bad.csv"
    second.end()
    ran = tokenise(export(WORK / "small.csv", numbers(2)), tokens, out, more=["--patience", "1"])
    promise("a holder that is down: clear, exit 3, nothing written", ran.returncode == 3 and second.name in ran.stderr and not out.exists(), ran.stderr[-300:])
    bad.write_text((WORK / "small.csv").read_text() + "Z9,P9,123456789,,N,Z,17-5-2008,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n")
    before = first.charged()
    ran = tokenise(bad, tokens, out)
    promise("faults of the export are told before any holder is asked", ran.returncode == 1 and ran.stderr.count("line 4") == 2 and first.charged() == before,
            ran.stderr[-300:])
    second.start()
    promise("and then it works", tokenise(WORK / "small.csv", tokens, out).returncode == 0)


def check_traces(identifiers, tokens):
    """Of numbers and tokens nothing is left, but in the exports and the deliveries themselves."""
    holders = [p for n in range(1, 5) for p in [WORK / f"key-holder-{n}.log", *(WORK / f"key-holder-{n}").rglob("*")] if p.is_file()]
    others = [p for p in (WORK / "tmp").rglob("*") if p.is_file()]
    wanted = [w.encode() for w in identifiers] + [t.encode() for t in tokens] + [base64.urlsafe_b64decode(t + "=") for t in tokens]
    found = [p.name for p in [*holders, *others] for w in wanted if w in p.read_bytes()]
    promise("no number and no token in the holders' stores, their logs or temporary files", not found and len(holders) >= 20, f"{len(holders)} files; {found}")
    logs = "".join((WORK / f"key-holder-{n}.log").read_text() for n in (1, 2, 4))
    fields = {k for line in logs.splitlines() if line.startswith("{") for k in json.loads(line)}
    promise("an access line has no identity, path or size", fields == {"time", "method", "route", "status", "took", "request"}, str(fields))


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "tmp").mkdir(parents=True)
    set_clock("2023-02-06T09:00:00Z")
    (WORK / "case.key").write_text("b" * 64 + "\n")
    tls = make_certificates()
    first, second = Holder("key-holder-1", tls), Holder("key-holder-2", tls)
    try:
        first.start()
        second.start()
        tokens = sheet(first, second, WORK / "tokens.json")
        identifiers, seen = check_tokens(first, second, tokens)
        check_sizes(first, second)
        check_broken_line(first, second, tokens)
        check_liars(first, second)
        check_refusals(first, second, tokens)
        check_quota()
        check_down(first, second, tokens)
        check_traces(identifiers, seen)
    finally:
        for process in STARTED:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=30)


main()
sys.exit(1 if BROKEN else 0)
