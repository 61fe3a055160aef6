// How precise the tables can be made: the best variances of the residuals for a weighted set of
// marginals, as real numbers. A plan starts from this and fixes exact noise.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023). For the sum of variances the
// closed form; for the largest weighted variance, and for several contribution patterns at once, a
// dual ascent whose every step is that closed form.
#ifndef POLDER_STATS_NOISE_OPTIMUM_H_
#define POLDER_STATS_NOISE_OPTIMUM_H_

#include <cstddef>
#include <vector>

#include "stats/table/schema.h"

namespace polder::stats::noise {

enum class Objective {
  kTotal,  // least weighted sum of all cell variances
  kMax,    // least largest weighted cell variance
};

struct WorkloadTable {
  table::AttributeSet attributes = 0;
  double weight = 1;  // of one cell's variance
};

// For each pattern that one contributor may have, the privacy coefficient of each residual:
// ||Psi_A x||^2 / L_A^2 of that pattern x.
using PatternCosts = std::vector<std::vector<double>>;

struct Optimum {
  std::vector<double> residual_variance;  // s_A; the noise of the integer answer is s_A L_A^2
  std::vector<double> table_variance;     // of one cell, as the workload
  double total_variance = 0;              // sum over all cells of all tables, unweighted
  double max_variance = 0;                // largest weighted cell variance
  double rmse = 0;                        // sqrt(total variance / cells)
};

// `sizes`: codes per attribute; `residuals`: the sets to be measured, none with an attribute of
// size 1; `patterns`: at least one, in the order of `residuals`. `rho`: for every pattern, the sum
// of coefficient / variance is at most 2 rho.
Optimum FindOptimum(const std::vector<size_t>& sizes, const std::vector<WorkloadTable>& workload,
                    const std::vector<table::AttributeSet>& residuals, const PatternCosts& patterns,
                    double rho, Objective objective);

// The same figures for given residual variances.
Optimum Evaluate(const std::vector<size_t>& sizes, const std::vector<WorkloadTable>& workload,
                 const std::vector<table::AttributeSet>& residuals,
                 const std::vector<double>& residual_variance);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_OPTIMUM_H_
