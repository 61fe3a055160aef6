// Two worlds that publish the same: the proof that hidden cells cannot be computed.
//
// If some change of the hidden cells leaves every shown number and every total in place and moves
// all of them at once, then no hidden cell follows from what is shown. Such a change is found by
// elimination over the rationals and then checked by adding it up, which needs no trust in the
// elimination. Written apart from the suppressor, with other code and another order of work.
#ifndef POLDER_STATS_AUDIT_WORLDS_H_
#define POLDER_STATS_AUDIT_WORLDS_H_

#include <cstddef>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/linked_tables.h"

namespace polder::stats::audit {

struct OtherWorld {
  // How much each cell of the tables changes, by global number; nought for every cell that is not
  // hidden. Cells without a delivery or not applicable do not move: they are nought by public fact.
  std::vector<base::Integer> change;
  // Hidden cells that no change moves: their numbers follow from the shown ones. Ascending.
  std::vector<size_t> determined;
};

// Cost: elimination on the hidden cells only; a country (342 municipalities, 8 kinds) takes
// seconds.
OtherWorld FindOtherWorld(const table::LinkedTables& tables);

// True when `change` moves nothing that is shown, keeps every total the sum of its parts in all
// tables (those that no table shows included), and moves every hidden cell not in `determined`.
bool IsOtherWorld(const table::LinkedTables& tables, const OtherWorld& world);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_WORLDS_H_
