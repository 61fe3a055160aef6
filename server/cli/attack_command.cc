// `polder attack`: what can be recovered from published tables of counts, ours or another office's.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/config/files.h"
#include "stats/audit/count_bounds.h"
#include "stats/audit/grid_certificate.h"
#include "stats/table/spec.h"

namespace polder::server::cli {
namespace {

using nlohmann::json;
using stats::audit::CountRange;

struct AttackArguments {
  std::string spec;
  std::vector<std::string> tables;
  std::vector<std::string> known;
  std::string cases;
  std::string certificate;
  bool duo = false;
};

struct Finding {
  size_t cell;
  std::vector<std::string> attacker;
  CountRange range;
  bool undecided = false;  // neither this nor the contrary could be shown
};

class Attack {
 public:
  Attack(const AttackArguments& arguments, bool json_errors)
      : spec_(stats::table::ParseCountSpec(config::ReadFile(arguments.spec))), quiet_(json_errors) {
    const bool zeros_shown = spec_.zeros == stats::table::Zeros::kPublished;
    least_ = zeros_shown ? 1 : 0;
    const auto take = [&](const std::string& path, stats::audit::CountDialect dialect) {
      const auto more =
          stats::audit::ParseCountStatements(spec_.grid, config::ReadFile(path), dialect, least_);
      statements_.insert(statements_.end(), more.begin(), more.end());
    };
    for (const std::string& path : arguments.tables) {
      take(path,
           arguments.duo ? stats::audit::CountDialect::kDuo : stats::audit::CountDialect::kPlain);
    }
    for (const auto& statement : statements_) shown_.push_back(statement.cell);
    for (const std::string& path : arguments.known) take(path, stats::audit::CountDialect::kPlain);
    if (!arguments.cases.empty()) {
      counts_ = stats::table::CountCases(spec_.grid, config::ReadFile(arguments.cases));
    }
  }

  std::vector<Finding> Run() {
    std::vector<Finding> findings;
    As({}, findings);
    if (!counts_ || !spec_.insiders) return findings;
    std::vector<size_t> members;
    const stats::table::Tree& tree = spec_.grid.trees()[*spec_.insiders];
    for (size_t node = 0; node < tree.size(); ++node) {
      if (tree.IsLeaf(node)) members.push_back(node);
    }
    for (size_t i = 0; i < members.size(); ++i) {
      As({members[i]}, findings);
      for (size_t j = i + 1; j < members.size(); ++j) As({members[i], members[j]}, findings);
    }
    return findings;
  }
  const stats::table::CountSpec& spec() const { return spec_; }

