// The region's store: one SQLite file that every process of the service shares.
//
// All work happens in transactions. `Write` holds the store's one write lock from its first
// statement (BEGIN IMMEDIATE), so whatever a function reads there is still true when it writes; a
// cap check and the reservation it allows are one step. When `Write` returns, the facts are on disk
// (WAL, synchronous=FULL); when it throws, nothing of them is.
//
//   store.Write([&](store::Transaction& transaction) {
//     uint64_t index = govern::AppendLeaf(transaction, leaf);
//     transaction.AddDelivery(record, sealed);
//   });
//
// Errors: ProblemError with codes "store-unavailable" (cannot open, disk full, I/O, busy for longer
// than the timeout), "store-version" (written by a newer program), "store-conflict" (a unique fact
// exists already), "lease-lost", "release-state".
#ifndef POLDER_SERVER_STORE_STORE_H_
#define POLDER_SERVER_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "server/store/records.h"

namespace polder::server::store {

class Connection;

struct StoreOptions {
  int busy_timeout_ms = 10'000;
  int64_t max_pages = 0;  // upper limit of the file in pages of 4 KiB; 0 means none
  bool read_only = false;
};

// What may be asked inside a transaction. Lists are in the order of arrival unless said otherwise.
class Reader {
 public:
  explicit Reader(Connection& connection) : connection_(connection) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::optional<DeliveryRecord> FindDelivery(std::string_view municipality,
                                             std::string_view id) const;
  std::optional<DeliveryRecord> FindDelivery(int64_t sequence) const;
  std::optional<DeliveryRecord> FindDeliveryByDigest(std::string_view envelope_digest) const;
  // The delivery of the municipality and period that no other replaces.
  std::optional<DeliveryRecord> CurrentDelivery(std::string_view municipality,
                                                const base::Period& period) const;
  // Deliveries that no other replaces, of every quarter of the year of `period` (or of that quarter
  // only), in order of (period, arrival).
  std::vector<DeliveryRecord> CurrentDeliveries(const base::Period& period) const;
  std::vector<DeliveryRecord> Deliveries(std::string_view municipality) const;
  base::Bytes SealedDelivery(int64_t sequence) const;  // throws "not-found"

  std::optional<DocumentRecord> FindDocument(std::string_view digest) const;
  // The newest of that kind and id (any version when `version` is empty).
  std::optional<DocumentRecord> FindDocument(std::string_view kind, std::string_view id,
                                             std::string_view version) const;
  std::vector<DocumentRecord> Documents(std::string_view kind) const;
  std::vector<ApprovalRecord> Approvals(std::string_view document) const;

  // The last one announced.
  std::optional<DeadlineRecord> FindDeadline(std::string_view release_id) const;
  std::optional<SeedEscrowRecord> FindSeedEscrow(std::string_view release_id,
                                                 std::string_view role) const;
  std::vector<SeedCommitmentRecord> SeedCommitments(std::string_view release_id) const;
  std::vector<SeedRevealRecord> SeedReveals(std::string_view release_id) const;

  std::optional<FreezeRecord> FindFreeze(std::string_view release_id) const;
  // Freezes whose pinned deliveries could have included one of `period`: of that quarter or of its
  // year.
  std::vector<FreezeRecord> FreezesOver(const base::Period& period) const;

  // Of one population, or of all when it is empty.
  std::vector<LedgerRow> Ledger(std::string_view population) const;
  std::optional<SealedAnswers> FindAnswers(std::string_view reservation_id) const;

  std::optional<JobRecord> FindJob(std::string_view id) const;
  // The newest job of that kind and subject.
  std::optional<JobRecord> FindJob(std::string_view kind, std::string_view subject) const;
  std::vector<JobRecord> Jobs() const;

  std::optional<ReleaseRecord> FindRelease(std::string_view id) const;
  // Without `canonical`, `note`, `proof` and `certificate`: cheap to list.
  std::vector<ReleaseRecord> Releases() const;
  // Whole releases of the same period that are embargoed or public: what a new one must be audited
  // against.
  std::vector<ReleaseRecord> ReleasesOf(const base::Period& period) const;
  std::optional<VetoRecord> FindVeto(std::string_view release_id) const;

  std::optional<ErasureProposalRecord> FindErasureProposal(std::string_view digest) const;
  std::vector<ErasureProposalRecord> ErasureProposals() const;
  std::optional<ErasureEndRecord> FindErasureEnd(std::string_view digest) const;

