// Signed tokens in compact form, verified strictly.
//
// The key decides the algorithm; the header only has to agree. Nothing of the token is used before
// its signature holds. Source: RFC 7515 §5.2, RFC 8725.
#ifndef POLDER_CRYPTO_JWS_JWS_H_
#define POLDER_CRYPTO_JWS_JWS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "crypto/jws/key_set.h"
#include "policies/base/bytes.h"

namespace polder::crypto::jws {

inline constexpr size_t kMaxTokenBytes = 16'384;

// A value: what was signed, or why it is not believed.
struct Verdict {
  bool ok = false;
  // "" or "token-too-large", "malformed-token", "token-header", "token-algorithm",
  // "token-key-unknown", "token-signature".
  std::string code;
  std::string detail;  // for people; nothing of the token is in it
  std::string key_id;  // as the header names it; also set with "token-key-unknown"
  std::string type;    // the header's `typ`, lower case, "application/" taken off; may be empty
  base::Bytes payload;
};

// Exactly three segments of strict base64url (no padding, no white space, no other spelling of the
// same bytes). Headers that would change what is verified or with which key (`crit`, `b64`, `zip`,
// `jku`, `jwk`, `x5u`, `x5c`) are refused. Never throws for what others can send.
Verdict Verify(std::string_view token, const KeySet& keys);

}  // namespace polder::crypto::jws

#endif  // POLDER_CRYPTO_JWS_JWS_H_
