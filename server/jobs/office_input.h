// What an offline run is given, read and checked: documents, delivery files, seeds.
#ifndef POLDER_SERVER_JOBS_OFFICE_INPUT_H_
#define POLDER_SERVER_JOBS_OFFICE_INPUT_H_

#include <string>
#include <vector>

#include "crypto/digest/secret.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/jobs/office.h"
#include "server/jobs/pipeline.h"
#include "stats/cases/case.h"

namespace polder::server::jobs {

struct OfficeInput {
  policies::codebook::Codebook codebook;
  policies::disclosure::Policy policy;
  std::vector<stats::cases::Delivery> deliveries;
  std::vector<std::string> delivery_digests;  // sha256 of each file, hex; as `deliveries`
  std::vector<crypto::digest::SecretBytes> seeds;
  base::Period period;
  policies::disclosure::ReleaseKind kind = policies::disclosure::ReleaseKind::kMonitor;

  // Points into this, which must outlive it.
  Question Asked() const { return {&codebook, &policy, period, kind}; }
  // sha256 of the canonical list of what is released from which files: what the noise is bound to.
  std::string FreezeDigest() const;
};

// Throws ProblemError with every problem of every delivery file, or of the first document that is
// faulty: the file's name stands before the detail.
OfficeInput ReadOfficeInput(const ProtectOptions& options);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_OFFICE_INPUT_H_
