// Pupils' pseudonyms, one per token domain, and the service's own step on them.
//
// A token domain is (region, calendar, year): inside it a pupil has one token, whichever
// municipality delivers; tokens of different domains are unrelated.
//
// A token is made by the municipality with two key holders (server/member, crypto/oprf): no
// organisation alone can compute it. The service stores it re-keyed.
// Security: citizen numbers are few (about 9 * 10^7 pass the eleven-test), so whoever holds both
// halves of a domain's key inverts every token of that domain. Hence two holders, keys per domain,
// and their destruction after the correction window.
#ifndef POLDER_CRYPTO_TOKEN_TOKEN_H_
#define POLDER_CRYPTO_TOKEN_TOKEN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/digest/digest.h"
#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::crypto::token {

using Token = std::array<uint8_t, 32>;

struct TokenDomain {
  std::string region;    // "RMC10"
  std::string calendar;  // "absence" or "vsv"
  std::string year;      // "2022SJ"

  std::string Text() const;  // "RMC10/absence/2022SJ"
  // The inverse: three non-empty parts of letters, digits, '-', '_' and '.'; else nullopt.
  static std::optional<TokenDomain> Parse(std::string_view text);

  friend bool operator==(const TokenDomain&, const TokenDomain&) = default;
};

// The service's own step: a delivered token to the token that is stored and linked. Equal in, equal
// out, within one domain. HMAC-SHA256(HKDF-SHA256(root, salt "polder/re-key/v1", info = framed
// domain), "polder/re-keyed-token/v1" 0x00 || framed token). Thread-safe.
class ReKeyer {
 public:
  // Derives the domain's key from the service's root. Throws ProblemError "token-key" when the root
  // has fewer than 32 bytes, "token-domain" when a part is not one that Parse accepts.
  ReKeyer(const digest::SecretBytes& root, const TokenDomain& domain);
  Token ReKey(base::ByteView token) const;

 private:
  digest::MacKey key_;
};

}  // namespace polder::crypto::token

#endif  // POLDER_CRYPTO_TOKEN_TOKEN_H_
