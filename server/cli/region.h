// A region opened from its configuration: what every one of its processes shares, and the secrets
// that only some may hold.
#ifndef POLDER_SERVER_CLI_REGION_H_
#define POLDER_SERVER_CLI_REGION_H_

#include <memory>
#include <string>

#include "crypto/digest/secret.h"
#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/log/note.h"
#include "crypto/seal/root_key.h"
#include "policies/base/clock.h"
#include "policies/codebook/codebook.h"
#include "server/collect/signer_trust.h"
#include "server/config/config.h"
#include "server/govern/checkpoints.h"
#include "server/govern/people.h"
#include "server/govern/witnesses.h"
#include "server/store/key_store.h"
#include "server/store/store.h"

namespace polder::server::cli {

// Holds no key and can open nothing that is sealed.
struct Region {
  config::Config config;
  std::unique_ptr<base::Clock> clock;
  policies::codebook::Codebook codebook;
  govern::People people;
  std::unique_ptr<store::Store> store;
};
// Throws ProblemError with every fault of the configuration, and of what it points to.
Region OpenRegion(const std::string& config_path);

// The root key at `place`: a file of 64 hexadecimal digits, or a PKCS #11 URI. Throws ProblemError
// "cannot-read", "wrong-key", "pkcs11-uri" or "pkcs11-failed".
std::unique_ptr<crypto::seal::RootKey> OpenRootKey(const std::string& place);

// The key store beside the region's data (jobs::OpenKeys): every command comes in here.
std::unique_ptr<store::KeyStore> OpenRegionKeys(const Region& region);

// What `serve --role collect|all` and `work` hold. Stays where it is: rooms keep references into
// it.
struct RegionSecrets {
  explicit RegionSecrets(const Region& region);
  RegionSecrets(const RegionSecrets&) = delete;
  RegionSecrets& operator=(const RegionSecrets&) = delete;

  std::unique_ptr<crypto::seal::RootKey> root;
  crypto::digest::SecretBytes rekey;
  crypto::keys::PrivateKey recipient_key;
  crypto::keys::Certificate recipient_certificate;
  collect::SignerTrust signer_trust;
  std::unique_ptr<store::KeyStore> keys;
  crypto::log::NoteSigner signer;
  std::unique_ptr<govern::Witnesses> witnesses;  // null when the configuration names none
  govern::Checkpoints checkpoints;
};
// Also checks that the store continues the log that was given out, asks the witnesses whether they
// saw more of it, and installs the codebook.
std::unique_ptr<RegionSecrets> OpenSecrets(Region& region);

// What `replay` holds: enough to open what is sealed, and no key that signs.
struct ReplaySecrets {
  explicit ReplaySecrets(const Region& region);
  ReplaySecrets(const ReplaySecrets&) = delete;
  ReplaySecrets& operator=(const ReplaySecrets&) = delete;

  std::unique_ptr<crypto::seal::RootKey> root;
  std::unique_ptr<store::KeyStore> keys;
};
// Throws ProblemError "cannot-read" when there is no key store: replaying makes none.
std::unique_ptr<ReplaySecrets> OpenReplaySecrets(const Region& region);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_REGION_H_
