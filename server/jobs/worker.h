// `polder work`: takes release jobs from the store and does them, one at a time, so that a crash at
// any point costs nothing but time.
//
// The order of one release, each step durable before the next begins:
//   check      policy approved by enough others, both seeds committed before the freeze, both
//              revealed, each reveal opening its commitment
//   reserve    the charge stands in the ledger, bound to release, freeze, plan and commitments
//   draw …     all noise drawn, then cases unsealed and counted under it
//   seal       the noisy answers are sealed and stored; then the reservation is committed: nothing
//   reads a
//              case after this
//   reconcile, suppress, audit, release
//   log        leaf, checkpoint, proof and the signed release in one transaction, under embargo
// A retry finds what stands and continues: the same seeds and the same reservation give the same
// bits, charged once. Anything wrong ends the job without a release; its message never has a count.
#ifndef POLDER_SERVER_JOBS_WORKER_H_
#define POLDER_SERVER_JOBS_WORKER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest/secret.h"
#include "crypto/log/note.h"
#include "crypto/seal/root_key.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "server/govern/checkpoints.h"
#include "server/jobs/sealed_access.h"
#include "server/store/key_store.h"
#include "server/store/store.h"

namespace polder::server::jobs {

// What a worker works with; all of it must outlive the worker.
struct WorkerContext {
  store::Store& store;
  store::KeyStore& keys;
  const base::Clock& clock;
  const govern::Checkpoints& checkpoints;
  const crypto::log::NoteSigner& signer;  // signs releases
  const crypto::seal::RootKey& root;      // wraps the keys of sealed answers
  // As in SealedAccess.
  std::function<crypto::digest::SecretBytes(const std::string& municipality, const base::Year& year,
                                            const std::string& key_id)>
      open_delivery_key;
  std::function<crypto::digest::SecretBytes(base::ByteView sealed, std::string_view context)>
      open_seed;
  std::string name = "worker";  // who holds the lease
  int64_t lease_seconds = 900;
  int max_attempts = 5;
  // A job whose workers died this often is not given to another: it may be what kills them.
  int max_leases = 20;
  // Told the release id and the step when a step begins; may throw to stop there, as a crash would.
  std::function<void(std::string_view release_id, std::string_view step)> begins;

  SealedAccess Access() const { return {store, keys, root, open_delivery_key, open_seed}; }
};

// Steps in order; "done" is told when everything is stored.
const std::vector<std::string>& ReleaseSteps();

// Not thread-safe: one per thread. Several workers may share a store.
class Worker {
 public:
  explicit Worker(WorkerContext context);

  // Does one job, to its end. False when there was none. Never throws for what is wrong with the
  // job: that is in its row; throws what the store throws when it cannot be reached.
  bool RunOnce();
  // Works until `stop`: publishes what is due, does jobs, and waits when there is nothing to do.
  void Run(const std::atomic<bool>& stop);

 private:
  void Do(const store::JobRecord& job);
  void End(const store::JobRecord& job, bool again, const std::string& message);

  WorkerContext context_;
};

// Makes public every release under embargo whose announced hour has come, each with its leaf, and
// returns their ids. Throws ProblemError "not-witnessed" when the log's witnesses are away: then
// nothing becomes public, and the next call tries again.
std::vector<std::string> PublishDue(store::Store& store, const base::Clock& clock,
                                    const govern::Checkpoints& checkpoints);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_WORKER_H_
