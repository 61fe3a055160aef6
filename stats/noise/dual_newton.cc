#include "stats/noise/dual_newton.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace polder::stats::noise {
namespace {

constexpr size_t kMostShares = 600;  // rows and patterns together
constexpr int kMostSteps = 120;
constexpr double kClose = 1e-13;

using Matrix = std::vector<double>;  // row-major

// Makes the shares sum to 1, and gives what they summed to.
double Normalise(std::vector<double>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return sum;
}

// Solves a symmetric positive definite system in place by Cholesky's decomposition. False when the
// matrix is none, to working precision.
bool Solve(Matrix& matrix, std::vector<double>& right) {
  const size_t m = right.size();
  for (size_t j = 0; j < m; ++j) {
    for (size_t i = j; i < m; ++i) {
      double sum = matrix[i * m + j];
      for (size_t k = 0; k < j; ++k) sum -= matrix[i * m + k] * matrix[j * m + k];
      if (i == j && !(sum > 0)) return false;
      matrix[i * m + j] = i == j ? std::sqrt(sum) : sum / matrix[j * m + j];
    }
  }
  for (size_t i = 0; i < m; ++i) {
    for (size_t k = 0; k < i; ++k) right[i] -= matrix[i * m + k] * right[k];
    right[i] /= matrix[i * m + i];
  }
  for (size_t i = m; i-- > 0;) {
    for (size_t k = i + 1; k < m; ++k) right[i] -= matrix[k * m + i] * right[k];
    right[i] /= matrix[i * m + i];
  }
  return true;
}

// Minus the second derivatives of f = 2 ln sum_a sqrt(V_a P_a). With q_a the part of residual a in
// phi and w_a the gradient of ln sqrt(V_a P_a): f'' = 2 sum q (w w' + w') - 2 (sum q w)(sum q w)'.
Matrix Curvature(const DualProblem& problem, const DualPoint& point) {
  const size_t rows = problem.rows.size();
  const size_t m = rows + problem.patterns.size();
  // Per residual, the shares that it depends on.
  std::vector<std::vector<std::pair<size_t, double>>> half(problem.residuals);  // w_a
  for (size_t r = 0; r < rows; ++r) {
    for (const VarianceTerm& term : problem.rows[r]) {
      half[term.residual].emplace_back(r, 0.5 * term.coefficient / point.worth[term.residual]);
    }
  }
  for (size_t x = 0; x < problem.patterns.size(); ++x) {
    for (size_t a = 0; a < problem.residuals; ++a) {
      const double coefficient = problem.patterns[x][a];
      if (coefficient > 0) half[a].emplace_back(rows + x, 0.5 * coefficient / point.price[a]);
    }
  }
  Matrix curvature(m * m, 0);
  for (size_t a = 0; a < problem.residuals; ++a) {
    const double part = std::sqrt(point.worth[a] * point.price[a]) / point.phi;
    for (const auto& [i, wi] : half[a]) {
      for (const auto& [j, wj] : half[a]) {
        // w' is minus twice w w' within rows and within patterns, and nothing between the two.
        const bool same = (i < rows) == (j < rows);
        curvature[i * m + j] -= 2 * part * (same ? -wi * wj : wi * wj);
      }
    }
  }
  const auto gradient = [&](size_t i) {
    return i < rows ? point.relative[i] : point.cost[i - rows];
  };
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < m; ++j) curvature[i * m + j] += 0.5 * gradient(i) * gradient(j);
  }
  return curvature;
}

}  // namespace

DualSolution ImproveByNewton(const DualProblem& problem, const DualSolution& from) {
  const size_t rows = problem.rows.size();
  const size_t m = rows + problem.patterns.size();
  if (m > kMostShares) return from;
  std::vector<double> share = from.row_share;
  share.insert(share.end(), from.pattern_share.begin(), from.pattern_share.end());
  for (double& one : share) one = std::max(one, 1e-7);
  std::vector<double> slack(m, 1e-4);
  DualSolution best = from;
  for (int step = 0; step < kMostSteps; ++step) {
    DualSolution at;
    at.row_share.assign(share.begin(), share.begin() + static_cast<std::ptrdiff_t>(rows));
    at.pattern_share.assign(share.begin() + static_cast<std::ptrdiff_t>(rows), share.end());
    const DualPoint point = EvaluateDual(problem, at);
    if (!std::isfinite(point.gap)) return best;
    // Shares that sum to 1 are what bounds the optimum; rows and costs scale against the sums.
    at.gap = (point.gap + 1) * Normalise(at.row_share) * Normalise(at.pattern_share) - 1;
    if (at.gap < best.gap) best = at;
    if (best.gap <= kClose) return best;

    double product = 0;
    for (size_t i = 0; i < m; ++i) product += share[i] * slack[i];
    const double target = 0.15 * product / static_cast<double>(m);
    if (target < 1e-22) return best;
    Matrix matrix = Curvature(problem, point);
    std::vector<double> move(m);
    for (size_t i = 0; i < m; ++i) {
      matrix[i * m + i] += slack[i] / share[i];
      move[i] = (i < rows ? point.relative[i] : point.cost[i - rows]) - 1 + target / share[i];
    }
    if (!Solve(matrix, move)) return best;
    double length = 1;
    std::vector<double> slack_move(m);
    for (size_t i = 0; i < m; ++i) {
      slack_move[i] = (target - slack[i] * move[i]) / share[i] - slack[i];
      if (move[i] < 0) length = std::min(length, -0.98 * share[i] / move[i]);
      if (slack_move[i] < 0) length = std::min(length, -0.98 * slack[i] / slack_move[i]);
    }
    for (size_t i = 0; i < m; ++i) {
      share[i] += length * move[i];
      slack[i] += length * slack_move[i];
    }
  }
  return best;
}

}  // namespace polder::stats::noise
