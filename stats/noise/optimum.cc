#include "stats/noise/optimum.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace polder::stats::noise {
namespace {

using table::AttributeSet;

// That table `table` has `coefficient` times the variance of residual `residual` in every cell.
struct Term {
  size_t table;
  size_t residual;
  double coefficient;
};

struct Problem {
  std::vector<Term> terms;
  std::vector<double> cells;  // per table
};

Problem Describe(const std::vector<size_t>& sizes, const std::vector<WorkloadTable>& workload,
                 const std::vector<AttributeSet>& residuals) {
  std::map<AttributeSet, size_t> index;
  for (size_t i = 0; i < residuals.size(); ++i) index.emplace(residuals[i], i);
  Problem problem;
  for (size_t table = 0; table < workload.size(); ++table) {
    const AttributeSet whole = workload[table].attributes;
    double cells = 1;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (whole >> i & 1) cells *= static_cast<double>(sizes[i]);
    }
    problem.cells.push_back(cells);
    for (AttributeSet part = whole;; part = (part - 1) & whole) {
      if (const auto found = index.find(part); found != index.end()) {
        double coefficient = 1;
        for (size_t i = 0; i < sizes.size(); ++i) {
          const auto n = static_cast<double>(sizes[i]);
          if (part >> i & 1) {
            coefficient *= 1 - 1 / n;
          } else if (whole >> i & 1) {
            coefficient /= n * n;
          }
        }
        problem.terms.push_back({table, found->second, coefficient});
      }
      if (part == 0) break;
    }
  }
  return problem;
}

std::vector<double> TableVariances(const Problem& problem, const std::vector<double>& variances) {
  std::vector<double> result(problem.cells.size(), 0);
  for (const Term& term : problem.terms) {
    result[term.table] += term.coefficient * variances[term.residual];
  }
  return result;
}

Optimum Figures(const Problem& problem, const std::vector<WorkloadTable>& workload,
                const std::vector<double>& variances) {
  Optimum result;
  result.residual_variance = variances;
  result.table_variance = TableVariances(problem, variances);
  double cells = 0;
  for (size_t table = 0; table < workload.size(); ++table) {
    cells += problem.cells[table];
    result.total_variance += problem.cells[table] * result.table_variance[table];
    result.max_variance =
        std::max(result.max_variance, workload[table].weight * result.table_variance[table]);
  }
  result.rmse = cells > 0 ? std::sqrt(result.total_variance / cells) : 0;
  return result;
}

constexpr int kMostRounds = 20000;
constexpr double kClose = 1e-10;
constexpr double kLeastShare = 1e-12;  // keeps a pattern or a table able to come back

void Normalise(std::vector<double>& shares) {
  double sum = 0;
  for (double& share : shares) sum += share = std::max(share, kLeastShare);
  for (double& share : shares) share /= sum;
}

}  // namespace

Optimum FindOptimum(const std::vector<size_t>& sizes, const std::vector<WorkloadTable>& workload,
                    const std::vector<AttributeSet>& residuals, const PatternCosts& patterns,
                    double rho, Objective objective) {
  const Problem problem = Describe(sizes, workload, residuals);
  const size_t count = residuals.size();
  // The two sets of multipliers of the dual: of the patterns' costs, and (objective kMax) of the
  // tables' variances.
  std::vector<double> pattern_share(patterns.size(), 1.0 / static_cast<double>(patterns.size()));
  std::vector<double> table_share(workload.size(), 1.0 / static_cast<double>(workload.size()));
  std::vector<double> variances(count), cost(patterns.size());
  const double allowed = 2 * rho;
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<double> worth(count, 0), price(count, 0);
    for (const Term& term : problem.terms) {
      const double weight =
          workload[term.table].weight *
          (objective == Objective::kTotal ? problem.cells[term.table] : table_share[term.table]);
      worth[term.residual] += weight * term.coefficient;
    }
    for (size_t x = 0; x < patterns.size(); ++x) {
      for (size_t a = 0; a < count; ++a) price[a] += pattern_share[x] * patterns[x][a];
    }
    double sum = 0;
    for (size_t a = 0; a < count; ++a) sum += std::sqrt(worth[a] * price[a]);
    for (size_t a = 0; a < count; ++a) {
      variances[a] = std::sqrt(price[a] / worth[a]) * sum / allowed;
    }
    // At the optimum every pattern with a share costs all that is allowed, and every table with a
    // share has the largest variance; the distance from that bounds the gap.
    double worst_cost = 0;
    for (size_t x = 0; x < patterns.size(); ++x) {
      cost[x] = 0;
      for (size_t a = 0; a < count; ++a) {
        if (patterns[x][a] > 0) cost[x] += patterns[x][a] / variances[a];
      }
      cost[x] /= allowed;
      worst_cost = std::max(worst_cost, cost[x]);
    }
    double worst_table = 1;
    std::vector<double> relative(workload.size(), 1);
    if (objective == Objective::kMax) {
      const std::vector<double> found = TableVariances(problem, variances);
      const double dual = sum * sum / allowed;
      for (size_t table = 0; table < workload.size(); ++table) {
        relative[table] = workload[table].weight * found[table] / dual;
        worst_table = std::max(worst_table, relative[table]);
      }
    }
    if (worst_cost * worst_table <= 1 + kClose || round + 1 == kMostRounds) {
      for (double& variance : variances) variance *= worst_cost;
      break;
    }
    for (size_t x = 0; x < patterns.size(); ++x) pattern_share[x] *= cost[x];
    for (size_t t = 0; t < workload.size(); ++t) table_share[t] *= std::sqrt(relative[t]);
    Normalise(pattern_share);
    Normalise(table_share);
  }
  return Figures(problem, workload, variances);
}

Optimum Evaluate(const std::vector<size_t>& sizes, const std::vector<WorkloadTable>& workload,
                 const std::vector<AttributeSet>& residuals,
                 const std::vector<double>& residual_variance) {
  return Figures(Describe(sizes, workload, residuals), workload, residual_variance);
}

}  // namespace polder::stats::noise