 private:
  // What somebody learns who knows all leaf cells of `members` besides what is published.
  void As(const std::vector<size_t>& members, std::vector<Finding>& findings) {
    const stats::table::Grid& grid = spec_.grid;
    std::vector<stats::audit::CountStatement> statements = statements_;
    for (const std::vector<size_t>& nodes : spec_.structural) {
      statements.push_back({grid.CellOf(nodes), {0, 0}});
    }
    const auto theirs = [&](size_t cell) {
      return !members.empty() && std::find(members.begin(), members.end(),
                                           grid.NodeOf(cell, *spec_.insiders)) != members.end();
    };
    // Nothing foreign is in a cell whose other leaves are all shown to be nought.
    const std::vector<CountRange> said = stats::audit::RangesOf(grid, statements_);
    const auto all_theirs = [&](size_t cell) {
      if (members.empty()) return false;
      const std::vector<size_t> leaves = grid.LeavesUnder(cell);
      return std::all_of(leaves.begin(), leaves.end(), [&](size_t leaf) {
        return theirs(leaf) || said[leaf] == CountRange{0, 0};
      });
    };
    for (size_t cell = 0; !members.empty() && cell < grid.cells(); ++cell) {
      if (!grid.IsLeaf(cell) || !theirs(cell)) continue;
      statements.push_back({cell, {(*counts_)[cell], (*counts_)[cell]}});
    }
    std::vector<CountRange> ranges = stats::audit::RangesOf(grid, statements);
    const std::vector<CountRange> stated = ranges;
    stats::audit::PassAlong(grid, ranges);
    std::vector<size_t> targets;
    std::vector<bool> seen(grid.cells());
    for (size_t cell : shown_) {
      // A count that the tables show is not recovered, and nobody learns their own.
      if (seen[cell] || said[cell].IsExact() || all_theirs(cell)) continue;
      seen[cell] = true;
      const int64_t least = std::max<int64_t>(ranges[cell].low, least_);
      const bool may_be_small =
          counts_ ? (*counts_)[cell] < spec_.threshold && (*counts_)[cell] >= least_
                  : least < spec_.threshold;
      if (may_be_small) targets.push_back(cell);
    }
    if (!quiet_) {
      std::cerr << "attack by " << (members.empty() ? "an outsider" : "") << Join(members) << ": "
                << targets.size() << " cells\n";
    }
    const bool interval = spec_.protect == stats::table::Protection::kInterval;
    // Without the true counts nobody can say of a wide enough cell that it is small, so that its
    // width is not judged: only that it is not exact and may be large.
    const stats::audit::Enough enough = {interval && counts_ ? spec_.width : 1,
                                         interval ? spec_.threshold : 0};
    auto told = std::chrono::steady_clock::now();
    stats::audit::Search search;
    search.progress = [&](size_t left) {
      const auto now = std::chrono::steady_clock::now();
      if (quiet_ || now - told < std::chrono::seconds(5)) return;
      told = now;
      std::cerr << "attack: " << left << " cells to go\n";
    };
    const std::vector<size_t> undecided =
        stats::audit::Narrow(grid, targets, enough, stated, ranges, search);
    const std::set<size_t> open(undecided.begin(), undecided.end());
    for (size_t cell : targets) {
      const CountRange& range = ranges[cell];
      const bool small = range.IsExact() && range.low < spec_.threshold && range.low >= least_;
      const bool never_large = range.high < spec_.threshold && range.high > 0;
      const bool thin = counts_ && range.high - range.low < spec_.width;
      if (small || (interval && (never_large || thin))) {
        findings.push_back({cell, Names(members), range});
      } else if (open.contains(cell)) {
        findings.push_back({cell, Names(members), range, true});
      }
    }
  }

  std::vector<std::string> Names(const std::vector<size_t>& members) const {
    std::vector<std::string> names;
    for (size_t member : members) {
      names.push_back(spec_.grid.trees()[*spec_.insiders].nodes()[member].name);
    }
    return names;
  }
  std::string Join(const std::vector<size_t>& members) const {
    std::string text;
    for (const std::string& name : Names(members)) text += (text.empty() ? "" : " and ") + name;
    return text;
  }

