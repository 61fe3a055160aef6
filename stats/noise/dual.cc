#include "stats/noise/dual.h"

#include <algorithm>
#include <cmath>

namespace polder::stats::noise {
namespace {

constexpr int kMostRounds = 20000;
constexpr double kClose = 1e-10;
constexpr double kLeastShare = 1e-14;  // keeps a row or a pattern able to come back

std::vector<double> Even(size_t count) {
  return std::vector<double>(count, 1.0 / static_cast<double>(count));
}

void Normalise(std::vector<double>& shares) {
  double sum = 0;
  for (double& share : shares) sum += share = std::max(share, kLeastShare);
  for (double& share : shares) share /= sum;
}

}  // namespace

DualSolution SolveDual(const DualProblem& problem) {
  DualSolution solution;
  solution.row_share = Even(problem.rows.size());
  solution.pattern_share = Even(problem.patterns.size());
  const size_t n = problem.residuals;
  std::vector<double> relative(problem.rows.size()), cost(problem.patterns.size());
  for (int round = 0;; ++round) {
    std::vector<double> worth(n, 0), price(n, 0), variance(n, 0);
    for (size_t r = 0; r < problem.rows.size(); ++r) {
      for (const VarianceTerm& term : problem.rows[r]) {
        worth[term.residual] += solution.row_share[r] * term.coefficient;
      }
    }
    for (size_t x = 0; x < problem.patterns.size(); ++x) {
      for (size_t a = 0; a < n; ++a) {
        price[a] += solution.pattern_share[x] * problem.patterns[x][a];
      }
    }
    double phi = 0;
    for (size_t a = 0; a < n; ++a) phi += std::sqrt(worth[a] * price[a]);
    for (size_t a = 0; a < n; ++a) variance[a] = std::sqrt(price[a] / worth[a]) * phi;

    // At the optimum every row with a share is the largest, and every pattern with a share costs
    // all that is allowed; the distance from that bounds the gap.
    for (size_t r = 0; r < problem.rows.size(); ++r) {
      relative[r] = 0;
      for (const VarianceTerm& term : problem.rows[r]) {
        relative[r] += term.coefficient * variance[term.residual] / (phi * phi);
      }
    }
    for (size_t x = 0; x < problem.patterns.size(); ++x) {
      cost[x] = 0;
      for (size_t a = 0; a < n; ++a) {
        if (problem.patterns[x][a] > 0) cost[x] += problem.patterns[x][a] / variance[a];
      }
    }
    solution.gap = *std::max_element(relative.begin(), relative.end()) *
                       *std::max_element(cost.begin(), cost.end()) -
                   1;
    if (solution.gap <= kClose || round == kMostRounds) return solution;
    for (size_t r = 0; r < relative.size(); ++r) solution.row_share[r] *= std::sqrt(relative[r]);
    for (size_t x = 0; x < cost.size(); ++x) solution.pattern_share[x] *= cost[x];
    Normalise(solution.row_share);
    Normalise(solution.pattern_share);
  }
}

}  // namespace polder::stats::noise
