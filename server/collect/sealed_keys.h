// The keys under which deliveries are sealed: root over year key over delivery key, each random,
// each wrapped by the one above and bound to what it is for.
#ifndef POLDER_SERVER_COLLECT_SEALED_KEYS_H_
#define POLDER_SERVER_COLLECT_SEALED_KEYS_H_

#include <string>

#include "crypto/digest/secret.h"
#include "crypto/seal/root_key.h"
#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "server/store/key_store.h"

namespace polder::server::collect {

struct DeliveryKey {
  std::string id;  // store::DeliveryRecord::key_id
  crypto::digest::SecretBytes key;
};

// Thread-safe as far as its key store is.
class SealedKeys {
 public:
  SealedKeys(store::KeyStore& keys, const crypto::seal::RootKey& root) : keys_(keys), root_(root) {}

  // The key of the delivery with this envelope digest, made when there is none; likewise the
  // municipality's key of the year. The same envelope received twice at once, or again after a
  // crash, gets one key. Throws ProblemError "key-destroyed" when the delivery or that year of the
  // municipality was erased.
  DeliveryKey MakeDeliveryKey(const std::string& municipality, const base::Year& year,
                              const std::string& envelope_digest, base::Instant at);
  // Throws ProblemError "key-destroyed", "not-found" or "unseal-failed".
  crypto::digest::SecretBytes OpenDeliveryKey(const std::string& municipality,
                                              const base::Year& year, const std::string& id) const;

 private:
  // The key of that name, made and wrapped under the root when there is none.
  crypto::digest::SecretBytes YearKey(const std::string& id, base::Instant at);

  store::KeyStore& keys_;
  const crypto::seal::RootKey& root_;
};

}  // namespace polder::server::collect

#endif  // POLDER_SERVER_COLLECT_SEALED_KEYS_H_
