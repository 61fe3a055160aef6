// A table of counts, as the engine sees it: leaf cells that may vary, and cells that are sums of
// them. Where the numbers come from, a cross of hierarchies, several linked tables or earlier
// releases, is no longer visible: there is one system of sums.
#ifndef POLDER_STATS_SUPPRESS_COUNT_SYSTEM_H_
#define POLDER_STATS_SUPPRESS_COUNT_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stats/suppress/moves.h"
#include "stats/suppress/sparse.h"
#include "stats/table/spec.h"

namespace polder::stats::suppress {

// Cells that are the same sum, because they differ in leaf cells that are known to be nought only:
// whoever sees one sees all.
struct CountClass {
  SparseVector sum;  // over the leaves
  int64_t count = 0;
  std::vector<size_t> cells;  // offered cells; empty when only an earlier release has it
  bool sensitive = false;
  bool keep = false;          // hidden only when nothing else helps
  bool shown_before = false;  // an earlier release shows it, with this count
  bool corrected = false;     // an earlier release shows it, with another count
  Members within = 0;
};

struct CountSystem {
  std::vector<size_t> cells;        // per leaf, its cell of the grid
  std::vector<Moves::Leaf> leaves;  // ascending by cell
  std::vector<bool> single;         // a leaf with one pupil, or a protected nought
  std::vector<CountClass> classes;
  // Sums of two small leaf cells, somebody alone in one of them, that are all that is small in the
  // row of a total: who is alone would compute the other.
  std::vector<SparseVector> pairs;
  std::vector<std::string> members;  // names by bit
  size_t sensitive_cells = 0;
  std::vector<bool> sensitive;  // per cell of the grid
};

// `previous` are earlier tables of the same leaf cells. Throws ProblemError "too-many-members".
CountSystem MakeCountSystem(const table::CountSpec& spec, const std::vector<int64_t>& counts,
                            const std::vector<std::vector<table::CountCell>>& previous);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_COUNT_SYSTEM_H_
