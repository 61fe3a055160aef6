#!/usr/bin/env python3
"""Uncovers one necessary cell at a time in the benchmark's tables, protected by `polder suppress`: `polder attack` has to find what follows.

    planted_leaks.py POLDER HIDING WORK_DIR [--tables a,b] [--plants N] [--size N]

HIDING is tests/bench/hiding, whose tables and invented cases these are. A plant is a sum of which all but two parts are shown, one of the
two a small count: the other is uncovered. Before anything is planted, mode `interval` must give nothing away. Exit 1 when a plant stays unseen.
"""
import argparse
import csv
import importlib.machinery
import importlib.util
import json
import pathlib
import random
import subprocess
import sys


def module(path):
    loader = importlib.machinery.SourceFileLoader("hiding", str(path))
    loaded = importlib.util.module_from_spec(importlib.util.spec_from_loader("hiding", loader))
    loader.exec_module(loaded)
    return loaded


def children_of(hierarchy):
    """Every node that has parts, with its parts."""
    found = {}

    def walk(name, below):
        children = [(child, None) for child in below] if isinstance(below, list) else list((below or {}).items())
        if children:
            found[name] = [child for child, _ in children]
        for child in children:
            walk(*child)

    for root, below in hierarchy.items():
        walk(root, below)
    return found


def sums(dimensions, cells):
    """Every (total, parts) of the table, as keys of `cells`."""
    for i, parts in enumerate(children_of(d["hierarchy"]) for d in dimensions):
        for cell in cells:
            if cell[i] in parts:
                yield cell, [(*cell[:i], part, *cell[i + 1:]) for part in parts[cell[i]]]


def attacked(polder, spec, tables):
    done = subprocess.run([polder, "attack", "--spec", spec, "--tables", tables, "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        sys.exit(f"polder attack ended with {done.returncode}: {done.stderr[:2000]}")
    found = json.loads(done.stdout)
    if (done.returncode == 0) != (not any(found[kind] for kind in ("recovered", "narrow", "undecided"))):
        sys.exit("the exit code of polder attack is not what it found")
    if found["undecided"]:
        sys.exit(f"{len(found['undecided'])} cells are undecided: {found['undecided'][:3]}")
    return {entry["cell"]: entry.get("count") for entry in found["recovered"] + found["narrow"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polder", type=pathlib.Path)
    parser.add_argument("hiding", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--tables", default="a,b")
    parser.add_argument("--plants", type=int, default=3)
    parser.add_argument("--size", type=int, default=20000)
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    hiding = module(arguments.hiding)
    cases = work / "cases.csv"
    hiding.invented(arguments.size, 1, cases)
    rows = list(csv.DictReader(cases.open(encoding="utf-8")))
    unseen, planted = [], 0
    for table in arguments.tables.split(","):
        dimensions = [{"column": "municipality", "hierarchy": hiding.MUNICIPALITY}, {"column": "schoolType", "hierarchy": hiding.SCHOOL}]
        dimensions += [{"column": c, "hierarchy": {"Total": hiding.FLAT[c]}} for c in ["indicator", *hiding.TABLES[table]]]
        columns = [d["column"] for d in dimensions]
        for mode in ("interval", "exact"):
            spec, out = work / f"{table}-{mode}.json", work / f"{table}-{mode}.csv"
            spec.write_text(json.dumps({"dimensions": dimensions, "threshold": 5, "zeros": "published", "protect": mode, "width": 5}), encoding="utf-8")
            subprocess.run([arguments.polder, "suppress", "--spec", spec, "--cases", cases, "--out", out, "--report", work / "report.json"],
                           capture_output=True, check=True)
            cells = {tuple(row[c] for c in columns): (row["count"], row["status"]) for row in csv.DictReader(out.open(encoding="utf-8"))}
            above = [{} for _ in dimensions]
            for i, dimension in enumerate(dimensions):
                for total, parts in children_of(dimension["hierarchy"]).items():
                    for part in parts:
                        above[i][part] = total
            counts = dict.fromkeys(cells, 0)
            for row in rows:
                over = [()]
                for i, column in enumerate(columns):
                    node, path = row[column], []
                    while node is not None:
                        path.append(node)
                        node = above[i].get(node)
                    over = [(*before, node) for before in over for node in path]
                for cell in over:
                    counts[cell] += 1
            plants = []
            for total, parts in sums(dimensions, cells):
                closed = [part for part in parts if cells[part][1] == "hidden"]
                if cells[total][1] == "hidden" or len(closed) != 2:
                    continue
                plants += [(victim, other) for victim, other in (closed, closed[::-1]) if 0 < counts[victim] < 5]
            random.Random(7).shuffle(plants)
            if mode == "interval" and attacked(arguments.polder, spec, out):
                unseen.append(f"{table}: the whole pattern of mode interval gives something away")
            for victim, other in plants[:arguments.plants]:
                leaky = work / f"{table}-{mode}-leaky.csv"
                with leaky.open("w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file)
                    writer.writerow([*columns, "count", "status"])
                    writer.writerows((*cell, counts[cell], "value") if cell == other else (*cell, *said) for cell, said in cells.items())
                found = attacked(arguments.polder, spec, leaky)
                name = ", ".join(f"{c}={n}" for c, n in zip(columns, victim))
                planted += 1
                if found.get(name) != counts[victim]:
                    unseen.append(f"{table} {mode}: {name} follows and was not recovered")
            if not plants:
                unseen.append(f"{table} {mode}: nothing could be planted, so the test shows nothing")
    print(f"{planted} leaks planted in tables {arguments.tables}, {len(unseen)} unseen")
    print(*unseen, sep="\n")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
