// Everything a release is made from, read from the store and checked against what was promised.
#ifndef POLDER_SERVER_JOBS_RELEASE_INPUTS_H_
#define POLDER_SERVER_JOBS_RELEASE_INPUTS_H_

#include <string>
#include <vector>

#include "crypto/digest/secret.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/jobs/pipeline.h"
#include "server/jobs/worker.h"
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
ReleaseInputs ReadReleaseInputs(const WorkerContext& context, const std::string& release_id);

// Opens the pinned deliveries, in their order.
// Privacy: the plaintext exists in wiped memory only. Throws ProblemError "unseal-failed",
// "key-destroyed", "delivery-unreadable".
std::vector<stats::cases::Delivery> UnsealDeliveries(const WorkerContext& context,
                                                     const ReleaseInputs& inputs);

// A delivery read under one codebook, with its code positions turned into those of another. Throws
// ProblemError "code-removed" when the other has no such code.
void Translate(stats::cases::Delivery& delivery, const policies::codebook::Codebook& from,
               const policies::codebook::Codebook& to);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_RELEASE_INPUTS_H_
