// Where tokens come from: the one thing that prepare must ask of others.
#ifndef POLDER_SERVER_MEMBER_TOKEN_SOURCE_H_
#define POLDER_SERVER_MEMBER_TOKEN_SOURCE_H_

#include <span>
#include <vector>

#include "crypto/token/token.h"
#include "policies/base/bytes.h"

namespace polder::server::member {

class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // The tokens of distinct identifiers (Identifiers::inputs), in their order; all or, by an
  // exception, none.
  // Privacy: nothing of an identifier or a token appears in a message or on disk.
  virtual std::vector<crypto::token::Token> Tokens(const crypto::token::TokenDomain& domain,
                                                   std::span<const base::ByteView> inputs) = 0;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_TOKEN_SOURCE_H_
