#!/usr/bin/env python3
"""`polder account` and `polder plan` beside an independent computation: exact fractions, logarithms to 60 digits, no code of Polder.

usage: reference_figures.py POLDER
"""
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
POLDER = sys.argv[1]
FAULTS = []


def check(holds, what):
    if not holds:
        FAULTS.append(what)
        print("FAILED", what)


def decimal(value):
    return Decimal(value.numerator) / Decimal(value.denominator)


def bound(alpha, rho, delta):
    """Corollary 13 of Canonne, Kamath, Steinke (2020): a valid epsilon for every alpha above 1."""
    return alpha * rho + (1 - 1 / alpha).ln() + ((1 / delta).ln() - alpha.ln()) / (alpha - 1)


def epsilon(rho, delta):
    """The least over alpha, by golden section on ln(alpha - 1), where the bound has one valley."""
    rho, delta = decimal(rho), decimal(delta)
    low, high = Decimal(-30), Decimal(60)
    ratio = (Decimal(5).sqrt() - 1) / 2
    for _ in range(160):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if bound(1 + left.exp(), rho, delta) < bound(1 + right.exp(), rho, delta):
            high = right
        else:
            low = left
    return bound(1 + ((low + high) / 2).exp(), rho, delta)


def account(*words):
    ran = subprocess.run([POLDER, "account", *words], capture_output=True, text=True, check=False)
    return Decimal(ran.stdout.strip()) if ran.returncode == 0 else None


def accounts():
    caps = [Fraction(1, 2), Fraction(1, 5), Fraction(7, 20), Fraction(1, 10**9), Fraction(123456789, 10**9)]
    for cap in caps:
        for years in (1, 13, 19):
            for twice in (1, 4):
                rho = cap * years * twice  # exact: a career is the sum of its years
                exact = epsilon(rho, Fraction(1, 10**6))
                ours = account("--rho", f"{rho.numerator}/{rho.denominator}", "--delta", "1e-6")
                what = f"epsilon of {years} years at {cap}, times {twice}: {ours} beside {exact:.15}"
                # Rounded up at the 12th digit, and by no more.
                check(ours is not None and ours >= exact and ours <= exact * (1 + Decimal(11) / 10**12) + Decimal(10) ** -40, what)
                back = account("--epsilon", str(ours), "--delta", "1e-6")
                # The way back never promises more than it had.
                check(back is not None and back <= decimal(rho) * (1 + Decimal(10) ** -9) and back >= decimal(rho) * (1 - Decimal(10) ** -9),
                      f"rho of {ours} is {back}, not {rho}")
    for delta in ("1e-10", "1e-99", "0.5"):
        exact = epsilon(Fraction(13, 2), Fraction(Decimal(delta)))
        ours = account("--rho", "6.5", "--delta", delta)
        check(ours is not None and exact <= ours <= exact * (1 + Decimal(11) / 10**12), f"delta {delta}: {ours} beside {exact:.15}")
    for words in (("--rho", "-1", "--delta", "1e-6"), ("--rho", "1", "--delta", "0"), ("--rho", "1", "--delta", "1"), ("--rho", "1e9", "--delta", "1e-6"),
                  ("--rho", "1", "--delta", "1e-6", "--epsilon", "1"), ("--rho", "one", "--delta", "1e-6"), ("--epsilon", "0", "--delta", "1e-6")):
        check(account(*words) is None, f"account {' '.join(words)} is refused")


def plan(workload):
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(workload, file)
    try:
        ran = subprocess.run([POLDER, "plan", "--workload", file.name, "--format", "json"], capture_output=True, text=True, check=False)
    finally:
        os.unlink(file.name)
    return json.loads(ran.stdout) if ran.returncode == 0 else None


def subsets(names):
    return itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names) + 1))


