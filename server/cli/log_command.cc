// `polder log export`: the log as static files, for any web server and for `polder-verify --log`.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "server/cli/cli.h"
#include "server/cli/region.h"
#include "server/govern/static_log.h"

namespace polder::server::cli {
namespace {

int RunExport(const std::string& config, const std::string& directory) {
  Region region = OpenRegion(config);
  const std::unique_ptr<RegionSecrets> secrets = OpenSecrets(region);
  const store::CheckpointRecord checkpoint =
      secrets->checkpoints.Published(*region.store, region.clock->Now());
  region.store->Read(
      [&](const store::Reader& reader) { govern::ExportLog(reader, checkpoint, directory); });
  std::cout << directory << ": " << checkpoint.size << " entries\n";
  return kDone;
}

}  // namespace

void AddLogCommands(CLI::App& app, Chosen& chosen) {
  CLI::App* log = app.add_subcommand("log", "The log of the region");
  log->require_subcommand(1);
  CLI::App* exported = log->add_subcommand("export", "Write it as static files");
  auto config = std::make_shared<std::string>();
  auto directory = std::make_shared<std::string>();
  exported->add_option("--config", *config, "polder.json")->required();
  exported->add_option("directory", *directory, "where; files that are there stay")->required();
  exported->callback([&chosen, config, directory] {
    chosen.run = [config, directory] { return RunExport(*config, *directory); };
  });
}

}  // namespace polder::server::cli
