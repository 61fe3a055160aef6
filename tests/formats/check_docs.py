#!/usr/bin/env python3
"""Checks what a reader of the documentation would trip over:

* every relative link of every *.md leads to a file or folder, and to a heading where it names one;
* every folder with sources has a README.md of at most 30 lines;
* every fault code that a page names is one that some program gives;
* every test that a page names is there;
* no documentation or source names a place on somebody's machine.

    check_docs.py <source dir>
    check_docs.py <source dir> --self-test     each check is shown to fail where it must

Exits 0 when everything is as it should be, 1 otherwise.
"""
import pathlib
import re
import sys
import tempfile

ROOMS = ("policies", "crypto", "stats", "server")
LONGEST_README = 30
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*```.*?^\s*```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
# A path of the machine on which somebody worked; tests may make files of their own in a temporary folder.
MACHINE_PATH = re.compile(r"(?<![\w./}\"'-])/(work|tmp|root|home|Users)(?=/|\s|$|[\"'`),;:])|(?<=[\"'`(=])/(work|tmp|root|home|Users)/")
TEXT = {".md", ".cc", ".h", ".cmake", ".txt", ".json", ".yml", ".py", ".sh", ""}


def files(root):
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if parts[0] in ("build", ".git") or "__pycache__" in parts or not path.is_file():
            continue
        yield path


def anchors(text):
    """The names of a page's headings, as code hosts make them."""
    for heading in re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def check_links(root):
    for page in files(root):
        if page.suffix != ".md":
            continue
        text = page.read_text(encoding="utf-8")
        for target in LINK.findall(CODE.sub("", FENCE.sub("", text))):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, anchor = target.partition("#")
            to = (page.parent / name).resolve() if name else page
            if not to.exists():
                yield f"{page.relative_to(root)}: the link {target} leads nowhere"
            elif anchor and anchor not in anchors(to.read_text(encoding="utf-8")):
                yield f"{page.relative_to(root)}: {target} names a heading that is not there"


def check_readmes(root):
    folders = {p.parent for p in files(root) if p.suffix in (".cc", ".h") and p.relative_to(root).parts[0] in ROOMS}
    for folder in sorted(folders):
        readme = folder / "README.md"
        if not readme.is_file():
            yield f"{folder.relative_to(root)}: has sources and no README.md"
    for readme in files(root):
        if readme.name == "README.md" and readme.relative_to(root).parts[0] in ROOMS:
            lines = len(readme.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST_README:
                yield f"{readme.relative_to(root)}: {lines} lines; a room's README has at most {LONGEST_README}"


def check_codes(root):
    """The first cells of the operators' table of codes, and what the formats list under Faults."""
    given = set()
    for path in files(root):
        if path.suffix == ".cc" and path.relative_to(root).parts[0] in ROOMS:
            given.update(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', path.read_text(encoding="utf-8")))
    for page in sorted((root / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"^Faults:(.*?)(?:\n\n|\Z)|^## Faults\n(.*?)(?:\n#|\Z)", text, re.MULTILINE | re.DOTALL)
        tables = re.findall(r"^\| code \|.*\n((?:\|.*\n)+)", text, re.MULTILINE)
        cells = [row.split("|")[1] for table in tables for row in table.splitlines()]
        for part in [a + b for a, b in named] + cells:
            for code in re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", part):
                if code not in given:
                    yield f"{page.relative_to(root)}: no program gives the code {code}"


def check_tests(root):
    """`Suite.Name` in a table with a column of tests."""
    there = set()
    for path in (root / "tests").rglob("*.cc"):
        there.update(".".join(name) for name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", path.read_text(encoding="utf-8"), re.MULTILINE))
    for page in sorted((root / "docs").rglob("*.md")):
        for table in re.findall(r"^\|.*\btest \|\n((?:\|.*\n)+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            for name in re.findall(r"`(\w+\.\w+)`", table):
                if name not in there:
                    yield f"{page.relative_to(root)}: there is no test {name}"


def check_machine_paths(root):
    for path in files(root):
        parts = path.relative_to(root).parts
        if parts[0] == "tests" or path.suffix not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if MACHINE_PATH.search(line):
                yield f"{path.relative_to(root)}:{number}: names a place on one machine: {line.strip()[:80]}"


CHECKS = (check_links, check_readmes, check_codes, check_tests, check_machine_paths)


def self_test():
    """A tree with one fault of each sort: each must be found, and nothing else."""
    tree = {
        "README.md": "[there](docs/a.md#two-words) [out](https://example.org/x) `[no](link)`\n```\n[no](link)\n```\n",
        "docs/a.md": "## Two words\n[gone](b.md)\n[lost](a.md#three)\nin /etc/polder and keys/root and a/tmp/b\n",
        "docs/c.md": "see /" + "work/shared\n",
        "docs/d.md": "| code | do |\n|---|---|\n| `is-given` | |\n| `not-given` | |\n\nFaults: `is-given`,\n`never-given`.\n",
        "docs/e.md": "| mistake | test |\n|---|---|\n| one | `Suite.Is`, `Suite.IsNot` |\n",
        "tests/y.cc": "TEST_F(Suite, Is) {\n",
        "stats/bare/x.cc": 'Add("is-given");\n',
        "stats/long/x.cc": 'auto f = Open("/' + 'tmp/x");\n',
        "stats/long/README.md": "line\n" * (LONGEST_README + 1),
        "tests/x.cc": 'Open("/' + 'tmp/x");\n',
    }
    expected = ["b.md leads nowhere", "a.md#three names", "stats/bare: has sources", "README.md: 31 lines",
                "no test Suite.IsNot", "code not-given", "code never-given", "docs/c.md:1: names a place", "stats/long/x.cc:1: names a place"]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name, text in tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        found = [fault for check in CHECKS for fault in check(root)]
    missed = [wanted for wanted in expected if not any(wanted in fault for fault in found)]
    return [f"not found: {m}" for m in missed] + ([f"found too much: {found}"] if len(found) != len(expected) else [])


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    faults = self_test() if "--self-test" in sys.argv[2:] else [f for check in CHECKS for f in check(root)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
