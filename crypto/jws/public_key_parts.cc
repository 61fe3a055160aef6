#include "crypto/jws/public_key_parts.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/digest/failure.h"
#include "policies/base/problem.h"

namespace polder::crypto::jws {
namespace {

struct FreeKeyContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKeyContext>;

std::optional<keys::PublicKey> Make(const char* type, OSSL_PARAM* parameters) {
  const KeyContext making(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  if (!making) digest::ThrowCryptoFailure("public key");
  EVP_PKEY* made = nullptr;
  keys::PkeyHandle key;
  if (EVP_PKEY_fromdata_init(making.get()) == 1 &&
      EVP_PKEY_fromdata(making.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1) {
    key.reset(made);
  }
  bool good = false;
  if (key) {
    const KeyContext checking(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    good = checking && EVP_PKEY_public_check(checking.get()) == 1;
  }
  ERR_clear_error();
  if (!good) return std::nullopt;
  return keys::PublicKey::Adopt(std::move(key));
}

}  // namespace

std::optional<keys::PublicKey> P256FromCoordinates(base::ByteView x, base::ByteView y) {
  if (x.size() != 32 || y.size() != 32) return std::nullopt;
  base::Bytes point = {0x04};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  char group[] = "P-256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return Make("EC", parameters);
}

std::optional<keys::PublicKey> RsaFromNumbers(base::ByteView modulus, base::ByteView exponent) {
  // The first byte of a number is not zero (RFC 7518 §2, Base64urlUInt).
  if (modulus.size() < 256 || modulus.size() > 1024 || modulus.front() < 0x80) return std::nullopt;
  if (exponent.empty() || exponent.size() > 4 || exponent.front() == 0) return std::nullopt;
  if (exponent.back() % 2 == 0 || (exponent.size() == 1 && exponent.back() < 3)) {
    return std::nullopt;
  }
  // The library takes numbers in the machine's own order.
  base::Bytes n(modulus.rbegin(), modulus.rend());
  base::Bytes e(exponent.rbegin(), exponent.rend());
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n.data(), n.size()),
                             OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e.data(), e.size()),
                             OSSL_PARAM_construct_end()};
  return Make("RSA", parameters);
}

}  // namespace polder::crypto::jws
