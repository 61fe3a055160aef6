"""The exactness wall: what is drawn and what is charged is decided by whole numbers alone.

Usage: check_exact.py SOURCE_DIR [--self-test]. Prints every violation; exit 1 when there is one.
Sources of the sampler, the keystream and the ledger hold no floating point at all; no product source takes random numbers from the
standard library, whose distributions differ from machine to machine. --self-test proves that planted violations are found.
"""
import pathlib
import re
import sys
import tempfile

TOP = ("policies", "crypto", "stats", "server")
# Draws, answers, bits, amounts and the ledger: files and folders.
EXACT = ("stats/noise/sampler.", "stats/noise/inversion.", "stats/noise/thresholds.", "stats/noise/rejection.", "stats/noise/answers.",
         "stats/noise/psi.", "stats/noise/pattern.", "stats/budget/", "crypto/random/", "policies/base/random_bits.", "policies/base/rational.",
         "policies/base/nano_rho.", "server/govern/ledger.", "server/jobs/office_ledger.", "server/jobs/planned_reservation.")
FLOATING = re.compile(r"\b(float|double|long double|mpf_\w+|mpf_class|get_d|strtod|stod|std::(exp|log|pow|sqrt))\b|#\s*include\s*<(cmath|math\.h|cfloat)>"
                      r"|(?<![\w.\"])\d+\.\d+(?![\w\"])")
RANDOM = re.compile(r"#\s*include\s*<random>|\bstd::(mt19937|random_device|normal_distribution|uniform_\w+_distribution)|\b(rand|srand|drand48)\s*\(")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def violations(root):
    root = pathlib.Path(root)
    found, exact = [], set()
    for top in TOP:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cc") or not file.is_file():
                continue
            path = file.relative_to(root).as_posix()
            text = STRING.sub('""', COMMENT.sub("", file.read_text()))
            if hit := RANDOM.search(text):
                found.append(f"{path}: {hit.group(0)} (random bits come from base::RandomSource)")
            for part in EXACT:
                if path.startswith(part):
                    exact.add(part)
                    if hit := FLOATING.search(text):
                        found.append(f"{path}: {hit.group(0)} (what is drawn or charged is exact)")
    found += [f"{part}: no such source any more; mend this list" for part in EXACT if part not in exact]
    return found


def self_test():
    planted = {
        "stats/noise/sampler.cc": "double Half();\n", "stats/noise/inversion.cc": "#include <cmath>\n", "stats/noise/thresholds.cc": "auto x = y.get_d();\n",
        "stats/noise/rejection.cc": "int y = 0.5 * x;\n", "stats/budget/ledger.cc": "float f;\n", "crypto/random/keystream.cc": "auto x = std::exp(1);\n",
        "server/govern/ledger.cc": "mpf_class amount;\n", "stats/whatif/peek.cc": "#include <random>\n", "stats/suppress/peek.cc": "int x = rand();\n",
        "server/jobs/peek.cc": "std::random_device device;\n",
    }
    innocent = {"stats/budget/fine.cc": '// not a double\nconst char* text = "0.5 double";\n', "stats/whatif/fine.cc": "double guide = 0.5; auto strand(int);\n"}
    with tempfile.TemporaryDirectory() as copy:
        copy = pathlib.Path(copy)
        for path, text in (planted | innocent).items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text)
        found = violations(copy)
    problems = [f"a planted violation in {path} was not found" for path in planted if not any(f.startswith(path + ":") for f in found)]
    problems += [f"{path} was found, but it is fine" for path in innocent if any(f.startswith(path + ":") for f in found)]
    if not any(f.startswith("stats/noise/answers.:") for f in found):
        problems.append("a source that is gone was not missed")
    return problems


def main():
    problems = self_test() if "--self-test" in sys.argv else violations(sys.argv[1])
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
