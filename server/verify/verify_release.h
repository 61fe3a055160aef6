// One release against its proof, a log policy and the releases made before it.
#ifndef POLDER_SERVER_VERIFY_VERIFY_RELEASE_H_
#define POLDER_SERVER_VERIFY_VERIFY_RELEASE_H_

#include <string>
#include <vector>

#include "crypto/log/log_policy.h"
#include "policies/base/problem.h"
#include "stats/table/published_release.h"

namespace polder::server::verify {

// "malformed-proof", "untrusted-checkpoint", "not-included", "other-release": the leaf in the proof
// speaks of exactly this document and stands in a log that the policy trusts.
void CheckProof(const stats::table::PublishedRelease& release, const std::string& proof,
                const crypto::log::LogPolicy& policy, base::Problems& problems);

// "wrong-signature": a log of the policy signed the note, and it is of this release.
void CheckNote(const stats::table::PublishedRelease& release, const std::string& note,
               const crypto::log::LogPolicy& policy, base::Problems& problems);

// "hidden-cell-computable": sums of one measure give back a cell that was hidden. Exact.
void CheckHidden(const stats::table::PublishedRelease& release, base::Problems& problems);

// "other-region", "two-versions", "reservation-reused", "seed-reused". `name` is the earlier one's.
void CheckEarlier(const stats::table::PublishedRelease& release,
                  const stats::table::PublishedRelease& earlier, const std::string& name,
                  base::Problems& problems);

// "other-audit": not the public part of the audit's certificate that the header names; and whatever
// stats/table/public_audit.h finds in it that the release and the `earlier` ones contradict.
void CheckAudit(const stats::table::PublishedRelease& release, const std::string& audit,
                const std::vector<stats::table::PublishedRelease>& earlier,
                base::Problems& problems);

}  // namespace polder::server::verify

#endif  // POLDER_SERVER_VERIFY_VERIFY_RELEASE_H_
