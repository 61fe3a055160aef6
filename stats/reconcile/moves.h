// The moves between whole tables that add up, and what they do to every table.
#ifndef POLDER_STATS_RECONCILE_MOVES_H_
#define POLDER_STATS_RECONCILE_MOVES_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "stats/table/schema.h"

namespace polder::stats::reconcile {

// One attribute of a cross with its classes, if it has any: level 0 is the codes, level 1 their
// classes, and so on. Codes are put in an order in which every class is a run.
struct Ladder {
  std::vector<size_t> dimensions;                               // per level
  std::vector<uint32_t> order;                                  // codes
  std::vector<std::vector<uint32_t>> class_of;                  // [level][code]
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> run;  // [level][class]: from, to in order
  // The first level that the set tells apart; the number of levels when none.
  size_t LevelIn(table::AttributeSet set) const;
};

std::vector<Ladder> LaddersOf(const table::Schema& schema);

// A box: one unit up at `from`, and at the other corners by turns. A ladder of which the set has no
// dimension stands still at `from`.
struct Move {
  size_t residual = 0;             // number of the set
  std::vector<uint32_t> from, to;  // a code per ladder
  int64_t units = 1;
};

// Where a table's cells lie in a cross.
class Layout {
 public:
  Layout(const table::Schema& schema, const std::vector<Ladder>& ladders, table::AttributeSet set);

  table::AttributeSet set() const { return set_; }
  size_t cells() const { return cells_; }
  // What a ladder's code adds to the number of the cell.
  size_t Step(size_t ladder, uint32_t code) const { return step_[ladder][code]; }
  // The class that a cell stands in, per ladder, at that ladder's level in the set; 0 where none.
  std::vector<uint32_t> PlaceOf(size_t cell) const;
  size_t LevelOf(size_t ladder) const { return level_[ladder]; }

 private:
  table::AttributeSet set_;
  size_t cells_ = 1;
  std::vector<size_t> level_, stride_, size_;  // per ladder
  std::vector<std::vector<size_t>> step_;
};

// Calls `change(cell, units)` for every cell of the table that the move changes. `moving` are the
// ladders with a dimension in the move's set; the table must contain that set.
template <class Change>
void ForEachCell(const Layout& layout, const Move& move, const std::vector<size_t>& moving,
                 const Change& change) {
  size_t first = 0;
  for (size_t i = 0; i < move.from.size(); ++i) first += layout.Step(i, move.from[i]);
  for (size_t corner = 0; corner < size_t{1} << moving.size(); ++corner) {
    size_t cell = first;
    int64_t units = move.units;
    for (size_t j = 0; j < moving.size(); ++j) {
      if ((corner >> j & 1U) == 0) continue;
      const size_t ladder = moving[j];
      cell += layout.Step(ladder, move.to[ladder]) - layout.Step(ladder, move.from[ladder]);
      units = -units;
    }
    change(cell, units);
  }
}

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_MOVES_H_
