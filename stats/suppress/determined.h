// Which hidden cells can be computed from the shown ones: exact elimination over the rationals.
#ifndef POLDER_STATS_SUPPRESS_DETERMINED_H_
#define POLDER_STATS_SUPPRESS_DETERMINED_H_

#include <cstddef>
#include <vector>

#include "stats/table/linked_tables.h"

namespace polder::stats::suppress {

// Hidden cells whose number follows from the rest, ascending. A cell without a delivery or that is
// not applicable counts as known to everybody: its true count is nought by a public fact.
std::vector<size_t> DeterminedCells(const table::LinkedTables& tables);

// Hidden cells that could be shown without any other hidden cell becoming determined, ascending,
// each by itself: showing one may make others indispensable. A cell is indispensable when another
// one moves with it in a fixed proportion, because then its number gives that one away. Presumes
// that no hidden cell is determined.
std::vector<size_t> DispensableCells(const table::LinkedTables& tables);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_DETERMINED_H_
