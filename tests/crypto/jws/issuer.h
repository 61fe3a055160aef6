// An issuer of tokens for tests: a P-256 key and whatever header and claims a test wants signed.
#ifndef POLDER_TESTS_CRYPTO_JWS_ISSUER_H_
#define POLDER_TESTS_CRYPTO_JWS_ISSUER_H_

#include <algorithm>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "crypto/keys/key.h"
#include "policies/base/bytes.h"

namespace polder::crypto::jws::testing_support {

inline std::string Encode(std::string_view text) { return base::ToBase64Url(base::AsBytes(text)); }

class Issuer {
 public:
  explicit Issuer(std::string id = "key-1")
      : id_(std::move(id)), key_(keys::PrivateKey::Generate(keys::KeyType::kP256)) {}

  nlohmann::json Jwk() const {
    // The point is what a SubjectPublicKeyInfo of P-256 ends with.
    std::string body;
    const std::string pem = key_.public_key().ToPem();
    for (size_t at = pem.find('\n') + 1; at < pem.size(); ++at) {
      if (pem[at] == '-') break;
      if (pem[at] != '\n') body += pem[at];
    }
    const base::Bytes der = *base::FromBase64(body);
    const base::ByteView point = base::ByteView(der).last(64);
    return {{"kty", "EC"},
            {"crv", "P-256"},
            {"kid", id_},
            {"use", "sig"},
            {"x", base::ToBase64Url(point.first(32))},
            {"y", base::ToBase64Url(point.last(32))}};
  }
  std::string KeySetText() const { return nlohmann::json{{"keys", {Jwk()}}}.dump(); }

  std::string SignedPart(const std::string& header, const std::string& payload) const {
    return Encode(header) + "." + Encode(payload);
  }
  std::string Sign(const std::string& header, const std::string& payload) const {
    const std::string part = SignedPart(header, payload);
    return part + "." + base::ToBase64Url(RawSignature(part));
  }
  std::string Sign(const std::string& payload) const {
    return Sign(R"({"alg":"ES256","kid":")" + id_ + R"(","typ":"at+jwt"})", payload);
  }

 private:
  // r and s out of the DER that the key signs with.
  base::Bytes RawSignature(const std::string& part) const {
    const base::Bytes der = key_.Sign(base::AsBytes(part));
    base::Bytes raw;
    size_t at = 2;
    for (int i = 0; i < 2; ++i) {
      const size_t length = der[at + 1];
      base::Bytes number(der.begin() + static_cast<long>(at + 2),
                         der.begin() + static_cast<long>(at + 2 + length));
      while (number.size() > 32) number.erase(number.begin());
      while (number.size() < 32) number.insert(number.begin(), 0);
      raw.insert(raw.end(), number.begin(), number.end());
      at += 2 + length;
    }
    return raw;
  }

  std::string id_;
  keys::PrivateKey key_;
};

}  // namespace polder::crypto::jws::testing_support

#endif  // POLDER_TESTS_CRYPTO_JWS_ISSUER_H_
