// One cube or several: the ways in which the tables of a measure can be measured, weighed by what
// the policy wants precise.
//
//   joint     one cube. A table without the kind is the total over the kinds: a pupil with k kinds
//             moves it by k, which costs k^2.
//   per kind  a cube for each kind, each at rho / k, and one for the tables without the kind.
//   apart     one cube for the tables of kinds, and one of pupils for the tables without the kind,
//             in which everybody counts once, whatever the kinds.
//
// For persons the tables without the kind count pupils once in the last two: that is what makes
// them cheap, and it is another number than the total over the kinds, so a policy says whether it
// may be taken (`anyKind`). Per kind is stated and never taken, because apart is at least as
// precise: measuring every kind by itself is one choice of the residuals' variances of the joint
// cube, as I = (I - J/n) + J/n along the kind gives the same information about every cell at the
// same cost for every pupil, and the joint plan is the best of all choices (docs/adr/0009).
//
// Everything here is public before a single case is read.
#ifndef POLDER_STATS_NOISE_WEIGH_H_
#define POLDER_STATS_NOISE_WEIGH_H_

#include <string>
#include <vector>

#include "policies/base/period.h"
#include "policies/base/rational.h"
#include "policies/disclosure/policy.h"
#include "stats/noise/plan.h"

namespace polder::stats::noise {

// The requests for one line of a release's content, which together may spend `rho`: one cube, or
// the tables of kinds and then those of pupils (measure `Policy::PupilsOf`). Each states the
// weighing. Arguments and errors as `MakePlanRequest`.
std::vector<PlanRequest> MakePlanRequests(const policies::disclosure::Policy& policy,
                                          const policies::codebook::Codebook& codebook,
                                          const base::Period& period,
                                          const policies::disclosure::BudgetLine::Content& content,
                                          const base::Rational& rho,
                                          const std::vector<std::string>& members);

// The best that can be had for the tables of the request that cross the kind when every kind has a
// cube of its own, for the worst pupil that the contribution allows over all these cubes together.
// `table_variance` is of these tables in the request's order; `loss` the weighted sum over all
// cells of all kinds. The request must have a kind, and minimise the total.
Optimum OptimumPerKind(const PlanRequest& request);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_WEIGH_H_
