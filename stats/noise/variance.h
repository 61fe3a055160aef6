// Cell variances as linear functions of the variances of the residuals, as real numbers for the
// search for a plan. (The exact ones are `table::Covariance`.)
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023): v_BA = prod_{i in A} (1 - 1/n_i)
// prod_{i in B \ A} 1/n_i^2. With grouped dimensions a cell's class sizes take the place of n_i.
#ifndef POLDER_STATS_NOISE_VARIANCE_H_
#define POLDER_STATS_NOISE_VARIANCE_H_

#include <cstddef>
#include <vector>

#include "stats/table/schema.h"

namespace polder::stats::noise {

struct WorkloadTable {
  table::AttributeSet attributes = 0;
  double weight = 1;  // of one cell's variance
};

// `coefficient` times the variance of residual number `residual`.
struct VarianceTerm {
  size_t residual;
  double coefficient;
};

// Cells of one table that have the same variance, whatever the residuals' are.
struct VarianceRow {
  size_t table = 0;  // in the workload
  double cells = 0;
  std::vector<VarianceTerm> terms;
};

// Every table of the workload as one row, or as several when classes are uneven. Residuals that are
// not in the list count as measured without noise.
std::vector<VarianceRow> VarianceRows(const table::Schema& schema,
                                      const std::vector<WorkloadTable>& workload,
                                      const std::vector<table::AttributeSet>& residuals);

// Variance of N_Z(0, sigma_squared): less than sigma_squared, by more than a billionth only below
// 1.2. Source: the definition, summed. What is published takes sigma_squared for it.
double DiscreteVariance(double sigma_squared);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_VARIANCE_H_