  uint64_t LogSize() const;
  // Leaves from `from` up to but not including `to`, at most 1000 at a time.
  std::vector<LeafRecord> Leaves(uint64_t from, uint64_t to) const;
  // Of the last leaf of that kind; reads every leaf.
  std::optional<uint64_t> LastLeafOf(std::string_view kind) const;
  // The hashes of the first `size` leaves. Throws "not-found" when there are fewer.
  std::vector<Hash> LeafHashes(uint64_t size) const;
  std::optional<CheckpointRecord> LatestCheckpoint() const;
  // All of them, the smallest first.
  std::vector<CheckpointRecord> Checkpoints() const;
  // With the cosignatures of a quorum: the largest, and the smallest that covers leaf `index`.
  std::optional<CheckpointRecord> LatestCosigned() const;
  std::optional<CheckpointRecord> FindCosigned(uint64_t size) const;
  std::optional<CheckpointRecord> CosignedOver(uint64_t index) const;

 protected:
  Connection& connection_;
};

class Transaction : public Reader {
 public:
  using Reader::Reader;

  // Each Add… refuses ("store-conflict") a fact that exists already.
  int64_t AddDelivery(const DeliveryRecord& delivery, base::ByteView sealed);  // its sequence
  void AddDocument(const DocumentRecord& document);
  void AddApproval(const ApprovalRecord& approval);
  void AddDeadline(const DeadlineRecord& deadline);
  void AddSeedEscrow(const SeedEscrowRecord& escrow);
  void AddSeedCommitment(const SeedCommitmentRecord& commitment);
  void AddSeedReveal(const SeedRevealRecord& reveal);
  void AddFreeze(const FreezeRecord& freeze);
  int64_t AddLedgerRow(const LedgerRow& row);
  // The same reservation with the same digest again changes nothing; with another digest it is a
  // conflict.
  void AddAnswers(const SealedAnswers& answers);
  void AddRelease(const ReleaseRecord& release);  // embargoed
  void AddVeto(const VetoRecord& veto);           // and the release is withheld
  void AddErasureProposal(const ErasureProposalRecord& proposal);
  // Throws "append-only" when who approves is who proposed: two people, also for a program that
  // forgot to look.
  void AddErasureEnd(const ErasureEndRecord& end);
  // Only from embargoed, and only to public or withheld; else throws "release-state".
  void SetReleaseState(std::string_view id, ReleaseState state, base::Instant at);

  // Adds a leaf at index LogSize() and returns the index. govern/leaf.h computes the hash.
  uint64_t AddLeaf(const Hash& hash, std::string_view canonical);
  // A second checkpoint of the same size must be identical.
  void AddCheckpoint(const CheckpointRecord& checkpoint);
  // Of a checkpoint that is there; the first that reached a quorum stays.
  void AddCosigned(const CheckpointRecord& checkpoint);

  // Adds a queued job, or returns the one that is queued, running or done for this kind and
  // subject.
  JobRecord EnqueueJob(const JobRecord& job);
  // Leases the oldest job that is queued, or running under a lease that ended; nullopt when there
  // is none. The fence of the result must accompany every later write.
  std::optional<JobRecord> LeaseJob(std::string_view worker, base::Instant now,
                                    int64_t lease_seconds);
  // These throw "lease-lost" when the job is not running under `fence`.
  void CheckLease(std::string_view id, int64_t fence) const;
  void RenewJob(std::string_view id, int64_t fence, base::Instant now, int64_t lease_seconds,
                std::string_view progress);
  void FinishJob(std::string_view id, int64_t fence, base::Instant now);
  void FailJob(std::string_view id, int64_t fence, base::Instant now, std::string_view message);
  // Gives the job back: another worker may lease it at once.
  void RequeueJob(std::string_view id, int64_t fence, base::Instant now, std::string_view message);
};

// Thread-safe: every transaction has a connection of its own. A transaction inside a transaction of
// the same thread throws std::logic_error.
class Store {
 public:
  // Opens or makes the file and brings its schema up to date.
  static std::unique_ptr<Store> Open(const std::string& path, const StoreOptions& options = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // A consistent view; sees nothing of transactions that have not returned.
  void Read(const std::function<void(const Reader&)>& work) const;
  // Runs `work` once. Returns after its facts are durable; rethrows what it throws, with nothing
  // stored.
  void Write(const std::function<void(Transaction&)>& work);

  // Everything that is wrong with the file: pages, foreign keys, gaps in the log. Empty when sound.
  std::vector<base::Problem> Check() const;
  // A consistent copy while others keep working. Refuses to overwrite a file.
  void BackupTo(const std::string& path) const;

  const std::string& path() const;

 private:
  class Pool;
  explicit Store(std::unique_ptr<Pool> pool);
  std::unique_ptr<Pool> pool_;
};

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_STORE_H_
