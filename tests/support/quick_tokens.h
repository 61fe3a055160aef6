// Tokens without key holders, for tests of everything but them: equal inputs of one domain give
// equal tokens, all others unrelated ones. Whoever has the key can invert them, so no program links
// this.
#ifndef POLDER_TESTS_SUPPORT_QUICK_TOKENS_H_
#define POLDER_TESTS_SUPPORT_QUICK_TOKENS_H_

#include <string_view>
#include <vector>

#include "crypto/digest/digest.h"
#include "server/member/token_source.h"

namespace polder::testing_support {

class QuickTokens : public server::member::TokenSource {
 public:
  explicit QuickTokens(std::string_view key = "a key that every test knows")
      : key_(base::AsBytes(key)) {}

  std::vector<crypto::token::Token> Tokens(const crypto::token::TokenDomain& domain,
                                           std::span<const base::ByteView> inputs) override {
    ++asked;
    std::vector<crypto::token::Token> tokens;
    for (const base::ByteView input : inputs) {
      base::Bytes message;
      base::AppendFramed(message, base::AsBytes(domain.Text()));
      base::AppendFramed(message, input);
      tokens.push_back(key_.Mac(message));
    }
    return tokens;
  }

  size_t asked = 0;

 private:
  crypto::digest::MacKey key_;
};

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_SUPPORT_QUICK_TOKENS_H_
