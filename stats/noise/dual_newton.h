// The end of the search for shares, where stepping along crawls: a row or a pattern that hardly
// matters loses its share slower than any geometric rate.
//
// f = 2 ln phi is concave in the shares, and its gradient is how large every row and how dear every
// pattern is (`DualPoint`). Maximising f - sum of all shares over shares of at least 0 gives shares
// that sum to 1 by themselves, as phi is homogeneous.
// Source: primal-dual interior-point method (Boyd, Vandenberghe, "Convex Optimization", 2004,
// section 11.7).
#ifndef POLDER_STATS_NOISE_DUAL_NEWTON_H_
#define POLDER_STATS_NOISE_DUAL_NEWTON_H_

#include <vector>

#include "stats/noise/dual.h"

namespace polder::stats::noise {

// Everything about one choice of shares.
struct DualPoint {
  std::vector<double> worth, price;  // per residual: V and P
  double phi = 0;
  std::vector<double> relative;  // per row, u' s / phi^2
  std::vector<double> cost;      // per pattern
  double gap = 0;
};

DualPoint EvaluateDual(const DualProblem& problem, const DualSolution& at);

// From shares that are near to the best ones to better ones. `from` as it is when there are too
// many rows and patterns for a dense matrix.
DualSolution ImproveByNewton(const DualProblem& problem, const DualSolution& from);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_DUAL_NEWTON_H_
