"""Logs, files at rest and what key holders keep say nothing of a pupil."""
import json
import re
import subprocess

from place import REGION, SITE, WORK, promise


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
