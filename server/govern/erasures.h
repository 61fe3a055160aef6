// What was asked to be erased. A municipality asks for itself; for anybody else one privacy officer
// proposes and another approves, both in the log. A batch of deliveries or whole years of
// municipalities is one job that a worker does (server/jobs), and one leaf that names nobody: the
// digest of a text with 32 random bytes in it. The text stays in the region's store, for those who
// may see it. Source: docs/formats/log-leaf.md (erasure).
#ifndef POLDER_SERVER_GOVERN_ERASURES_H_
#define POLDER_SERVER_GOVERN_ERASURES_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "server/store/store.h"

namespace polder::server::govern {

// One delivery, or all of a municipality's year.
struct ErasureItem {
  std::string municipality;
  std::string year;         // "2022SJ": also of a delivery
  std::string delivery_id;  // empty: the whole year

  auto operator<=>(const ErasureItem&) const = default;
};

// Why: a person's act, or one of the worker's clocks.
enum class ErasureCause { kAct, kRetention, kSuperseded };

struct ErasureBatch {
  std::vector<ErasureItem> items;
  ErasureCause cause = ErasureCause::kAct;
  std::string reason;   // what a person wrote
  std::string officer;  // or the code of the municipality that asked, or "retention"
};

inline constexpr std::string_view kErasureJob = "erasure";

// Queues the batch unless all of it was asked before; `salt` is 32 random bytes. The job's subject
// is the digest that the leaf will carry. Throws ProblemError "erasure-salt" for a shorter salt.
store::JobRecord AskErasure(store::Transaction& transaction, ErasureBatch batch,
                            base::ByteView salt, base::Instant now);

// How long a proposal can be approved: whoever restores an old store must not find one to approve.
inline constexpr int64_t kProposalSeconds = int64_t{14} * 86'400;

// Adds the proposal and its leaf: digest and officer, as the batch has it.
store::ErasureProposalRecord ProposeErasure(store::Transaction& transaction, ErasureBatch batch,
                                            base::ByteView salt, const base::Clock& clock);
// Ends a proposal, with a leaf. Throws ProblemError "not-found", "own-erasure" (approved by who
// proposed), "erasure-ended" (approved or withdrawn before), "erasure-lapsed".
store::ErasureEndRecord EndErasure(store::Transaction& transaction, std::string_view digest,
                                   bool approve, const std::string& officer,
                                   const base::Clock& clock);
// Queues what was approved.
store::JobRecord QueueErasure(store::Transaction& transaction, std::string_view digest,
                              base::Instant now);
// Whether the store says that this batch may be done: the clock's, a municipality's of its own, or
// one that two people asked for. Asked again by the worker, so that a job alone erases nothing.
bool MayErase(const store::Reader& reader, const store::JobRecord& job);

ErasureBatch ParseErasureText(std::string_view canonical);
// Of a job of kind "erasure". Throws ProblemError "store-damaged".
ErasureBatch ParseErasure(const store::JobRecord& job);

// Everything that was asked (and approved), done or not: nothing of it is pinned by a freeze any
// more.
class Erasures {
 public:
  static Erasures Of(const store::Reader& reader);
  bool Has(const ErasureItem& item) const;  // itself, or the year that it belongs to
  bool Has(const store::DeliveryRecord& delivery) const;

 private:
  std::set<ErasureItem> items_;
};

// How long a release can be made again by the replay auditor: so long after it became public, or
// after a freeze from which no release came, what it pins is kept although it was replaced.
inline constexpr int64_t kReplaySeconds = int64_t{92} * 86'400;

// The release that still needs this delivery: its job waits or runs, or it is under embargo, or its
// freeze is younger than kReplaySeconds and waits for seeds. With `replay`, also one that may be
// replayed. Empty when none does.
std::string NeededBy(const store::Reader& reader, const store::DeliveryRecord& delivery,
                     base::Instant now, bool replay);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_ERASURES_H_
