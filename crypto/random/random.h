// Random bytes for keys, salts and seeds.
#ifndef POLDER_CRYPTO_RANDOM_RANDOM_H_
#define POLDER_CRYPTO_RANDOM_RANDOM_H_

#include <cstddef>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::crypto::random {

// From the library's generator, seeded by the system. Throws ProblemError "random-source-failed"
// when it cannot deliver: never fewer bytes, never weaker ones. Thread-safe.
base::Bytes RandomBytes(size_t count);
// The same from the generator kept apart for secrets.
digest::SecretBytes RandomSecret(size_t count);

}  // namespace polder::crypto::random

#endif  // POLDER_CRYPTO_RANDOM_RANDOM_H_
