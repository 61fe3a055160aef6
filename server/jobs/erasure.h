// Erasing: the keys of what was asked are destroyed, and so is whatever they sealed, in every copy
// of the data that there is or was.
//
// With a delivery or a year go the seeds and the sealed answers of the releases that it was counted
// in: a seed and a release together are exact counts. Where a delivery was only superseded, the
// answers stay until the year's retention ends, because later exact counts are audited against
// them.
#ifndef POLDER_SERVER_JOBS_ERASURE_H_
#define POLDER_SERVER_JOBS_ERASURE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "server/jobs/worker.h"
#include "server/store/key_store.h"
#include "server/store/store.h"

namespace polder::server::jobs {

// Destroys the keys of one batch, then ends the job and adds the leaf in one transaction. Stopped
// anywhere it is done again to the same end: the leaf never stands before the keys are gone.
// Throws what the stores throw.
void RunErasure(const WorkerContext& context, const store::JobRecord& job);

// Asks for what the clocks say: years whose retention has passed (retentionMonths of the policy
// that was approved last, 13 without one, after the year's last day), and deliveries that were
// replaced and that no pinned freeze needs any more. One batch for each of the two; nullopt when
// nothing is due.
std::optional<store::JobRecord> AskDueErasures(const WorkerContext& context);

// Destroys again what was destroyed before and is there again, because an older copy of the key
// store was put back; until it has, the key store gives nothing (RequireMark). Returns how many
// keys. Throws "log-behind" when the store is older than the log that the key store knows.
size_t EraseAgain(store::Store& store, store::KeyStore& keys, base::Instant now);

// The only way in which a program of the region opens its key store (tests/walls holds it to that):
// the data must continue the checkpoint in the file `given_out` and the log that the key store
// knows, and what the log says was erased is gone from it, before any key is given. `came_back`
// hears how many keys an older copy had brought back.
std::unique_ptr<store::KeyStore> OpenKeys(store::Store& store, const std::string& path,
                                          const std::string& given_out, base::Instant now,
                                          const std::function<void(size_t)>& came_back);

// `months` after a day: the same day of that month, or its last.
base::Date PlusMonths(base::Date day, int months);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_ERASURE_H_
