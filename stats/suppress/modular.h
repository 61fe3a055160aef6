// Sparse vectors modulo a prime, combined at the speed that the search of `exchange` needs. Nothing
// is decided by them: what looks independent here is proved in whole numbers elsewhere.
#ifndef POLDER_STATS_SUPPRESS_MODULAR_H_
#define POLDER_STATS_SUPPRESS_MODULAR_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace polder::stats::suppress::modular {

inline constexpr uint64_t kPrime = 2147483647;

struct Term {
  int32_t column;
  uint32_t value;  // 1 to kPrime - 1
};
using Terms = std::vector<Term>;  // ascending columns

// Of a number below 2^62: the prime is one less than a power of two.
inline uint64_t Residue(uint64_t value) {
  value = (value & kPrime) + (value >> 31);
  value = (value & kPrime) + (value >> 31);
  return value >= kPrime ? value - kPrime : value;
}

inline uint64_t Inverse(uint64_t value) {
  uint64_t result = 1;
  for (uint64_t exponent = kPrime - 2; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = Residue(result * value);
    value = Residue(value * value);
  }
  return result;
}

inline uint64_t Minus(uint64_t value) { return value == 0 ? 0 : kPrime - value; }

inline uint32_t At(const Terms& terms, int32_t column) {
  const auto found = std::lower_bound(terms.begin(), terms.end(), column,
                                      [](const Term& term, int32_t c) { return term.column < c; });
  return found != terms.end() && found->column == column ? found->value : 0;
}

// a + factor * b.
inline void Add(const Terms& a, const Terms& b, uint64_t factor, Terms& sum) {
  sum.clear();
  sum.reserve(a.size() + b.size());
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && x->column < y->column)) {
      sum.push_back(*x++);
      continue;
    }
    uint64_t value = factor * y->value;
    if (x != a.end() && x->column == y->column) value += (x++)->value;
    value = Residue(value);
    if (value != 0) sum.push_back({y->column, static_cast<uint32_t>(value)});
    ++y;
  }
}

// Sums sparse vectors by column.
class Gather {
 public:
  explicit Gather(size_t columns) : sums_(columns) {}
  void Take(const Terms& terms, uint64_t factor) {
    for (const Term& term : terms) Take(term.column, Residue(factor * term.value));
  }
  void Take(int32_t column, uint64_t value) {
    uint64_t& sum = sums_[static_cast<size_t>(column)];
    if (sum == 0) {
      touched_.push_back(column);
      sum = kPrime;  // marks it; taken off at the end
    }
    sum += value;
    if (sum >= 2 * kPrime) sum -= kPrime;
  }
  Terms Done(bool sorted) {
    if (sorted && touched_.size() > sums_.size() / 16) {
      touched_.clear();
      for (size_t column = 0; column < sums_.size(); ++column) {
        if (sums_[column] != 0) touched_.push_back(static_cast<int32_t>(column));
      }
    } else if (sorted) {
      std::sort(touched_.begin(), touched_.end());
    }
    Terms terms;
    terms.reserve(touched_.size());
    for (const int32_t column : touched_) {
      uint64_t& sum = sums_[static_cast<size_t>(column)];
      if (sum != kPrime) terms.push_back({column, static_cast<uint32_t>(sum - kPrime)});
      sum = 0;
    }
    touched_.clear();
    return terms;
  }

 private:
  std::vector<uint64_t> sums_;
  std::vector<int32_t> touched_;
};

}  // namespace polder::stats::suppress::modular

#endif  // POLDER_STATS_SUPPRESS_MODULAR_H_
