// The protocol with its random numbers given, for published vectors. Nothing else may use this: a
// blind or a proof's scalar that is known or used twice gives away an input or the key.
#ifndef POLDER_CRYPTO_OPRF_FIXED_SCALARS_H_
#define POLDER_CRYPTO_OPRF_FIXED_SCALARS_H_

#include <span>

#include "crypto/oprf/oprf.h"

namespace polder::crypto::oprf {

// `blinds`: 32 bytes for each input, of 1 to n - 1.
Blinding BlindWith(std::span<const base::ByteView> inputs, Mode mode, digest::SecretBytes blinds);

Evaluation BlindEvaluateWith(const OprfKey& key, std::span<const Element> blinded,
                             std::span<const uint8_t, kScalarBytes> proof_scalar);

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_FIXED_SCALARS_H_
