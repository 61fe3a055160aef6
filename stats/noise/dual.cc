#include "stats/noise/dual.h"

#include <algorithm>
#include <cmath>

namespace polder::stats::noise {
namespace {
constexpr double kLeastShare = 1e-14;
void Normalise(std::vector<double>& shares) {
  double sum = 0;
  for (double& share : shares) sum += share = std::max(share, kLeastShare);
  for (double& share : shares) share /= sum;
}
}  // namespace

DualSolution SolveDual(const DualProblem& problem) {
  DualSolution out;
  const size_t n = problem.residuals;
  out.row_share.assign(problem.rows.size(), 1.0 / static_cast<double>(problem.rows.size()));
  out.pattern_share.assign(problem.patterns.size(),
                           1.0 / static_cast<double>(problem.patterns.size()));
  for (int round = 0;; ++round) {
    std::vector<double> v(n, 0), p(n, 0), s(n, 0);
    for (size_t r = 0; r < problem.rows.size(); ++r)
      for (const auto& t : problem.rows[r]) v[t.residual] += out.row_share[r] * t.coefficient;
    for (size_t x = 0; x < problem.patterns.size(); ++x)
      for (size_t a = 0; a < n; ++a) p[a] += out.pattern_share[x] * problem.patterns[x][a];
    double phi = 0;
    for (size_t a = 0; a < n; ++a) phi += std::sqrt(v[a] * p[a]);
    for (size_t a = 0; a < n; ++a) s[a] = std::sqrt(p[a] / v[a]) * phi;
    double wr = 0, wx = 0;
    std::vector<double> rr(problem.rows.size()), xx(problem.patterns.size());
    for (size_t r = 0; r < problem.rows.size(); ++r) {
      for (const auto& t : problem.rows[r]) rr[r] += t.coefficient * s[t.residual];
      rr[r] /= phi * phi;
      wr = std::max(wr, rr[r]);
    }
    for (size_t x = 0; x < problem.patterns.size(); ++x) {
      for (size_t a = 0; a < n; ++a) xx[x] += problem.patterns[x][a] / s[a];
      wx = std::max(wx, xx[x]);
    }
    out.gap = wr * wx - 1;
    if (out.gap < 1e-10 || round == 20000) return out;
    for (size_t r = 0; r < rr.size(); ++r) out.row_share[r] *= std::sqrt(rr[r]);
    for (size_t x = 0; x < xx.size(); ++x) out.pattern_share[x] *= xx[x];
    Normalise(out.row_share);
    Normalise(out.pattern_share);
  }
}
}  // namespace polder::stats::noise
