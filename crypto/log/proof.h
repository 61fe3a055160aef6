// A proof file: that an entry stands in the log, checkable offline.
// Source: c2sp.org/tlog-proof.
#ifndef POLDER_CRYPTO_LOG_PROOF_H_
#define POLDER_CRYPTO_LOG_PROOF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/checkpoint.h"
#include "crypto/log/log_policy.h"
#include "crypto/log/merkle.h"
#include "policies/base/bytes.h"

namespace polder::crypto::log {

struct LogProof {
  std::optional<base::Bytes> extra;  // not authenticated: what is needed to rebuild the leaf
  uint64_t index = 0;
  std::vector<Digest> path;
  std::string checkpoint;  // the signed note, verbatim
};

std::string WriteProof(const LogProof& proof);
// Strict; nullopt for every text that WriteProof would not have written.
std::optional<LogProof> ParseProof(std::string_view text);

// A value: what was proved, or why not.
struct ProofVerdict {
  bool ok = false;
  std::string code;    // "" or "malformed-proof", "untrusted-checkpoint", "not-included"
  std::string detail;  // for people
  uint64_t index = 0;
  std::optional<TrustedCheckpoint> checkpoint;
};
ProofVerdict VerifyProof(std::string_view proof, const Digest& leaf, const LogPolicy& policy);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_PROOF_H_
