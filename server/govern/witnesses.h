// The witnesses of the region's log: members who remember the largest checkpoint that they were
// shown, and put their name and the time under it only when it continues the one before.
//
// What a store cannot do to itself is to notice that it was restored from a backup: a witness that
// saw more leaves than the store has says so, and the store then refuses to work.
// Source: c2sp.org/tlog-witness, c2sp.org/tlog-policy.
#ifndef POLDER_SERVER_GOVERN_WITNESSES_H_
#define POLDER_SERVER_GOVERN_WITNESSES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "crypto/log/log_policy.h"
#include "crypto/log/merkle.h"
#include "server/store/records.h"

namespace polder::server::govern {

struct WitnessReply {
  int status = 0;
  std::string body;
};
// Sends a body to one witness's add-checkpoint. Throws ProblemError when it cannot be reached
// within its deadline. Called from a thread of its own.
using AskWitness = std::function<WitnessReply(const std::string& body)>;

// Thread-safe.
class Witnesses {
 public:
  // One way of asking for each witness of the policy, in its order; empty for one that is not
  // asked. Throws ProblemError "log-policy" when the counts differ.
  Witnesses(crypto::log::LogPolicy policy, std::vector<AskWitness> asks);

  const crypto::log::LogPolicy& policy() const { return policy_; }

  // The checkpoint's note with the cosignatures of a quorum. All witnesses are asked at once; none
  // is waited for longer than its own deadline. `leaves` are those that the checkpoint covers.
  // Throws ProblemError "log-behind" when a witness saw a larger log or another history, and
  // "not-witnessed" when too few answered.
  std::string Cosign(const store::CheckpointRecord& checkpoint,
                     std::span<const crypto::digest::Digest> leaves) const;

 private:
  crypto::log::LogPolicy policy_;
  std::vector<AskWitness> asks_;
};

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_WITNESSES_H_
