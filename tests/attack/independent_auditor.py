#!/usr/bin/env python3
"""An auditor of exact counts that shares nothing with Polder: scipy's integer programmes (HiGHS) over the leaf cells, for every sensitive
cell and every attacker, of random small tables that `polder suppress` protected.

    independent_auditor.py POLDER WORK_DIR [--tables N] [--first SEED]

An attacker knows the published cells, that shown noughts are noughts and that a hidden cell is at least 1; a member and a pair of members
know their own cells besides. Two controls must leak, or the audit would show nothing: tables of which only the sensitive cells are hidden,
and tables protected against outsiders only when members attack them. Exit 1 when ours gives anything away or a control does not.

`polder attack` is held against the same programmes: in tables hidden by chance it has to find just the cells that they find, in whole
numbers, no more and no fewer.
"""
import argparse
import csv
import itertools
import json
import pathlib
import random
import subprocess
import sys

import numpy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

MANY = 10_000
THRESHOLD = 5


def leaves_of(hierarchy):
    """Every node with the leaves under it, in no order."""
    found = {}

    def walk(name, below):
        children = [(child, None) for child in below] if isinstance(below, list) else list((below or {}).items())
        found[name] = frozenset([name]) if not children else frozenset().union(*(walk(*child) for child in children))
        return found[name]

    for root, below in hierarchy.items():
        walk(root, below)
    return found


class Table:
    def __init__(self, specification, cases):
        self.columns = [d["column"] for d in specification["dimensions"]]
        self.nodes = [leaves_of(d["hierarchy"]) for d in specification["dimensions"]]
        self.members = sorted(node for node, below in self.nodes[0].items() if below == {node})
        leaves = [sorted(frozenset().union(*nodes.values())) for nodes in self.nodes]
        self.number = {leaf: i for i, leaf in enumerate(itertools.product(*leaves))}
        self.truth = numpy.zeros(len(self.number), dtype=int)
        for case in cases:
            self.truth[self.number[case]] += 1

    def parts(self, cell):
        return list(itertools.product(*(nodes[name] for nodes, name in zip(self.nodes, cell))))

    def cells(self):
        return itertools.product(*self.nodes)

    def count(self, cell, besides=()):
        return sum(self.truth[self.number[leaf]] for leaf in self.parts(cell) if leaf[0] not in besides)


def ranges(table, hidden, own, wanted):
    """For each cell of `wanted` the least and the largest count that an attacker with the cells of `own` cannot rule out."""
    rows, columns, low, high = [], [], [], []
    for cell in table.cells():
        unknown = cell in hidden and cell[0] not in own
        for leaf in table.parts(cell):
            rows.append(len(low))
            columns.append(table.number[leaf])
        low.append(1 if unknown else table.count(cell))
        high.append(numpy.inf if unknown else table.count(cell))
    size = len(table.number)
    what_is_known = LinearConstraint(csr_matrix((numpy.ones(len(rows)), (rows, columns)), shape=(len(low), size)), low, high)
    for cell in wanted:
        sum_of = numpy.zeros(size)
        sum_of[[table.number[leaf] for leaf in table.parts(cell)]] = 1
        ends = []
        for sign in (1, -1):
            answer = milp(sign * sum_of, constraints=what_is_known, integrality=numpy.ones(size), bounds=Bounds(0, MANY))
            if answer.x is None:
                sys.exit(f"the auditor's solver gave up: {answer.message}")
            ends.append(round(sign * answer.fun))
        yield cell, *ends


def leaks(table, hidden, width, own=()):
    """Sensitive cells of others that are narrower than `width` or stay below the threshold."""
    sensitive = [cell for cell in table.cells() if 0 < table.count(cell) < THRESHOLD and cell[0] not in own and table.count(cell, own) > 0]
    if any(cell not in hidden for cell in sensitive):
        return ["a sensitive cell is shown"]
    return [f"{cell} {low}..{high}" for cell, low, high in ranges(table, hidden, own, sensitive) if high - low < width or high < THRESHOLD]


def random_table(draw):
    dimensions = []
    for number in range(draw.choice([2, 2, 3])):
        names = [f"{'abc'[number]}{i}" for i in range(draw.randint(3 if number == 0 else 2, 5))]
        cut = draw.randint(1, len(names) - 1)
        halves = {f"g{number}1": names[:cut], f"g{number}2": names[cut:]}
        dimensions.append({"column": f"c{number}", "hierarchy": {f"all{number}": halves if draw.random() < 0.5 else names}})
    specification = {"dimensions": dimensions, "threshold": THRESHOLD, "zeros": "published", "protect": "interval", "width": draw.choice([3, 5, 8])}
    leaves = [[node for node, below in leaves_of(d["hierarchy"]).items() if below == {node}] for d in dimensions]
    mean = draw.choice([1, 3, 6, 12])
    return specification, [leaf for leaf in itertools.product(*leaves) for _ in range(int(draw.expovariate(1 / mean)))]


