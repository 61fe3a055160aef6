#include "server/keyholder/keyholder_command.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/random/random.h"
#include "crypto/seal/root_key.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/config/config.h"
#include "server/config/files.h"
#include "server/http/server.h"
#include "server/http/stop_signal.h"
#include "server/keyholder/evaluate.h"
#include "server/keyholder/holder_config.h"
#include "server/keyholder/token_keys.h"
#include "server/store/holder_store.h"
#include "server/store/key_store.h"

namespace polder::server::keyholder {
namespace {

using base::ProblemError;

enum ExitStatus : int { kDone = 0, kRefused = 1, kWrongUsage = 2, kFailed = 3 };

struct Options {
  std::string config, out, address = "127.0.0.1", certificate, private_key, client_authority;
  std::string revocation_lists, root_key, clock_file, domain, key, url_file, format = "text";
  std::vector<std::string> codebooks;
  uint16_t port = 8444;
  bool no_lists = false;
};

std::unique_ptr<crypto::seal::RootKey> OpenRoot(const std::string& place) {
  if (place.starts_with(config::kPkcs11Scheme)) return crypto::seal::OpenPkcs11RootKey(place);
  std::string text = config::ReadFile(place);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auto bytes = base::FromHex(text);
  crypto::digest::SecureWipe(text);
  if (!bytes || bytes->size() != 32) {
    throw ProblemError("wrong-key", "", place + " does not hold 64 hexadecimal digits.");
  }
  return std::make_unique<crypto::seal::FileRootKey>(
      crypto::digest::SecretBytes::Taking(std::move(*bytes)));
}

// A key holder opened from its configuration. Stays where it is: its parts refer to one another.
struct Holder {
  explicit Holder(const std::string& path)
      : config(LoadHolderConfig(path)),
        clock(ClockOf(config)),
        codebooks(CodebooksOf(config)),
        root(OpenRoot(config.root_key)) {
    std::filesystem::create_directories(config.data_directory);
    std::filesystem::create_directories(config.key_directory);
    store = store::HolderStore::Open(config.StorePath());
    wrapped = store::KeyStore::Open(config.KeyStorePath());
    keys = std::make_unique<TokenKeys>(*store, *wrapped, *root);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  HolderConfig config;
  std::unique_ptr<base::Clock> clock;
  std::vector<policies::codebook::Codebook> codebooks;
  std::unique_ptr<crypto::seal::RootKey> root;
  std::unique_ptr<store::HolderStore> store;
  std::unique_ptr<store::KeyStore> wrapped;
  std::unique_ptr<TokenKeys> keys;
};

int RunInit(const Options& options) {
  const std::string& out = options.out;
  if (std::filesystem::exists(out + "/holder.json")) {
    throw ProblemError("already-there", "--out",
                       out + " holds a key holder already. Choose another folder.");
  }
  if (options.no_lists == !options.revocation_lists.empty()) {
    throw ProblemError("usage", "--revocation-lists",
                       "Name the revocation lists of the members' authority, or say "
                       "--no-revocation-lists: a stolen certificate is then answered until its "
                       "member is struck off the codebook.");
  }
  base::Json codebooks = base::Json::array();
  for (size_t i = 0; i < options.codebooks.size(); ++i) {
    const std::string text = config::ReadFile(options.codebooks[i]);
    const auto codebook = policies::codebook::Codebook::FromJson(base::ParseJson(text));
    const std::string name = "codebook-" + codebook.region() + ".json";
    config::WriteFile(out + "/" + name, text);
    codebooks.push_back(name);
  }
  config::WriteFile(out + "/tls/certificate.pem", config::ReadFile(options.certificate));
  std::string key = config::ReadFile(options.private_key);
  config::WriteFile(out + "/tls/certificate.key", key, true);
  crypto::digest::SecureWipe(key);
  config::WriteFile(out + "/tls/members.pem", config::ReadFile(options.client_authority));
  if (!options.revocation_lists.empty()) {
    config::WriteFile(out + "/tls/revoked.pem", config::ReadFile(options.revocation_lists));
  }
  std::string root = options.root_key;
  if (root.empty()) {
    root = "root/root";
    config::WriteFile(out + "/" + root, base::ToHex(crypto::random::RandomSecret(32).view()) + "\n",
                      true);
  }
  base::Json config = {{"format", "polder-holder-1"},
                       {"listen",
                        {{"address", options.address},
                         {"port", options.port},
                         {"certificate", "tls/certificate.pem"},
                         {"privateKey", "tls/certificate.key"},
                         {"clientAuthority", "tls/members.pem"},
                         {"accessLog", true}}},
                       {"dataDirectory", "data"},
                       {"keyDirectory", "keys"},
                       {"rootKey", root},
                       {"codebooks", std::move(codebooks)},
                       {"quotaPerPupil", "6/5"},
                       {"correctionDays", 400}};
  if (options.no_lists) {
    config["listen"]["withoutRevocationLists"] = true;
  } else {
    config["listen"]["revocationLists"] = "tls/revoked.pem";
  }
  if (!options.clock_file.empty()) {
    config["demo"] = {
        {"clockFile", std::filesystem::absolute(options.clock_file).lexically_normal().string()}};
  }
  // Last: a folder with this file is complete.
  config::WriteFile(out + "/holder.json", config.dump(2) + "\n");
  std::cout << out << "/holder.json\n";
  return kDone;
}

int RunCreateKey(const Options& options) {
  const auto domain = Domain::Parse(options.domain);
  if (!domain) {
    throw ProblemError("usage", "--domain",
                       "--domain is region/calendar/year, as RMC10/absence/2022SJ");
  }
  Holder holder(options.config);
  const bool served = std::any_of(holder.codebooks.begin(), holder.codebooks.end(),
                                  [&](const auto& one) { return one.region() == domain->region; });
  if (!served) {
    throw ProblemError("unknown-region", "--domain",
                       "No codebook of the configuration is of region " + domain->region +
                           ": nobody could use the key.");
  }
  const auto key = holder.keys->Create(*domain, holder.config.correction_days, holder.clock->Now());
  const std::string line = PublicLine(key).dump() + "\n";
  if (!options.out.empty()) config::WriteFile(options.out, line);
  std::cout << line;
  return kDone;
}

int RunListKeys(const Options& options) {
  const Holder holder(options.config);
  for (const auto& key : holder.store->Keys()) {
    base::Json line = PublicLine(key);
    line["createdAt"] = key.created_at.Text();
    line["destroyableFrom"] = key.destroyable_from.Text();
    if (key.destroyed_at) line["destroyedAt"] = key.destroyed_at->Text();
    std::cout << line.dump() << "\n";
  }
  return kDone;
}

int RunDestroyKey(const Options& options) {
  const Holder holder(options.config);
  const auto key = holder.keys->Destroy(options.key, holder.clock->Now());
  std::cout << base::Json{{"keyId", key.id}, {"destroyedAt", key.destroyed_at->Text()}}.dump()
            << "\n";
  return kDone;
}

int RunServe(const Options& options) {
  const http::StopSignal stop;
  const Holder holder(options.config);
  http::Router router;
  AddEvaluateRoutes(router, {*holder.store, *holder.keys, *holder.clock, holder.codebooks,
                             holder.config.quota_per_pupil, holder.config.padded_only});
  http::Limits limits;
  // An evaluation computes and never waits: more at once than processors only makes all late.
  limits.threads = std::max(2U, std::thread::hardware_concurrency());
  limits.queue = 128;
  limits.queue_wait = std::chrono::milliseconds(20'000);
  http::Server server(holder.config.address, holder.config.port, holder.config.tls,
                      std::move(router), limits, *holder.clock, {holder.config.access_log, {}});
  server.Start();
  std::cerr << "polder-keyholder serve: " << server.base_url() << "\n";
  if (!options.url_file.empty()) config::WriteFile(options.url_file, server.base_url() + "\n");
  stop.Wait();
  return server.Drain() ? kDone : kRefused;
}

int StatusOf(const ProblemError& error) {
  static const std::set<std::string> kFailures = {
      "bad-tls-files",     "cannot-listen",        "cannot-read",     "cannot-write",
      "crypto-failure",    "key-damaged",          "pkcs11-failed",   "pkcs11-uri",
      "store-unavailable", "random-source-failed", "simulated-clock", "wrong-key"};
  if (error.code() == "usage") return kWrongUsage;
  return kFailures.contains(error.code()) ? kFailed : kRefused;
}

void Report(const ProblemError& error, bool json) {
  base::Json list = base::Json::array();
  for (const base::Problem& problem : error.problems()) {
    if (json) {
      list.push_back(base::ToJson(problem));
    } else {
      std::cerr << base::ToLine(problem) << "\n";
    }
  }
  if (json) std::cerr << base::Json{{"errors", std::move(list)}}.dump() << "\n";
}

}  // namespace

int RunKeyholder(int argc, const char* const* argv) {
  CLI::App app{"Polder at a key holder: one half of the key that turns numbers into tokens.",
               "polder-keyholder"};
  app.require_subcommand(1);
  Options options;
  int (*chosen)(const Options&) = nullptr;
  const auto add = [&](const char* name, const char* help, int (*run)(const Options&)) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("--format", options.format, "of faults: text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    command->callback([&chosen, run] { chosen = run; });
    return command;
  };
  const auto with_config = [&](CLI::App* command) {
    command->add_option("--config", options.config, "holder.json")->required();
    return command;
  };

  CLI::App* init = add("init", "Makes the folder of a key holder, with its root key", RunInit);
  init->add_option("--out", options.out, "folder to make")->required();
  init->add_option("--codebook", options.codebooks, "codebook of each region served (JSON)")
      ->required();
  init->add_option("--certificate", options.certificate, "own certificate for TLS (PEM)")
      ->required();
  init->add_option("--private-key", options.private_key, "its private key (PEM)")->required();
  init->add_option("--client-authority", options.client_authority,
                   "who signs the members' certificates (PEM)")
      ->required();
  init->add_option("--revocation-lists", options.revocation_lists,
                   "whose certificates no longer count (PEM), of every authority above them");
  init->add_flag("--no-revocation-lists", options.no_lists, "there are none: nobody is revoked");
  init->add_option("--address", options.address, "IP address to listen on")->capture_default_str();
  init->add_option("--port", options.port, "port to listen on; 0 takes a free one")
      ->capture_default_str();
  init->add_option("--root-key", options.root_key,
                   "PKCS #11 URI of the root key; a file is made without it");
  init->add_option("--clock-file", options.clock_file, "demonstrations only: the made-up time");

  CLI::App* create = with_config(
      add("create-key", "Key ceremony: makes the key of a domain, prints its public line",
          RunCreateKey));
  create->add_option("--domain", options.domain, "as RMC10/absence/2022SJ")->required();
  create->add_option("--out", options.out, "also writes the line to this file");
  with_config(add("list-keys", "Prints every key's public line and dates", RunListKeys));
  CLI::App* destroy = with_config(
      add("destroy-key", "Destroys a key after its correction window, for good", RunDestroyKey));
  destroy->add_option("--key", options.key, "key id")->required();
  CLI::App* serve = with_config(add("serve", "Evaluates for members until SIGTERM", RunServe));
  serve->add_option("--url-file", options.url_file, "gets the address once it answers");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  try {
    return chosen(options);
  } catch (const ProblemError& error) {
    Report(error, options.format == "json");
    return StatusOf(error);
  } catch (const std::exception& error) {
    std::cerr << "polder-keyholder: " << error.what() << "\n";
    return kFailed;
  }
}

}  // namespace polder::server::keyholder
