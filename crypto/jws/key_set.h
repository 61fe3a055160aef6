// The keys of a token issuer (JWKS), reduced to those that can verify here.
//
// A key says by itself which algorithm it verifies with; a token has no say in it. Only ES256 and
// PS256 are used: RS256 (PKCS #1 v1.5) is refused, as every issuer that offers it offers one of the
// two. Source: RFC 7517, RFC 7518 §3.4, §3.5 and §6, RFC 8725 §3.1 and §3.2.
#ifndef POLDER_CRYPTO_JWS_KEY_SET_H_
#define POLDER_CRYPTO_JWS_KEY_SET_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/keys/key.h"

namespace polder::crypto::jws {

enum class Algorithm : uint8_t { kEs256, kPs256 };
std::string_view ToText(Algorithm algorithm);  // "ES256"

struct Key {
  std::string id;  // empty when the issuer gave none
  Algorithm algorithm;
  keys::PublicKey key;
};

// Copyable, immutable, thread-safe.
class KeySet {
 public:
  // {"keys":[…]}. Keys that are for something else (another algorithm, encryption, symmetric) or
  // are unfit (RSA below 2048 bits, a point off the curve, private parts that were published) are
  // left out, with the reason in left_out(). Throws ProblemError "malformed-json", or "key-set" for
  // a document that is no key set, is above 64 KiB, has more than 32 keys, or gives two of its
  // verifying keys one id.
  static KeySet Parse(std::string_view json);

  const std::vector<Key>& keys() const { return keys_; }
  const std::vector<std::string>& left_out() const { return left_out_; }
  // With an empty id: the only key, when there is only one. Else nullptr.
  const Key* Find(std::string_view id) const;

 private:
  KeySet() = default;
  std::vector<Key> keys_;
  std::vector<std::string> left_out_;
};

}  // namespace polder::crypto::jws

#endif  // POLDER_CRYPTO_JWS_KEY_SET_H_
