// `polder attack`: what can be recovered from published tables of counts, ours or another office's.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/count_files.h"
#include "server/config/files.h"
#include "stats/audit/count_bounds.h"
#include "stats/audit/grid_certificate.h"
#include "stats/audit/table_attack.h"
#include "stats/table/spec.h"

namespace polder::server::cli {
namespace {

using nlohmann::json;

struct AttackArguments {
  std::string spec;
  std::vector<std::string> tables;
  std::vector<std::string> known;
  std::string cases;
  std::string certificate;
  bool duo = false;
  double time_limit = 0;  // seconds; 0 for none
};

stats::audit::PublicTables ReadTables(const AttackArguments& arguments,
                                      const stats::table::CountSpec& spec) {
  using stats::audit::CountDialect;
  stats::audit::PublicTables tables;
  const int64_t least = spec.zeros == stats::table::Zeros::kPublished ? 1 : 0;
  base::Problems problems;
  const auto take = [&](const std::string& path, CountDialect dialect, auto& to) {
    ReadNoting(path, problems, [&] {
      const auto more =
          stats::audit::ParseCountStatements(spec.grid, config::ReadFile(path), dialect, least);
      to.insert(to.end(), more.begin(), more.end());
    });
  };
  for (const std::string& path : arguments.tables) {
    take(path, arguments.duo ? CountDialect::kDuo : CountDialect::kPlain, tables.tables);
  }
  for (const std::string& path : arguments.known) take(path, CountDialect::kPlain, tables.known);
  if (!arguments.cases.empty()) {
    ReadNoting(arguments.cases, problems,
               [&] { tables.counts = CountCasesIn(spec.grid, arguments.cases); });
  }
  problems.ThrowIfAny();
  return tables;
}

std::vector<std::string> NamesOf(const stats::table::CountSpec& spec,
                                 const std::vector<size_t>& members) {
  std::vector<std::string> names;
  for (const size_t member : members) {
    names.push_back(spec.grid.trees()[*spec.insiders].nodes()[member].name);
  }
  return names;
}

stats::audit::AttackWatch Watch(const AttackArguments& arguments,
                                const stats::table::CountSpec& spec, bool quiet) {
  using Clock = std::chrono::steady_clock;
  stats::audit::AttackWatch watch;
  if (arguments.time_limit > 0) {
    const auto until = Clock::now() + std::chrono::duration<double>(arguments.time_limit);
    watch.stop = [until] { return Clock::now() >= until; };
  }
  if (quiet) return watch;
  watch.begins = [&spec](const std::vector<size_t>& members, size_t cells) {
    std::string who;
    for (const std::string& name : NamesOf(spec, members))
      who += (who.empty() ? "" : " and ") + name;
    std::cerr << "attack by " << (who.empty() ? "an outsider" : who) << ": " << cells << " cells\n";
  };
  watch.progress = [told = Clock::now()](size_t left) mutable {
    if (Clock::now() - told < std::chrono::seconds(5)) return;
    told = Clock::now();
    std::cerr << "attack: " << left << " cells to go\n";
  };
  return watch;
}

// The certificate of `polder suppress` against the counts and the tables, by addition alone.
int CheckCertificate(const AttackArguments& arguments, bool as_json) {
  const auto spec = stats::table::ParseCountSpec(config::ReadFile(arguments.spec));
  if (arguments.cases.empty()) {
    throw base::ProblemError("usage", "cases",
                             "a certificate is checked against the true cases: give --cases");
  }
  const auto counts = CountCasesIn(spec.grid, arguments.cases);
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
  const auto spec = stats::table::ParseCountSpec(config::ReadFile(arguments.spec));
  auto watch = Watch(arguments, spec, as_json);
  size_t in_fractions = 0;
  watch.in_fractions = &in_fractions;
  const auto findings = stats::audit::AttackTables(spec, ReadTables(arguments, spec), watch);
  json recovered = json::array();
  json narrow = json::array();
  json undecided = json::array();
  for (const stats::audit::TableFinding& finding : findings) {
    const std::string where = spec.grid.Describe(finding.cell);
    const std::vector<std::string> attacker = NamesOf(spec, finding.attacker);
    json entry = {{"cell", where}, {"attacker", attacker}};
    std::string who;
    for (const std::string& name : attacker) who += (who.empty() ? " by " : " and ") + name;
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
    std::cout << json{{"recovered", recovered},
                      {"narrow", narrow},
                      {"undecided", undecided},
                      {"openInFractions", in_fractions}}
                     .dump()
              << "\n";
  } else {
    std::cout << recovered.size() << " small counts recovered, " << narrow.size()
              << " held in too narrow a range"
              << (undecided.empty() ? std::string()
                                    : ", " + std::to_string(undecided.size()) + " undecided")
              << "\n";
    if (in_fractions > 0) {
      std::cout << in_fractions
                << " cells are open in tables with fractions; whether whole numbers tell more of "
                   "them was too much to find out\n";
    }
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
  attack
      ->add_option("--time-limit", arguments->time_limit,
                   "seconds after which what is still open is undecided (the answer is then no)")
      ->check([](const std::string& text) {
        return SecondsOf(text).value_or(0) > 0 ? "" : "must be a number of seconds above 0";
      });
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
