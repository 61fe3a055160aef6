// `polder hidden`: what a public release hides and what that costs, as a picture or a page.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/codebook/codebook.h"
#include "server/cli/cli.h"
#include "server/cli/hidden_text.h"
#include "server/config/files.h"
#include "stats/table/published_release.h"

namespace polder::server::cli {
namespace {

struct HiddenArguments {
  std::string release, codebook, out;
  std::string measure = "persons";
  std::string language = "nl";
};

int RunHidden(const HiddenArguments& arguments) {
  const auto release = stats::table::PublishedRelease::Parse(config::ReadFile(arguments.release));
  const auto codebook =
      policies::codebook::Codebook::FromJson(base::ParseJson(config::ReadFile(arguments.codebook)));
  const report::Language language = LanguageOf(arguments.language);
  const auto report = report::ReportOf(release, arguments.measure, codebook, language);
  config::WriteFile(arguments.out, ReportText(report, language, arguments.out));
  size_t cells = 0;
  size_t hidden = 0;
  for (const auto& table : report.tables) {
    cells += table.cells;
    hidden += table.hidden;
  }
  std::cerr << hidden << " of " << cells << " cells of " << arguments.measure << " are hidden.\n";
  return kDone;
}

}  // namespace

void AddHiddenCommand(CLI::App& app, Chosen& chosen) {
  CLI::App* hidden = app.add_subcommand(
      "hidden", "What a public release hides and what that costs, as a picture or a page");
  auto arguments = std::make_shared<HiddenArguments>();
  hidden->add_option("release", arguments->release, "release file (canonical JSON)")->required();
  hidden->add_option("--codebook", arguments->codebook, "codebook, for the names (JSON)")
      ->required();
  hidden->add_option("--out", arguments->out, "a heat map (.svg) or a page (.html)")->required();
  hidden->add_option("--measure", arguments->measure, "measure; persons unless told");
  hidden->add_option("--language", arguments->language, "nl or en")
      ->check(CLI::IsMember({"nl", "en"}));
  hidden->callback(
      [&chosen, arguments] { chosen.run = [arguments] { return RunHidden(*arguments); }; });
}

}  // namespace polder::server::cli
