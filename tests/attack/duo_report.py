#!/usr/bin/env python3
"""What `polder attack` recovers of the demo region: from tables in which "1 to 4 are shown as 4", from tables in which only the small counts
themselves are hidden, and from ours. All three from the same invented cases, in one report.

    duo_report.py POLDER WORK_DIR CODEBOOK [--years N]

Prints a Markdown table. Exit 1 when the first two give nothing away (the attack would then show nothing) or ours gives anything away.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys

THRESHOLD = 5


def run(polder, *words, may_refuse=False):
    done = subprocess.run([str(polder), *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode not in ((0, 1) if may_refuse else (0,)):
        sys.exit(f"polder {words[0]} ended with {done.returncode}: {done.stderr[:2000]}")
    return done


def cases_of(folder, years):
    """One row a person and kind, from the generator's truth: municipality, kind, school year."""
    for start in range(2021, 2021 + years):
        truth = json.loads((folder / f"truth/{start}SJ.json").read_text(encoding="utf-8"))
        for key, count in truth["definitive"]["persons"]["municipality-kind"].items():
            municipality, kind = key.split("|")
            for _ in range(count):
                yield municipality, kind, f"{start}SJ"


def write_csv(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("polder", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("codebook", type=pathlib.Path)
    parser.add_argument("--years", type=int, default=3)
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    run(arguments.polder, "generate", "--codebook", arguments.codebook, "--years", arguments.years, "--seed", 20260, "--out", work / "region")
    names = ["municipality", "kind", "year"]
    cases = sorted(cases_of(work / "region", arguments.years))
    write_csv(work / "cases.csv", names, cases)
    codes = [sorted({case[i] for case in cases}) for i in range(3)]
    spec = {
        "dimensions": [{"column": name, "hierarchy": {"Total": codes[i]}} for i, name in enumerate(names)],
        "threshold": THRESHOLD, "zeros": "published", "protect": "interval", "width": 5, "insiders": "municipality",
    }
    (work / "spec.json").write_text(json.dumps(spec, indent=1) + "\n", encoding="utf-8")

    counts = {}
    for case in cases:
        for a in (case[0], "Total"):
            for b in (case[1], "Total"):
                for c in (case[2], "Total"):
                    counts[a, b, c] = counts.get((a, b, c), 0) + 1
    cells = [(a, b, c) for a in ["Total", *codes[0]] for b in ["Total", *codes[1]] for c in ["Total", *codes[2]]]
    small = [cell for cell in cells if 0 < counts.get(cell, 0) < THRESHOLD]
    write_csv(work / "duo.csv", [*names, "count"], [(*cell, 4 if cell in small else counts.get(cell, 0)) for cell in cells])
    rows = []
    for cell in cells:
        count = counts.get(cell, 0)
        status = "hidden" if cell in small else "value" if count else "zero"
        rows.append((*cell, "" if status == "hidden" else count, status))
    write_csv(work / "alone.csv", [*names, "count", "status"], rows)
    run(arguments.polder, "suppress", "--spec", work / "spec.json", "--cases", work / "cases.csv", "--out", work / "ours.csv",
        "--report", work / "report.json", "--certificate", work / "certificate.json")
    hidden = json.loads((work / "report.json").read_text(encoding="utf-8"))["hiddenCells"]
    run(arguments.polder, "attack", "--spec", work / "spec.json", "--tables", work / "ours.csv", "--cases", work / "cases.csv",
        "--certificate", work / "certificate.json")

    def attacked(table, *more):
        done = run(arguments.polder, "attack", "--spec", work / "spec.json", "--format", "json", "--tables", work / table, *more, may_refuse=True)
        found = json.loads(done.stdout)
        for entry in found["recovered"]:  # the attack is right: what it recovers is the truth
            cell = tuple(part.split("=")[1] for part in entry["cell"].split(", "))
            if counts.get(cell, 0) != entry["count"]:
                sys.exit(f"{table}: polder attack recovered a count that is wrong, at {entry['cell']}")
        return {kind: len({entry["cell"] for entry in found[kind]}) for kind in ("recovered", "narrow")}

    members = ["--cases", work / "cases.csv"]
    lines = []
    results = {}
    for label, table, dialect, withheld in [
        ("1 to 4 shown as 4", "duo.csv", ["--dialect", "duo"], len(small)),
        ("only small counts hidden", "alone.csv", [], len(small)),
        ("`polder suppress`, interval, members and pairs", "ours.csv", [], hidden),
    ]:
        outside, inside = attacked(table, *dialect), attacked(table, *dialect, *members)
        results[table] = (outside, inside)
        lines.append(f"| {label} | {withheld} | {outside['recovered']} | {inside['recovered']} | {inside['narrow']} |")
    print(f"{arguments.years} school years of the demo region, {len(cases)} pupils by kind; {len(cells)} cells, {len(small)} of them from 1 to 4\n")
    print("| tables | cells without their number | recovered by an outsider | recovered by outsider, member or pair | held too narrowly by any of them |")
    print("|---|---|---|---|---|")
    print("\n".join(lines))
    ours = results["ours.csv"]
    leaks = sum(part[kind] for part in ours for kind in part)
    weak = [table for table in ("duo.csv", "alone.csv") if results[table][0]["recovered"] == 0]
    if weak:
        print(f"nothing was recovered from {', '.join(weak)}: the attack shows nothing", file=sys.stderr)
    if leaks:
        print("our tables give something away", file=sys.stderr)
    return 1 if weak or leaks else 0


if __name__ == "__main__":
    sys.exit(main())
