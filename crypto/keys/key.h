// Key pairs: P-256 and RSA for certificates, Ed25519 for the log and receipts.
#ifndef POLDER_CRYPTO_KEYS_KEY_H_
#define POLDER_CRYPTO_KEYS_KEY_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/digest/secret.h"
#include "crypto/keys/handles.h"
#include "policies/base/bytes.h"

namespace polder::crypto::keys {

enum class KeyType { kP256, kEd25519, kRsa };

// Copyable, immutable, thread-safe.
class PublicKey {
 public:
  // SubjectPublicKeyInfo. Throws ProblemError "public-key-unreadable", or "key-type" for anything
  // but P-256, Ed25519 and RSA of at least 2048 bits.
  static PublicKey FromPem(std::string_view pem);
  static PublicKey FromEd25519(base::ByteView raw);  // 32 bytes, RFC 8032 §5.1.2
  static PublicKey Adopt(PkeyHandle handle);         // checks the type

  PublicKey(const PublicKey& other);
  PublicKey& operator=(const PublicKey& other);
  PublicKey(PublicKey&&) noexcept = default;
  PublicKey& operator=(PublicKey&&) noexcept = default;

  KeyType type() const { return type_; }
  std::string ToPem() const;
  // The raw 32 bytes. Throws ProblemError "key-type" for another kind of key.
  std::array<uint8_t, 32> Ed25519() const;
  // Ed25519: the pure scheme. P-256: ECDSA (DER) over SHA-256. RSA: PSS over SHA-256 with a salt of
  // 32 bytes. False for anything that does not verify.
  bool Verify(base::ByteView message, base::ByteView signature) const;
  bool Equals(const PublicKey& other) const;

  evp_pkey_st* handle() const { return handle_.get(); }

 private:
  PublicKey(PkeyHandle handle, KeyType type) : handle_(std::move(handle)), type_(type) {}
  PkeyHandle handle_;
  KeyType type_;
};

// Privacy: move-only, the library wipes it when it dies. Thread-safe for signing.
class PrivateKey {
 public:
  static PrivateKey Generate(KeyType type);  // RSA: 3072 bits
  // PKCS #8, unencrypted. Throws ProblemError "private-key-unreadable" or "key-type".
  static PrivateKey FromPem(std::string_view pem);
  static PrivateKey FromEd25519Seed(const digest::SecretBytes& seed);  // 32 bytes

  PrivateKey(PrivateKey&&) noexcept = default;
  PrivateKey& operator=(PrivateKey&&) noexcept = default;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;

  KeyType type() const { return type_; }
  // The caller writes it with mode 0600.
  digest::SecretBytes ToPem() const;
  PublicKey public_key() const;
  // As PublicKey::Verify expects it. Ed25519 is deterministic.
  base::Bytes Sign(base::ByteView message) const;

  evp_pkey_st* handle() const { return handle_.get(); }

 private:
  PrivateKey(PkeyHandle handle, KeyType type) : handle_(std::move(handle)), type_(type) {}
  PkeyHandle handle_;
  KeyType type_;
};

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_KEY_H_
