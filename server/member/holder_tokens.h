// Tokens from the two key holders: blinded here, multiplied there, verified and unblinded here.
//
// Neither holder learns a number or a token, nor how many pupils there are: batches are filled to a
// class (token_class.h) with random inputs. What a holder answers must hold under the key that the
// region published. A batch whose line broke is asked again as it was, which costs no quota; who is
// stopped altogether starts anew, because blinds are kept in memory only.
// Source: RFC 9497; docs/formats/evaluate.md.
#ifndef POLDER_SERVER_MEMBER_HOLDER_TOKENS_H_
#define POLDER_SERVER_MEMBER_HOLDER_TOKENS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/member/prepare.h"
#include "server/member/progress.h"
#include "server/member/token_sheet.h"
#include "server/member/token_source.h"

namespace polder::server::member {

struct AskOptions {
  std::string certificate, private_key;  // the municipality's own (PEM files)
  int64_t public_pupils = 0;             // decides the class
  // How long one batch is asked again of a holder that does not answer, and the longest wait
  // between two times.
  std::chrono::milliseconds patience{30'000};
  std::chrono::milliseconds longest_pause{5'000};
  size_t at_once = 2;  // batches under way together
  Language language = Language::kDutch;
  Progress progress = {};
};

// Not thread-safe. The sheet must outlive it.
class HolderTokens : public TokenSource {
 public:
  HolderTokens(const TokenSheet& sheet, AskOptions options);

  // Throws ProblemError, and then nothing is given: "no-token-keys" (the sheet has none for the
  // domain), "holder-unreachable", "holder-refused" (with what it said), "holder-answer" (not
  // understood), "holder-proof" (not made with the published key). Each names the holder.
  std::vector<crypto::token::Token> Tokens(const crypto::token::TokenDomain& domain,
                                           std::span<const base::ByteView> inputs) override;

 private:
  const TokenSheet& sheet_;
  const AskOptions options_;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_HOLDER_TOKENS_H_
