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

#include "policies/base/problem.h"
#include "server/cli/certificate_writer.h"
#include "server/cli/cli.h"
#include "server/cli/count_files.h"
#include "server/cli/hidden_text.h"
#include "server/config/files.h"
#include "stats/audit/count_bounds.h"
#include "stats/suppress/count_rules.h"
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

// Before hours of work, not after them. A file of the command's own that is named twice would be
// written over.
void CheckPaths(const SuppressArguments& arguments, const std::vector<std::string>& previous) {
  base::Problems problems;
  std::set<std::filesystem::path> taken;
  const auto take = [&](const char* option, const std::string& path, bool written) {
    std::error_code ignored;
    const bool device = std::filesystem::is_other(path, ignored);
    if (path.empty() || device) return;
    const auto place = std::filesystem::weakly_canonical(path, ignored);
    if (written && taken.contains(place)) {
      problems.Add("same-file", option,
                   "this file is read or written by another option too; give it a name of its own");
    }
    taken.insert(place);
  };
  take("--spec", arguments.spec, false);
  take("--cases", arguments.cases, false);
  for (const std::string& path : arguments.known) take("--known", path, false);
  for (const std::string& path : previous) take("/previous", Resolve(path, arguments.spec), false);
  take("--out", arguments.out, true);
  take("--report", arguments.report, true);
  take("--certificate", arguments.certificate, true);
  take("--picture", arguments.picture, true);
  problems.ThrowIfAny();
  for (const std::string* path : {&arguments.out, &arguments.report, &arguments.picture}) {
    if (!path->empty()) config::NewFile probe(*path);
  }
}

// What other offices tell of a cell fixes it, exact or not: a band is kept whole. A sensitive cell
// that they publish themselves is beyond protection and left to hide.
std::vector<stats::table::CountCell> KnownCells(const stats::table::CountSpec& spec,
                                                const std::vector<int64_t>& counts,
                                                const std::set<size_t>& told, size_t& beyond) {
  const std::vector<bool> sensitive =
      stats::suppress::SensitiveCells(spec, counts, stats::suppress::StructuralZeros(spec, counts));
  std::vector<stats::table::CountCell> cells;
  for (const size_t cell : told) {
    if (sensitive[cell] || stats::suppress::IsSmall(spec, counts[cell])) {
      ++beyond;
    } else {
      cells.push_back({cell, counts[cell], stats::table::CountStatus::kValue});
    }
  }
  return cells;
}

// All that is to be read, once the specification says what it means.
struct Inputs {
  std::vector<int64_t> counts;
  std::vector<std::vector<stats::table::CountCell>> previous;
  size_t beyond = 0;  // cells that other offices publish and nobody can protect
};

Inputs ReadInputs(const SuppressArguments& arguments, const stats::table::CountSpec& spec) {
  Inputs inputs;
  base::Problems problems;
  ReadNoting(arguments.cases, problems,
             [&] { inputs.counts = CountCasesIn(spec.grid, arguments.cases); });
  for (const std::string& path : spec.previous) {
    const std::string place = Resolve(path, arguments.spec);
    ReadNoting(place, problems, [&] {
      inputs.previous.push_back(stats::table::ParseCountCells(spec.grid, config::ReadFile(place)));
    });
  }
  const int64_t least = spec.zeros == stats::table::Zeros::kPublished ? 1 : 0;
  std::set<size_t> told;
  for (const std::string& path : arguments.known) {
    ReadNoting(path, problems, [&] {
      for (const auto& statement : stats::audit::ParseCountStatements(
               spec.grid, config::ReadFile(path), stats::audit::CountDialect::kPlain, least)) {
        if (statement.range.low > least || statement.range.high < stats::audit::CountRange::kMany) {
          told.insert(statement.cell);
        }
      }
    });
  }
  problems.ThrowIfAny();
  if (!arguments.known.empty()) {
    inputs.previous.push_back(KnownCells(spec, inputs.counts, told, inputs.beyond));
  }
  return inputs;
}

int RunSuppress(const SuppressArguments& arguments) {
  const stats::table::CountSpec spec =
      stats::table::ParseCountSpec(config::ReadFile(arguments.spec));
  CheckPaths(arguments, spec.previous);
  const Inputs inputs = ReadInputs(arguments, spec);
  CertificateWriter certificate(spec, arguments.certificate);
  stats::suppress::CountSuppressOptions options;
  options.each_proof = [&](const stats::suppress::WidthProof& proof) { certificate.Add(proof); };
  const auto start = std::chrono::steady_clock::now();
  auto told = start;
  uint64_t asked = 0;
  bool time_ran_out = false;
  options.out_of_time = [&] {
    const auto now = std::chrono::steady_clock::now();
    ++asked;
    if (now - told > std::chrono::seconds(5)) {
      told = now;
      std::cerr << "suppress: " << asked << " sums asked after, "
                << std::chrono::duration_cast<std::chrono::seconds>(now - start).count() << " s\n";
    }
    const std::chrono::duration<double> spent = now - start;
    time_ran_out = time_ran_out || (arguments.time_limit && spent.count() >= *arguments.time_limit);
    return time_ran_out;
  };
  const stats::suppress::SuppressedCounts result =
      stats::suppress::SuppressCounts(spec, inputs.counts, inputs.previous, options);
  const json report = {{"cells", result.cells.size()},
                       {"sensitive", result.sensitive},
                       {"hiddenCells", result.hidden_cells},
                       {"hiddenSum", result.hidden_sum},
                       {"finished", result.finished},
                       {"timeRanOut", time_ran_out},
                       {"correctedBefore", result.corrected_before},
                       {"knownElsewhere", inputs.beyond},
                       {"cpuSeconds", CpuSeconds()},
                       {"certificate", certificate.Finish(result.witness)}};
  config::WriteFile(arguments.out, stats::table::WriteCountCells(spec.grid, result.cells));
  config::WriteFile(arguments.report, report.dump(2) + "\n");
  if (!arguments.picture.empty()) {
    config::WriteFile(
        arguments.picture,
        ReportText(report::ReportOf(spec, result.cells, LanguageOf(arguments.language)),
                   LanguageOf(arguments.language), arguments.picture));
  }
  std::cerr << result.hidden_cells << " of " << result.cells.size() << " cells are hidden"
            << (!result.finished ? "; time ran out, and what was left was hidden too"
                : time_ran_out   ? "; time ran out while a cheaper pattern was looked for"
                                 : "")
            << ".\n";
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
      ->check([](const std::string& text) {
        const std::optional<double> seconds = SecondsOf(text);
        return seconds ? "" : "must be a number of seconds, 0 or more";
      });
  suppress->callback(
      [&chosen, arguments] { chosen.run = [arguments] { return RunSuppress(*arguments); }; });
}

}  // namespace polder::server::cli
