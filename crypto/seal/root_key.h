// The root of the key hierarchy: what wraps the keys that wrap the keys.
//
// It is either 32 bytes of a file or an AES key that never leaves a PKCS #11 token. Everything else
// only asks it to wrap and to unwrap. Thread-safe.
#ifndef POLDER_CRYPTO_SEAL_ROOT_KEY_H_
#define POLDER_CRYPTO_SEAL_ROOT_KEY_H_

#include <memory>
#include <string_view>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::crypto::seal {

class RootKey {
 public:
  virtual ~RootKey() = default;
  RootKey(const RootKey&) = delete;
  RootKey& operator=(const RootKey&) = delete;

  // Of any length, bound to `context`, committed to one key.
  virtual base::Bytes Wrap(const digest::SecretBytes& key, base::ByteView context) const = 0;
  // Throws ProblemError "unseal-failed", one text whatever the cause.
  virtual digest::SecretBytes Unwrap(base::ByteView wrapped, base::ByteView context) const = 0;

 protected:
  RootKey() = default;
};

// A key in memory, from a file that only the service can read.
class FileRootKey : public RootKey {
 public:
  // Throws ProblemError "seal-key" unless it has 32 bytes.
  explicit FileRootKey(digest::SecretBytes key);
  base::Bytes Wrap(const digest::SecretBytes& key, base::ByteView context) const override;
  digest::SecretBytes Unwrap(base::ByteView wrapped, base::ByteView context) const override;

 private:
  digest::SecretBytes key_;
};

// The AES-256 key that a URI of RFC 7512 names, as
// "pkcs11:token=polder;object=root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/polder/pin".
// Wrapped: 12 bytes of nonce, what CKM_AES_GCM in the token makes of 32 fresh random bytes with the
// context as authenticated data, and the key sealed (seal.h) under those 32 bytes. So the root
// never leaves the token, needs no right but encrypt and decrypt, and the whole is committed to one
// key. Throws ProblemError "pkcs11-uri" for a URI that cannot be used, "pkcs11-failed" when the
// module, the token, the PIN or the key is not there or refuses.
std::unique_ptr<RootKey> OpenPkcs11RootKey(std::string_view uri);

}  // namespace polder::crypto::seal

#endif  // POLDER_CRYPTO_SEAL_ROOT_KEY_H_
