"""The include wall: a file may include only headers of its own room and of rooms its CMake line allows.

Usage: check_includes.py SOURCE_DIR [--self-test]. Prints every violation; exit 1 when there is one.
The edges are read from CMakeLists.txt, so there is one list. --self-test proves that planted violations are found.
"""
import pathlib
import re
import sys
import tempfile

TOP = ("policies", "crypto", "stats", "server")
# header prefix -> path prefixes of the files that may include it
OUTSIDE = {
    "openssl/": ("crypto/",),
    "p11-kit/": ("crypto/seal/",),
    "dlfcn.h": ("crypto/seal/",),
    "Poco/": ("server/http/",),
    "sqlite3.h": ("server/store/",),
    "crypto/oprf/fixed_scalars.h": ("crypto/oprf/",),
    "CLI/": ("server/cli/", "server/member/", "server/keyholder/"),
}
# a call -> path prefixes of the files that may make it
CALLS = {
    r"KeyStore::Open\(": ("server/store/", "server/jobs/erasure.cc", "server/keyholder/"),  # jobs::OpenKeys is the region's only way in
    r"\bEVP_\w+_fetch\(": ("crypto/digest/algorithms.cc",),  # once each
    r"\b(SHA256|HMAC|EVP_Q_\w+)\(": (),  # one-shot calls fetch every time
    r"\bmemcmp\(": ("stats/",),  # secrets are compared in constant time (crypto/digest)
    r"\bERR_(error_string|reason_error_string|print_errors)\w*\(": (),  # a library's own words reach nobody
}
NEVER_IN_HEADERS = ("nlohmann/json.hpp", "Eigen/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
IO_HEADERS = ("fstream", "iostream", "filesystem", "unistd.h", "sys/socket.h", "cstdio")


def edges_of(cmake_text):
    block = re.search(r"set\(POLDER_EDGES\n(.*?)\)\n", cmake_text, re.S).group(1)
    edges = {}
    for line in re.findall(r'"([^"]+)"', block):
        room, _, needs = line.partition(":")
        edges[room] = set(needs.split())
    return edges


def room_of(path, edges):
    parts = path.split("/")
    return next((c for c in ("/".join(parts[:i]) for i in range(len(parts), 0, -1)) if c in edges), None)


def violations(root):
    root = pathlib.Path(root)
    edges = edges_of((root / "CMakeLists.txt").read_text())
    found = []
    for top in TOP:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cc") or not file.is_file():
                continue
            path = file.relative_to(root).as_posix()
            if path.endswith("_main.cc"):
                continue  # a program links rooms; the symbol wall watches it
            room = room_of(path, edges)
            if room is None:
                found.append(f"{path}: lies in no room of POLDER_EDGES")
                continue
            code = re.sub(r"//[^\n]*", "", file.read_text())
            for call, allowed in CALLS.items():
                if (hit := re.search(call, code)) and not path.startswith(tuple(allowed)):
                    found.append(f"{path}: calls {hit.group(0)}, which only {', '.join(allowed) or 'nobody'} may")
            for header in INCLUDE.findall(file.read_text()):
                if header.startswith(tuple(t + "/" for t in TOP)):
                    other = room_of(header, edges)
                    if other not in ({room, "policies/base"} | edges[room]):
                        found.append(f"{path}: includes {header}, but {room} may not know {other}")
                for prefix, allowed in OUTSIDE.items():
                    if header.startswith(prefix) and not path.startswith(allowed):
                        found.append(f"{path}: includes {header}, which only {', '.join(allowed)} may")
                if path.endswith(".h") and header.startswith(NEVER_IN_HEADERS):
                    found.append(f"{path}: a header includes {header}; use a forward declaration")
                if path.startswith("stats/") and header in IO_HEADERS and header != "cstdio":
                    found.append(f"{path}: includes <{header}>, but stats/ does no input or output")
    return found


def self_test(root):
    """Plants one violation of every kind in a copy of the build file's world and expects each to be found."""
    planted = {
        "server/readers/peek.cc": '#include "stats/cases/case.h"\n',
        "stats/suppress/peek.cc": '#include "stats/audit/audit.h"\n',
        "stats/compare/peek.cc": "#include <fstream>\n",
        "server/jobs/peek.cc": "#include <sqlite3.h>\n",
        "server/member/peek.cc": '#include "crypto/oprf/fixed_scalars.h"\n',
        "server/cli/peek.cc": "#include <openssl/evp.h>\n",
        "crypto/keys/peek.cc": "#include <p11-kit/pkcs11.h>\n",
        "server/collect/peek.cc": "#include <Poco/Net/HTTPServer.h>\n",
        "stats/table/peek.h": "#include <nlohmann/json.hpp>\n",
        "stats/unknown/peek.cc": "\n",
        "server/cli/open.cc": "auto keys = store::KeyStore::Open(path);\n",
        "crypto/seal/fetch.cc": 'auto* md = EVP_MD_fetch(nullptr, "SHA256", nullptr);\n',
        "crypto/keys/once.cc": "SHA256(data, size, out);\n",
        "crypto/seal/compare.cc": "return memcmp(a, b, 32) == 0;\n",
        "crypto/cms/words.cc": "ERR_error_string(ERR_get_error(), text);\n",
    }
    with tempfile.TemporaryDirectory() as copy:
        copy = pathlib.Path(copy)
        (copy / "CMakeLists.txt").write_text((pathlib.Path(root) / "CMakeLists.txt").read_text())
        for top in TOP:
            (copy / top).mkdir()
        for path, text in planted.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text)
        found = violations(copy)
    return [p for p in planted if not any(f.startswith(p + ":") for f in found)]


def main():
    root = sys.argv[1]
    problems = violations(root)
    if "--self-test" in sys.argv:
        problems = [f"a planted violation in {path} was not found" for path in self_test(root)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
