// `polder replay`: the replay auditor's command, inside the pupil wall.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/region.h"
#include "server/collect/sealed_keys.h"
#include "server/jobs/replay.h"
#include "server/jobs/sealed_seeds.h"

namespace polder::server::cli {
namespace {

struct ReplayArguments {
  std::string config;
  std::string release;  // an id with a configuration, a file without
  std::string officer;
  jobs::ProtectOptions files;
};

// Who does this stands in the log. A name on this machine is a statement, not a proof: whoever can
// read the root key could say anything.
std::string OfficerOf(const config::Config& config, const std::string& named) {
  std::vector<std::string> auditors;
  for (const config::Officer& officer : config.officers) {
    if (std::count(officer.roles.begin(), officer.roles.end(), "replayAuditor") > 0) {
      auditors.push_back(officer.name);
    }
  }
  if (named.empty() && auditors.size() == 1) return auditors.front();
  if (std::count(auditors.begin(), auditors.end(), named) > 0) return named;
  throw base::ProblemError(
      "unknown-officer", "--officer",
      "A replay is done by a person with the role replayAuditor in the configuration; name that "
      "person with --officer.");
}

int Say(const jobs::ReplayResult& result) {
  for (const base::Problem& problem : result.problems) std::cerr << base::ToLine(problem) << "\n";
  std::cout << jobs::ToText(result.verdict) << std::endl;
  return result.verdict == jobs::Verdict::kMatch ? kDone : kRefused;
}

int ReplayRegion(const ReplayArguments& arguments) {
  Region region = OpenRegion(arguments.config);
  const std::string officer = OfficerOf(region.config, arguments.officer);
  const std::unique_ptr<ReplaySecrets> secrets = OpenReplaySecrets(region);
  const collect::SealedKeys sealed_keys(*secrets->keys, *secrets->root);
  bool known = false;
  region.store->Read([&](const store::Reader& reader) {
    known = reader.FindRelease(arguments.release).has_value();
  });
  if (!known) {
    throw base::ProblemError("no-such-release", "--release",
                             "The store has no release of this name; GET /v1/releases has all.");
  }
  const auto log = [&](std::string_view state) {
    jobs::LogReplay(*region.store, *region.clock, arguments.release, officer, state);
  };
  log("begun");
  try {
    const jobs::ReplayResult result =
        jobs::Replay({.store = *region.store,
                      .keys = *secrets->keys,
                      .root = *secrets->root,
                      .open_delivery_key =
                          [&](const std::string& municipality, const base::Year& year,
                              const std::string& key_id) {
                            return sealed_keys.OpenDeliveryKey(municipality, year, key_id);
                          },
                      .open_seed =
                          [&](base::ByteView sealed, std::string_view context) {
                            return jobs::OpenSeed(*secrets->keys, *secrets->root, sealed, context);
                          }},
                     arguments.release, [&](std::string_view stage) {
                       std::cerr << "polder replay: " << arguments.release << ": " << stage << "\n";
                     });
    log(jobs::ToText(result.verdict));
    return Say(result);
  } catch (...) {
    log("failed");
    throw;
  }
}

// 1 means that "mismatch" was printed, and nothing else: what gives no verdict ends in 3.
int RunReplay(const ReplayArguments& arguments) {
  try {
    if (!arguments.config.empty()) return ReplayRegion(arguments);
    return Say(jobs::ReplayFiles(arguments.files, arguments.release));
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) std::cerr << base::ToLine(problem) << "\n";
  } catch (const std::exception&) {
    // what the library says may quote what it was working on
    std::cerr << "polder replay: something went wrong inside; there is no verdict\n";
  }
  return kFailed;
}

}  // namespace

void AddReplayCommand(CLI::App& app, Chosen& chosen) {
  CLI::App* replay = app.add_subcommand(
      "replay", "Makes a release again and prints match or mismatch (for the replay auditor)");
  auto arguments = std::make_shared<ReplayArguments>();
  jobs::ProtectOptions& files = arguments->files;
  CLI::Option* config =
      replay->add_option("--config", arguments->config, "polder.json: a release of the store");
  replay
      ->add_option("--release", arguments->release,
                   "the release's id with --config, its file without")
      ->required();
  replay->add_option("--officer", arguments->officer, "who does this, as in the configuration")
      ->needs(config);
  std::vector<CLI::Option*> needed = {
      replay->add_option("--policy", files.policy_path, "policy (JSON)"),
      replay->add_option("--codebook", files.codebook_path, "codebook (JSON)"),
      replay->add_option("--cases", files.case_paths, "delivery files, in order of arrival"),
      replay->add_option("--seeds", files.seeds_path, "seeds (JSON)")};
  std::vector<CLI::Option*> others = {
      replay->add_option("--ledger", files.ledger_path, "the ledger that was charged"),
      replay->add_option("--earlier", files.earlier_paths, "as they were given to polder protect")};
  for (CLI::Option* option : needed) config->excludes(option);
  for (CLI::Option* option : others) config->excludes(option);
  replay->callback([&chosen, arguments, config, needed] {
    for (const CLI::Option* option : needed) {
      if (config->count() == 0 && option->count() == 0) {
        throw CLI::RequiredError(option->get_name() + " (or --config)");
      }
    }
    chosen.run = [arguments] { return RunReplay(*arguments); };
  });
}

}  // namespace polder::server::cli
