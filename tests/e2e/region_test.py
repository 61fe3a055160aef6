"""The demo region from outside: real HTTPS, stock `openssl cms`, the generator's truth, and nothing of Polder's own code.

Usage: region_test.py SOURCE_DIR BUILD_DIR WORK_DIR. Starts `server/demo` in WORK_DIR on a free port, checks what anyone can fetch, tries
to deliver a bad batch, and stops the service. Prints a line per promise; exit 1 when one is broken.
"""
import base64
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

SOURCE, BUILD, WORK = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
SITE, REGION = WORK / "site", WORK / "region"
BROKEN = []
NUMBERED = {"value", "imprecise", "break"}


def promise(name, kept, detail=""):
    print(("ok      " if kept else "BROKEN  ") + name + (f": {detail}" if detail else ""), flush=True)
    if not kept:
        BROKEN.append(name)


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


def cells_of(measure, table):
    names = table["attributes"]
    return {tuple(zip(names, cell["codes"])): cell for cell in table["cells"]}


def check_statuses(releases):
    wrong = [f"{r['header']['releaseId']} {t['id']} {c['codes']}" for r in releases.values() for m in r["measures"] for t in m["tables"]
             for c in t["cells"] if set(c) != ({"codes", "status", "value", "low", "high"} if c["status"] in NUMBERED else {"codes", "status"})]
    hidden = sum(c["status"] == "hidden" for r in releases.values() for m in r["measures"] for t in m["tables"] for c in t["cells"])
    promise("a cell has a number exactly when its status says so", not wrong, "; ".join(wrong[:3]) or f"{hidden} hidden cells")
    promise("something is hidden, so that hiding is tested", hidden > 0)


def check_sums(releases):
    """Every cell of a table whose attributes are part of another's is the sum of its parts, wherever all of them are shown."""
    checked, wrong = 0, []
    for release in releases.values():
        for measure in release["measures"]:
            for small in measure["tables"]:
                for large in measure["tables"]:
                    if not set(small["attributes"]) < set(large["attributes"]):
                        continue
                    parts = {}
                    for key, cell in cells_of(measure, large).items():
                        parts.setdefault(tuple(p for p in key if p[0] in small["attributes"]), []).append(cell)
                    for key, cell in cells_of(measure, small).items():
                        if "value" in cell and all("value" in p for p in parts[key]):
                            checked += 1
                            if cell["value"] != sum(p["value"] for p in parts[key]):
                                wrong.append(f"{release['header']['releaseId']} {measure['id']} {key}")
    promise("every table adds up exactly", checked >= 30 and not wrong, "; ".join(wrong[:3]) or f"{checked} totals of shown parts")


def check_presence(releases, municipalities):
    missing = []
    for year in YEARS:
        tables = {t["id"]: (m, t) for m in definitive(releases, year)["measures"] if m["id"] == "persons" for t in m["tables"]}
        cells = cells_of(*tables["municipality-kind"])
        for municipality in municipalities:
            for kind in ("absolute", "relative"):
                cell = next((c for k, c in cells.items() if set(k) == {("municipality", municipality), ("kind", kind)}), None)
                if cell is None or cell["status"] not in NUMBERED | {"hidden"}:
                    missing.append(f"{year} {municipality} {kind}")
    promise("every yearly municipal figure of persons with absolute and relative absence is there", not missing, "; ".join(missing[:5]))


def definitive(releases, year):
    return next(r for r in releases.values() if r["header"]["period"] == year and r["header"]["kind"] in ("definitive", "vsv"))


