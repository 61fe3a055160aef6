// `polder suppress`: exact counts with the small ones hidden, and enough others so that they stay
// hidden.
#include <chrono>
#include <ctime>
#include <filesystem>
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
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/hidden_text.h"
#include "server/config/files.h"
#include "stats/audit/count_bounds.h"
#include "stats/suppress/count_suppress.h"
#include "stats/table/spec.h"

namespace polder::server::cli {
namespace {

using nlohmann::json;

struct SuppressArguments {
  std::string spec;
  std::string cases;
  std::string out;
  std::string report;
  std::string certificate;
  std::string picture;
  std::string language = "nl";
  std::vector<std::string> known;
  std::optional<double> time_limit;
};

double CpuSeconds() {
  std::timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Beside the specification, or else where the command was given.
std::string Resolve(const std::string& path, const std::string& spec) {
  const std::filesystem::path beside = std::filesystem::path(spec).parent_path() / path;
  return std::filesystem::exists(beside) ? beside.string() : path;
}

json Names(const stats::table::Grid& grid, size_t cell) {
  json names = json::array();
  for (size_t d = 0; d < grid.trees().size(); ++d) {
    names.push_back(grid.trees()[d].nodes()[grid.NodeOf(cell, d)].name);
  }
  return names;
}

json Changes(const stats::table::Grid& grid,
             const std::vector<std::pair<size_t, int64_t>>& differences) {
  json changes = json::array();
  for (const auto& [cell, change] : differences) {
    changes.push_back({{"cell", Names(grid, cell)}, {"change", change}});
  }
  return changes;
}

// docs/formats/certificate.md.
json CertificateOf(const stats::table::CountSpec& spec,
                   const stats::suppress::SuppressedCounts& result) {
  json columns = json::array();
  for (const stats::table::Tree& tree : spec.grid.trees()) columns.push_back(tree.column());
  const bool interval = spec.protect == stats::table::Protection::kInterval;
  json certificate = {{"format", "polder-certificate-1"},
                      {"columns", columns},
                      {"protect", interval ? "interval" : "exact"},
                      {"threshold", spec.threshold}};
  if (!interval) {
    certificate["witness"] = Changes(spec.grid, result.witness);
    return certificate;
  }
  certificate["width"] = spec.width;
  json proofs = json::array();
  for (const stats::suppress::WidthProof& proof : result.proofs) {
    proofs.push_back({{"cell", Names(spec.grid, proof.cell)},
                      {"attacker", proof.attacker},
                      {"width", proof.width},
                      {"low", Changes(spec.grid, proof.low)},
                      {"high", Changes(spec.grid, proof.high)}});
  }
  certificate["proofs"] = proofs;
  return certificate;
}

// What the world may know of the certificate: its digest and the worst width per kind of attacker.
json PublicPart(const stats::suppress::SuppressedCounts& result, const std::string& digest) {
  constexpr const char* kKinds[] = {"outsider", "member", "pair"};
  json widths = json::object();
  for (const stats::suppress::WidthProof& proof : result.proofs) {
    json& worst = widths[kKinds[std::min<size_t>(proof.attacker.size(), 2)]];
    if (worst.is_null() || worst.get<int64_t>() > proof.width) worst = proof.width;
  }
  return {{"digest", "sha256:" + digest}, {"worstWidths", widths}};
}

// What other offices tell of a cell fixes it, exact or not: a band is kept whole. A sensitive cell
// that they publish themselves is beyond protection and left to hide.
std::vector<stats::table::CountCell> KnownCells(const stats::table::CountSpec& spec,
                                                const std::vector<int64_t>& counts,
                                                const std::vector<std::string>& paths,
                                                size_t& beyond) {
  const int64_t least = spec.zeros == stats::table::Zeros::kPublished ? 1 : 0;
  std::set<size_t> told;
  for (const std::string& path : paths) {
    for (const auto& statement : stats::audit::ParseCountStatements(
             spec.grid, config::ReadFile(path), stats::audit::CountDialect::kPlain, least)) {
      if (statement.range.low > least || statement.range.high < stats::audit::CountRange::kMany) {
        told.insert(statement.cell);
      }
    }
  }
  std::vector<stats::table::CountCell> cells;
  for (const size_t cell : told) {
    if (counts[cell] >= least && counts[cell] < spec.threshold) {
      ++beyond;
    } else {
      cells.push_back({cell, counts[cell], stats::table::CountStatus::kValue});
    }
  }
  return cells;
}

int RunSuppress(const SuppressArguments& arguments) {
  const stats::table::CountSpec spec =
      stats::table::ParseCountSpec(config::ReadFile(arguments.spec));
  const std::vector<int64_t> counts =
      stats::table::CountCases(spec.grid, config::ReadFile(arguments.cases));
  std::vector<std::vector<stats::table::CountCell>> previous;
  for (const std::string& path : spec.previous) {
    previous.push_back(
        stats::table::ParseCountCells(spec.grid, config::ReadFile(Resolve(path, arguments.spec))));
  }
  size_t beyond = 0;
  if (!arguments.known.empty()) {
    previous.push_back(KnownCells(spec, counts, arguments.known, beyond));
  }
  stats::suppress::CountSuppressOptions options;
  const auto start = std::chrono::steady_clock::now();
  auto told = start;
  uint64_t asked = 0;
  options.out_of_time = [&] {
    const auto now = std::chrono::steady_clock::now();
    ++asked;
    if (now - told > std::chrono::seconds(5)) {
      told = now;
      std::cerr << "suppress: " << asked << " sums asked after, "
                << std::chrono::duration_cast<std::chrono::seconds>(now - start).count() << " s\n";
    }
    const std::chrono::duration<double> spent = now - start;
    return arguments.time_limit && spent.count() >= *arguments.time_limit;
  };
  const stats::suppress::SuppressedCounts result =
      stats::suppress::SuppressCounts(spec, counts, previous, options);
  const std::string certificate = base::CanonicalJson(CertificateOf(spec, result));
  const json report = {
      {"cells", result.cells.size()},
      {"sensitive", result.sensitive},
      {"hiddenCells", result.hidden_cells},
      {"hiddenSum", result.hidden_sum},
      {"finished", result.finished},
      {"correctedBefore", result.corrected_before},
      {"knownElsewhere", beyond},
      {"cpuSeconds", CpuSeconds()},
      {"certificate", PublicPart(result, crypto::digest::Sha256Hex(base::AsBytes(certificate)))}};
  if (!arguments.certificate.empty()) config::WriteFile(arguments.certificate, certificate, true);
  config::WriteFile(arguments.out, stats::table::WriteCountCells(spec.grid, result.cells));
  config::WriteFile(arguments.report, report.dump(2) + "\n");
  if (!arguments.picture.empty()) {
    config::WriteFile(
        arguments.picture,
        ReportText(report::ReportOf(spec, result.cells, LanguageOf(arguments.language)),
                   LanguageOf(arguments.language), arguments.picture));
  }
  std::cerr << result.hidden_cells << " of " << result.cells.size() << " cells are hidden"
            << (result.finished ? "" : "; time ran out, and what was left was hidden too") << ".\n";
  return kDone;
}

}  // namespace

void AddSuppressCommand(CLI::App& app, Chosen& chosen) {
  CLI::App* suppress = app.add_subcommand(
      "suppress", "Tables of exact counts with the small ones hidden so that they stay hidden");
  auto arguments = std::make_shared<SuppressArguments>();
  suppress->add_option("--spec", arguments->spec, "what to publish and how to protect it (JSON)")
      ->required();
  suppress->add_option("--cases", arguments->cases, "a row a case (CSV)")->required();
  suppress->add_option("--out", arguments->out, "the tables (CSV)")->required();
  suppress->add_option("--report", arguments->report, "what it cost (JSON); stays inside")
      ->required();
  suppress->add_option("--certificate", arguments->certificate,
                       "the proof (JSON), readable by its owner only");
  suppress->add_option("--known", arguments->known,
                       "figures of other offices (CSV), as for polder attack: attackers have them");
  suppress->add_option("--picture", arguments->picture,
                       "what is hidden, for people: a heat map (.svg) or a page (.html)");
  suppress->add_option("--language", arguments->language, "of the picture: nl or en")
      ->check(CLI::IsMember({"nl", "en"}));
  suppress
      ->add_option("--time-limit", arguments->time_limit,
                   "seconds; what is not decided by then stays hidden")
      ->check(CLI::NonNegativeNumber);
  suppress->callback(
      [&chosen, arguments] { chosen.run = [arguments] { return RunSuppress(*arguments); }; });
}

}  // namespace polder::server::cli
