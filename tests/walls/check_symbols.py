"""The symbol wall: what a finished program contains decides what it can do, whatever its sources say.

Usage: check_symbols.py BUILD_DIR [--self-test]. Prints every forbidden symbol's first occurrence; exit 1 when there is one.
"""
import pathlib
import re
import subprocess
import sys

# program or library -> patterns that no (demangled) symbol in it may match
FORBIDDEN = {
    "bin/polder": [r"polder::server::(?!cli::|config::|report::)", r"\bBsn\b", r"\bsqlite3_", r"Poco::", r"Clp"],
    "bin/polder-region": [r"polder::server::member::", r"\bBsn\b"],
    "bin/polder-member": [r"\bsqlite3_", r"polder::server::(store|govern|jobs|readers|collect|cli)::",
                          r"polder::stats::(tabulate|noise|budget|release)::"],
    "bin/polder-keyholder": [r"polder::stats::", r"\bBsn\b", r"polder::crypto::token::",
                             r"polder::server::(govern|jobs|readers|collect|member|cli)::"],
    "bin/polder-verify": [r"\bsqlite3_", r"polder::stats::(cases|tabulate|noise|budget|population)::",
                          r"polder::server::(?!verify::)", r"Poco::Net",
                          r"polder::crypto::(seal::|random::(Keystream|SeedCommitment|OpensCommitment))"],
    "libpolder_server_readers.a": [r"polder::stats::(cases|tabulate|noise|reconcile|release)::",
                                   r"polder::server::(jobs|collect|member|govern)::", r"polder::crypto::(seal|cms|token)::"],
    "libpolder_stats_suppress.a": [r"polder::stats::audit::"],
    "libpolder_stats_audit.a": [r"polder::stats::suppress::"],
    "libpolder_stats_reconcile.a": [r"polder::stats::tabulate::CubeReader"],
    "libpolder_server_jobs.a": [r"polder::stats::tabulate::CubeReader", r"polder::server::(member|collect|http)::"],
    "libpolder_server_collect.a": [r"polder::stats::(tabulate|noise)::"],
}


def symbols(path):
    return subprocess.run(["nm", "-C", str(path)], check=True, capture_output=True, text=True).stdout.splitlines()


def findings(name, lines):
    result = []
    for pattern in FORBIDDEN[name]:
        # a symbol belongs to the namespace that its own name begins with, not to those among its parameters
        hit = next((l for l in lines if re.search(pattern, own_name(l))), None)
        if hit:
            result.append(f"{name}: contains {hit.strip()} (forbidden: {pattern})")
    return result


def own_name(line):
    name = re.sub(r"^[0-9a-fA-F ]*[A-Za-z] ", "", line)
    name = re.sub(r"^(vtable|typeinfo|typeinfo name|guard variable) for ", "", name)
    return name.split("(")[0].split("<")[0]


def self_test():
    """Every pattern must match a symbol of its kind, else the wall is painted on."""
    samples = ["0000 T polder::server::member::Bsn::Bsn(std::string)", "                 U sqlite3_open_v2",
               "0000 T polder::server::store::Database::Open()", "0000 T polder::server::govern::Log::Append()",
               "0000 T polder::stats::cases::ReadDelivery(int)", "0000 W polder::stats::tabulate::CubeReader::Marginal() const",
               "0000 T polder::stats::noise::Plan::Make()", "0000 T polder::stats::audit::Audit()",
               "0000 T polder::stats::suppress::Suppress()", "0000 T polder::crypto::seal::Seal()", "0000 T polder::crypto::random::Keystream::Open() const",
               "0000 T polder::crypto::token::ReKeyer::ReKey()", "0000 T Poco::Net::HTTPServer::start()", "0000 T Bsn::Valid()",
               "0000 T polder::server::http::Server::Start()", "                 U ClpSimplex::ClpSimplex(bool)"]
    return [f"{name}: {p} matches nothing" for name, patterns in FORBIDDEN.items() for p in patterns
            if not any(re.search(p, own_name(s)) for s in samples)]


def main():
    if "--self-test" in sys.argv:
        problems = self_test()
    else:
        build = pathlib.Path(sys.argv[1])
        problems = []
        for name in FORBIDDEN:
            if not (build / name).exists():
                problems.append(f"{name}: not built")
            else:
                problems += findings(name, symbols(build / name))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
