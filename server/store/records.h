// What the region's store remembers, as plain values.
//
// Nearly all of it is facts: rows that are added and never changed or removed (triggers in the
// schema refuse both). What changes is derived: a delivery is superseded when a later one names it,
// a release is public when its last state says so. The one thing that moves is a job.
//
// Privacy: the only rows about pupils are the sealed blobs; their keys live in another file
// (key_store.h).
#ifndef POLDER_SERVER_STORE_RECORDS_H_
#define POLDER_SERVER_STORE_RECORDS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/period.h"

namespace polder::server::store {

using Hash = std::array<uint8_t, 32>;

// One received delivery. (municipality, id) is unique; so is the first delivery of a municipality
// and period, and so is the delivery that replaces a given one.
struct DeliveryRecord {
  int64_t sequence = 0;      // order of arrival over all municipalities; given by the store
  std::string municipality;  // GMnnnn
  std::string id;            // the sender's own delivery_id
  base::Period period;
  std::string replaces;         // id of the delivery of this municipality and period, or empty
  std::string envelope_digest;  // SHA-256 of the bytes received, hex
  std::string manifest;         // canonical JSON without "cases": how many there are is sealed
  std::string codebook_digest;  // the document it was validated against
  std::string key_id;           // name of its key in the key store
  base::Instant received_at;
  bool late = false;  // its period was frozen before: it counts in the next release
  bool simulated = false;
  uint64_t log_index = 0;
  std::string receipt;      // canonical JSON
  std::string signed_note;  // the service's signature over the receipt
};

// A codebook or policy, content-addressed.
struct DocumentRecord {
  std::string digest;  // SHA-256 of `canonical`, hex
  std::string kind;    // "codebook" or "policy"
  std::string id;
  std::string version;
  std::string canonical;
  std::string author;  // the officer who put it in
  base::Instant at;
  uint64_t log_index = 0;
};

struct ApprovalRecord {
  std::string document;  // digest
  std::string officer;
  base::Instant at;
  uint64_t log_index = 0;
};

// Until when members deliver for a release; a later one takes the place of an earlier one.
struct DeadlineRecord {
  std::string release_id;
  base::Instant deliver_by;
  std::string officer;
  base::Instant at;
  uint64_t log_index = 0;
};

// Which seed of the two: the region's operator or the auditor.
struct SeedCommitmentRecord {
  std::string release_id;
  std::string role;  // "operator" or "auditor"
  std::string officer;
  Hash commitment{};
  base::Instant at;
  uint64_t log_index = 0;
};

struct SeedRevealRecord {
  std::string release_id;
  std::string role;
  std::string officer;
  base::Bytes sealed;  // the seed, sealed under SeedContext(); never in the clear
  base::Instant at;
  uint64_t log_index = 0;
};

// A revealed seed as its holder encrypted it to the replay auditor, sealed once more under the
// seed's own key, so that it is erased with it.
struct SeedEscrowRecord {
  std::string release_id;
  std::string role;
  base::Bytes sealed;
};

struct PinnedDelivery {
  int64_t sequence = 0;
  std::string municipality;
  std::string id;
  std::string envelope_digest;
};

// What one release is computed from, fixed before its noise is drawn. Never reopened.
struct FreezeRecord {
  std::string release_id;
  base::Period period;
  std::string kind;  // ReleaseKind as text
  std::string policy_digest;
  std::string codebook_digest;
  std::vector<PinnedDelivery> deliveries;  // in order of (period, arrival)
  std::string canonical;                   // the freeze as canonical JSON: what is digested
  std::string digest;                      // SHA-256 of `canonical`, hex
  std::string officer;
  base::Instant frozen_at;
  bool simulated = false;
  uint64_t log_index = 0;
};

// One step of the budget ledger, as stats/budget wrote it. Replayed in order of sequence.
struct LedgerRow {
  int64_t sequence = 0;
  std::string population;
  std::string json;  // canonical
  base::Instant at;
};

// The noisy answers of a reservation, sealed under AnswersContext(): written once.
struct SealedAnswers {
  std::string reservation_id;
  std::string release_id;
  std::string
      digest;  // of the plaintext under a secret salt, or of the sealed bytes: the maker says
  std::string key_id;
  base::Bytes sealed;
  base::Instant at;
};

enum class JobState { kQueued, kRunning, kDone, kFailed };
std::string_view ToText(JobState state);  // "queued", "running", "done", "failed"

struct JobRecord {
  std::string id;
  std::string kind;        // "release", …
  std::string subject;     // what it is about: a release id; one live job per (kind, subject)
  std::string parameters;  // canonical JSON
  JobState state = JobState::kQueued;
  std::string worker;  // holder of the lease
  base::Instant lease_until;
  int64_t fence = 0;  // grows with every lease; a write under an older fence is refused
  int attempts = 0;
  std::string progress;  // "3/8 tabulate", for people
  std::string message;   // why it failed, or empty
  std::string officer;   // who asked for it
  base::Instant created_at;
  base::Instant changed_at;
};

enum class ReleaseState { kEmbargoed, kPublic, kWithheld };
std::string_view ToText(ReleaseState state);  // "embargoed", "public", "withheld"

struct ReleaseRecord {
  std::string id;
  base::Period period;
  std::string kind;    // ReleaseKind as text
  std::string digest;  // SHA-256 of `canonical`, hex
  std::string canonical;
  std::string note;         // signed note over the digest
  std::string proof;        // inclusion proof with checkpoint
  std::string certificate;  // the audit's public part, canonical JSON
  std::string policy_digest;
  std::string codebook_digest;
  std::string freeze_digest;
  std::string reservation_id;
  base::Instant made_at;
  base::Instant public_at;  // the announced hour
  bool simulated = false;
  uint64_t log_index = 0;
  ReleaseState state = ReleaseState::kEmbargoed;  // derived: the last state
};

struct VetoRecord {
  std::string release_id;
  std::string officer;
  std::string reason;
  base::Instant at;
  uint64_t log_index = 0;
};

// Erasing that a privacy officer asks for: it waits for another one, and is approved or withdrawn
// once.
struct ErasureProposalRecord {
  std::string digest;     // SHA-256 of `canonical`, hex
  std::string canonical;  // polder-erasure-1: what, why, who, and a salt
  std::string officer;
  base::Instant at;
  uint64_t log_index = 0;
};
struct ErasureEndRecord {
  std::string digest;
  bool approved = false;  // or withdrawn
  std::string officer;
  base::Instant at;
  uint64_t log_index = 0;
};

// A leaf of the tamper-evident log. Indexes run from 0 without a gap.
struct LeafRecord {
  uint64_t index = 0;
  Hash hash{};  // RFC 6962 leaf hash of `canonical`
  std::string canonical;
};

struct CheckpointRecord {
  uint64_t size = 0;
  Hash root{};
  std::string note;  // signed
  base::Instant at;
};

// The contexts under which jobs and collect seal and wrap: authenticated, so that a blob moved to
// another place does not open. Both rooms must use the same words, so they stand here.
std::string DeliveryContext(const std::string& municipality, const std::string& period,
                            const std::string& delivery_id);
std::string AnswersContext(const std::string& release_id, const std::string& reservation_id);
std::string SeedContext(const std::string& release_id, const std::string& role);
// Names in the key store. The year key of a municipality wraps its deliveries' keys; the root wraps
// year keys and the keys of answers. The context under which a key is wrapped (crypto/seal WrapKey)
// is its own name here, as bytes.
std::string YearKeyId(const std::string& municipality, const base::Year& year);
std::string DeliveryKeyId(const std::string& municipality, const std::string& envelope_digest);
std::string AnswersKeyId(const std::string& reservation_id);
std::string SeedKeyId(std::string_view seed_context);  // of SeedContext()

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_RECORDS_H_
