"""Who may have what erased, and that it is gone."""
import json
import re
import subprocess
import time

from place import BUILD, SITE, YEARS, promise


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
