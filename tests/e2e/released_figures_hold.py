"""What is published adds up, is complete, says the same in every form, and holds the truth the generator knows."""
import csv
import io
import json
import re
import subprocess

from place import BUILD, NUMBERED, REGION, SITE, WORK, YEARS, promise


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
