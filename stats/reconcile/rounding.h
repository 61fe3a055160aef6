// Whole numbers near given fractions that keep given sums.
#ifndef POLDER_STATS_RECONCILE_ROUNDING_H_
#define POLDER_STATS_RECONCILE_ROUNDING_H_

#include <vector>

#include "policies/base/rational.h"

namespace polder::stats::reconcile {

// Whole numbers that add up to `total`, each the floor or the ceiling of its value: those with the
// largest remainders go up; which of equal ones follows from the whole parts, in no direction.
// `total` must be the floor or the ceiling of the sum, else std::domain_error.
std::vector<base::Integer> RoundList(const std::vector<base::Rational>& values,
                                     const base::Integer& total);

// Whole numbers near `cells` (row-major, row_totals.size() rows) whose rows add up to `row_totals`,
// chosen so that also the column sums stay near those of `cells`. Together cells and column sums
// are the floor or the ceiling of their value wherever that is possible; where it is not, the
// fewest leave it. Each row total must be the floor or the ceiling of its row's sum, else
// std::domain_error. Cost: one shortest path per unit that rounding has to place.
std::vector<base::Integer> RoundTable(const std::vector<base::Rational>& cells,
                                      const std::vector<base::Integer>& row_totals);

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_ROUNDING_H_
