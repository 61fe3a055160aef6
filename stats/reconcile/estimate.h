// The unbiased estimates behind the tables: from noisy answers to marginals that agree exactly.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), reconstruction: each residual is
// projected and spread evenly over the codes that it does not tell apart, one mode of the tensor at
// a time; no Kronecker product is formed.
#ifndef POLDER_STATS_RECONCILE_ESTIMATE_H_
#define POLDER_STATS_RECONCILE_ESTIMATE_H_

#include <vector>

#include "policies/base/rational.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"

namespace polder::stats::reconcile {

// The unbiased estimate of every cell of the marginal `attributes`, row-major in schema order. The
// estimates of any two marginals agree exactly on what they share. Throws ProblemError
// "table-not-planned" when the plan has no table that contains the set.
std::vector<base::Rational> Estimate(const noise::NoisyAnswers& answers, const noise::Plan& plan,
                                     table::AttributeSet attributes);

// The same of many marginals, each residual projected once.
std::vector<std::vector<base::Rational>> Estimates(const noise::NoisyAnswers& answers,
                                                   const noise::Plan& plan,
                                                   const std::vector<table::AttributeSet>& sets);

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_ESTIMATE_H_
