// How precise the tables can be made: the best variances of the residuals for a weighted set of
// marginals, as real numbers. A plan starts from this and fixes exact noise.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023). For the sum of variances the
// closed form; for the largest weighted variance, and for several contribution patterns at once,
// the dual of the problem (`dual.h`), after what must be equal by symmetry is made one
// (`symmetry.h`).
#ifndef POLDER_STATS_NOISE_OPTIMUM_H_
#define POLDER_STATS_NOISE_OPTIMUM_H_

#include <cstddef>
#include <vector>

#include "stats/noise/variance.h"
#include "stats/table/schema.h"

namespace polder::stats::noise {

enum class Objective {
  kTotal,  // least weighted sum of all cell variances
  kMax,    // least largest weighted cell variance
};

// For each pattern that one contributor may have, the privacy coefficient of each residual:
// ||Psi_A x||^2 / L_A^2 of that pattern x.
using PatternCosts = std::vector<std::vector<double>>;

struct Optimum {
  std::vector<double> residual_variance;  // s_A; the noise of the integer answer is s_A L_A^2
  std::vector<double> table_variance;     // mean over the table's cells, as the workload
  double total_variance = 0;              // sum over all cells of all tables, unweighted
  double max_variance = 0;                // largest cell variance, unweighted
  double rmse = 0;                        // sqrt(total variance / cells)
  // What was minimised (the weighted sum, or the largest weighted variance), how much less any
  // plan under this budget could reach at the very most, and the difference as a share.
  double loss = 0;
  double least_loss = 0;
  double relative_gap = 0;
};

// `residuals`: `schema.Residuals` of the workload's tables; `patterns`: at least one, in the order
// of `residuals`. `rho`: for every pattern, the sum of coefficient / variance is at most 2 rho. The
// relative gap is at most 1e-9 (a bound by duality, not an estimate) unless numbers run out.
Optimum FindOptimum(const table::Schema& schema, const std::vector<WorkloadTable>& workload,
                    const std::vector<table::AttributeSet>& residuals, const PatternCosts& patterns,
                    double rho, Objective objective);

// The same figures, without the last three, for given residual variances.
Optimum Evaluate(const table::Schema& schema, const std::vector<WorkloadTable>& workload,
                 const std::vector<table::AttributeSet>& residuals,
                 const std::vector<double>& residual_variance);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_OPTIMUM_H_
