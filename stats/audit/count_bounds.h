// What anyone can work out about the counts of a cross of hierarchies from what is published.
//
// Every statement, of whatever office, is a range of one cell: exact, hidden, rounded or banded.
// The sums between cells then narrow the ranges: first by passing bounds along every sum until
// nothing changes, then by linear programmes for the cells that stay undecided. A bound from a
// programme counts only after it has been proved in whole numbers from the programme's multipliers,
// so that no tolerance of the solver decides. Knows nothing of how the tables were protected.
#ifndef POLDER_STATS_AUDIT_COUNT_BOUNDS_H_
#define POLDER_STATS_AUDIT_COUNT_BOUNDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "stats/table/grid.h"

namespace polder::stats::audit {

struct CountRange {
  static constexpr int64_t kMany = int64_t{1} << 53;
  int64_t low = 0;
  int64_t high = kMany;
  bool IsExact() const { return low == high; }
  friend bool operator==(const CountRange&, const CountRange&) = default;
};

struct CountStatement {
  size_t cell = 0;
  CountRange range;
};

enum class CountDialect {
  kPlain,
  kDuo,  // 1 to 4 are shown as 4
};

// A table or another office's figures as CSV: a column per dimension (an absent one stands at its
// total), and `count` with perhaps `status` (as `polder suppress` writes it) or `margin` (rounded:
// the count lies within it), or `low` and `high` (banded). A hidden cell is at least
// `least_hidden`. Throws ProblemError with every faulty line.
std::vector<CountStatement> ParseCountStatements(const table::Grid& grid, std::string_view csv,
                                                 CountDialect dialect, int64_t least_hidden);

// One range per cell. Throws ProblemError "tables-contradict", naming a cell, when no counts fit:
// figures from before and after a correction speak of different cases.
std::vector<CountRange> RangesOf(const table::Grid& grid,
                                 const std::vector<CountStatement>& statements);

// Narrows `ranges` along the sums until nothing changes. Throws ProblemError "tables-contradict".
void PassAlong(const table::Grid& grid, std::vector<CountRange>& ranges);

// `stated` is what RangesOf gave, `ranges` what PassAlong made of it.
// Narrows the ranges of `targets` as far as linear programmes prove. A target is left as soon as
// it is seen to have possible values `enough.width` apart of which one is `enough.reach` or more:
// seen in tables of exact numbers (fractions, where no whole ones turn up) that fit everything
// stated, checked by addition. Returns the targets of which neither this nor the contrary could be
// shown. Throws ProblemError "tables-contradict", naming cells, when it is proved that no counts
// fit.
struct Enough {
  int64_t width = 5;
  int64_t reach = 5;
};
struct Search {
  std::function<void(size_t left)> progress = {};
  std::function<bool()> stop = {};  // true: ask no more; what is open then is undecided
  // The true count of every cell, when who asks has it: a table that fits, found without a search.
  const std::vector<int64_t>* truth = nullptr;
  // When given, grows by the cells that are open in tables of fractions only: whoever knows that
  // counts are whole may find more of them.
  size_t* in_fractions = nullptr;
  bool cold = false;  // for tests: start every programme from nothing
};
std::vector<size_t> Narrow(const table::Grid& grid, const std::vector<size_t>& targets,
                           const Enough& enough, const std::vector<CountRange>& stated,
                           std::vector<CountRange>& ranges, const Search& search = {});

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_COUNT_BOUNDS_H_
