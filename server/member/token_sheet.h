// tokens.json: who the key holders are, and the public key of each for every token domain.
//
// The region makes it from its log and hands it to the members. A holder's answer is checked
// against the key that stands here, never against one that the holder sends along; and the keys
// here are held against the log, so that a region cannot hand one member another key than it shows
// all. Source of the format: docs/formats/tokens.md.
#ifndef POLDER_SERVER_MEMBER_TOKEN_SHEET_H_
#define POLDER_SERVER_MEMBER_TOKEN_SHEET_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "crypto/log/log_policy.h"
#include "crypto/oprf/oprf.h"
#include "crypto/token/token.h"
#include "policies/base/json.h"

namespace polder::server::member {

struct KeyHolder {
  std::string name;
  std::string host;
  uint16_t port = 443;
  std::string authority;  // PEM: who signs its certificate
};

// One holder's key of one domain.
struct TokenKey {
  size_t holder = 0;  // place in holders()
  std::string key_id;
  crypto::oprf::Element public_key{};
  std::string proof;  // that it stands in the log (c2sp.org/tlog-proof), its leaf included
};

// Immutable after reading.
class TokenSheet {
 public:
  // Exactly two holders, and for every domain one key of each. Throws ProblemError with every fault
  // by JSON pointer: the same key for both holders, a key that is no point, an address that is
  // none.
  static TokenSheet FromJson(const base::Json& json);

  const std::string& region() const { return region_; }
  const std::vector<KeyHolder>& holders() const { return holders_; }
  // In the order of holders(); nullptr when the domain has no keys.
  // Every key must stand in the log: its leaf says this domain, holder, id and public key, the two
  // of a domain are of two organisations, and the checkpoint is one that `policy` believes. Throws
  // ProblemError with a "key-not-in-log" for each that does not, by JSON pointer.
  void CheckProofs(const crypto::log::LogPolicy& policy) const;
  const std::vector<TokenKey>* KeysOf(const crypto::token::TokenDomain& domain) const;

 private:
  TokenSheet() = default;

  std::string region_;
  std::vector<KeyHolder> holders_;
  std::map<std::string, std::vector<TokenKey>, std::less<>> keys_;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_TOKEN_SHEET_H_
