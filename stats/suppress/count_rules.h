// The rules for single exact counts: which cells of a table must not be known, before any thought
// of the others.
#ifndef POLDER_STATS_SUPPRESS_COUNT_RULES_H_
#define POLDER_STATS_SUPPRESS_COUNT_RULES_H_

#include <cstdint>
#include <vector>

#include "stats/table/spec.h"

namespace polder::stats::suppress {

// A count from 1 to threshold - 1, or from 0 when noughts are protected.
bool IsSmall(const table::CountSpec& spec, int64_t count);

// Cells that cannot occur: at or under an entry of the structural zeros, and sums of nothing but
// such cells. Their nought is public.
// Throws ProblemError "structural-zero-counted" when a case stands in one; names codes only.
std::vector<bool> StructuralZeros(const table::CountSpec& spec, const std::vector<int64_t>& counts);

// The offered cells that are sensitive by themselves:
//   - small counts;
//   - with full cells: a count of which all stand in this one child, which tells something of each;
//   - with group disclosure: a cell next to which only a small count of its row is left, so that
//     the two published tell that count.
std::vector<bool> SensitiveCells(const table::CountSpec& spec, const std::vector<int64_t>& counts,
                                 const std::vector<bool>& structural);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_COUNT_RULES_H_
