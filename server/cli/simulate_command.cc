// `polder simulate`: what a policy would buy and cost, before anyone approves it.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "server/cli/cli.h"
#include "server/config/files.h"
#include "stats/whatif/picture.h"
#include "stats/whatif/whatif.h"

namespace polder::server::cli {
namespace {

using base::Json;
using policies::codebook::Codebook;

struct SimulateArguments {
  std::vector<std::string> policies;
  std::string codebook;
  std::vector<std::string> releases;
  std::vector<std::string> budgets;
  std::vector<int> kinds_per_pupil;
  std::string period;
  std::string kind = "definitive";
  std::string out;
  std::string format = "text";
  int draws = 20;
  bool quiet = false;
};

// Runs `read` and names the file in what it refuses.
template <class Read>
auto Named(const std::string& path, const Read& read) {
  try {
    return read();
  } catch (const base::ProblemError& error) {
    std::vector<base::Problem> problems = error.problems();
    for (base::Problem& problem : problems) {
      if (problem.code != "cannot-read") problem.detail = path + ": " + problem.detail;
    }
    throw base::ProblemError(std::move(problems));
  }
}

Json ReadDocument(const std::string& path) {
  return Named(path, [&] { return base::ParseJson(config::ReadFile(path)); });
}

// Without an option, the codebook that the first policy names, as shipped: in ../codebooks beside
// the policy's own folder.
std::string CodebookBeside(const std::string& policy_path, const Json& policy) {
  const std::string id =
      policy.is_object() && policy.contains("codebook") && policy["codebook"].is_string()
          ? policy["codebook"].get<std::string>()
          : "";
  const std::filesystem::path folder =
      std::filesystem::absolute(policy_path).parent_path().parent_path() / "codebooks";
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().extension() != ".json") continue;
    try {
      const Json candidate = base::ParseJson(config::ReadFile(entry.path().string()));
      if (candidate.is_object() && candidate.value("id", Json()) == Json(id)) {
        found.push_back(entry.path().string());
      }
    } catch (const base::ProblemError&) {
      continue;  // not a codebook, so not the one that is looked for
    }
  }
  if (found.empty()) {
    throw base::ProblemError("usage", "--codebook",
                             "No codebook \"" + id +
                                 "\" lies in codebooks/ beside the policy's "
                                 "folder; name one with --codebook.");
  }
  return *std::max_element(found.begin(), found.end());  // the latest version
}

// The period of the last release of a fitting calendar and length, or the last year for which the
// codebook has public counts.
base::Period DefaultPeriod(const stats::whatif::Question& question, const Codebook& codebook) {
  using policies::disclosure::ReleaseKind;
  const bool vsv = question.kind == ReleaseKind::kVsv;
  const base::Calendar calendar = vsv ? base::Calendar::kVsv : base::Calendar::kAbsence;
  const int quarter = question.kind == ReleaseKind::kMonitor ? 1 : 0;
  std::optional<base::Period> last;
  for (const auto& release : question.releases) {
    const base::Period& period = release.header().period;
    if (period.calendar() != calendar || period.IsYear() != (quarter == 0)) continue;
    if (!last || *last < period) last = period;
  }
  if (last) return *last;
  int year = 0;
  for (const auto& count : codebook.public_counts()) {
    if (count.measure == (vsv ? "participants12to22" : "inhabitants5to17")) {
      year = std::max(year, count.reference_year);
    }
  }
  return base::Period(base::Year(calendar, year), quarter);
}

stats::whatif::Question MakeQuestion(const SimulateArguments& arguments) {
  stats::whatif::Question question;
  base::Problems problems;
  for (const std::string& text : arguments.budgets) {
    const auto budget = base::ParseRational(text);
    if (!budget || *budget <= 0) {
      problems.Add("not-a-number", "--budgets",
                   "\"" + text + "\" is no yearly budget. Write it as 0.25 or 1/4, above 0.");
      continue;
    }
    question.budgets.push_back(*budget);
  }
  question.kinds_per_pupil = arguments.kinds_per_pupil;
  question.draws = arguments.draws;
  const auto kind = policies::disclosure::ParseReleaseKind(arguments.kind);
  if (!kind) {
    problems.Add("unknown-code", "--kind",
                 "Choose monitor, provisional, definitive, vsv or slice.");
  }
  question.kind = kind.value_or(policies::disclosure::ReleaseKind::kDefinitive);
  if (!arguments.period.empty()) {
    const auto period = base::Period::Parse(arguments.period);
    if (!period) {
      problems.Add("wrong-period", "--period", "Write a period as 2022SJ, 2022SJ-Q3 or 2022VSV.");
    }
    question.period = period.value_or(base::Period());
  }
  problems.ThrowIfAny();
  for (const std::string& path : arguments.policies) {
    question.policies.push_back(ReadDocument(path));
  }
  for (const std::string& path : arguments.releases) {
    question.releases.push_back(
        Named(path, [&] { return stats::table::PublishedRelease::Parse(config::ReadFile(path)); }));
  }
  return question;
}

