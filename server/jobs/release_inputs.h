// Everything a release is made from, read from the store and checked against what was promised.
#ifndef POLDER_SERVER_JOBS_RELEASE_INPUTS_H_
#define POLDER_SERVER_JOBS_RELEASE_INPUTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/digest/secret.h"
#include "crypto/random/keystream.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/jobs/pipeline.h"
#include "server/jobs/sealed_access.h"
#include "stats/budget/ledger.h"
#include "stats/cases/case.h"

namespace polder::server::jobs {

struct ReleaseInputs {
  store::FreezeRecord freeze;
  policies::codebook::Codebook codebook;
  policies::disclosure::Policy policy;
  policies::disclosure::ReleaseKind kind;
  std::vector<std::string> seed_commitments;       // hex: the operator's, then the auditor's
  std::vector<crypto::digest::SecretBytes> seeds;  // in the same order
  std::vector<stats::cases::Manifest> manifests;   // of the pinned deliveries, in their order

  // Points into this, which must outlive it.
  Question Asked() const { return {&codebook, &policy, freeze.period, kind}; }
};

// Throws ProblemError with everything that is missing or does not fit: "not-frozen",
// "freeze-damaged", "policy-not-approved", "seed-not-committed", "committed-after-freeze",
// "seed-not-revealed", "seed-mismatch", "delivery-changed".
ReleaseInputs ReadReleaseInputs(const SealedAccess& access, const std::string& release_id);

// Opens the pinned deliveries, in their order.
// Privacy: the plaintext exists in wiped memory only. Throws ProblemError "unseal-failed",
// "key-destroyed", "delivery-unreadable".
std::vector<stats::cases::Delivery> UnsealDeliveries(const SealedAccess& access,
                                                     const ReleaseInputs& inputs);

// What the ledger is asked for, and what the noise comes from: the same for who makes the release
// and for who makes it again.
stats::budget::Reservation ReservationOf(const ReleaseInputs& inputs,
                                         const PlannedRelease& planned);
crypto::random::Keystream SourceOf(const ReleaseInputs& inputs, const PlannedRelease& planned,
                                   const std::string& reservation_id);

ReleaseFacts FactsOf(const ReleaseInputs& inputs, const std::string& reservation_id,
                     base::Instant made_at, bool demo);

// The releases that a release of the period is audited against: all of its year, made and not
// withheld. A year says something about its quarters, and with the year three quarters say what the
// fourth is.
// For one that is made already: those that stood when it was logged at `log_index`, so that it can
// be made again whatever was released or withheld since.
std::vector<store::ReleaseRecord> ReleasesBefore(const store::Reader& reader,
                                                 const base::Period& period, uint64_t log_index);

// A delivery read under one codebook, with its code positions turned into those of another. Throws
// ProblemError "code-removed" when the other has no such code.
void Translate(stats::cases::Delivery& delivery, const policies::codebook::Codebook& from,
               const policies::codebook::Codebook& to);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_RELEASE_INPUTS_H_
