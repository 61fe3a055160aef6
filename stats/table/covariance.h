// Exact covariances: how the errors of any two cells, or of any two linear queries, go together.
//
// Everything follows from what a release publishes: the dimensions and gamma squared of every
// residual. With r_A = P_A (truth + noise) and s_A = gamma_A^2 / L_A^2, a cell x of table B is the
// sum over the residuals A within B of r_A at the codes of x, divided by the number of cells that
// each coarser part spreads over. Noise of different residuals, measures and releases is
// independent: covariances of sums over several releases add up.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), covariance of reconstructed
// marginals; for a grouped dimension our own, P = I minus the average over the class.
#ifndef POLDER_STATS_TABLE_COVARIANCE_H_
#define POLDER_STATS_TABLE_COVARIANCE_H_

#include <cstddef>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/linked_tables.h"
#include "stats/table/schema.h"

namespace polder::stats::table {

// A cell of the table over `attributes`, times a coefficient. A linear query is a sum of these; its
// cells may be of any tables.
struct QueryTerm {
  AttributeSet attributes = 0;
  size_t cell = 0;
  base::Rational coefficient = 1;
};
using LinearQuery = std::vector<QueryTerm>;

// Covariance of the unbiased estimates of two linear queries, exact, with gamma squared as an upper
// bound on the variance of N_Z(0, gamma squared). Needs time for 3^d products per term of d
// attributes.
// Throws ProblemError "missing-residual" when a term's table does not follow from the residuals,
// "outside-schema" when a set or cell does not exist.
base::Rational Covariance(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                          const LinearQuery& a, const LinearQuery& b);

// Of two cells of one measure's tables, by their global numbers; the rounding to whole numbers is
// apart (`rounding_deviation`).
base::Rational Covariance(const LinkedTables& tables, size_t cell_a, size_t cell_b);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_COVARIANCE_H_
