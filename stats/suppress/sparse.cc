#include "stats/suppress/sparse.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace polder::stats::suppress {
namespace {

bool Fits(int64_t value) {
  return value >= -std::numeric_limits<int32_t>::max() &&
         value <= std::numeric_limits<int32_t>::max();
}

}  // namespace

int32_t ValueAt(const SparseVector& vector, int32_t column) {
  const auto found =
      std::lower_bound(vector.begin(), vector.end(), column,
                       [](const Entry& entry, int32_t wanted) { return entry.column < wanted; });
  return found != vector.end() && found->column == column ? found->value : 0;
}

bool Eliminate(const SparseVector& target, const SparseVector& row, int32_t column,
               SparseVector& result) {
  int64_t of_target = ValueAt(row, column);
  int64_t of_row = -int64_t{ValueAt(target, column)};
  const int64_t common = std::gcd(of_target, of_row);
  of_target /= common;
  of_row /= common;
  if (of_target < 0) {
    of_target = -of_target;
    of_row = -of_row;
  }
  result.clear();
  result.reserve(target.size() + row.size());
  auto a = target.begin();
  auto b = row.begin();
  bool fits = true;
  int64_t factor = 0;
  while (a != target.end() || b != row.end()) {
    int64_t value = 0;
    int32_t at = 0;
    if (b == row.end() || (a != target.end() && a->column < b->column)) {
      at = a->column;
      value = of_target * (a++)->value;
    } else if (a == target.end() || b->column < a->column) {
      at = b->column;
      value = of_row * (b++)->value;
    } else {
      at = a->column;
      value = of_target * (a++)->value + of_row * (b++)->value;
    }
    if (value == 0) continue;
    fits = fits && Fits(value);
    if (factor != 1) factor = std::gcd(factor, value);
    result.push_back({at, static_cast<int32_t>(value)});
  }
  if (!fits) return false;
  if (factor > 1) {
    for (Entry& entry : result) entry.value = static_cast<int32_t>(entry.value / factor);
  }
  return true;
}

void DivideByCommonFactor(SparseVector& vector) {
  int64_t factor = 0;
  for (const Entry& entry : vector) {
    factor = std::gcd(factor, int64_t{entry.value});
    if (factor == 1) return;
  }
  for (Entry& entry : vector) {
    entry.value = static_cast<int32_t>(entry.value / static_cast<int32_t>(factor));
  }
}

}  // namespace polder::stats::suppress
