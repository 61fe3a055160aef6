"""Seeds reach the replay auditor alone, and with them a release comes out bit for bit."""
import json
import secrets
import shutil
import subprocess

from place import BUILD, SITE, WORK, YEARS, promise, run


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