def protected(polder, folder, specification, cases):
    columns = [d["column"] for d in specification["dimensions"]]
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *cases])
    (folder / "spec.json").write_text(json.dumps(specification), encoding="utf-8")
    done = subprocess.run([polder, "suppress", "--spec", folder / "spec.json", "--cases", folder / "cases.csv", "--out", folder / "cells.csv",
                           "--report", folder / "report.json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"polder suppress ended with {done.returncode}: {done.stderr[:2000]}")
    with (folder / "cells.csv").open(encoding="utf-8") as file:
        return {tuple(row[c] for c in columns) for row in csv.DictReader(file) if row["status"] == "hidden"}


def misjudged(polder, folder, table, specification, hidden):
    """Cells of which `polder attack` says another thing than the integer programmes, for an outsider."""
    width = specification["width"]
    with (folder / "chance.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*table.columns, "count", "status"])
        for cell in table.cells():
            count = table.count(cell)
            writer.writerow([*cell, "", "hidden"] if cell in hidden else [*cell, count, "value" if count else "zero"])
    done = subprocess.run([polder, "attack", "--spec", folder / "spec.json", "--tables", folder / "chance.csv", "--cases", folder / "cases.csv",
                           "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        sys.exit(f"polder attack ended with {done.returncode}: {done.stderr[:2000]}")
    answer = json.loads(done.stdout)
    if answer["undecided"] or answer["openInFractions"]:
        return [f"left open: {answer['undecided']} {answer['openInFractions']}"], 0
    found = {entry["cell"] for kind in ("recovered", "narrow") for entry in answer[kind]}
    small = [cell for cell in hidden if 0 < table.count(cell) < THRESHOLD]
    wrong, narrow = [], 0
    for cell, low, high in ranges(table, hidden, (), small):
        is_narrow = high - low < width or high < THRESHOLD
        narrow += is_narrow
        name = ", ".join(f"{c}={n}" for c, n in zip(table.columns, cell))
        if is_narrow != (name in found):
            wrong.append(f"{name} {low}..{high}")
    return wrong, narrow


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polder")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tables", type=int, default=60)
    parser.add_argument("--first", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    broken, small_only, outsiders_only = [], 0, 0
    wrong, narrow, of = [], 0, 0
    for seed in range(arguments.first, arguments.first + arguments.tables):
        specification, cases = random_table(random.Random(seed))
        table, width = Table(specification, cases), specification["width"]
        attackers = [(), *((m,) for m in table.members), *itertools.combinations(table.members, 2)]

        hidden = protected(arguments.polder, arguments.folder, specification, cases)
        broken += [f"seed {seed}, outsider: {leak}" for leak in leaks(table, hidden, width)]
        outsiders_only += any(leaks(table, hidden, width, own) for own in attackers[1:])
        small = {cell for cell in table.cells() if 0 < table.count(cell) < THRESHOLD}
        small_only += bool(leaks(table, small, width))

        draw = random.Random(seed + 1_000_000)
        chance = small | {cell for cell in table.cells() if table.count(cell) and draw.random() < 0.35}
        told, held = misjudged(arguments.polder, arguments.folder, table, specification, chance)
        wrong += [f"seed {seed}: {one}" for one in told]
        narrow, of = narrow + held, of + len(small)

        hidden = protected(arguments.polder, arguments.folder, {**specification, "insiders": "c0"}, cases)
        broken += [f"seed {seed}, {own or 'outsider'}: {leak}" for own in attackers for leak in leaks(table, hidden, width, own)]
    print(f"{arguments.tables} tables; {len(broken)} leaks of ours")
    print(f"controls that leak: {small_only} with only the small cells hidden, {outsiders_only} protected against outsiders only")
    print(f"polder attack on tables hidden by chance: {narrow} of {of} small cells are held too narrowly, {len(wrong)} misjudged")
    print(*broken[:20], *wrong[:20], sep="\n")
    sys.exit(1 if broken or wrong or not small_only or not outsiders_only or not 0 < narrow < of else 0)


if __name__ == "__main__":
    main()
