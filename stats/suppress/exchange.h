// Looks for a cheaper pattern near one that was found by showing the dearest cells first: gives up
// a few shown cells for ones that are worth more together.
//
// What is shown spans a space of sums. Here it is kept with its dual: for every shown cell that
// adds to the space, the change of leaf cells that moves it and no other. To give up a cell is to
// add its change to those that are left to an attacker; what else moves with it is lost too, and
// cells that were refused because they would have given something away may be shown now.
//
// All is done modulo a prime: this guides a search and decides nothing. Whatever comes out is shown
// again, cell by cell, under the exact rules of Span.
#ifndef POLDER_STATS_SUPPRESS_EXCHANGE_H_
#define POLDER_STATS_SUPPRESS_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "stats/suppress/sparse.h"

namespace polder::stats::suppress {

struct ExchangeCell {
  const SparseVector* sum;  // over the leaves
  int64_t loss = 0;         // of hiding it
  bool secret = false;
  bool alone = false;    // a secret that nobody alone in a leaf may compute
  bool offered = false;  // may be shown
};

struct ExchangeOptions {
  uint64_t work = 0;           // how much to do, in entries touched
  std::function<bool()> stop;  // asked now and then
};

// `basis`: the shown cells that added to what was known, in their order. Returns, per cell, whether
// it is better shown; nothing when the table is too dense for the search. Deterministic.
std::vector<bool> Exchanged(const std::vector<ExchangeCell>& cells, const std::vector<bool>& single,
                            const std::vector<size_t>& basis, const ExchangeOptions& options);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_EXCHANGE_H_
