// The one optimisation behind every plan: variances s that minimise the largest of some linear
// functions of s under an inverse-linear cost.
//
//   minimise  max_r u_r' s   subject to   max_x sum_a p_xa / s_a <= 1
//
// For shares mu of the rows and lambda of the patterns, phi(mu, lambda) = sum_a sqrt(V_a P_a) with
// V = sum_r mu_r u_r and P = sum_x lambda_x p_x; phi^2 is at most the optimum (Cauchy-Schwarz), and
// s = sqrt(P / V) phi makes it within the product of the largest u_r' s / phi^2 and the largest
// cost. phi is concave, so that a local search ends at a pair without a gap.
#ifndef POLDER_STATS_NOISE_DUAL_H_
#define POLDER_STATS_NOISE_DUAL_H_

#include <vector>

#include "stats/noise/variance.h"

namespace polder::stats::noise {

struct DualProblem {
  std::vector<std::vector<VarianceTerm>> rows;
  std::vector<std::vector<double>> patterns;  // [pattern][residual]
  size_t residuals = 0;
};

struct DualSolution {
  std::vector<double> row_share;
  std::vector<double> pattern_share;
  double gap = 0;  // relative, certified
};

// Stops at a relative gap of 1e-10, or where doubles give no more.
DualSolution SolveDual(const DualProblem& problem);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_DUAL_H_
