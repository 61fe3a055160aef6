// Bytes to points and to scalars, in constant time for bytes of one length.
// Source: RFC 9380 (P256_XMD:SHA-256_SSWU_RO_), RFC 9497 §4.3 (labels).
#ifndef POLDER_CRYPTO_OPRF_HASH_TO_CURVE_H_
#define POLDER_CRYPTO_OPRF_HASH_TO_CURVE_H_

#include <span>
#include <string_view>
#include <vector>

#include "crypto/oprf/group.h"

namespace polder::crypto::oprf {

// expand_message_xmd with SHA-256 (RFC 9380 §5.3.1). `out` has 1 to 8160 bytes. `parts` are
// hashed one after another.
void ExpandMessage(std::span<const base::ByteView> parts, std::string_view label,
                   std::span<uint8_t> out);

// hash_to_field for one scalar.
Scalar HashToScalar(std::span<const base::ByteView> parts, std::string_view label);

// hash_to_curve of every input; nullopt for one whose point is the identity (nobody can find one).
std::vector<std::optional<Affine>> HashToCurve(std::span<const base::ByteView> inputs,
                                               std::string_view label);

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_HASH_TO_CURVE_H_
