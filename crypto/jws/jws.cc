#include "crypto/jws/jws.h"

#include <array>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/digest/failure.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::crypto::jws {
namespace {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeEcdsa {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

Verdict Refuse(const char* code, const char* detail) {
  Verdict verdict;
  verdict.code = code;
  verdict.detail = detail;
  return verdict;
}

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

bool SignatureHolds(const Key& key, std::string_view signed_text, base::ByteView signature) {
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
  const base::ByteView message = base::AsBytes(signed_text);
  good = good && EVP_DigestVerify(context.get(), bytes.data(), bytes.size(), message.data(),
                                  message.size()) == 1;
  ERR_clear_error();
  return good;
}

struct Header {
  std::string algorithm, key_id, type;
};

std::string NormalType(std::string type) {
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view kPrefix = "application/";
  if (type.starts_with(kPrefix)) type.erase(0, kPrefix.size());
  return type;
}

// nullopt: not a header, or one that asks for what is not done here.
std::optional<Header> ReadHeader(base::ByteView bytes) {
  base::Json json;
  try {
    json = base::ParseJson(base::AsText(bytes), {.max_bytes = kMaxTokenBytes, .max_depth = 4});
  } catch (const base::ProblemError&) {
    return std::nullopt;
  }
  if (!json.is_object()) return std::nullopt;
  for (const char* refused : {"crit", "b64", "zip", "jku", "jwk", "x5u", "x5c"}) {
    if (json.contains(refused)) return std::nullopt;
  }
  Header header;
  const auto take = [&](const char* name, std::string& to) {
    const auto found = json.find(name);
    if (found == json.end()) return true;
    if (!found->is_string()) return false;
    to = found->get<std::string>();
    return !to.empty();
  };
  if (!take("alg", header.algorithm) || !take("kid", header.key_id) || !take("typ", header.type) ||
      header.algorithm.empty()) {
    return std::nullopt;
  }
  header.type = NormalType(std::move(header.type));
  return header;
}

}  // namespace

Verdict Verify(std::string_view token, const KeySet& keys) {
  if (token.size() > kMaxTokenBytes) {
    return Refuse("token-too-large", "A token has at most 16 KiB.");
  }
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return Refuse("malformed-token", "A token has exactly three segments.");
  }
  const auto header_bytes = base::FromBase64Url(token.substr(0, first));
  const auto payload = base::FromBase64Url(token.substr(first + 1, second - first - 1));
  const auto signature = base::FromBase64Url(token.substr(second + 1));
  if (!header_bytes || !payload || !signature || header_bytes->empty() || signature->empty()) {
    return Refuse("malformed-token", "The segments of a token are base64url without padding.");
  }
  const auto header = ReadHeader(*header_bytes);
  if (!header) {
    return Refuse("token-header",
                  "The token's header is unreadable, or asks for a key or a reading of its own.");
  }
  const Key* key = keys.Find(header->key_id);
  if (key == nullptr) {
    Verdict verdict = Refuse("token-key-unknown", "The issuer has no such key for signatures.");
    verdict.key_id = header->key_id;
    return verdict;
  }
  if (header->algorithm != ToText(key->algorithm)) {
    return Refuse("token-algorithm", "The token names another algorithm than its key is for.");
  }
  if (!SignatureHolds(*key, token.substr(0, second), *signature)) {
    return Refuse("token-signature", "The token's signature does not hold.");
  }
  Verdict verdict;
  verdict.ok = true;
  verdict.key_id = header->key_id;
  verdict.type = header->type;
  verdict.payload = *payload;
  return verdict;
}

}  // namespace polder::crypto::jws
