"""The whole log as files, read by programs that nobody here wrote; and a store that forgot part of it refuses to work."""
import base64
import json
import os
import re
import shutil

from place import BUILD, SITE, SOURCE, WORK, promise, run


def check_served(service, folder):
    """What is served is what the static files hold, byte for byte; and stock openssl verifies the log's signature."""
    files = [path.relative_to(folder) for path in sorted((folder / "tile").rglob("*")) if path.is_file()]
    different = [str(path) for path in files if service.send(f"/v1/log/{path}")[1] != (folder / path).read_bytes()]
    promise("the log is served byte for byte as the static files hold it", bool(files) and not different, str(different[:3] or len(files)))
    note = (folder / "checkpoint").read_text()
    served = service.send("/v1/log/checkpoint")[1].decode()
    promise("the checkpoint too", served == note or int(served.split("\n")[1]) > int(note.split("\n")[1]))
    text, signatures = note.split("\n\n")
    key = base64.b64decode((SITE / "log.policy").read_text().split()[1].split("+", 2)[2])[1:]
    (WORK / "log.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
    (WORK / "signed").write_text(text + "\n")
    name = text.split("\n")[0]
    line = next(one for one in signatures.split("\n") if one.startswith(f"\u2014 {name} "))
    (WORK / "signature").write_bytes(base64.b64decode(line.split()[2])[4:])
    verify = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", WORK / "log.der", "-in", WORK / "signed",
              "-sigfile", WORK / "signature"]
    good = run(*verify).returncode
    (WORK / "signed").write_text(text.replace("\n", "\n1", 1) + "\n")
    promise("stock openssl verifies the log's signature, and of no other size", good == 0 and run(*verify).returncode != 0)


def check_log(service):
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
    check_served(service, folder)
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


def kept_for_later():
    """Backups of both stores, as an operator makes it."""
    copies = {SITE / "data/polder.db": WORK / "old.db", SITE / "keys/keys.db": WORK / "old-keys.db"}
    for copy in copies.values():
        copy.unlink(missing_ok=True)
    return all(run("sqlite3", path, f".backup {copy}").returncode == 0 for path, copy in copies.items())


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
    promise("a restored store that its own key store is ahead of refuses to work",
            refused.returncode != 0 and "older than its key store" in refused.stderr, f"exit {refused.returncode}: {refused.stderr.strip()[:160]}")
    for path in (restored / "keys").glob("keys.db*"):
        path.unlink()
    shutil.copy(WORK / "old-keys.db", restored / "keys/keys.db")
    refused = run(BUILD / "bin/polder", "work", "--config", restored / "polder.json", "--once")
    promise("a restored store that a witness is ahead of refuses to work", refused.returncode != 0 and "A witness saw a larger log" in refused.stderr,
            f"exit {refused.returncode}: {refused.stderr.strip()[:160]}")
    shutil.rmtree(restored, ignore_errors=True)  # keys stand in it
