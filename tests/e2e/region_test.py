"""The demo region from outside: real HTTPS, stock `openssl cms`, the generator's truth, and nothing of Polder's own code.

Usage: region_test.py SOURCE_DIR BUILD_DIR WORK_DIR. Starts `server/demo` in WORK_DIR on a free port, checks what anyone can fetch, tries
to deliver a bad batch, and stops the service. What it promises stands in the modules that it imports. Prints a line per promise; exit 1 when
one is broken.
"""
import hashlib
import json
import subprocess
import sys

from a_release_is_made_again import check_escrow, check_replay
from bad_deliveries_are_refused import check_bad_batch
from erased_is_erased import check_erasure, check_old_keys
from nothing_of_a_pupil_leaks import check_at_rest, check_logs, check_token_keys
from place import BROKEN, SITE, SOURCE, WORK, YEARS, Service, promise
from released_figures_hold import (check_csv, check_presence, check_repeats, check_statuses, check_sums, check_truth, check_verify)
from the_log_holds import check_log, check_witnesses, kept_for_later
from what_is_hidden_is_told import check_audits, check_picture


def check_api(service):
    document = service.json("/v1/openapi.json")
    promise("the API describes itself", document["openapi"].startswith("3.") and "/v1/deliveries" in document["paths"])
    status, body, headers = service.send("/v1/releases/none-such")
    promise("an unknown release is a problem document", status == 404 and json.loads(body)["status"] == 404 and
            headers.get("Content-Type", "").startswith("application/problem+json"))


def main():
    demo = [SOURCE / "server/demo", "--dir", WORK, "--port", "0", "--fresh"]
    started = subprocess.run(demo, capture_output=True, text=True)
    promise("server/demo ends well and leaves the service up", started.returncode == 0, started.stderr[-600:] if started.returncode else "")
    if started.returncode:
        return
    try:
        service = Service((WORK / "url").read_text().strip())
        listing = service.json("/v1/releases")["releases"]
        bodies = {item["id"]: service.send(item["href"])[1] for item in listing}
        promise("every release is the bytes of its digest", all(hashlib.sha256(bodies[i["id"]]).hexdigest() == i["digest"] for i in listing))
        releases = {name: json.loads(body) for name, body in bodies.items()}
        YEARS[:] = sorted({r["header"]["period"] for r in releases.values() if r["header"]["kind"] == "definitive"})
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
        check_audits(service, releases)
        check_picture(service, releases)
        check_log(service)
        check_escrow(service)
        check_api(service)
        check_token_keys(service)
        check_bad_batch(service, municipalities[0])
        promise("a backup of both stores is made while it runs", kept_for_later())
        check_erasure(service, municipalities[0], municipalities[1])
        check_witnesses(service)
        check_logs()
        check_at_rest()
        page = started.stdout
        promise("the page names every municipality and the honest sentence", all(
            json.loads((SITE / "codebook.json").read_text()) and name in page for name in ("Zwolle", "Hattem", "2022/'23")))
    finally:
        stop = subprocess.run([SOURCE / "server/demo", "--stop", "--dir", WORK], capture_output=True, text=True)
        promise("server/demo --stop ends the service", stop.returncode == 0, stop.stderr[-300:])
    check_old_keys()
    check_replay()


main()
sys.exit(1 if BROKEN else 0)