def check_truth(releases):
    """Selection aside, 95 % of the intervals hold the truth; one run of a whole region must hold at least nine in ten."""
    inside = total = 0
    for release in releases.values():
        header = release["header"]
        path = REGION / "truth" / f"{header['period']}.json"
        if not path.exists():
            continue
        truth = json.loads(path.read_text())["provisional" if header["kind"] == "provisional" else "definitive"]
        for measure in release["measures"]:
            for table in measure["tables"]:
                known = truth_cells(truth, measure["id"], table)
                for cell in table["cells"]:
                    if "value" in cell:
                        total += 1
                        inside += cell["low"] <= known[tuple(cell["codes"])] <= cell["high"]
    share = inside / max(total, 1)
    promise("the truth lies in the published intervals", total > 300 and share >= 0.9, f"{inside} of {total} ({share:.3f})")


def truth_cells(truth, measure, table):
    """The generator joins codes in the policy's order and leaves out zeros; the release has them in the schema's."""
    counts = {frozenset(key.split("|")): n for key, n in truth[measure].get(table["id"], {}).items()}
    return {tuple(cell["codes"]): counts.get(frozenset(cell["codes"] or [""]), 0) for cell in table["cells"]}


def check_repeats(service, listing):
    some = listing[-1]
    measure = some["measures"][0]
    paths = [f"/v1/releases/{some['id']}", f"/v1/releases/{some['id']}/tables/{measure['id']}/{measure['tables'][0]}",
             "/v1/comparisons?measure=persons"]
    for path in paths:
        answers = {service.send(path, accept="application/json")[:2] for _ in range(100)}
        promise(f"the same question 100 times gives the same answer ({path})", len(answers) == 1 and next(iter(answers))[0] == 200)


def check_csv(service, listing):
    some = listing[-1]
    for measure in some["measures"]:
        for table in measure["tables"]:
            path = f"/v1/releases/{some['id']}/tables/{measure['id']}/{table}"
            document = service.json(path)["table"]
            rows = list(csv.DictReader(io.StringIO(service.send(path, accept="text/csv")[1].decode())))
            same = len(rows) == len(document["cells"]) and all(
                row["status"] == cell["status"] and row["value"] == str(cell.get("value", ""))
                for row, cell in zip(rows, document["cells"]))
            if not same:
                promise(f"CSV and JSON agree ({path})", False)
                return
    promise("CSV and JSON of every table agree", True)


def check_verify(listing):
    verify, policy = BUILD / "bin/polder-verify", SITE / "log.policy"
    answers, forged = [], None
    for item in listing:
        release, proof = WORK / "releases" / f"{item['id']}.json", WORK / "releases" / f"{item['id']}.proof"
        answers.append(subprocess.run([verify, release, "--proof", proof, "--log-policy", policy], capture_output=True).returncode)
    text = release.read_text()
    number = re.search(r'"value":(\d+)', text)
    changed = text[:number.start(1)] + str(int(number.group(1)) + 1) + text[number.end(1):]
    (WORK / "forged.json").write_text(changed)
    forged = subprocess.run([verify, WORK / "forged.json", "--proof", proof, "--log-policy", policy], capture_output=True).returncode
    promise("polder-verify says yes to every release", set(answers) == {0}, f"{len(answers)} releases")
    promise("polder-verify says no to a release with one figure changed", forged == 1, f"exit {forged}")


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


