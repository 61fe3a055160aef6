// From noisy answers to tables: unbiased estimates that agree with each other, then whole numbers
// that add up.
//
// Nothing is made positive: cutting negative estimates off would push every total up. A negative
// number lies under every threshold and is hidden later.
// Source: estimates, ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), reconstruction; whole
// numbers, controlled rounding (Cox, "A constructive procedure for unbiased controlled rounding",
// JASA 1987), here as a minimum-cost flow.
#ifndef POLDER_STATS_RECONCILE_RECONCILE_H_
#define POLDER_STATS_RECONCILE_RECONCILE_H_

#include <vector>

#include "policies/base/rational.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"
#include "stats/reconcile/estimate.h"
#include "stats/table/linked_tables.h"

namespace polder::stats::reconcile {

// All tables of the plan as whole numbers that satisfy every equation between them, with the plan's
// residuals, the largest deviation from the estimates, and status `value` everywhere. Deviations
// stay below 1 where whole numbers that add up allow it. A function of answers and plan alone.
// Throws ProblemError "tables-not-a-star" unless every table is a subset of {centre, one other} for
// one centre dimension, "grouped-dimension" when
// one has classes.
table::LinkedTables Reconcile(const noise::NoisyAnswers& answers, const noise::Plan& plan);

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_RECONCILE_H_
