// From noisy answers to tables: unbiased estimates that agree with each other, then whole numbers
// that add up.
//
// Nothing is made positive: cutting negative estimates off would push every total up. A negative
// number lies under every threshold and is hidden later.
// Source: estimates, ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), reconstruction; whole
// numbers, controlled rounding (Cox, "A constructive procedure for unbiased controlled rounding",
// JASA 1987), here as a minimum-cost flow, and a search for the nearest or a descent where tables are no star.
#ifndef POLDER_STATS_RECONCILE_RECONCILE_H_
#define POLDER_STATS_RECONCILE_RECONCILE_H_

#include <vector>

#include "policies/base/rational.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"
#include "stats/reconcile/estimate.h"
#include "stats/table/linked_tables.h"

namespace polder::stats::reconcile {

// All tables of the plan as whole numbers that satisfy every equation between them and agree on
// everything they share, with the plan's residuals and status `value` everywhere. The largest
// deviation from the estimates is stated, and the bound below which none adds up: under 1 for
// tables around one attribute wherever that is possible (always for a two-way table), the least
// possible one for other shapes; of tables that are too large for the search for it, the least that
// a descent of bounded effort meets. A function of answers and plan alone.
table::LinkedTables Reconcile(const noise::NoisyAnswers& answers, const noise::Plan& plan);

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_RECONCILE_H_