def check_log():
    """The whole log as files: walked by polder-verify, read by Go's own code, and every leaf looked at."""
    folder, policy = WORK / "log", SITE / "log.policy"
    shutil.rmtree(folder, ignore_errors=True)
    exported = run(BUILD / "bin/polder", "log", "export", "--config", SITE / "polder.json", folder)
    promise("the log is written as static files", exported.returncode == 0, exported.stderr.strip() or exported.stdout.strip())
    walked = run(BUILD / "bin/polder-verify", "log", folder, "--log-policy", policy)
    promise("polder-verify walks the whole log: every release made in order, and witnessed", walked.returncode == 0,
            (walked.stdout or walked.stderr).strip()[:300])
    proofs = sorted((WORK / "releases").glob("*.proof"))
    counts = {len(re.findall(r"polder\.example/demo/witness-", p.read_text())) for p in proofs}
    promise("every proof of a release carries the cosignatures of a quorum", proofs and min(counts) >= 2, str(counts))
    keys = [line.split() for line in policy.read_text().splitlines()]
    program = BUILD / "interop/read_log_e2e"
    program.parent.mkdir(exist_ok=True)
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off", "GOPATH": "/usr/share/gocode",
                   "GOCACHE": str(BUILD / "interop/gocache")}
    built = run("go", "build", "-o", program, "read_log.go", cwd=SOURCE / "tests/interop/go", env=environment)
    read = run(program, folder, keys[0][1], *[k[2] for k in keys if k[0] == "witness"], "--proof", *proofs)
    promise("golang.org/x/mod/sumdb reads the log and every proof", built.returncode == 0 and read.returncode == 0,
            (built.stderr + read.stderr + read.stdout).strip()[-300:])
    check_leaves(folder)
    tile = next((folder / "tile/entries").rglob("*"))
    content = tile.read_bytes()
    tile.write_bytes(content.replace(b"coordinator", b"coordinat0r", 1))
    walked = run(BUILD / "bin/polder-verify", "log", folder, "--log-policy", policy)
    promise("polder-verify says no to a log with one name changed", walked.returncode == 1, walked.stderr.strip()[:120])
    tile.write_bytes(content)