def optimum(sizes, marginals, weights, rho):
    """Closed form: (sum over A of prod(n_i - 1) sqrt(sum over B containing A of w_B / N_B))^2 / 2 rho."""
    worth = {}
    for marginal in marginals:
        cells = math.prod(sizes[name] for name in marginal)
        weight = Fraction(1) if weights == "cell" else Fraction(1, cells)
        for residual in subsets(sorted(marginal)):
            worth[residual] = worth.get(residual, 0) + weight / cells
    total = sum(math.prod(sizes[name] - 1 for name in residual) * decimal(value).sqrt() for residual, value in worth.items())
    return total * total / (2 * decimal(rho))


def exact_cost(sizes, measurements):
    """What one record costs: the squared length of its image, prod n_i (n_i - 1), over 2 gamma^2."""
    return sum(Fraction(math.prod(sizes[name] * (sizes[name] - 1) for name in one["attributes"])) / (2 * Fraction(one["gammaSquared"]))
               for one in measurements)


def plans():
    ten = {f"a{i}": 2 + i for i in range(10)}
    cases = [
        ("one attribute", {"x": 7}, [["x"]]),
        ("one attribute and its total", {"x": 7}, [[], ["x"]]),
        ("an attribute of one code", {"x": 1}, [[], ["x"]]),
        ("codes of one among others", {"x": 1, "y": 5, "z": 1}, [["x", "y"], ["y", "z"], ["x", "z"]]),
        ("attributes of two codes", {"x": 2, "y": 2, "z": 2}, [["x", "y", "z"]]),
        ("two to the twentieth cells in one attribute", {"x": 1 << 20}, [[], ["x"]]),
        ("two to the twentieth cells in four attributes", {"a": 32, "b": 32, "c": 32, "d": 32}, [["a", "b", "c", "d"], ["a", "b"]]),
        ("ten attributes", ten, [list(pair) for pair in itertools.combinations(ten, 2)]),
        ("ten attributes at once", {f"a{i}": 2 for i in range(10)}, [[f"a{i}" for i in range(10)]]),
        ("far apart in size", {"x": 2, "y": 100000}, [["x"], ["y"], ["x", "y"]]),
    ]
    for name, sizes, marginals in cases:
        for weights in ("cell", "marginal"):
            for rho in ("1/2", "1/1000000", "1000"):
                what = f"plan of {name}, weights by {weights}, rho {rho}"
                made = plan({"attributes": sizes, "marginals": marginals, "weights": weights, "objective": "total", "rho": rho})
                if made is None:
                    check(False, what + ": refused")
                    continue
                budget = Fraction(rho)
                cost = exact_cost(sizes, made["measurements"])
                check(cost <= budget, what + ": over the budget")
                check(cost >= budget * Fraction(999, 1000), what + f": uses {float(cost / budget)} of the budget")
                check(Fraction(made["actual"]["rho"]) == cost, what + ": states another cost")
                loss = decimal(Fraction(made["ideal"]["loss"]))
                best = optimum(sizes, marginals, weights, budget)
                check(abs(loss / best - 1) < Decimal("1e-9"), what + f": loss {loss:.12} beside the optimum {best:.12}")
    for name, workload in [
        ("no attribute", {"attributes": {}, "marginals": [["x"]], "rho": "1"}),
        ("a size of nought", {"attributes": {"x": 0}, "marginals": [["x"]], "rho": "1"}),
        ("no budget", {"attributes": {"x": 2}, "marginals": [["x"]], "rho": "0"}),
        ("a budget below nought", {"attributes": {"x": 2}, "marginals": [["x"]], "rho": "-1"}),
        ("a marginal twice", {"attributes": {"x": 2, "y": 2}, "marginals": [["x", "y"], ["y", "x"]], "rho": "1"}),
        ("no marginal", {"attributes": {"x": 2}, "marginals": [], "rho": "1"}),
        ("an unknown objective", {"attributes": {"x": 2}, "marginals": [["x"]], "objective": "least", "rho": "1"}),
    ]:
        check(plan(workload) is None, f"{name} is refused")


accounts()
plans()
print("faults:", len(FAULTS))
sys.exit(1 if FAULTS else 0)
