// `polder generate`, `polder protect` and `polder yearly`: work on files, without a region's
// service.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "server/cli/cli.h"
#include "server/cli/generate_command.h"
#include "server/cli/yearly.h"
#include "server/config/files.h"
#include "server/jobs/office.h"
#include "stats/table/published_release.h"

namespace polder::server::cli {
namespace {

struct ProtectArguments {
  jobs::ProtectOptions options;
  std::string period;
  std::string kind;
};

int RunProtect(ProtectArguments& arguments) {
  base::Problems problems;
  if (!arguments.period.empty()) {
    arguments.options.period = base::Period::Parse(arguments.period);
    if (!arguments.options.period) {
      problems.Add("wrong-period", "--period", "Write a period as 2022SJ, 2022SJ-Q3 or 2022VSV.");
    }
  }
  if (!arguments.kind.empty()) {
    arguments.options.kind = policies::disclosure::ParseReleaseKind(arguments.kind);
    if (!arguments.options.kind) {
      problems.Add("unknown-code", "--kind",
                   "Choose monitor, provisional, definitive, vsv or slice.");
    }
  }
  problems.ThrowIfAny();
  std::string out;
  std::string err;
  const int status = jobs::RunProtect(arguments.options, base::SystemClock(), out, err);
  std::cout << out;
  std::cerr << err;
  return status;
}

struct YearlyArguments {
  std::vector<std::string> releases;
  std::string codebook;
  std::string about;
  std::string language = "nl";
  std::vector<std::string> kinds = {"absolute", "relative", "earlyLeaverNew"};
};

int RunYearly(const YearlyArguments& arguments) {
  const auto codebook =
      policies::codebook::Codebook::FromJson(base::ParseJson(config::ReadFile(arguments.codebook)));
  YearlyOptions options;
  options.kinds = arguments.kinds;
  if (!arguments.about.empty()) {
    const auto year = base::Year::Parse(arguments.about);
    if (!year) {
      throw base::ProblemError("wrong-period", "--about", "Write a year as 2022SJ or 2022VSV.");
    }
    options.about = year->start();
  }
  options.language = arguments.language == "en" ? stats::compare::Language::kEnglish
                                                : stats::compare::Language::kDutch;
  std::vector<stats::table::PublishedRelease> releases;
  for (const std::string& path : arguments.releases) {
    try {
      releases.push_back(stats::table::PublishedRelease::Parse(config::ReadFile(path)));
    } catch (const base::ProblemError& error) {
      std::vector<base::Problem> problems = error.problems();
      for (base::Problem& problem : problems) problem.detail = path + ": " + problem.detail;
      throw base::ProblemError(std::move(problems));
    }
  }
  std::cout << YearlyPage(releases, codebook, options);
  return kDone;
}

}  // namespace

void AddOfficeCommands(CLI::App& app, Chosen& chosen) {
  CLI::App* generate =
      app.add_subcommand("generate", "An invented region, as its case systems export it");
  auto made = std::make_shared<GenerateOptions>();
  generate->add_option("--out", made->out, "directory to write")->required();
  generate->add_option("--codebook", made->codebook, "the region's codebook (JSON)")->required();
  generate->add_option("--policy", made->policy, "the policy whose tables the truth counts (JSON)");
  generate->add_option("--first-year", made->first_year, "start of the first school year")
      ->capture_default_str();
  generate->add_option("--years", made->years, "school years")
      ->check(CLI::Range(1, 10))
      ->capture_default_str();
  generate->add_option("--seed", made->seed, "same seed, same bytes")->capture_default_str();
  generate->add_option("--scale", made->scale, "region, country, or a factor such as 0.1")
      ->capture_default_str();
  generate
      ->add_option("--correction", made->correction, "municipality that corrects a quarter late")
      ->capture_default_str();
  generate
      ->add_option("--conversion", made->conversion, "municipality that converts its case system")
      ->capture_default_str();
  generate->add_flag("--quiet", made->quiet, "no progress");
  generate->callback([&chosen, made] { chosen.run = [made] { return RunGenerate(*made); }; });

  CLI::App* protect =
      app.add_subcommand("protect", "The pipeline offline: case files in, a release out");
  auto arguments = std::make_shared<ProtectArguments>();
  jobs::ProtectOptions& options = arguments->options;
  protect->add_option("--policy", options.policy_path, "policy (JSON)")->required();
  protect->add_option("--codebook", options.codebook_path, "codebook (JSON)")->required();
  protect->add_option("--cases", options.case_paths, "delivery files (NDJSON), in order of arrival")
      ->required();
  protect->add_option("--ledger", options.ledger_path, "budget ledger; made when absent")
      ->required();
  protect->add_option("--seeds", options.seeds_path, "seeds (JSON)")->required();
  protect->add_option("--out", options.out_directory, "directory to write")->required();
  protect->add_option("--earlier", options.earlier_paths, "releases of the same year made before");
  protect->add_option("--period", arguments->period,
                      "what is released; otherwise follows from the files");
  protect->add_option("--kind", arguments->kind, "monitor, provisional, definitive, vsv or slice");
  protect->callback(
      [&chosen, arguments] { chosen.run = [arguments] { return RunProtect(*arguments); }; });

  CLI::App* yearly = app.add_subcommand("yearly", "Years side by side, from downloaded releases");
  auto page = std::make_shared<YearlyArguments>();
  yearly->add_option("releases", page->releases, "release files")->required();
  yearly->add_option("--codebook", page->codebook, "codebook (JSON)")->required();
  yearly->add_option("--about", page->about, "the year that the closing sentences are about");
  yearly->add_option("--kinds", page->kinds, "kind groups to show")->delimiter(',');
  yearly->add_option("--language", page->language, "nl or en")->check(CLI::IsMember({"nl", "en"}));
  yearly->callback([&chosen, page] { chosen.run = [page] { return RunYearly(*page); }; });
}

}  // namespace polder::server::cli
