// SHA-256 and what is built from it: HMAC and HKDF.
//
// The algorithms are fetched from the library once per process; a fetch costs more than the hash of
// a short message. Every function is thread-safe and throws ProblemError "crypto-failure" when the
// library refuses, which means that the installation is broken.
// Source: FIPS 180-4 (SHA-256), RFC 2104 (HMAC), RFC 5869 (HKDF).
#ifndef POLDER_CRYPTO_DIGEST_DIGEST_H_
#define POLDER_CRYPTO_DIGEST_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

struct evp_md_ctx_st;
struct evp_mac_ctx_st;

namespace polder::crypto::digest {

using Digest = std::array<uint8_t, 32>;

Digest Sha256(base::ByteView data);
std::string Sha256Hex(base::ByteView data);  // 64 lower-case digits

Digest HmacSha256(base::ByteView key, base::ByteView data);

// HKDF-Extract then HKDF-Expand. `length` is 1 to 8160 bytes, else ProblemError "kdf-length".
base::Bytes HkdfSha256(base::ByteView ikm, base::ByteView salt, base::ByteView info, size_t length);

// The same where the result is a key.
SecretBytes HkdfSha256Secret(base::ByteView ikm, base::ByteView salt, base::ByteView info,
                             size_t length);
SecretBytes HkdfExtractSha256(base::ByteView ikm, base::ByteView salt);
SecretBytes HkdfExpandSha256(base::ByteView prk, base::ByteView info, size_t length);
// Expand alone, with SHA-512 (the sealing format asks for it); `length` is 1 to 16320 bytes.
SecretBytes HkdfExpandSha512(base::ByteView prk, base::ByteView info, size_t length);

// SHA-256 over parts. May be reused after Finish. Not thread-safe: one per thread.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  Hasher& Update(base::ByteView data);
  Digest Finish();  // and starts anew

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

// HMAC-SHA256 with the key schedule done once: for many short messages under one key.
// Thread-safe: every call works on its own copy of the prepared state. The key is wiped with it.
class MacKey {
 public:
  explicit MacKey(base::ByteView key);
  ~MacKey();
  MacKey(MacKey&&) noexcept;
  MacKey& operator=(MacKey&&) noexcept;

  Digest Mac(base::ByteView data) const;

 private:
  struct FreeContext {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, FreeContext> prepared_;
};

}  // namespace polder::crypto::digest

#endif  // POLDER_CRYPTO_DIGEST_DIGEST_H_
