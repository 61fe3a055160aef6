#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/digest/algorithms.h"
#include "crypto/digest/digest.h"
#include "crypto/digest/failure.h"
#include "policies/base/problem.h"

namespace polder::crypto::digest {
namespace {

struct FreeKdf {
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

OSSL_PARAM Octets(const char* name, base::ByteView bytes) {
  static uint8_t nothing = 0;
  // The library only reads through this pointer; its type is not const because parameters also
  // carry results.
  void* data = bytes.empty() ? &nothing : const_cast<uint8_t*>(bytes.data());
  return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

SecretBytes Derive(int mode, const char* hash, base::ByteView key, const OSSL_PARAM* input,
                   size_t length, size_t hash_size) {
  if (length == 0 || length > 255 * hash_size) {
    throw base::ProblemError(
        "kdf-length", "",
        "HKDF gives 1 to " + std::to_string(255 * hash_size) + " bytes; ask for fewer.");
  }
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(FetchedHkdf()));
  if (!context) ThrowCryptoFailure("HKDF");
  std::vector<OSSL_PARAM> parameters = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(hash), 0),
      Octets(OSSL_KDF_PARAM_KEY, key)};
  for (; input->key != nullptr; ++input) parameters.push_back(*input);
  parameters.push_back(OSSL_PARAM_construct_end());
  SecretBytes out(length);
  Require(EVP_KDF_derive(context.get(), out.writable().data(), length, parameters.data()), "HKDF");
  return out;
}

}  // namespace

SecretBytes HkdfExtractSha256(base::ByteView ikm, base::ByteView salt) {
  // RFC 5869 §2.2: Extract is HMAC keyed with the salt; HMAC itself pads an absent one with zeros.
  Digest extracted = HmacSha256(salt, ikm);
  SecretBytes result = SecretBytes::CopyOf(base::ByteView(extracted));
  SecureWipe(extracted);
  return result;
}

SecretBytes HkdfExpandSha256(base::ByteView prk, base::ByteView info, size_t length) {
  const OSSL_PARAM input[] = {Octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  return Derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", prk, input, length, 32);
}

SecretBytes HkdfExpandSha512(base::ByteView prk, base::ByteView info, size_t length) {
  const OSSL_PARAM input[] = {Octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  return Derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA512", prk, input, length, 64);
}

SecretBytes HkdfSha256Secret(base::ByteView ikm, base::ByteView salt, base::ByteView info,
                             size_t length) {
  return HkdfExpandSha256(HkdfExtractSha256(ikm, salt).view(), info, length);
}

base::Bytes HkdfSha256(base::ByteView ikm, base::ByteView salt, base::ByteView info,
                       size_t length) {
  const SecretBytes derived = HkdfSha256Secret(ikm, salt, info, length);
  return base::Bytes(derived.view().begin(), derived.view().end());
}

}  // namespace polder::crypto::digest
