#include "crypto/digest/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/digest/algorithms.h"
#include "crypto/digest/failure.h"

namespace polder::crypto::digest {
namespace {

// The library refuses a null pointer with length zero in places; it never reads from this one.
const uint8_t* NonNull(base::ByteView bytes) {
  static constexpr uint8_t kNothing = 0;
  return bytes.empty() ? &kNothing : bytes.data();
}

}  // namespace

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  if (!context_) ThrowCryptoFailure("SHA-256");
  Require(EVP_DigestInit_ex2(context_.get(), FetchedSha256(), nullptr), "SHA-256");
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Hasher& Hasher::Update(base::ByteView data) {
  Require(EVP_DigestUpdate(context_.get(), NonNull(data), data.size()), "SHA-256");
  return *this;
}

Digest Hasher::Finish() {
  Digest digest;
  Require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr), "SHA-256");
  Require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr), "SHA-256");
  return digest;
}

Digest Sha256(base::ByteView data) {
  thread_local Hasher hasher;
  return hasher.Update(data).Finish();
}

std::string Sha256Hex(base::ByteView data) { return base::ToHex(Sha256(data)); }

void MacKey::FreeContext::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

MacKey::MacKey(base::ByteView key) : prepared_(EVP_MAC_CTX_new(FetchedHmac())) {
  if (!prepared_) ThrowCryptoFailure("HMAC");
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  Require(EVP_MAC_init(prepared_.get(), NonNull(key), key.size(), parameters), "HMAC");
}
MacKey::~MacKey() = default;
MacKey::MacKey(MacKey&&) noexcept = default;
MacKey& MacKey::operator=(MacKey&&) noexcept = default;

Digest MacKey::Mac(base::ByteView data) const {
  const std::unique_ptr<evp_mac_ctx_st, FreeContext> context(EVP_MAC_CTX_dup(prepared_.get()));
  if (!context) ThrowCryptoFailure("HMAC");
  Digest mac;
  size_t length = 0;
  Require(EVP_MAC_update(context.get(), NonNull(data), data.size()), "HMAC");
  Require(EVP_MAC_final(context.get(), mac.data(), &length, mac.size()), "HMAC");
  return mac;
}

Digest HmacSha256(base::ByteView key, base::ByteView data) { return MacKey(key).Mac(data); }

}  // namespace polder::crypto::digest
