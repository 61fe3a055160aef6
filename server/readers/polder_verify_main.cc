// `polder-verify`: is this release whole, consistent, and in the log? Offline, trusting nothing but
// the log policy that the reader brings.
//
// It asks: is the document canonical and complete, do its tables add up, do status and number
// agree; can a hidden cell be computed from the shown ones; does the leaf in the proof speak of
// exactly these bytes; is that leaf under a checkpoint that the policy trusts; and, with --earlier,
// was no reservation or seed used twice, and does no other release claim the same name. Prints "yes
// …" or one line per reason. Exit 0 yes, 1 no, 2 wrong usage, 3 a file is unreadable.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/log/log_policy.h"
#include "crypto/log/merkle.h"
#include "crypto/log/proof.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"

namespace {

namespace base = polder::base;
namespace table = polder::stats::table;

class Unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  std::ifstream file;
  if (!std::filesystem::is_directory(path, error)) file.open(path, std::ios::binary);
  std::string text;
  if (file.is_open()) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) throw Unreadable(path.string() + ": cannot be read");
  return text;
}

table::PublishedRelease ReadRelease(const std::filesystem::path& path) {
  const std::string text = ReadFile(path);
  try {
    return table::PublishedRelease::Parse(text);
  } catch (const base::ProblemError& error) {
    std::vector<base::Problem> problems = error.problems();
    for (base::Problem& problem : problems) {
      problem.detail = path.filename().string() + ": " + problem.detail;
    }
    throw base::ProblemError(std::move(problems));
  }
}

// One equation over the cells without a number: their factors. What is on the other side is known.
using Row = std::map<size_t, base::Rational>;

// The reduced row echelon form, exact. A cell is determined when a row has no other cell left.
std::map<size_t, Row> Reduce(const std::vector<Row>& equations) {
  std::map<size_t, Row> pivots;  // by the row's own cell, which no other row holds
  const auto subtract = [](Row& row, const Row& other, const base::Rational& times) {
    for (const auto& [cell, factor] : other) {
      base::Rational& held = row[cell];
      held -= times * factor;
      if (held == 0) row.erase(cell);
    }
  };
  for (Row row : equations) {
    for (const auto& [cell, pivot] : pivots) {
      if (const auto found = row.find(cell); found != row.end()) {
        subtract(row, pivot, base::Rational(found->second));
      }
    }
    if (row.empty()) continue;
    const size_t first = row.begin()->first;
    const base::Rational lead = row.begin()->second;
    for (auto& [cell, factor] : row) factor /= lead;
    for (auto& [cell, pivot] : pivots) {
      if (const auto found = pivot.find(first); found != pivot.end()) {
        subtract(pivot, row, base::Rational(found->second));
      }
    }
    pivots.emplace(first, std::move(row));
  }
  return pivots;
}

// Whether sums give back a cell that was hidden. Cells without a number for a public reason (no
// delivery, cannot occur) are unknown here as well, but giving those back is no harm: nobody is in
// them.
bool HiddenIsComputable(const table::PublishedMeasure& measure) {
  std::vector<table::TableShape> shapes;
  std::vector<const table::PublishedCell*> cells;
  for (const auto& one : measure.tables) {
    shapes.push_back({one.id, one.attributes});
    for (const auto& cell : one.cells) cells.push_back(&cell);
  }
  std::vector<Row> equations;
  for (const auto& equation :
       table::LinkedTables(measure.id, measure.schema, std::move(shapes)).Equations()) {
    Row row;
    if (!cells.at(equation.total)->value) row[equation.total] = -1;
    for (const size_t part : equation.parts) {
      if (!cells.at(part)->value) row[part] = 1;
    }
    if (!row.empty()) equations.push_back(std::move(row));
  }
  const auto pivots = Reduce(equations);
  return std::any_of(pivots.begin(), pivots.end(), [&](const auto& pivot) {
    return pivot.second.size() == 1 && cells.at(pivot.first)->status == table::CellStatus::kHidden;
  });
}

void CheckHidden(const table::PublishedRelease& release, base::Problems& problems) {
  for (const auto& measure : release.measures()) {
    if (HiddenIsComputable(measure)) {
      problems.Add(
          "hidden-cell-computable", "/measures",
          "a hidden cell of measure " + measure.id + " follows from the numbers that are shown");
    }
  }
}

