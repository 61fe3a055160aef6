#include "crypto/jws/signature.h"

#include <memory>
#include <optional>
#include <utility>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/digest/failure.h"

namespace polder::crypto::jws {
namespace {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeEcdsa {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

// RFC 7518 §3.4: r and s, 32 bytes each, to what the library verifies.
std::optional<base::Bytes> EcdsaDer(base::ByteView raw) {
  if (raw.size() != 64) return std::nullopt;
  const std::unique_ptr<ECDSA_SIG, FreeEcdsa> signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(raw.data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(raw.data() + 32, 32, nullptr);
  if (!signature || r == nullptr || s == nullptr || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    digest::ThrowCryptoFailure("signature");
  }
  unsigned char* encoded = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &encoded);
  if (length <= 0) digest::ThrowCryptoFailure("signature");
  base::Bytes der(encoded, encoded + length);
  OPENSSL_free(encoded);
  return der;
}

}  // namespace

bool SignatureHolds(const Key& key, base::ByteView message, base::ByteView signature) {
  base::Bytes bytes(signature.begin(), signature.end());
  if (key.algorithm == Algorithm::kEs256) {
    auto der = EcdsaDer(signature);
    if (!der) return false;
    bytes = std::move(*der);
  }
  const std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context(EVP_MD_CTX_new());
  if (!context) digest::ThrowCryptoFailure("verify");
  EVP_PKEY_CTX* parameters = nullptr;
  bool good = EVP_DigestVerifyInit_ex(context.get(), &parameters, "SHA256", nullptr, nullptr,
                                      key.key.handle(), nullptr) == 1;
  if (good && key.algorithm == Algorithm::kPs256) {
    // RFC 7518 §3.5: salt as long as the hash, MGF1 with the same hash.
    good = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, "SHA256", nullptr) == 1;
  }
  good = good && EVP_DigestVerify(context.get(), bytes.data(), bytes.size(), message.data(),
                                  message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace polder::crypto::jws
