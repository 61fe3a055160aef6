// Which logs are believed, and how many witnesses must have seen a checkpoint.
// Source: c2sp.org/tlog-policy.
#ifndef POLDER_CRYPTO_LOG_LOG_POLICY_H_
#define POLDER_CRYPTO_LOG_LOG_POLICY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/checkpoint.h"
#include "crypto/log/note.h"

namespace polder::crypto::log {

// A checkpoint that a policy accepts.
struct TrustedCheckpoint {
  Checkpoint checkpoint;
  std::vector<KnownSignature> witnesses;  // those of the policy that cosigned
};

// Copyable, immutable, thread-safe.
class LogPolicy {
 public:
  // Lines "log <vkey> [<url>]", "witness <name> <vkey> [<url>]", "group <name> all|any|<k>
  // <name>…" and exactly one "quorum <name>|none". Throws ProblemError "log-policy" with every
  // faulty line at once.
  static LogPolicy Parse(std::string_view text);
  // One log and no witnesses.
  static LogPolicy ForLog(const VerifierKey& log);

  const std::vector<VerifierKey>& logs() const { return logs_; }
  const std::vector<VerifierKey>& witnesses() const { return witnesses_; }
  // Where each witness takes checkpoints, in the same order; empty when the policy does not say.
  const std::vector<std::string>& witness_urls() const { return witness_urls_; }
  bool needs_witnesses() const { return quorum_.has_value(); }

  // nullopt unless the note is a checkpoint signed by a listed log under its own origin and
  // cosigned by a quorum. `why`, when given, gets a sentence.
  std::optional<TrustedCheckpoint> Check(std::string_view note, std::string* why = nullptr) const;
  // The same, with only those cosignatures counted that are dated `until` or before: what a quorum
  // of witnesses had seen by then.
  std::optional<TrustedCheckpoint> CheckUntil(std::string_view note, base::Instant until,
                                              std::string* why = nullptr) const;

 private:
  struct Node {
    std::string name;
    std::optional<size_t> witness;  // index into witnesses_
    std::vector<size_t> members;    // indices of earlier nodes
    size_t needed = 0;
  };
  friend class LogPolicyReader;
  std::optional<TrustedCheckpoint> Check(std::string_view note, std::optional<base::Instant> until,
                                         std::string* why) const;
  LogPolicy() = default;
  std::vector<VerifierKey> logs_;
  std::vector<VerifierKey> witnesses_;
  std::vector<std::string> witness_urls_;
  std::vector<Node> nodes_;
  std::optional<size_t> quorum_;  // index into nodes_, nullopt for none
};

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_LOG_POLICY_H_
