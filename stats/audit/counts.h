// The audit of one measure of exact counts. Used by Audit only.
#ifndef POLDER_STATS_AUDIT_COUNTS_H_
#define POLDER_STATS_AUDIT_COUNTS_H_

#include <string>
#include <vector>

#include "policies/base/json.h"
#include "stats/audit/audit.h"

namespace polder::stats::audit {

// Checks the evidence of `candidate.measures[measure]` against what was published before, and every
// proof. Adds findings; returns the public part: the narrowest width per class of attacker and the
// digest of the sealed certificate.
base::Json CheckCounts(const Candidate& candidate, size_t measure,
                       const policies::disclosure::Policy& policy,
                       const std::vector<table::PublishedRelease>& earlier,
                       base::Problems& findings);

// No measure is published by counts here and under noise there, over overlapping periods.
void CheckOneMechanism(const Candidate& candidate, const policies::disclosure::Policy& policy,
                       const std::vector<table::PublishedRelease>& earlier,
                       base::Problems& findings);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_COUNTS_H_