  stats::table::CountSpec spec_;
  bool quiet_;
  int64_t least_ = 1;
  std::vector<stats::audit::CountStatement> statements_;
  std::vector<size_t> shown_;
  std::optional<std::vector<int64_t>> counts_;
};

// The certificate of `polder suppress` against the counts and the tables, by addition alone.
int CheckCertificate(const AttackArguments& arguments, bool as_json) {
  const auto spec = stats::table::ParseCountSpec(config::ReadFile(arguments.spec));
  if (arguments.cases.empty()) {
    throw base::ProblemError("usage", "cases",
                             "a certificate is checked against the true cases: give --cases");
  }
  const auto counts = stats::table::CountCases(spec.grid, config::ReadFile(arguments.cases));
  const auto cells =
      stats::table::ParseCountCells(spec.grid, config::ReadFile(arguments.tables.front()));
  const std::string certificate = config::ReadFile(arguments.certificate);
  base::Problems findings;
  const auto widths =
      stats::audit::CheckGridCertificate(spec, counts, cells, certificate, findings);
  findings.ThrowIfAny();
  json worst = json::object();
  if (widths.outsider) worst["outsider"] = *widths.outsider;
  if (widths.member) worst["member"] = *widths.member;
  if (widths.pair) worst["pair"] = *widths.pair;
  const std::string digest = "sha256:" + crypto::digest::Sha256Hex(base::AsBytes(certificate));
  if (as_json) {
    std::cout << json{{"certificate", {{"digest", digest}, {"worstWidths", worst}}},
                      {"sensitive", widths.sensitive}}
                     .dump()
              << "\n";
  } else {
    std::cout << "yes: " << widths.sensitive << " sensitive cells are proved, " << digest
              << ", worst widths " << worst.dump() << "\n";
  }
  return kDone;
}

int RunAttack(const AttackArguments& arguments, bool as_json) {
  if (!arguments.certificate.empty()) return CheckCertificate(arguments, as_json);
  Attack attack(arguments, as_json);
  const std::vector<Finding> findings = attack.Run();
  json recovered = json::array();
  json narrow = json::array();
  json undecided = json::array();
  for (const Finding& finding : findings) {
    const std::string where = attack.spec().grid.Describe(finding.cell);
    json entry = {{"cell", where}, {"attacker", finding.attacker}};
    std::string who;
    for (const std::string& name : finding.attacker) who += (who.empty() ? " by " : " and ") + name;
    if (finding.undecided) {
      undecided.push_back(entry);
      if (!as_json) std::cout << where << who << ": undecided\n";
    } else if (finding.range.IsExact()) {
      entry["count"] = finding.range.low;
      recovered.push_back(entry);
      if (!as_json) std::cout << where << who << ": " << finding.range.low << "\n";
    } else {
      entry["low"] = finding.range.low;
      entry["high"] = finding.range.high;
      narrow.push_back(entry);
      if (!as_json) {
        std::cout << where << who << ": " << finding.range.low << " to " << finding.range.high
                  << "\n";
      }
    }
  }
  if (as_json) {
    std::cout << json{{"recovered", recovered}, {"narrow", narrow}, {"undecided", undecided}}.dump()
              << "\n";
  } else {
    std::cout << recovered.size() << " small counts recovered, " << narrow.size()
              << " held in too narrow a range"
              << (undecided.empty() ? std::string()
                                    : ", " + std::to_string(undecided.size()) + " undecided")
              << "\n";
  }
  return findings.empty() ? kDone : kRefused;
}

}  // namespace

void AddAttackCommand(CLI::App& app, Chosen& chosen) {
  CLI::App* attack =
      app.add_subcommand("attack", "What can be recovered from published tables of counts");
  auto arguments = std::make_shared<AttackArguments>();
  attack->add_option("--spec", arguments->spec, "dimensions and promises (JSON)")->required();
  attack->add_option("--tables", arguments->tables, "published tables (CSV)")->required();
  attack->add_option("--known", arguments->known,
                     "figures of other offices (CSV): exact, with a margin, or low and high");
  attack->add_option("--cases", arguments->cases,
                     "the true cases (CSV): also attack as members and pairs, who know their own");
  attack->add_option("--certificate", arguments->certificate,
                     "check this certificate of polder suppress against --cases and the first of "
                     "--tables instead of attacking; no solver takes part");
  const auto dialect = std::make_shared<std::string>();
  attack->add_option("--dialect", *dialect, "duo: 1 to 4 are shown as 4")
      ->check(CLI::IsMember({"duo"}));
  const auto format = std::make_shared<std::string>("text");
  attack->add_option("--format", *format, "text or json")->check(CLI::IsMember({"text", "json"}));
  attack->callback([&chosen, arguments, dialect, format] {
    arguments->duo = *dialect == "duo";
    chosen.json = *format == "json";
    chosen.run = [arguments, as_json = chosen.json] { return RunAttack(*arguments, as_json); };
  });
}

}  // namespace polder::server::cli
