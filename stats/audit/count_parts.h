// What is left open of published counts, cut into parts that have nothing to do with each other.
//
// Every cell is a sum of leaf cells, so a part has a column per open leaf and a row per cell whose
// range says more than the ranges of its leaves do. Used by the attack on published tables only.
#ifndef POLDER_STATS_AUDIT_COUNT_PARTS_H_
#define POLDER_STATS_AUDIT_COUNT_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stats/audit/count_bounds.h"
#include "stats/table/grid.h"

namespace polder::stats::audit {

// What is known of a sum of columns.
struct PartRow {
  std::vector<int> columns;  // ascending
  CountRange range;
  size_t cell = 0;  // one that is this sum, for messages
};

// A sum that is asked about.
struct PartTarget {
  std::vector<int> columns;
  int64_t fixed = 0;          // what the leaves that are not open add
  std::vector<size_t> cells;  // cells that are this sum
};

struct Part {
  std::vector<CountRange> columns;
  std::vector<size_t> leaves;  // the leaf cell of each column
  std::vector<PartRow> rows;
  std::vector<PartTarget> targets;
};

// `wanted` per cell. Ranges as RangesOf and PassAlong gave them.
std::vector<Part> PartsOf(const table::Grid& grid, const std::vector<bool>& wanted,
                          const std::vector<CountRange>& stated,
                          const std::vector<CountRange>& ranges);

// The rows that say something: of the sums that are known exactly only such as do not follow from
// each other, and all others. The full system is many times larger and takes a solver a hundred
// times longer.
//
// When the known sums contradict each other, `contradiction` names a few rows of which no whole
// numbers fit all: what is found modulo a prime is no whole number either.
std::vector<size_t> RowsThatMatter(const Part& part, std::vector<size_t>& contradiction);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_COUNT_PARTS_H_
