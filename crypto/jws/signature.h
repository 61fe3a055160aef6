// Does a signature hold under a key of a token issuer? Internal to crypto/jws.
#ifndef POLDER_CRYPTO_JWS_SIGNATURE_H_
#define POLDER_CRYPTO_JWS_SIGNATURE_H_

#include "crypto/jws/key_set.h"
#include "policies/base/bytes.h"

namespace polder::crypto::jws {

// ES256: r and s, 32 bytes each (RFC 7518 §3.4). PS256: a salt of 32 bytes, MGF1 with SHA-256
// (§3.5). False for anything else; throws only when the library fails.
bool SignatureHolds(const Key& key, base::ByteView message, base::ByteView signature);

}  // namespace polder::crypto::jws

#endif  // POLDER_CRYPTO_JWS_SIGNATURE_H_
