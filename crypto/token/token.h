// Pupils' pseudonyms, one per token domain.
//
// A token domain is (region, calendar, year): inside it a pupil has one token, whichever
// municipality delivers; tokens of different domains are unrelated.
//
// Security: a keyed hash hides an identifier only from those without the key. Citizen numbers are
// few (about 9 * 10^7 pass the eleven-test), so whoever holds a domain key inverts every token of
// that domain in seconds. Hence keys per domain, destroyed after the correction window, and the
// service's own ReKeyer, whose key the municipalities do not have.
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

// HKDF-SHA256(root, salt "polder/token-domain/v1", info = framed region, calendar, year), 32 bytes.
// Throws ProblemError "token-key" when the root has fewer than 32 bytes, "token-domain" when a part
// is not one that Parse accepts.
digest::SecretBytes DomainKey(const digest::SecretBytes& root, const TokenDomain& domain);

// Turns an identifier into its token. `identifier_type` names the kind of number ("NL-BSN"), so
// that numbers of two registers never meet. Thread-safe.
// Privacy: the identifier appears in no message.
class TokenDeriver {
 public:
  virtual ~TokenDeriver() = default;
  virtual Token Derive(const TokenDomain& domain, std::string_view identifier_type,
                       base::ByteView identifier) const = 0;
};

// HMAC-SHA256(domain key, "polder/token/v1" 0x00 || framed domain text, type, identifier).
class HmacTokenDeriver : public TokenDeriver {
 public:
  // Takes the key of one domain. Throws ProblemError "token-key" under 32 bytes.
  explicit HmacTokenDeriver(const digest::SecretBytes& domain_key);
  // Throws ProblemError "token-identifier" for an empty identifier or type.
  Token Derive(const TokenDomain& domain, std::string_view identifier_type,
               base::ByteView identifier) const override;

 private:
  digest::MacKey key_;
};

// The service's own step: a delivered token to the token that is stored and linked. Equal in, equal
// out, within one domain. HMAC-SHA256(HKDF-SHA256(root, salt "polder/re-key/v1", info = framed
// domain), "polder/re-keyed-token/v1" 0x00 || framed token). Thread-safe.
class ReKeyer {
 public:
  // Derives the domain's key from the service's root. Throws as DomainKey.
  ReKeyer(const digest::SecretBytes& root, const TokenDomain& domain);
  Token ReKey(base::ByteView token) const;

 private:
  digest::MacKey key_;
};

}  // namespace polder::crypto::token

#endif  // POLDER_CRYPTO_TOKEN_TOKEN_H_
