// From policy to plan: which dimensions a measure has in a period, which tables a release makes of
// it, and what bounding lets one pupil contribute.
//
// Everything here is public before a single case is read: codebook, policy, period and the members.
#ifndef POLDER_STATS_NOISE_DESIGN_H_
#define POLDER_STATS_NOISE_DESIGN_H_

#include <string>
#include <vector>

#include "policies/base/period.h"
#include "policies/base/rational.h"
#include "policies/disclosure/policy.h"
#include "stats/noise/plan.h"
#include "stats/tabulate/tabulate.h"

namespace polder::stats::noise {

// The request for one line of a release's content. `rho` is what this content may spend; `members`
// are the municipalities that are members in the period, in codebook order, whether or not they
// delivered. Dimensions are those that the tables use, in the order municipality, sizeClass,
// kind, level, ageBand, group, administrative; their codes are those valid in the period's year
// (kind groups: of its calendar). Where a table crosses size classes, municipalities are a
// dimension whether or not a table crosses them, grouped by class. Throws ProblemError
// "unknown-measure", "unknown-table", "no-members", "no-codes", "dropped-by-case" (what bounding
// dropped can be split by pupil attributes only), and those of
// `policies::disclosure::SizeClassesOf`.
PlanRequest MakePlanRequest(const policies::disclosure::Policy& policy,
                            const policies::codebook::Codebook& codebook,
                            const base::Period& period,
                            const policies::disclosure::BudgetLine::Content& content,
                            const base::Rational& rho, const std::vector<std::string>& members);

// The dimensions of the cube that a plan of this schema measures, for `tabulate::Tabulate`. Throws
// ProblemError "unknown-attribute" for a dimension that is no attribute.
std::vector<tabulate::CubeDimension> CubeDimensions(const table::Schema& schema);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_DESIGN_H_
