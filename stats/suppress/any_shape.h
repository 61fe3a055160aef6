// Company for hidden cells in tables of any shape.
#ifndef POLDER_STATS_SUPPRESS_ANY_SHAPE_H_
#define POLDER_STATS_SUPPRESS_ANY_SHAPE_H_

#include <cstdint>
#include <vector>

#include "stats/table/linked_tables.h"

namespace polder::stats::suppress {

// Hides what the hidden cells of `tables` need so that none follows from the shown ones. Cells are
// shown dearest first (by `costs`, one per cell), each unless it would give away a cell that was
// hidden on entry: what is hidden besides is minimal, no shown cell being worth less than it is
// decided before it. Exact. Throws ProblemError "cannot-protect" when what everybody knows gives
// a hidden cell away already.
void ProtectAnyShape(table::LinkedTables& tables, const std::vector<uint64_t>& costs);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_ANY_SHAPE_H_
