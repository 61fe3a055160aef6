// `polder init`, `polder serve` and `polder work`: the options of the region's processes.
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "policies/base/clock.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/init_command.h"
#include "server/cli/service.h"

namespace polder::server::cli {

void AddRegionCommands(CLI::App& app, Chosen& chosen) {
  CLI::App* init = app.add_subcommand("init", "A folder with everything a demonstration needs");
  auto made = std::make_shared<InitOptions>();
  auto start = std::make_shared<std::string>();
  auto demo = std::make_shared<bool>(false);
  init->add_flag("--demo", *demo, "with an authority of its own and a made-up clock")->required();
  init->add_option("--out", made->out, "folder to make")->required();
  init->add_option("--codebook", made->codebook, "codebook (JSON)")->required();
  init->add_option("--start", *start, "first instant, as 2021-08-01T09:00:00Z")->required();
  init->add_option("--port", made->port, "0 takes a free one")->capture_default_str();
  init->callback([&chosen, made, start, demo] {
    chosen.run = [made, start, demo] {
      const std::optional<base::Instant> instant = base::Instant::Parse(*start);
      if (!instant) {
        throw base::ProblemError("usage", "--start", "Write an instant as 2021-08-01T09:00:00Z.");
      }
      made->start = *instant;
      return RunInit(*made);
    };
  });

  CLI::App* serve = app.add_subcommand("serve", "Answers HTTPS until it is told to stop");
  auto serving = std::make_shared<ServeOptions>();
  serve->add_option("--config", serving->config, "polder.json")->required();
  serve->add_option("--role", serving->role, "collect, readers or all")
      ->check(CLI::IsMember({"collect", "readers", "all"}))
      ->capture_default_str();
  serve->add_option("--url-file", serving->url_file, "gets the address once the service answers");
  serve->callback([&chosen, serving] { chosen.run = [serving] { return RunServe(*serving); }; });

  CLI::App* rotate = app.add_subcommand(
      "rotate-root", "Wraps every key under a new root; stop serve and work first");
  auto rotating = std::make_shared<RotateOptions>();
  rotate->add_option("--config", rotating->config, "polder.json, with the present root")
      ->required();
  rotate
      ->add_option("--to", rotating->to, "the new root: a file of 64 hexadecimal digits, or a URI")
      ->required();
  rotate->callback(
      [&chosen, rotating] { chosen.run = [rotating] { return RunRotateRoot(*rotating); }; });

  CLI::App* work = app.add_subcommand("work", "Makes releases and publishes what is due");
  auto working = std::make_shared<WorkOptions>();
  work->add_option("--config", working->config, "polder.json")->required();
  work->add_flag("--once", working->once, "stop when nothing is left to do");
  work->callback([&chosen, working] { chosen.run = [working] { return RunWork(*working); }; });
}

}  // namespace polder::server::cli
