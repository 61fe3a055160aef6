#include "crypto/digest/algorithms.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "crypto/digest/failure.h"

namespace polder::crypto::digest {
namespace {

template <typename Algorithm>
Algorithm* Found(Algorithm* algorithm, const char* name) {
  if (algorithm == nullptr) ThrowCryptoFailure(name);
  return algorithm;
}

}  // namespace

// The statics are never freed: a destructor could run after the library's own clean-up.
const evp_md_st* FetchedSha256() {
  static EVP_MD* const fetched = Found(EVP_MD_fetch(nullptr, "SHA256", nullptr), "fetch SHA-256");
  return fetched;
}

evp_mac_st* FetchedHmac() {
  static EVP_MAC* const fetched = Found(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "fetch HMAC");
  return fetched;
}

evp_kdf_st* FetchedHkdf() {
  static EVP_KDF* const fetched = Found(EVP_KDF_fetch(nullptr, "HKDF", nullptr), "fetch HKDF");
  return fetched;
}

const evp_cipher_st* FetchedAes256Gcm() {
  static EVP_CIPHER* const fetched =
      Found(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), "fetch AES-256-GCM");
  return fetched;
}

const evp_cipher_st* FetchedAes256Ecb() {
  static EVP_CIPHER* const fetched =
      Found(EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr), "fetch AES-256-ECB");
  return fetched;
}

}  // namespace polder::crypto::digest
