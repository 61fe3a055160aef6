// Complementary suppression of exact counts, over any set of linked hierarchical tables as one
// system of sums.
#ifndef POLDER_STATS_SUPPRESS_COUNT_SUPPRESS_H_
#define POLDER_STATS_SUPPRESS_COUNT_SUPPRESS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stats/suppress/moves.h"
#include "stats/table/spec.h"

namespace polder::stats::suppress {

// Two possible tables that publish the same, as differences from the true one in leaf cells.
// Privacy: holds true differences; it stays sealed.
struct WidthProof {
  size_t cell;                        // of the grid
  std::vector<std::string> attacker;  // members; none for the outsider
  std::vector<std::pair<size_t, int64_t>> low;
  std::vector<std::pair<size_t, int64_t>> high;
  int64_t width;
};

struct SuppressedCounts {
  std::vector<table::CountCell> cells;  // the offered cells, in node order
  size_t sensitive = 0;
  size_t hidden_cells = 0;
  int64_t hidden_sum = 0;  // true counts behind the hidden cells, each cell once
  bool finished = true;    // false when time ran out and what was left was hidden
  // Earlier releases show these sensitive cells with a count that has been corrected since.
  size_t corrected_before = 0;
  // Mode exact: a change of leaf cells that leaves every shown cell as it is and moves every
  // sensitive one; empty when nothing is sensitive. Privacy: as the proofs.
  std::vector<std::pair<size_t, int64_t>> witness;
  std::vector<WidthProof> proofs;  // mode interval: one per sensitive cell and kind of attacker
};

struct CountSuppressOptions {
  // Gets the proofs of the widths one by one, for tables of which a list would be too long to hold;
  // without it they are listed.
  std::function<void(const WidthProof&)> each_proof = {};
  // How much to look for cheaper patterns after the first, in entries of vectors touched.
  uint64_t work = 32'000'000;
  size_t runs = 60;  // at most so many patterns are tried after the first
  // Asked now and then; true ends the search. What is not shown by then stays hidden, which is
  // safe.
  std::function<bool()> out_of_time = {};
};

// Hides every sensitive cell of the specification and as little more as it finds.
//
// Mode exact: no sensitive count follows by addition and subtraction from what is shown, now and in
// earlier releases; no sum of nothing but people who are alone in a leaf cell does either; and
// where a total has two small leaf cells and no other small part, who is alone in one cannot
// compute the other. With Alone::kAll nobody who is alone in a leaf cell computes any other
// sensitive cell.
// Mode interval: for every sensitive cell there are two tables in whole numbers that publish the
// same, at least `width` apart in it, of which one reaches the threshold, in which no hidden cell
// is nought when noughts are published. With insiders the same holds against every member and every
// pair that knows all its own leaf cells, for every cell that is not all theirs; in mode exact
// members and pairs cannot compute it.
//
// Deterministic unless time runs out. Throws ProblemError "no-safe-pattern" when what earlier
// releases show gives a sensitive cell away, and names the cell.
SuppressedCounts SuppressCounts(const table::CountSpec& spec, const std::vector<int64_t>& counts,
                                const std::vector<std::vector<table::CountCell>>& previous,
                                const CountSuppressOptions& options = {});

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_COUNT_SUPPRESS_H_
