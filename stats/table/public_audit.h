// The public part of the audit's certificate (docs/formats/audit.md), held against the release that
// it ships with. Needs nothing but what is public: no solver, no count.
#ifndef POLDER_STATS_TABLE_PUBLIC_AUDIT_H_
#define POLDER_STATS_TABLE_PUBLIC_AUDIT_H_

#include <string_view>
#include <vector>

#include "policies/base/problem.h"
#include "stats/table/published_release.h"

namespace polder::stats::table {

// Adds a problem for everything in which the document does not fit the release: form, period,
// number of hidden cells, an attacker who estimates a hidden cell more closely than the policy
// allows or has a narrower interval than its width, an order of attackers that cannot be, a claim
// about someone who knows all but one pupil that the residuals of this release and of the `earlier`
// ones of its time contradict. That the document is the one that the header names is for the caller
// to see (`audit_digest`).
void CheckPublicAudit(std::string_view document, const PublishedRelease& release,
                      const std::vector<const PublishedRelease*>& earlier,
                      base::Problems& problems);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_PUBLIC_AUDIT_H_