def check_leaves(folder):
    """Every entry of the log is canonical, of a known kind, and holds nothing but names, states, moments and digests."""
    import jsonschema
    schema = json.loads((SOURCE / "policies/data/schemas/log-leaf.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    leaves = []
    for bundle in sorted((folder / "tile/entries").rglob("*")):
        data = bundle.read_bytes() if bundle.is_file() else b""
        while data:
            size = int.from_bytes(data[:2], "big")
            leaves.append(data[2:2 + size])
            data = data[2 + size:]
    odd = [l[:90] for l in leaves if not validator.is_valid(json.loads(l)) or
           json.dumps(json.loads(l), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != l]
    kinds = sorted({json.loads(l)["kind"] for l in leaves})
    promise("every leaf is canonical and as its format says", not odd, str(odd[:2]) if odd else f"{len(leaves)} leaves: {' '.join(kinds)}")
    numbers = [l[:90] for l in leaves for k, v in flat(json.loads(l)) if isinstance(v, (int, float)) and k not in ("number", "demo")]
    promise("no leaf holds a count, a size or a row", not numbers, str(numbers[:2]))
    expected = {"codebook", "policy", "approval", "deadline", "seed-commitment", "delivery", "freeze", "seed-reveal", "reservation", "commit",
                "release", "public"}
    promise("every act of a release is in the log", expected <= set(kinds), str(expected - set(kinds)))


def flat(value, name=""):
    if isinstance(value, dict):
        for k, v in value.items():
            yield from flat(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from flat(v, name)
    else:
        yield name, value


def check_escrow(service):
    """Each seed reaches the replay auditor in an envelope that stock openssl opens, and nobody else."""
    release, people = f"{YEARS[-1]}-definitive-1", SITE / "people"
    for role in ("operator", "auditor"):
        out, signed = WORK / "seed.p7m", WORK / "seed.der"
        act = lambda who: run(BUILD / "bin/polder", "act", "fetch-seed", "--release", release, "--role", role, "--out", out, "--url", service.url,
                              "--ca", SITE / "tls/authority.pem", "--certificate", people / f"{who}.pem", "--private-key", people / f"{who}.key")
        refused, given = act("operator"), act("replay-auditor")
        run("openssl", "cms", "-decrypt", "-inform", "DER", "-in", out, "-recip", people / "replay-auditor-seeds.pem", "-inkey",
            people / "replay-auditor-seeds.key", "-out", signed)
        opened = run("openssl", "cms", "-verify", "-inform", "DER", "-in", signed, "-CAfile", SITE / "tls/authority.pem", "-purpose", "any")
        seed = (WORK / "seeds" / role / release).read_text().strip()
        promise(f"the replay auditor, and nobody else, gets the {role}'s seed", refused.returncode == 1 and given.returncode == 0 and
                opened.stdout.split() == ["polder-seed-1", release, seed], (given.stderr + opened.stderr).strip()[:200])
        for path in (out, signed):
            path.unlink(missing_ok=True)


def kept_for_later():
    """A backup of the store, as an operator makes it."""
    backup = WORK / "old.db"
    backup.unlink(missing_ok=True)
    return run("sqlite3", SITE / "data/polder.db", f".backup {backup}").returncode == 0


def check_witnesses(service):
    """Two of three witnesses suffice; and a store put back from before what they saw refuses to work, whatever else was put back."""
    pid = int((WORK / "witness-3.pid").read_text())
    os.kill(pid, 9)
    policy, last = SITE / "log.policy", service.send("/v1/log/checkpoint")[1].decode()
    size = int(last.split("\n")[1])
    promise("the last checkpoint is cosigned without the witness that died", last.count("demo/witness-") >= 2 and size > 0, f"{size} leaves")
    restored = WORK / "restored"
    shutil.rmtree(restored, ignore_errors=True)
    shutil.copytree(SITE, restored)
    for path in [*(restored / "data").glob("polder.db*"), *(restored / "keys").glob("checkpoint*")]:
        path.unlink()
    shutil.copy(WORK / "old.db", restored / "data/polder.db")
    refused = run(BUILD / "bin/polder", "work", "--config", restored / "polder.json", "--once")
    promise("a restored store that a witness is ahead of refuses to work", refused.returncode != 0 and "A witness saw a larger log" in refused.stderr,
            f"exit {refused.returncode}: {refused.stderr.strip()[:160]}")
    shutil.rmtree(restored, ignore_errors=True)  # keys stand in it


def replay(site, release):
    """(what is said on stdout, exit status) of the replay auditor's command over a site's folder."""
    run = subprocess.run([BUILD / "bin/polder", "replay", "--config", site / "polder.json", "--release", release], capture_output=True, text=True)
    return run.stdout.strip(), run.returncode


def tamper(site, table, sql):
    """One statement by someone who has the file and an SQL shell; true when it changed a row."""
    done = subprocess.run(["sqlite3", site / "data/polder.db", f"DROP TRIGGER {table}_keep_update; UPDATE {table} SET {sql}; SELECT changes();"],
                          capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.strip() == "1"


def check_replay():
    """In copies of the site's folder, made after the service has stopped: what was released can be made again, and nothing else."""
    release = f"{YEARS[-1]}-definitive-1"
    copies = {name: WORK / f"replay-{name}" for name in ("untouched", "answers", "release")}
    for copy in copies.values():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(SITE, copy)
    said = replay(copies["untouched"], release)
    promise("polder replay makes a definitive release again bit for bit", said == ("match", 0), f"{release}: {said}")
    leaves = subprocess.run(["sqlite3", copies["untouched"] / "data/polder.db", "SELECT canonical FROM leaves ORDER BY idx DESC LIMIT 2"],
                            capture_output=True, text=True).stdout.split()
    states = [(leaf["kind"], leaf.get("state"), leaf.get("officer")) for leaf in map(json.loads, reversed(leaves))]
    promise("a replay is in the log before it opens anything and when it ended",
            states == [("replay", "begun", "replay-auditor"), ("replay", "match", "replay-auditor")], str(states))
    changed = tamper(copies["answers"], "answers", "sealed = CAST(substr(sealed, 1, 99) || CASE WHEN substr(sealed, 100, 1) = x'55' THEN x'aa' "
                     f"ELSE x'55' END || substr(sealed, 101) AS BLOB) WHERE release_id = '{release}'")
    said = replay(copies["answers"], release)
    promise("polder replay says mismatch after one byte of the sealed answers is another", changed and said == ("mismatch", 1), str(said))
    changed = tamper(copies["release"], "releases", "canonical = substr(canonical, 1, length(canonical) / 2) || CASE WHEN substr(canonical, "
                     "length(canonical) / 2 + 1, 1) = 'x' THEN 'y' ELSE 'x' END || substr(canonical, length(canonical) / 2 + 2) "
                     f"WHERE id = '{release}'")
    said = replay(copies["release"], release)
    promise("polder replay says mismatch after one byte of the stored release is another", changed and said == ("mismatch", 1), str(said))
    said = replay(copies["untouched"], "none-such-1")
    promise("polder replay has no verdict over a release that there is not", said == ("", 3), str(said))
    rotated = copies["untouched"]
    (rotated / "keys/new-root").write_text(secrets.token_hex(32) + "\n")
    turn = [BUILD / "bin/polder", "rotate-root", "--config", rotated / "polder.json", "--to", rotated / "keys/new-root"]
    promise("polder rotate-root wraps every key under the new root", subprocess.run(turn, capture_output=True).returncode == 0)
    under_old = replay(rotated, release)
    (rotated / "keys/new-root").replace(rotated / "keys/root")
    said = replay(rotated, release)
    promise("after it the new root opens everything and the old one nothing", said == ("match", 0) and under_old[1] != 0, f"{under_old} {said}")
    for copy in copies.values():
        shutil.rmtree(copy, ignore_errors=True)  # keys stand in them


def check_logs():
    """What the processes wrote about their work holds no figure of anybody: only the fields that a line may have."""
    allowed = {"time", "method", "route", "status", "took", "request"}
    odd = set()
    for name in ("serve.log", "key-holder-1.log", "key-holder-2.log"):
        for line in (WORK / name).read_text().splitlines():
            if line.startswith("{"):
                odd |= set(json.loads(line)) - allowed
    promise("access lines have only their own fields", not odd, ", ".join(sorted(odd)))
    paths = [l for l in (WORK / "serve.log").read_text().splitlines() if re.search(r"/v1/(deliveries|releases)/[^{\s\"]", l)]
    promise("no access line names what was asked for", not paths, (paths or [""])[0][:120])
    rest = [l for name in ("serve.log", "work.log", "key-holder-1.log", "key-holder-2.log", "members.log") for l in (WORK / name).read_text().splitlines() if re.search(r"[A-Za-z0-9_-]{43}", l)]
    promise("no log line carries something as long as a token", not rest, (rest or [""])[0][:120])


def check_at_rest():
    """The region's own files, searched for what the exports hold: numbers of pupils and anything that looks like a case in the clear."""
    numbers = {m for f in sorted((REGION / "exports").rglob("*.csv")) for m in re.findall(rb"\b9\d{8}\b", f.read_bytes())}
    found = []
    for path in [*(SITE / "data").rglob("*"), *(SITE / "keys").rglob("*"), *(WORK / "holders").rglob("*"), *WORK.glob("*.log"), *(WORK / "releases").rglob("*"), WORK / "comparison.csv"]:
        if path.is_file():
            content = path.read_bytes()
            clear = [w for w in (b'"pupil"', b'"caseKey"') if w in content]
            leaked = numbers & set(re.findall(rb"(?<!\d)9\d{8}(?!\d)", content))
            found += [f"{path.name}: {w.decode()}" for w in [*clear, *leaked]]
    promise("nothing at rest or published holds a case in the clear or a pupil's number", len(numbers) > 500 and not found,
            "; ".join(found[:3]) or f"{len(numbers)} numbers looked for")


# --- deliveries, made with nothing but Python and stock openssl ----------------------------------------------------------------------
def b64(size):
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()


def manifest(municipality, period, cases, delivery_id):
    codebook = json.loads((SITE / "codebook.json").read_text())
    return {"format": "polder-delivery-1", "deliveryId": delivery_id, "municipality": municipality, "period": period,
            "codebookId": codebook["id"], "codebookVersion": codebook["version"],
            "tokenDomain": f"{codebook['region']['code'] if isinstance(codebook['region'], dict) else codebook['region']}/absence/{period[:6]}",
            "sourceSystem": "test", "mappingId": "none", "replaces": "", "conversion": False, "cases": len(cases)}


def good_case(week):
    return {"caseKey": b64(16), "pupil": b64(32), "kind": "R16", "opened": week, "closed": None, "ageBand": "12-15", "level": "vo",
            "group": "none", "openedBy": "school", "outcome": "returned", "duration": "0-4w", "repeat": False}


def faulty_cases(week):
    """Forty lines, each with one fault of its own; returns the cases and the field each fault is in."""
    faults = [("bsn", "900000012"), ("onderwijsnummer", "900000024"), ("name", "Jan"), ("initials", "J."), ("birthDate", "2010-01-02"),
              ("address", "Dorpsstraat 1"), ("postcode", "7701AA"), ("school", "De Brug"), ("brin", "00AA"), ("class", "2b"),
              ("parent", "P."), ("email", "a@b.nl"), ("phone", "0612345678"), ("nationality", "NL"), ("birthCountry", "NL"),
              ("religion", "none"), ("diagnosis", "x"), ("notes", "free text"), ("officer", "X"), ("colour", "blue"),
              ("caseKey", "short"), ("pupil", "short"), ("kind", "XX"), ("kind", "VSVN"), ("kind", 7), ("opened", "2024-W99"), ("opened", "2031-W02"),
              ("opened", "vandaag"), ("opened", None), ("closed", "2001-W01"), ("closed", 5), ("ageBand", "3-4"), ("level", "hbo"), ("group", "x"),
              ("openedBy", "dog"), ("outcome", "gone"), ("duration", "long"), ("repeat", "yes"), ("repeat", None), ("ageBand", None)]
    cases = []
    for field, value in faults:
        case = good_case(week)
        case[field] = value
        cases.append(case)
    return cases, [field for field, _ in faults]


def envelope(lines, member):
    folder = WORK / "batch"
    folder.mkdir(exist_ok=True)
    (folder / "plain").write_text("\n".join(json.dumps(l, ensure_ascii=False, separators=(",", ":")) for l in lines) + "\n")
    run = lambda *a: subprocess.run(["openssl", "cms", *map(str, a)], check=True, capture_output=True)
    run("-sign", "-binary", "-nodetach", "-md", "sha256", "-in", folder / "plain", "-signer", member / "certificate.pem", "-inkey",
        member / "certificate.key", "-outform", "DER", "-out", folder / "signed")
    run("-encrypt", "-binary", "-aes-256-gcm", "-in", folder / "signed", "-outform", "DER", "-out", folder / "sealed", "-recip",
        SITE / "keys/recipient.pem", "-keyopt", "ecdh_kdf_md:sha256", "-aes256-wrap")
    (folder / "plain").unlink()
    return (folder / "sealed").read_bytes()


def check_bad_batch(service, municipality):
    member = SITE / "members" / municipality
    period, week = f"{int(YEARS[-1][:4]) + 1}SJ-Q1", f"{int(YEARS[-1][:4]) + 1}-W37"
    kind = "application/pkcs7-mime; smime-type=authEnveloped-data"
    cases, fields = faulty_cases(week)
    bad = envelope([manifest(municipality, period, cases, "batch-bad"), *cases], member)
    status, body, headers = service.send("/v1/deliveries", bad, kind, member)
    answer = json.loads(body)
    found = {(e.get("line"), e.get("pointer", "").strip("/").split("/")[0]) for e in answer.get("errors", [])}
    expected = {(line, field) for line, field in enumerate(fields, start=2)}
    promise("a batch with 40 different faults comes back once with all 40 by line and field",
            status == 400 and expected <= found and headers.get("Content-Type", "").startswith("application/problem+json"),
            f"{status}, {len(expected & found)} of {len(expected)}, missing {sorted(expected - found)[:4]}")
    leaked = [v for f, v in (("bsn", b"900000012"), ("name", b"Jan"), ("pupil", cases[0]["pupil"].encode())) if v in body]
    promise("the answer quotes no identifier and no token", not leaked, str(leaked))
    before = service.send("/v1/log/checkpoint")[1]
    good = [good_case(week) for _ in range(40)]
    fixed = envelope([manifest(municipality, period, good, "batch-fixed"), *good], member)
    status, receipt, _ = service.send("/v1/deliveries", fixed, kind, member)
    promise("nothing of the bad batch was stored: the fixed one is the first of its period", status == 201, f"{status} {receipt[:200]!r}")
    promise("a delivery is a leaf of the log", service.send("/v1/log/checkpoint")[1] != before)
    again = service.send("/v1/deliveries", fixed, kind, member)
    promise("identical bytes again give the same receipt", again[0] == 200 and again[1] == receipt, str(again[0]))
    other = SITE / "members" / next(p.name for p in sorted((SITE / "members").iterdir()) if p.name != municipality)
    promise("another municipality's certificate cannot deliver it", service.send("/v1/deliveries", envelope(
        [manifest(municipality, period, good, "batch-other"), *good], other), kind, other)[0] in (400, 403))
    promise("without a certificate nobody delivers", service.send("/v1/deliveries", fixed, kind)[0] == 403)


def check_token_keys(service):
    """What members were given stands in the log; each holder is an organisation of its own, and knows sizes that are padded only."""
    sheet = json.loads((WORK / "tokens.json").read_text())
    leaves = [json.loads(leaf["entry"]) for leaf in service.json("/v1/log/leaves?from=0&to=100")["leaves"]]
    published = {(leaf["domain"], leaf["holder"], leaf["publicKey"]): leaf["oin"] for leaf in leaves if leaf["kind"] == "token-key"}
    used = [(d["domain"], k["holder"], k["publicKey"]) for d in sheet["domains"] for k in d["keys"]]
    promise("every public key that members check against is in the log", len(used) == 16 and set(used) <= set(published), f"{len(used)} keys")
    promise("the two halves of every domain are of two organisations", all(
        len({published[(d["domain"], k["holder"], k["publicKey"])] for k in d["keys"]}) == 2 for d in sheet["domains"]))
    sizes = {}
    for holder in ("key-holder-1", "key-holder-2"):
        rows = subprocess.run(["sqlite3", WORK / f"holders/{holder}/data/holder.db", "SELECT member, size FROM batches"], capture_output=True, text=True).stdout
        for row in rows.split():
            sizes.setdefault(row.split("|")[0], set()).add(int(row.split("|")[1]))
    promise("what a holder wrote down of a member is one or two padded sizes", len(sizes) == 11 and all(
        len(s) <= 3 and all(n % 64 == 0 for n in s) for s in sizes.values()), str(sizes))


def erase(service, who, *what):
    """(exit status, answer on stdout, words on stderr) of `polder act erase`."""
    run = subprocess.run([BUILD / "bin/polder", "act", "erase", "--url", service.url, "--ca", SITE / "tls/authority.pem", "--certificate",
                          f"{who}.pem", "--private-key", f"{who}.key", "--reason", "a mistake", *what], capture_output=True, text=True)
    return run.returncode, run.stdout, run.stderr


def alive(prefix):
    """Keys in the key store that begin so, read by sqlite3."""
    done = subprocess.run(["sqlite3", SITE / "keys/keys.db", f"SELECT id FROM keys WHERE id LIKE '{prefix}%' AND wrapped IS NOT NULL"],
                          capture_output=True, text=True, check=True)
    return done.stdout.split()


def check_erasure(service, municipality, other):
    member = SITE / "members" / municipality
    before = alive(f"delivery/{municipality}/")
    promise("the retention of the oldest year has passed, and no key of it is left",
            not [k for k in alive("year/") if k.endswith("/" + YEARS[0])] and len(alive("year/")) > 11, str(len(alive("year/"))))
    promise("another municipality cannot have it erased", erase(
        service, SITE / "members" / other / "certificate", "--municipality", municipality, "--delivery", "batch-fixed")[0] == 1)
    promise("a coordinator cannot either", erase(
        service, SITE / "people/coordinator", "--municipality", municipality, "--delivery", "batch-fixed")[0] == 1)
    status, said, words = erase(service, member / "certificate", "--municipality", municipality, "--delivery", "batch-fixed")
    for _ in range(300):  # a worker does it
        after = alive(f"delivery/{municipality}/")
        if len(after) < len(before):
            break
        time.sleep(0.1)
    promise("a municipality has its own delivery erased: its key is gone, and only that", status == 0 and len(before) - len(after) == 1,
            f"{status} {words[-200:]}")
    leaves = service.json("/v1/log/leaves?from=0&to=1000")
    erasures = [leaf["entry"] for leaf in leaves["leaves"] if json.loads(leaf["entry"])["kind"] == "erasure"]
    promise("erasures are leaves that name nobody", bool(erasures) and not any(re.search(r"GM\d{4}|batch|mistake|\d{4}SJ", t) for t in erasures),
            f"{len(erasures)} leaves")
    promise("erased is erased: a second time is refused", erase(
        service, SITE / "people/privacy-officer-1", "--municipality", municipality, "--delivery", "batch-fixed")[0] == 1)


def check_api(service):
    document = service.json("/v1/openapi.json")
    promise("the API describes itself", document["openapi"].startswith("3.") and "/v1/deliveries" in document["paths"])
    status, body, headers = service.send("/v1/releases/none-such")
    promise("an unknown release is a problem document", status == 404 and json.loads(body)["status"] == 404 and
            headers.get("Content-Type", "").startswith("application/problem+json"))


def main():
    global YEARS
    demo = [SOURCE / "server/demo", "--dir", WORK, "--port", "0", "--fresh"]
    run = subprocess.run(demo, capture_output=True, text=True)
    promise("server/demo ends well and leaves the service up", run.returncode == 0, run.stderr[-600:] if run.returncode else "")
    if run.returncode:
        return
    try:
        service = Service((WORK / "url").read_text().strip())
        listing = service.json("/v1/releases")["releases"]
        bodies = {item["id"]: service.send(item["href"])[1] for item in listing}
        promise("every release is the bytes of its digest", all(hashlib.sha256(bodies[i["id"]]).hexdigest() == i["digest"] for i in listing))
        releases = {name: json.loads(body) for name, body in bodies.items()}
        YEARS = sorted({r["header"]["period"] for r in releases.values() if r["header"]["kind"] == "definitive"})
        promise("three school years are public", len(YEARS) == 3, " ".join(YEARS))
        promise("everything says that it is a demonstration", all(r["header"]["demo"] for r in releases.values()))
        municipalities = sorted(p.name for p in (SITE / "members").iterdir())
        promise("the region has 11 municipalities", len(municipalities) == 11)
        check_presence(releases, municipalities)
        check_statuses(releases)
        check_sums(releases)
        check_truth(releases)
        check_repeats(service, listing)
        check_csv(service, listing)
        check_verify(listing)
        check_log()
        check_escrow(service)
        check_api(service)
        promise("a backup of the store is made while it runs", kept_for_later())
        check_token_keys(service)
        check_bad_batch(service, municipalities[0])
        check_erasure(service, municipalities[0], municipalities[1])
        check_witnesses(service)
        check_logs()
        check_at_rest()
        page = run.stdout
        promise("the page names every municipality and the honest sentence", all(
            json.loads((SITE / "codebook.json").read_text()) and name in page for name in ("Zwolle", "Hattem", "2022/'23")))
    finally:
        stop = subprocess.run([SOURCE / "server/demo", "--stop", "--dir", WORK], capture_output=True, text=True)
        promise("server/demo --stop ends the service", stop.returncode == 0, stop.stderr[-300:])
    check_replay()


YEARS = []
main()
sys.exit(1 if BROKEN else 0)
