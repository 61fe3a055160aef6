#!/usr/bin/env python3
"""Validates every example and every shipped data file against its JSON Schema, and shows that the
schemas can refuse: each example is changed in ways that must all be faults.

    check_schemas.py <source dir>

Exits 0 when everything is as it should be, 1 otherwise. Uses no network.
"""
import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

# Schema name -> the files it describes. "delivery" is a manifest line and then case lines.
DATA = {
    "codebook": ["docs/formats/examples/codebook.json", "policies/data/codebooks/*.json"],
    "policy": ["docs/formats/examples/policy.json", "policies/data/policies/*.json"],
    "mapping": ["docs/formats/examples/mapping.json", "policies/data/mappings/*.json"],
    "receipt": ["docs/formats/examples/receipt.json"],
    "release": ["docs/formats/examples/release.json"],
    "log-leaf": ["docs/formats/examples/log-leaf.json"],
    "tokens": ["docs/formats/examples/tokens.json"],
    "audit": ["docs/formats/examples/audit.json"],
    "certificate": ["docs/formats/examples/certificate.json"],
}
DELIVERY = "docs/formats/examples/delivery.ndjson"
# Changes that only a schema that knows the meaning of a field refuses: path, then the new value.
TELLING = {
    "release": [
        (["measures", 0, "tables", 1, "cells", 2, "value"], 7),  # a hidden cell with a number
        (["measures", 0, "tables", 1, "cells", 0, "status"], "hidden"),
        (["measures", 0, "tables", 0, "sd"], "2.5"),
        (["header", "freezeDigest"], "ABC"),
        (["header", "period"], "2022"),
    ],
    "policy": [
        (["approvalsNeeded"], 1),
        (["peers", "minMembers"], 2),
        (["budget", "yearlyCap"], 0.5),
        (["known", 0, "figures", 0, "low"], 3),  # exact and banded at once
        (["known", 0, "figures", 2, "margin"], 3),
        (["measures", 0, "tables", 0, "attributes"], ["kind", "level", "group", "ageBand"]),
    ],
    "codebook": [
        (["municipalities", 0, "oin"], "123"),
        (["municipalities", 0, "code"], "Dalfsen"),
        (["publicCounts", 0, "counts", "GM0148", "22"], 5),
    ],
    "mapping": [(["encoding"], "latin-1"), (["fields", "birthDate", "codes"], {})],
    "audit": [
        (["determinedCells"], 1),
        (["counts", 0, "certificate"], "none"),
        (["attackers", 0, "class"], "neighbour"),
        (["minHiddenSd"], 1.5),
    ],
    "certificate": [(["protect"], "exact"), (["proofs", 0, "attacker"], ["a", "b", "c"]), (["witness"], [])],
    "receipt": [(["status"], "refused"), (["digest"], "00")],
    "tokens": [
        (["domains", 0, "keys", 0, "publicKey"], "BA"),
        (["holders", 0, "url"], "http://key-holder.example"),
        (["domains", 0, "domain"], "RMC10/absence/2022VSV"),
    ],
    "log-leaf": [(["kind"], "release"), (["kind"], "gossip"), (["cases"], 12)],
    "delivery-manifest": [(["period"], "2022SJ"), (["tokenDomain"], "RMC10"), (["recipient"], "GM0148"), (["policyDigest"], "none"), (["codebookDigest"], "AB" * 32)],
    "delivery-padding": [(["padding"], "dots and a word"), (["padding"], 12)],
    "delivery-case": [
        (["opened"], "2022-11-07"),
        (["pupil"], "c2hvcnQ"),
        (["closed"], False),
        (["bsn"], "999990019"),
    ],
}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def objects(value, path=()):
    """Every object inside `value`, with its path."""
    if isinstance(value, dict):
        yield path, value
        for name, part in value.items():
            yield from objects(part, path + (name,))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from objects(part, path + (index,))


def reach(value, path):
    for step in path:
        value = value[step]
    return value


def mutants(name, example):
    """Changed copies that a strict schema must refuse, each with a description."""
    for field in example:
        changed = copy.deepcopy(example)
        del changed[field]
        yield f"without /{field}", changed
    for path, value in objects(example):
        free = name == "mapping" and path and path[-1] == "codes"
        free = free or (name == "codebook" and "counts" in path)
        if free:  # maps whose names are data
            continue
        changed = copy.deepcopy(example)
        reach(changed, path)["surprise"] = 1
        yield f"with an unknown field at /{'/'.join(map(str, path))}", changed
    for path, value in TELLING[name]:
        changed = copy.deepcopy(example)
        reach(changed, path[:-1])[path[-1]] = value
        yield f"with /{'/'.join(map(str, path))} = {value!r}", changed


def main():
    if len(sys.argv) != 2:
        print("usage: check_schemas.py <source dir>", file=sys.stderr)
        return 2
    source = pathlib.Path(sys.argv[1])
    faults = []
    checked = refused = 0
    schemas = {}
    for path in sorted((source / "policies/data/schemas").glob("*.schema.json")):
        schema = load(path)
        Draft202012Validator.check_schema(schema)
        schemas[path.name.removesuffix(".schema.json")] = Draft202012Validator(schema)
    optional_fields = {"mapping": {"title"}, "policy": {"known"}, "audit": {"known", "counts"}}

    def check(name, label, document, is_example):
        nonlocal checked, refused
        for error in schemas[name].iter_errors(document):
            faults.append(f"{label}: {error.json_path}: {error.message[:200]}")
        checked += 1
        if not is_example:
            return
        for how, changed in mutants(name, document):
            if any(how == f"without /{field}" for field in optional_fields.get(name, ())):
                continue
            if schemas[name].is_valid(changed):
                faults.append(f"{label}: the schema accepts it {how}")
            refused += 1

    unknown = set(schemas) - set(DATA) - {"delivery-manifest", "delivery-case", "delivery-padding"}
    faults += [f"schema {name} describes no file that is checked" for name in sorted(unknown)]
    for name, patterns in DATA.items():
        for index, pattern in enumerate(patterns):
            files = sorted(source.glob(pattern))
            if not files:
                faults.append(f"{pattern}: no such file")
            for path in files:
                check(name, path.relative_to(source), load(path), index == 0)
    lines = (source / DELIVERY).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        name = "delivery-manifest" if number == 1 else "delivery-padding" if number == len(lines) else "delivery-case"
        check(name, f"{DELIVERY}:{number}", json.loads(line), number <= 2 or number == len(lines))

    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    print(f"{checked} documents valid, {refused} changed ones refused by {len(schemas)} schemas")
    return 0


if __name__ == "__main__":
    sys.exit(main())
