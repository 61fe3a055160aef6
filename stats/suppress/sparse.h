// Sparse integer vectors in 32 bits, combined exactly: what does not fit is said, never rounded.
#ifndef POLDER_STATS_SUPPRESS_SPARSE_H_
#define POLDER_STATS_SUPPRESS_SPARSE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace polder::stats::suppress {

struct Entry {
  int32_t column;
  int32_t value;  // never nought
  friend bool operator==(const Entry&, const Entry&) = default;
};

using SparseVector = std::vector<Entry>;  // ascending columns

// The value at `column`, 0 when absent.
int32_t ValueAt(const SparseVector& vector, int32_t column);

// Sets `result` to a positive multiple of `target` plus a multiple of `row`, without `column` and
// divided by the common factor: what is left of `target` when `row` is known to be nought. Both
// have `column`. False, with `result` undefined, when a number does not fit.
bool Eliminate(const SparseVector& target, const SparseVector& row, int32_t column,
               SparseVector& result);

// Divides by the common factor of all values.
void DivideByCommonFactor(SparseVector& vector);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_SPARSE_H_
