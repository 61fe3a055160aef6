#include "server/cli/region.h"

#include <filesystem>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/config/files.h"
#include "server/govern/documents.h"
#include "server/govern/witness_link.h"
#include "server/jobs/erasure.h"
#include "server/jobs/root_rotation.h"

namespace polder::server::cli {
namespace {

crypto::digest::SecretBytes ReadKey(const std::string& path) {
  std::string text = config::ReadFile(path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  std::optional<base::Bytes> bytes = base::FromHex(text);
  crypto::digest::SecureWipe(text);
  if (!bytes || bytes->size() != 32) {
    throw base::ProblemError("wrong-key", "", path + " does not hold 64 hexadecimal digits.");
  }
  return crypto::digest::SecretBytes::Taking(std::move(*bytes));
}

crypto::keys::PrivateKey ReadPrivateKey(const std::string& path) {
  std::string pem = config::ReadFile(path);
  crypto::keys::PrivateKey key = crypto::keys::PrivateKey::FromPem(pem);
  crypto::digest::SecureWipe(pem);
  return key;
}

std::unique_ptr<govern::Witnesses> WitnessesOf(const Region& region,
                                               const crypto::log::VerifierKey& log) {
  const auto& paths = region.config.witnesses;
  if (!paths) return nullptr;
  return govern::LinkWitnesses(config::ReadFile(paths->policy), log.Text(),
                               {paths->authority, paths->certificate, paths->private_key},
                               *region.clock);
}

govern::People PeopleOf(const config::Config& config) {
  std::vector<govern::Person> people;
  for (const config::Officer& officer : config.officers) {
    govern::Person person{officer.name, {}, officer.fingerprint, officer.subject};
    for (const std::string& role : officer.roles) person.roles.insert(*govern::ParseRole(role));
    people.push_back(std::move(person));
  }
  return govern::People(std::move(people));
}

}  // namespace

std::unique_ptr<store::KeyStore> OpenRegionKeys(const Region& region) {
  return jobs::OpenKeys(
      *region.store, region.config.KeyStorePath(), region.config.GivenOutPath(),
      region.clock->Now(), [](size_t back) {
        std::cerr << "polder: the key store is an older copy: " << back
                  << " keys that had been destroyed were in it, and are destroyed again\n";
      });
}

std::unique_ptr<crypto::seal::RootKey> OpenRootKey(const std::string& place) {
  if (place.starts_with(config::kPkcs11Scheme)) return crypto::seal::OpenPkcs11RootKey(place);
  return std::make_unique<crypto::seal::FileRootKey>(ReadKey(place));
}

Region OpenRegion(const std::string& config_path) {
  const std::filesystem::path path = std::filesystem::absolute(config_path);
  config::Config config = config::ReadConfig(base::ParseJson(config::ReadFile(path.string())),
                                             path.parent_path().string());
  std::unique_ptr<base::Clock> clock;
  if (config.demo_clock) {
    clock = std::make_unique<base::FileClock>(*config.demo_clock);
  } else {
    clock = std::make_unique<base::SystemClock>();
  }
  auto codebook =
      policies::codebook::Codebook::FromJson(base::ParseJson(config::ReadFile(config.codebook)));
  govern::People people = PeopleOf(config);
  std::filesystem::create_directories(config.data_directory);
  std::unique_ptr<store::Store> store = store::Store::Open(config.StorePath());
  return {std::move(config), std::move(clock), std::move(codebook), std::move(people),
          std::move(store)};
}

RegionSecrets::RegionSecrets(const Region& region)
    : root(OpenRootKey(region.config.keys.root)),
      rekey(ReadKey(region.config.keys.rekey)),
      recipient_key(ReadPrivateKey(region.config.keys.recipient_private_key)),
      recipient_certificate(crypto::keys::Certificate::FromPem(
          config::ReadFile(region.config.keys.recipient_certificate))),
      signer_trust(region.config.keys.signer_roots, region.config.keys.signer_revocation_lists,
                   [](std::string_view what) { std::cerr << "polder: " << what << "\n"; }),
      keys(OpenRegionKeys(region)),
      signer(region.config.log_origin, ReadPrivateKey(region.config.keys.log)),
      witnesses(WitnessesOf(region, signer.verifier())),
      checkpoints(region.config.log_origin, signer, region.config.GivenOutPath(), witnesses.get()) {
}

ReplaySecrets::ReplaySecrets(const Region& region)
    : root(OpenRootKey(region.config.keys.root)), keys(OpenRegionKeys(region)) {}

std::unique_ptr<ReplaySecrets> OpenReplaySecrets(const Region& region) {
  if (!std::filesystem::exists(region.config.KeyStorePath())) {
    throw base::ProblemError("cannot-read", "",
                             region.config.KeyStorePath() +
                                 " does not exist; without the key store nothing can be opened");
  }
  return std::make_unique<ReplaySecrets>(region);
}

std::unique_ptr<RegionSecrets> OpenSecrets(Region& region) {
  std::filesystem::create_directories(region.config.key_directory);
  auto secrets = std::make_unique<RegionSecrets>(region);
  if (secrets->recipient_certificate.oin().empty()) {
    throw base::ProblemError("recipient-without-oin", "/keys/recipientCertificate",
                             "The certificate that deliveries are encrypted to names no "
                             "organisation number (OIN), so no delivery could be meant for this "
                             "service. Use one whose subject has it as serialNumber.");
  }
  jobs::CheckRoot(*secrets->keys, *secrets->root, region.clock->Now());
  secrets->checkpoints.AskAtStart(*region.store, region.clock->Now());
  govern::InstallCodebook(*region.store, region.codebook, "service", *region.clock);
  return secrets;
}

}  // namespace polder::server::cli