void CheckLog(const table::PublishedRelease& release, const std::string& proof_text,
              const std::string& policy_text, base::Problems& problems) {
  const auto policy = polder::crypto::log::LogPolicy::Parse(policy_text);
  const auto proof = polder::crypto::log::ParseProof(proof_text);
  if (!proof || !proof->extra) {
    problems.Add("malformed-proof", "", "the proof file is not a tlog-proof with its leaf");
    return;
  }
  const auto verdict = polder::crypto::log::VerifyProof(
      proof_text, polder::crypto::log::LeafHash(*proof->extra), policy);
  if (!verdict.ok) problems.Add(verdict.code, "", verdict.detail);
  const std::string digest = polder::crypto::digest::Sha256Hex(base::AsBytes(release.canonical()));
  try {
    const base::Json leaf = base::ParseJson(base::AsText(*proof->extra));
    const auto says = [&](const char* name, const std::string& value) {
      return leaf.is_object() && leaf.contains(name) && leaf[name] == value;
    };
    if (!says("kind", "release") || !says("releaseId", release.header().release_id) ||
        !says("digest", digest)) {
      problems.Add("other-release", "",
                   "the log's leaf does not speak of this file; it was altered, or the proof is of "
                   "another release");
    }
  } catch (const base::ProblemError&) {
    problems.Add("malformed-proof", "", "the proof's leaf is not JSON");
  }
}

void CheckEarlier(const table::PublishedRelease& release, const std::string& directory,
                  base::Problems& problems) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  if (error) throw Unreadable(directory + ": cannot be read");
  std::sort(paths.begin(), paths.end());
  const auto& header = release.header();
  for (const auto& path : paths) {
    const table::PublishedRelease earlier = ReadRelease(path);
    const auto& other = earlier.header();
    const std::string name = path.filename().string();
    if (earlier.canonical() == release.canonical()) continue;
    if (other.region != header.region) {
      problems.Add("other-region", "", name + ": a release of another region");
      continue;
    }
    if (other.release_id == header.release_id) {
      problems.Add("two-versions", "", name + ": has the same id and other content");
    }
    if (other.origin == header.origin && other.reservation_id == header.reservation_id) {
      problems.Add("reservation-reused", "", name + ": was drawn under the same reservation");
    }
    for (const std::string& commitment : other.seed_commitments) {
      if (std::find(header.seed_commitments.begin(), header.seed_commitments.end(), commitment) !=
          header.seed_commitments.end()) {
        problems.Add("seed-reused", "", name + ": was drawn with the same seed");
        break;
      }
    }
  }
}

struct Arguments {
  std::string release, proof, log_policy, earlier;
};

int Verify(const Arguments& arguments) {
  base::Problems problems;
  const table::PublishedRelease release = ReadRelease(arguments.release);
  CheckLog(release, ReadFile(arguments.proof), ReadFile(arguments.log_policy), problems);
  CheckHidden(release, problems);
  if (!arguments.earlier.empty()) CheckEarlier(release, arguments.earlier, problems);
  problems.ThrowIfAny();
  const auto& header = release.header();
  std::cout << "yes: " << header.release_id << ", " << header.kind << " release of "
            << header.period.Text() << " of " << header.region
            << (header.demo ? " (demonstration)" : "") << ", rho " << header.rho << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Verifies a Polder release offline.", "polder-verify"};
  Arguments arguments;
  bool json = false;
  app.add_option("release", arguments.release, "release file (canonical JSON)")->required();
  app.add_option("--proof", arguments.proof, "tlog-proof of the release")->required();
  app.add_option("--log-policy", arguments.log_policy, "logs and witnesses that you trust")
      ->required();
  app.add_option("--earlier", arguments.earlier, "directory of releases made before");
  std::string format = "text";
  app.add_option("--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  json = format == "json";
  try {
    return Verify(arguments);
  } catch (const base::ProblemError& error) {
    base::Json errors = base::Json::array();
    for (const base::Problem& problem : error.problems()) {
      if (json) {
        errors.push_back(base::ToJson(problem));
      } else {
        std::cerr << "no: " << base::ToLine(problem) << "\n";
      }
    }
    if (json) std::cerr << base::Json{{"errors", errors}}.dump() << "\n";
    return error.code() == "crypto-failure" ? 3 : 1;
  } catch (const std::exception& error) {
    std::cerr << "polder-verify: " << error.what() << "\n";
    return 3;
  }
}