int RunSimulate(const SimulateArguments& arguments) {
  stats::whatif::Question question = MakeQuestion(arguments);
  const std::string codebook_path =
      arguments.codebook.empty()
          ? CodebookBeside(arguments.policies.front(), question.policies.front())
          : arguments.codebook;
  const Codebook codebook =
      Named(codebook_path, [&] { return Codebook::FromJson(ReadDocument(codebook_path)); });
  if (arguments.period.empty()) question.period = DefaultPeriod(question, codebook);

  size_t last = 101;
  const auto progress = [&](size_t done, size_t of) {
    const size_t percent = of == 0 ? 100 : 100 * done / of;
    if (arguments.quiet || percent == last) return;
    last = percent;
    std::cerr << "\rsimulate: " << percent << "%" << (percent == 100 ? "\n" : "") << std::flush;
  };
  const stats::whatif::Report report = stats::whatif::Simulate(question, codebook, progress);

  const std::string json = stats::whatif::ReportJson(report).dump(2) + "\n";
  const std::string text = stats::whatif::ReportText(report);
  if (!arguments.out.empty()) {
    const std::string folder = arguments.out + "/whatif";
    config::WriteFile(folder + ".json", json);
    config::WriteFile(folder + ".txt", text);
    config::WriteFile(folder + ".csv", stats::whatif::ReportCsv(report));
    config::WriteFile(folder + ".svg", stats::whatif::Picture(report));
  }
  std::cout << (arguments.format == "json" ? json : text) << std::flush;
  if (!std::cout) return kFailed;
  // One policy that can be had is an answer; when none can, the answer is no.
  const bool any = std::any_of(report.scenarios.begin(), report.scenarios.end(),
                               [](const auto& scenario) { return scenario.refused.empty(); });
  if (!any) std::cerr << "every policy was refused; the reasons stand in the report\n";
  return any ? kDone : kRefused;
}

}  // namespace

void AddSimulateCommand(CLI::App& app, Chosen& chosen) {
  CLI::App* simulate =
      app.add_subcommand("simulate", "What a policy would buy and cost, before it is approved");
  auto made = std::make_shared<SimulateArguments>();
  simulate->add_option("--policy", made->policies, "policies to set side by side (JSON)")
      ->required();
  simulate->add_option("--codebook", made->codebook,
                       "codebook (JSON); otherwise the one beside the first policy");
  simulate->add_option("--release", made->releases,
                       "releases that say how large the figures are; otherwise national rates");
  simulate->add_option("--budgets", made->budgets, "yearly budgets (rho) to try, as 0.25,0.5,1")
      ->delimiter(',');
  simulate
      ->add_option("--kinds-per-pupil", made->kinds_per_pupil,
                   "in how many kinds a pupil may count, as 1,2,3")
      ->delimiter(',');
  simulate->add_option("--period", made->period,
                       "2022SJ, 2022SJ-Q3 or 2022VSV; otherwise that of the last release");
  simulate->add_option("--kind", made->kind, "monitor, provisional, definitive, vsv or slice")
      ->capture_default_str();
  simulate->add_option("--draws", made->draws, "rehearsals for the shares hidden and imprecise")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  simulate->add_option("--out", made->out,
                       "directory for whatif.json, whatif.txt, whatif.csv and whatif.svg");
  simulate->add_option("--format", made->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  simulate->add_flag("--quiet", made->quiet, "no progress");
  simulate->callback([&chosen, made] {
    chosen.json = made->format == "json";
    chosen.run = [made] { return RunSimulate(*made); };
  });
}

}  // namespace polder::server::cli
