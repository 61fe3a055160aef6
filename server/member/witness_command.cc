#include "server/member/witness_command.h"

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "crypto/log/checkpoint.h"
#include "crypto/log/note.h"
#include "policies/base/clock.h"
#include "policies/base/problem.h"
#include "server/http/server.h"
#include "server/http/stop_signal.h"
#include "server/member/files.h"
#include "server/witness/witness.h"

namespace polder::server::member {
namespace {

using crypto::log::VerifierKey;

// A witness answers one region now and then: it needs few of anything.
constexpr http::Limits kLimits{.connections = 64, .threads = 4, .queue = 16};

std::vector<VerifierKey> LogsOf(const WitnessOptions& options) {
  std::vector<VerifierKey> logs;
  base::Problems problems;
  for (const std::string& text : options.logs) {
    try {
      logs.push_back(VerifierKey::Parse(text));
    } catch (const base::ProblemError& error) {
      problems.Add(error.code(), "--log", text + ": " + error.problems().front().detail);
    }
  }
  problems.ThrowIfAny();
  return logs;
}

int Serve(const WitnessOptions& options) {
  // Before any thread is started.
  const http::StopSignal stop;
  const auto tell = [](const std::string& line) {
    std::cerr << "polder-member witness: " + line + "\n";
  };
  std::unique_ptr<base::Clock> clock = std::make_unique<base::SystemClock>();
  if (!options.clock_file.empty()) clock = std::make_unique<base::FileClock>(options.clock_file);
  witness::Witness witness({options.directory}, LogsOf(options), *clock, tell);
  http::Router router;
  witness::AddWitnessRoutes(router, witness, !options.client_ca.empty());
  std::optional<http::TlsFiles> tls;
  if (!options.certificate.empty()) {
    tls = http::TlsFiles{options.certificate, options.private_key, options.client_ca};
  }
  http::Server server(options.address, options.port, tls, std::move(router), kLimits, *clock);
  server.Start();
  tell(server.base_url());
  if (!options.url_file.empty()) WriteFile(options.url_file, server.base_url() + "\n");
  stop.Wait();
  return server.Drain() ? 0 : 1;
}

int Show(const WitnessOptions& options) {
  const witness::Place place{options.directory};
  for (const auto& [origin, note] : witness::SeenFile::Notes(place.SeenPath())) {
    std::cout << note << (note.ends_with('\n') ? "\n" : "\n\n");
  }
  return 0;
}

}  // namespace

void AddWitness(CLI::App& app, WitnessOptions& options) {
  options.command = app.add_subcommand("witness", "Run a witness of the region's log");
  options.command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = options.command->add_subcommand(name, help);
    command->add_option("--dir", options.directory, "folder of the witness: key and memory")
        ->required();
    return command;
  };
  add("init", "Make a key and an empty memory; prints the verifier key for the region")
      ->add_option("--name", options.name, "name of the witness, such as zwolle.example/witness")
      ->required();
  add("key", "Print the verifier key");
  add("show", "Print the last checkpoint that was cosigned, of each log");
  CLI::App* serve = add("serve", "Answer the region, until it is stopped");
  serve->add_option("--log", options.logs, "verifier key of a log to follow; may be repeated")
      ->required();
  serve->add_option("--address", options.address, "IP address to listen on")->capture_default_str();
  serve->add_option("--port", options.port, "port; 0 takes a free one")->capture_default_str();
  auto* certificate =
      serve->add_option("--certificate", options.certificate, "certificate of this server (PEM)");
  auto* private_key =
      serve->add_option("--private-key", options.private_key, "its private key (PEM)");
  certificate->needs(private_key);
  private_key->needs(certificate);
  serve
      ->add_option("--client-ca", options.client_ca,
                   "answer only who shows a certificate signed by this authority (PEM)")
      ->needs(certificate);
  serve->add_option("--url-file", options.url_file,
                    "write the address to this file once listening");
  serve->add_option("--demo-clock", options.clock_file,
                    "take the time from this file; for demonstrations only");
}

int RunWitness(const WitnessOptions& options) {
  const std::string& chosen = options.command->get_subcommands().front()->get_name();
  if (chosen == "serve") return Serve(options);
  if (chosen == "show") return Show(options);
  if (chosen == "key") {
    std::cout << ReadFile(witness::Place{options.directory}.VerifierPath());
    return 0;
  }
  std::cout << witness::Create({options.directory}, options.name) << "\n";
  return 0;
}

}  // namespace polder::server::member
