// Revealed seeds at rest: each under a key of its own in the key store, so that a seed is erased
// with the deliveries it was drawn for. A seed and a release together are the exact counts.
#ifndef POLDER_SERVER_JOBS_SEALED_SEEDS_H_
#define POLDER_SERVER_JOBS_SEALED_SEEDS_H_

#include <string_view>

#include "crypto/digest/secret.h"
#include "crypto/seal/root_key.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "server/store/key_store.h"

namespace polder::server::jobs {

// `context` is store::SeedContext of the release and the role; the key's name is made of it.
base::Bytes SealSeed(store::KeyStore& keys, const crypto::seal::RootKey& root,
                     const crypto::digest::SecretBytes& seed, std::string_view context,
                     base::Instant at);
// Throws ProblemError "key-destroyed" when it was erased, "seed-key-missing" when the key store
// does not know it, "unseal-failed" when it is not what was sealed.
crypto::digest::SecretBytes OpenSeed(store::KeyStore& keys, const crypto::seal::RootKey& root,
                                     base::ByteView sealed, std::string_view context);

// A seed as its holder encrypted it to the replay auditor, under the same key as the seed: erased
// with it. Throw as SealSeed and OpenSeed.
base::Bytes SealEscrow(store::KeyStore& keys, const crypto::seal::RootKey& root,
                       base::ByteView escrow, std::string_view context, base::Instant at);
base::Bytes OpenEscrow(store::KeyStore& keys, const crypto::seal::RootKey& root,
                       base::ByteView sealed, std::string_view context);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_SEALED_SEEDS_H_
