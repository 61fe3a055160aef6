#include "stats/noise/optimum.h"

#include <algorithm>
#include <cmath>

#include "stats/noise/dual.h"
#include "stats/noise/symmetry.h"

namespace polder::stats::noise {
namespace {

using table::AttributeSet;

double RowVariance(const VarianceRow& row, const std::vector<double>& variances) {
  double sum = 0;
  for (const VarianceTerm& term : row.terms) sum += term.coefficient * variances[term.residual];
  return sum;
}

Optimum Figures(const std::vector<VarianceRow>& rows, const std::vector<WorkloadTable>& workload,
                const std::vector<double>& variances) {
  Optimum result;
  result.residual_variance = variances;
  result.table_variance.assign(workload.size(), 0);
  std::vector<double> cells(workload.size(), 0);
  double all = 0;
  for (const VarianceRow& row : rows) {
    const double variance = RowVariance(row, variances);
    result.table_variance[row.table] += row.cells * variance;
    cells[row.table] += row.cells;
    result.max_variance = std::max(result.max_variance, variance);
  }
  for (size_t table = 0; table < workload.size(); ++table) {
    all += cells[table];
    result.total_variance += result.table_variance[table];
    if (cells[table] > 0) result.table_variance[table] /= cells[table];
  }
  result.rmse = all > 0 ? std::sqrt(result.total_variance / all) : 0;
  return result;
}

// The rows whose largest value is to be small: all, or for a total the one that is their sum.
std::vector<VarianceRow> Losses(const std::vector<VarianceRow>& rows,
                                const std::vector<WorkloadTable>& workload, size_t residuals,
                                Objective objective) {
  std::vector<VarianceRow> losses;
  if (objective == Objective::kMax) {
    for (const VarianceRow& row : rows) {
      losses.push_back(row);
      for (VarianceTerm& term : losses.back().terms) term.coefficient *= workload[row.table].weight;
    }
    return losses;
  }
  std::vector<double> sum(residuals, 0);
  for (const VarianceRow& row : rows) {
    const double weight = workload[row.table].weight * row.cells;
    for (const VarianceTerm& term : row.terms) sum[term.residual] += weight * term.coefficient;
  }
  VarianceRow& loss = losses.emplace_back();
  for (size_t a = 0; a < residuals; ++a) loss.terms.push_back({a, sum[a]});
  return losses;
}

// The problem of the classes alone, each standing for its members.
DualProblem Reduce(const std::vector<VarianceRow>& losses, const PatternCosts& patterns,
                   const Symmetry& symmetry) {
  DualProblem problem;
  problem.residuals = symmetry.residual_classes;
  problem.rows.resize(symmetry.row_classes);
  std::vector<double> sums(symmetry.residual_classes, 0);
  for (size_t r = 0; r < losses.size(); ++r) {
    std::vector<VarianceTerm>& row = problem.rows[symmetry.row_class[r]];
    if (!row.empty()) continue;
    for (const VarianceTerm& term : losses[r].terms) {
      sums[symmetry.residual_class[term.residual]] += term.coefficient;
    }
    for (const VarianceTerm& term : losses[r].terms) {
      double& sum = sums[symmetry.residual_class[term.residual]];
      if (sum > 0) row.push_back({symmetry.residual_class[term.residual], sum});
      sum = 0;
    }
  }
  for (const auto& pattern : patterns) {
    std::vector<double>& reduced = problem.patterns.emplace_back(symmetry.residual_classes, 0);
    for (size_t a = 0; a < pattern.size(); ++a) reduced[symmetry.residual_class[a]] += pattern[a];
  }
  return problem;
}

}  // namespace

Optimum FindOptimum(const table::Schema& schema, const std::vector<WorkloadTable>& workload,
                    const std::vector<AttributeSet>& residuals, const PatternCosts& patterns,
                    double rho, Objective objective) {
  const std::vector<VarianceRow> rows = VarianceRows(schema, workload, residuals);
  const std::vector<VarianceRow> losses = Losses(rows, workload, residuals.size(), objective);

  Symmetry symmetry;
  std::vector<std::vector<double>> residual_marks(residuals.size());
  for (const auto& pattern : patterns) {
    for (size_t a = 0; a < residuals.size(); ++a) residual_marks[a].push_back(pattern[a]);
  }
  symmetry = FindSymmetry(losses, std::vector<std::vector<double>>(losses.size()), residual_marks);
  const DualSolution dual = SolveDual(Reduce(losses, patterns, symmetry));

  // Everything from here on is of the problem itself: the bound and the plan owe nothing to the
  // symmetries that were found.
  std::vector<double> members(symmetry.row_classes, 0);
  for (const size_t c : symmetry.row_class) members[c] += 1;
  std::vector<double> worth(residuals.size(), 0), price(residuals.size(), 0);
  for (size_t r = 0; r < losses.size(); ++r) {
    const size_t c = symmetry.row_class[r];
    for (const VarianceTerm& term : losses[r].terms) {
      worth[term.residual] += dual.row_share[c] / members[c] * term.coefficient;
    }
  }
  for (size_t x = 0; x < patterns.size(); ++x) {
    for (size_t a = 0; a < residuals.size(); ++a) {
      price[a] += dual.pattern_share[x] * patterns[x][a];
    }
  }
  const double allowed = 2 * rho;
  double sum = 0;
  for (size_t a = 0; a < residuals.size(); ++a) sum += std::sqrt(worth[a] * price[a]);
  std::vector<double> variances(residuals.size(), 0);
  for (size_t a = 0; a < residuals.size(); ++a) {
    variances[a] = std::sqrt(price[a] / worth[a]) * sum / allowed;
  }
  double worst_cost = 0;
  for (const auto& pattern : patterns) {
    double cost = 0;
    for (size_t a = 0; a < residuals.size(); ++a) {
      if (pattern[a] > 0) cost += pattern[a] / variances[a];
    }
    worst_cost = std::max(worst_cost, cost / allowed);
  }
  for (double& variance : variances) variance *= worst_cost;

  Optimum optimum = Figures(rows, workload, variances);
  for (const VarianceRow& loss : losses) {
    optimum.loss = std::max(optimum.loss, RowVariance(loss, variances));
  }
  optimum.least_loss = sum * sum / allowed;
  optimum.relative_gap = std::max(0.0, optimum.loss / optimum.least_loss - 1);
  return optimum;
}

Optimum Evaluate(const table::Schema& schema, const std::vector<WorkloadTable>& workload,
                 const std::vector<AttributeSet>& residuals,
                 const std::vector<double>& residual_variance) {
  return Figures(VarianceRows(schema, workload, residuals), workload, residual_variance);
}

}  // namespace polder::stats::noise
