// Public keys from their numbers, as a JWK writes them. Internal to crypto/jws.
#ifndef POLDER_CRYPTO_JWS_PUBLIC_KEY_PARTS_H_
#define POLDER_CRYPTO_JWS_PUBLIC_KEY_PARTS_H_

#include <optional>

#include "crypto/keys/key.h"
#include "policies/base/bytes.h"

namespace polder::crypto::jws {

// Coordinates of 32 bytes each; nullopt unless they are a point of P-256 other than infinity.
std::optional<keys::PublicKey> P256FromCoordinates(base::ByteView x, base::ByteView y);
// Big-endian modulus and exponent; nullopt unless the modulus has 2048 to 8192 bits and the
// exponent is odd, at least 3 and at most 32 bits.
std::optional<keys::PublicKey> RsaFromNumbers(base::ByteView modulus, base::ByteView exponent);

}  // namespace polder::crypto::jws

#endif  // POLDER_CRYPTO_JWS_PUBLIC_KEY_PARTS_H_
