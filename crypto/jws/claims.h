// What a verified token says about a person, and whether it says so to us, now.
// Source: RFC 7519 §4.1, OpenID Connect Core 1.0 §3.1.3.7, RFC 9068 §2.1 and §4.
#ifndef POLDER_CRYPTO_JWS_CLAIMS_H_
#define POLDER_CRYPTO_JWS_CLAIMS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "crypto/jws/jws.h"
#include "policies/base/clock.h"

namespace polder::crypto::jws {

// An identity token is for the client that asked for it; an access token is for the interface. The
// one never passes for the other.
enum class TokenUse : uint8_t { kIdentity, kAccess };

struct Expected {
  TokenUse use = TokenUse::kAccess;
  std::string issuer;    // exact
  std::string audience;  // ours
  // Of an identity token: the value that was sent along, or none.
  std::optional<std::string> nonce = std::nullopt;
  int64_t skew_seconds = 60;
  int64_t longest_seconds = 86'400;  // between `iat` and `exp`
};

struct ClaimsVerdict {
  bool ok = false;
  // "" or that of the Verdict, or "token-claims" (unreadable), "token-type", "token-issuer",
  // "token-audience", "token-expired", "token-not-yet", "token-nonce".
  std::string code;
  std::string detail;
  std::string subject;  // unique within the issuer: the identity. An e-mail address is none.
  std::string claims;   // the JSON object, as it was signed
};

// Takes the verdict of Verify so that unverified claims cannot be read.
ClaimsVerdict CheckClaims(const Verdict& token, const Expected& expected, base::Instant now);

}  // namespace polder::crypto::jws

#endif  // POLDER_CRYPTO_JWS_CLAIMS_H_
