"""Who may have what erased, and that it is gone."""
import hashlib
import json
import re
import secrets
import shutil
import subprocess
import time

from place import BUILD, SITE, WORK, YEARS, promise


def erase(service, who, *what):
    """(exit status, answer on stdout, words on stderr) of `polder act erase`."""
    run = subprocess.run([BUILD / "bin/polder", "act", "erase", "--url", service.url, "--ca", SITE / "tls/authority.pem", "--certificate",
                          f"{who}.pem", "--private-key", f"{who}.key", "--reason", "a mistake", *what], capture_output=True, text=True)
    return run.returncode, run.stdout, run.stderr


def next_year():
    """Of what was delivered last, and is in no release yet."""
    return f"{int(YEARS[-1][:4]) + 1}SJ"


def act(service, who, *what):
    run = subprocess.run([BUILD / "bin/polder", "act", what[0], "--url", service.url, "--ca", SITE / "tls/authority.pem", "--certificate",
                          SITE / f"people/{who}.pem", "--private-key", SITE / f"people/{who}.key", *what[1:]], capture_output=True, text=True)
    return run.returncode, run.stdout, run.stderr


def propose_and_look(service, municipality):
    """The digest of what one privacy officer proposes; nothing is gone by that, and another one can read it."""
    status, said, words = erase(service, SITE / "people/privacy-officer-1", "--municipality", municipality, "--year", next_year())
    digest = json.loads(said)["digest"] if status == 0 else ""
    listed = json.loads(act(service, "privacy-officer-2", "erasures")[1])["erasures"]
    text = next((one["text"] for one in listed if one["digest"] == digest), "")
    promise("what one privacy officer proposes to erase is still there, and another one can read it",
            hashlib.sha256(text.encode()).hexdigest() == digest and municipality in text and bool(alive(f"year/{municipality}/{next_year()}")),
            f"{status} {words[-200:]}")
    return digest


def check_old_keys():
    """After the service stopped: a copy of the key store from before the erasures, under every command that opens it."""
    for name, command in (("replay", ["replay", "--release", f"{YEARS[-1]}-definitive-1"]), ("work", ["work", "--once"]),
                          ("rotate-root", ["rotate-root", "--to", WORK / "new-root"])):
        site = WORK / f"old-keys-{name}"
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(SITE, site)
        for path in (site / "keys").glob("keys.db*"):
            path.unlink()
        shutil.copy(WORK / "old-keys.db", site / "keys/keys.db")
        (WORK / "new-root").write_text(secrets.token_hex(32) + "\n")
        gone = lambda place: {k for k in alive("", place) if not k.startswith("root/")} - set(alive("", SITE / "keys/keys.db"))
        before = gone(site / "keys/keys.db")
        run = subprocess.run([BUILD / "bin/polder", command[0], "--config", site / "polder.json", *command[1:]], capture_output=True, text=True)
        promise(f"polder {name} over an older copy of the key store destroys what was erased before it does anything",
                bool(before) and not gone(site / "keys/keys.db") and "is an older copy" in run.stderr, f"{len(before)} keys; exit {run.returncode}")
        shutil.rmtree(site, ignore_errors=True)
        (WORK / "new-root").unlink()


def alive(prefix, place=None):
    """Keys in the key store that begin so, read by sqlite3."""
    done = subprocess.run(["sqlite3", place or SITE / "keys/keys.db", f"SELECT id FROM keys WHERE id LIKE '{prefix}%' AND wrapped IS NOT NULL"],
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
    proposal = propose_and_look(service, other)
    for who, exit_status in (("privacy-officer-1", 1), ("coordinator", 1), ("privacy-officer-2", 0)):
        ended = act(service, who, "approve-erasure", "--digest", proposal, "--wait")
        promise(f"an erasure that privacy officer 1 proposed is {'done' if exit_status == 0 else 'not done'} when {who} approves it",
                ended[0] == exit_status and bool(alive(f"year/{other}/{next_year()}")) == bool(exit_status), ended[2].strip()[-160:])
    promise("erased is erased: a second time is refused", erase(
        service, SITE / "people/privacy-officer-1", "--municipality", municipality, "--delivery", "batch-fixed")[0] == 1)
