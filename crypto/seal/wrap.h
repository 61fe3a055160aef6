// Keys under keys: a delivery's key under the municipality's key of the year, that one under the
// root. Every key is random and none is derived from another, so that destroying one wrapped key
// destroys exactly what lies under it.
#ifndef POLDER_CRYPTO_SEAL_WRAP_H_
#define POLDER_CRYPTO_SEAL_WRAP_H_

#include "crypto/digest/secret.h"
#include "crypto/seal/root_key.h"
#include "policies/base/bytes.h"

namespace polder::crypto::seal {

// A key sealed as seal.h says, under the context "polder/wrapped-key/v1" 0x00 || context: bound to
// what it is for, committed to one key, and without the limit that random 96-bit nonces would put
// on a long-lived key.
base::Bytes WrapKey(const digest::SecretBytes& key, const digest::SecretBytes& kek,
                    base::ByteView context);
// Throws ProblemError "unseal-failed".
digest::SecretBytes UnwrapKey(base::ByteView wrapped, const digest::SecretBytes& kek,
                              base::ByteView context);

// A new random key that exists only wrapped, here and in the caller's hands.
struct WrappedKey {
  digest::SecretBytes key;
  base::Bytes wrapped;
};
WrappedKey NewWrappedKey(const digest::SecretBytes& kek, base::ByteView context);
WrappedKey NewWrappedKey(const RootKey& root, base::ByteView context);

}  // namespace polder::crypto::seal

#endif  // POLDER_CRYPTO_SEAL_WRAP_H_
