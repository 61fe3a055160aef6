// The maker of releases: audited tables and their header become the canonical document.
#ifndef POLDER_STATS_RELEASE_RELEASE_H_
#define POLDER_STATS_RELEASE_RELEASE_H_

#include <string>

#include "policies/disclosure/policy.h"
#include "stats/audit/audit.h"
#include "stats/table/published_release.h"

namespace polder::stats::release {

// Canonical JSON (RFC 8785) of the release (docs/formats/release.md), which PublishedRelease::Parse
// accepts. Throws ProblemError when the header does not fit the tables: another period, a
// municipality without a member line, a measure that the policy does not know.
// Privacy: a cell without a number carries none anywhere in the document; everything else in it is
// public. Only audited tables get this far.
std::string MakeRelease(const audit::AuditedTables& tables, const table::ReleaseHeader& header,
                        const policies::codebook::Codebook& codebook,
                        const policies::disclosure::Policy& policy);

}  // namespace polder::stats::release

#endif  // POLDER_STATS_RELEASE_RELEASE_H_
