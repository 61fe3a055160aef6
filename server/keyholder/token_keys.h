// The keys of one holder: made in a ceremony, used for a year, destroyed.
//
// A key exists in clear only while it is made and while a batch is evaluated; at rest it is wrapped
// by the root key, bound to its id. It is read for every batch and kept nowhere, so that a key that
// another process destroys is gone from the next batch on.
#ifndef POLDER_SERVER_KEYHOLDER_TOKEN_KEYS_H_
#define POLDER_SERVER_KEYHOLDER_TOKEN_KEYS_H_

#include <optional>
#include <string>
#include <string_view>

#include "crypto/oprf/oprf.h"
#include "crypto/seal/root_key.h"
#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/period.h"
#include "server/store/holder_store.h"
#include "server/store/key_store.h"

namespace polder::server::keyholder {

// "RMC10/absence/2022SJ": a region, and a year of a calendar.
struct Domain {
  std::string region;
  base::Year year;

  std::string Text() const;
  // nullopt unless it is exactly what Text() gives.
  static std::optional<Domain> Parse(std::string_view text);
};

// The domain with dots, and the first 8 bytes of the public key's SHA-256 in hex:
// "RMC10.absence.2022SJ.0f1e2d3c4b5a6978".
std::string KeyId(const Domain& domain, const crypto::oprf::Element& public_key);

// What is published of a key, one line: {"domain","keyId","publicKey"} (docs/formats/tokens.md).
base::Json PublicLine(const store::HolderStore::Key& key);

// Thread-safe. References must outlive it.
class TokenKeys {
 public:
  TokenKeys(store::HolderStore& store, store::KeyStore& keys, const crypto::seal::RootKey& root)
      : store_(store), keys_(keys), root_(root) {}

  // Throws ProblemError "domain-used" when the domain has or had a key.
  store::HolderStore::Key Create(const Domain& domain, int64_t correction_days, base::Instant now);

  // For one batch. Throws ProblemError "key-destroyed", or "key-damaged" when what is stored is not
  // the key that was published.
  crypto::oprf::OprfKey Open(const store::HolderStore::Key& key) const;

  // Marks it destroyed and overwrites it; when that was cut off, calling again finishes it. Throws
  // ProblemError "not-found", or "too-early" before the correction window has ended.
  store::HolderStore::Key Destroy(std::string_view id, base::Instant now);

 private:
  store::HolderStore& store_;
  store::KeyStore& keys_;
  const crypto::seal::RootKey& root_;
};

}  // namespace polder::server::keyholder

#endif  // POLDER_SERVER_KEYHOLDER_TOKEN_KEYS_H_
