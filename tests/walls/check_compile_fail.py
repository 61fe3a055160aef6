"""Code that must not compile.

Usage: check_compile_fail.py CXX SOURCE_DIR FILE. The file names the expected error in a first line `// must not compile: <regex>`.
With -DALLOWED the same file must compile: otherwise the test would pass for a missing header or a typing error.
"""
import re
import subprocess
import sys


def compile_file(cxx, root, file, *defines):
    command = [cxx, "-std=c++20", "-fsyntax-only", "-I", root, *defines, file]
    return subprocess.run(command, capture_output=True, text=True)


def main():
    cxx, root, file = sys.argv[1:4]
    expected = re.match(r"// must not compile: (.*)", open(file).readline()).group(1)
    control = compile_file(cxx, root, file, "-DALLOWED")
    if control.returncode != 0:
        print(f"the allowed variant does not compile:\n{control.stderr[:3000]}")
        return 1
    attempt = compile_file(cxx, root, file)
    if attempt.returncode == 0:
        print("it compiles, but it must not")
        return 1
    if not re.search(expected, attempt.stderr):
        print(f"it fails for another reason than /{expected}/:\n{attempt.stderr[:3000]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
