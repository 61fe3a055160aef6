// What must be equal in an optimal plan, made one: a workload over attributes of equal size has
// thousands of tables and few different ones.
//
// Source: colour refinement of the weighted bipartite graph of tables and residuals (Grohe,
// Kersting, Mladenov, Selman, "Dimension Reduction via Colour Refinement", ESA 2014). In the
// coarsest
// partition where all of a class see the same of every other class, replacing variances by the mean
// of their class never raises the largest variance of a class of tables nor, by convexity of 1/s,
// the cost.
#ifndef POLDER_STATS_NOISE_SYMMETRY_H_
#define POLDER_STATS_NOISE_SYMMETRY_H_

#include <cstddef>
#include <vector>

#include "stats/noise/variance.h"

namespace polder::stats::noise {

struct Symmetry {
  std::vector<size_t> row_class;       // per row
  std::vector<size_t> residual_class;  // per residual
  size_t row_classes = 0;
  size_t residual_classes = 0;
};

// `marks`: numbers of a row or residual that must be equal within a class (weights and cells;
// costs). Numbers that differ by less than a part in 10^11 may count as equal.
Symmetry FindSymmetry(const std::vector<VarianceRow>& rows,
                      const std::vector<std::vector<double>>& row_marks,
                      const std::vector<std::vector<double>>& residual_marks);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_SYMMETRY_H_
