"""What a release hides is told to anyone, and no more than that: the audit's public part, the heat map, the page."""
import hashlib
import json
import re
import shutil

from place import BUILD, SITE, WORK, YEARS, promise, run


def verify(release, audit, earlier):
    place = WORK / "releases" / release
    return run(BUILD / "bin/polder-verify", f"{place}.json", "--proof", f"{place}.proof", "--log-policy", SITE / "log.policy", "--audit", audit,
               "--earlier", earlier).returncode


def check_audits(service, releases):
    """Every audit is the one that its release names and fits all releases before it; one claim changed, and it is none."""
    folder = WORK / "audits"
    shutil.rmtree(folder, ignore_errors=True)
    before = folder / "before"
    before.mkdir(parents=True)
    answers = {}
    for name, release in sorted(releases.items(), key=lambda item: item[1]["header"]["madeAt"]):
        status, body, _ = service.send(f"/v1/releases/{name}/audit")
        (folder / name).write_bytes(body)
        named = status == 200 and hashlib.sha256(body).hexdigest() == release["header"]["auditDigest"]
        answers[name] = named and verify(name, folder / name, before)
        shutil.copy(WORK / "releases" / f"{name}.json", before)
    promise("polder-verify says yes to the public audit of every release", set(answers.values()) == {0}, str({n: a for n, a in answers.items() if a != 0}))
    (before / f"{name}.json").unlink()
    audit = json.loads(body)
    told = [verify(name, folder / "changed", before) for claim in ("hiddenCells", "earlierReleases", "determinedCells")
            if (folder / "changed").write_text(json.dumps({**audit, claim: audit[claim] + 1}))]
    promise("and no to one with a claim changed", told == [1, 1, 1], str(told))


def check_picture(service, releases):
    """The heat map and the page count the cells without a number, and are made from the release alone."""
    name = f"{YEARS[-1]}-definitive-1"
    measure = next(m for m in releases[name]["measures"] if m["id"] == "persons")
    hidden = sum(cell["status"] == "hidden" for table in measure["tables"] for cell in table["cells"])
    release = WORK / "releases" / f"{name}.json"
    for language in ("nl", "en"):
        status, picture, headers = service.send(f"/v1/releases/{name}/hidden.svg?language={language}")
        out = WORK / f"hidden-{language}.svg"
        said = run(BUILD / "bin/polder", "hidden", release, "--codebook", SITE / "codebook.json", "--out", out, "--language", language)
        promise(f"the picture of what is hidden ({language}) is the one that polder hidden draws from the release", status == 200 and hidden > 0 and
                headers["Content-Type"].startswith("image/svg+xml") and said.returncode == 0 and out.read_bytes() == picture and
                said.stderr.startswith(f"{hidden} of "), said.stderr.strip()[:200])
    page = WORK / "hidden.html"
    run(BUILD / "bin/polder", "hidden", release, "--codebook", SITE / "codebook.json", "--out", page)
    promise("the page says nowhere which hidden cells are small and which protect another", page.stat().st_size > 1000 and
            not re.search("primair|secundair|primary|secondary|complementary", page.read_text()))
    for path, expected in (("none-such/hidden.svg", 404), (f"{name}/hidden.svg?measure=none-such", 404), (f"{name}/hidden.svg?language=fr", 400)):
        promise(f"hidden.svg answers {expected} to {path.split('/')[1]} of {path.split('/')[0]}", service.send(f"/v1/releases/{path}")[0] == expected)
