#include "stats/noise/dual.h"

#include <algorithm>
#include <cmath>

#include "stats/noise/dual_newton.h"

namespace polder::stats::noise {
namespace {

constexpr int kMostRounds = 20000;
constexpr int kRoundsBeforeNewton = 400;
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

DualPoint EvaluateDual(const DualProblem& problem, const DualSolution& at) {
  const size_t n = problem.residuals;
  DualPoint point;
  point.worth.assign(n, 0);
  point.price.assign(n, 0);
  for (size_t r = 0; r < problem.rows.size(); ++r) {
    for (const VarianceTerm& term : problem.rows[r]) {
      point.worth[term.residual] += at.row_share[r] * term.coefficient;
    }
  }
  for (size_t x = 0; x < problem.patterns.size(); ++x) {
    for (size_t a = 0; a < n; ++a) {
      point.price[a] += at.pattern_share[x] * problem.patterns[x][a];
    }
  }
  for (size_t a = 0; a < n; ++a) point.phi += std::sqrt(point.worth[a] * point.price[a]);
  // s / phi of every residual.
  std::vector<double> root(n);
  for (size_t a = 0; a < n; ++a) root[a] = std::sqrt(point.price[a] / point.worth[a]);
  for (const auto& row : problem.rows) {
    double& relative = point.relative.emplace_back(0);
    for (const VarianceTerm& term : row) relative += term.coefficient * root[term.residual];
    relative /= point.phi;
  }
  for (const auto& pattern : problem.patterns) {
    double& cost = point.cost.emplace_back(0);
    for (size_t a = 0; a < n; ++a) {
      if (pattern[a] > 0) cost += pattern[a] / root[a];
    }
    cost /= point.phi;
  }
  // At the optimum every row with a share is the largest, and every pattern with a share costs all
  // that is allowed; the distance from that bounds the gap.
  point.gap = *std::max_element(point.relative.begin(), point.relative.end()) *
                  *std::max_element(point.cost.begin(), point.cost.end()) -
              1;
  return point;
}

DualSolution SolveDual(const DualProblem& problem) {
  DualSolution solution;
  solution.row_share = Even(problem.rows.size());
  solution.pattern_share = Even(problem.patterns.size());
  for (int round = 0;; ++round) {
    const DualPoint point = EvaluateDual(problem, solution);
    solution.gap = point.gap;
    if (solution.gap <= kClose || round == kMostRounds) return solution;
    if (round == kRoundsBeforeNewton) {
      const DualSolution better = ImproveByNewton(problem, solution);
      if (better.gap < solution.gap) solution = better;
      if (solution.gap <= kClose) return solution;
      continue;
    }
    for (size_t r = 0; r < point.relative.size(); ++r) {
      solution.row_share[r] *= std::sqrt(point.relative[r]);
    }
    for (size_t x = 0; x < point.cost.size(); ++x) solution.pattern_share[x] *= point.cost[x];
    Normalise(solution.row_share);
    Normalise(solution.pattern_share);
  }
}

}  // namespace polder::stats::noise
