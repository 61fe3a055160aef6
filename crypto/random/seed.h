// Seeds of the noise, committed to before there is anything to choose them for.
//
// The operator and the auditor each draw a seed, log its commitment before the delivery deadline,
// and reveal it after the freeze. Neither can then choose the noise: each is bound by a commitment
// made without knowing the other's seed or the data.
#ifndef POLDER_CRYPTO_RANDOM_SEED_H_
#define POLDER_CRYPTO_RANDOM_SEED_H_

#include <cstddef>

#include "crypto/digest/digest.h"
#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::crypto::random {

// A seed has at least this many bytes: a commitment to fewer could be searched.
inline constexpr size_t kMinSeedBytes = 32;

// SHA-256("polder/seed-commitment/v1" 0x00 || be64 length || context || be64 length || seed).
// `context` names what the seed is for (release, party), so that a commitment cannot be moved.
// Throws ProblemError "seed-too-short".
digest::Digest SeedCommitment(const digest::SecretBytes& seed, base::ByteView context);

// True when `seed` is what was committed to. Constant time in the commitment.
bool OpensCommitment(const digest::Digest& commitment, const digest::SecretBytes& seed,
                     base::ByteView context);

}  // namespace polder::crypto::random

#endif  // POLDER_CRYPTO_RANDOM_SEED_H_
