#include "stats/audit/exact_corner.h"

#include <algorithm>
#include <set>
#include <utility>

namespace polder::stats::audit {
namespace {

using base::Integer;

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;
constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;

uint64_t Reduced(Wide value) {
  const auto folded = static_cast<uint64_t>(value & kPrime) + static_cast<uint64_t>(value >> 61);
  return folded >= kPrime ? folded - kPrime : folded;
}
uint64_t Times(uint64_t a, uint64_t b) { return Reduced(Wide{a} * b); }
uint64_t Minus(uint64_t a, uint64_t b) { return a >= b ? a - b : a + kPrime - b; }
uint64_t Inverse(uint64_t of) {
  uint64_t result = 1;
  for (uint64_t power = kPrime - 2; power > 0; power >>= 1, of = Times(of, of)) {
    if ((power & 1) != 0) result = Times(result, of);
  }
  return result;
}

using SparseRow = std::vector<std::pair<int, uint64_t>>;  // by column, ascending

// A square matrix of noughts and ones, factorised modulo the prime once and used for many right
// hand sides. Pivots are taken where the fewest other rows and columns are touched.
class Factorised {
 public:
  explicit Factorised(const std::vector<std::vector<int>>& rows) : size_(rows.size()) {
    rows_.resize(size_);
    in_column_.resize(size_);
    for (size_t r = 0; r < size_; ++r) {
      for (const int c : rows[r]) {
        rows_[r].emplace_back(c, 1);
        in_column_[static_cast<size_t>(c)].insert(static_cast<int>(r));
      }
      by_length_.insert({rows_[r].size(), static_cast<int>(r)});
    }
    for (size_t c = 0; c < size_; ++c) {
      if (in_column_[c].size() == 1) alone_.push_back(static_cast<int>(c));
    }
    regular_ = true;
    while (!by_length_.empty() && regular_) Step();
    in_column_.clear();
  }

  bool regular() const { return regular_; }

  std::vector<uint64_t> Solve(std::vector<uint64_t> sums) const {
    for (const Change& change : changes_) {
      uint64_t& to = sums[static_cast<size_t>(change.to)];
      to = Minus(to, Times(change.factor, sums[static_cast<size_t>(change.from)]));
    }
    std::vector<uint64_t> solution(size_);
    for (auto pivot = pivots_.rbegin(); pivot != pivots_.rend(); ++pivot) {
      uint64_t value = sums[static_cast<size_t>(pivot->row)];
      for (const auto& [c, factor] : rows_[static_cast<size_t>(pivot->row)]) {
        if (c != pivot->column) {
          value = Minus(value, Times(factor, solution[static_cast<size_t>(c)]));
        }
      }
      solution[static_cast<size_t>(pivot->column)] = Times(value, pivot->inverse);
    }
    return solution;
  }

 private:
  struct Change {  // row `to` less `factor` times row `from`
    int to, from;
    uint64_t factor;
  };
  struct Pivot {
    int row, column;
    uint64_t inverse;
  };
  // More than any table of the size that a solver is asked about; beyond it nothing is claimed.
  static constexpr size_t kMostChanges = 4'000'000;

  std::pair<int, int> Choose() {
    while (!alone_.empty()) {
      const int column = alone_.back();
      alone_.pop_back();
      const auto& rows = in_column_[static_cast<size_t>(column)];
      if (rows.size() == 1) return {*rows.begin(), column};
    }
    const int row = by_length_.begin()->second;
    int best = -1;
    for (const auto& [c, value] : rows_[static_cast<size_t>(row)]) {
      if (best < 0 || in_column_[static_cast<size_t>(c)].size() <
                          in_column_[static_cast<size_t>(best)].size()) {
        best = c;
      }
    }
    return {row, best};
  }

  void Leave(int row, int column) {
    auto& rows = in_column_[static_cast<size_t>(column)];
    rows.erase(row);
    if (rows.size() == 1) alone_.push_back(column);
  }

  void Step() {
    const auto [row, column] = Choose();
    if (column < 0) {
      regular_ = false;
      return;
    }
    SparseRow& own = rows_[static_cast<size_t>(row)];
    by_length_.erase({own.size(), row});
    const auto at = std::lower_bound(own.begin(), own.end(), std::pair(column, uint64_t{0}));
    const uint64_t inverse = Inverse(at->second);
    pivots_.push_back({row, column, inverse});
    for (const auto& [c, value] : own) in_column_[static_cast<size_t>(c)].erase(row);
    const std::vector<int> others(in_column_[static_cast<size_t>(column)].begin(),
                                  in_column_[static_cast<size_t>(column)].end());
    for (const int other : others) Reduce(other, row, column, inverse);
    for (const auto& [c, value] : own) {
      if (c != column && in_column_[static_cast<size_t>(c)].size() == 1) alone_.push_back(c);
    }
    regular_ = regular_ && changes_.size() < kMostChanges;
  }

  void Reduce(int other, int row, int column, uint64_t inverse) {
    SparseRow& from = rows_[static_cast<size_t>(other)];
    const SparseRow& own = rows_[static_cast<size_t>(row)];
    by_length_.erase({from.size(), other});
    const auto at = std::lower_bound(from.begin(), from.end(), std::pair(column, uint64_t{0}));
    const uint64_t factor = Times(at->second, inverse);
    changes_.push_back({other, row, factor});
    SparseRow made;
    made.reserve(from.size() + own.size());
    size_t i = 0;
    for (const auto& [c, value] : own) {
      for (; i < from.size() && from[i].first < c; ++i) made.push_back(from[i]);
      const bool both = i < from.size() && from[i].first == c;
      const uint64_t left = Minus(both ? from[i].second : 0, Times(factor, value));
      if (left != 0) made.emplace_back(c, left);
      if (both && left == 0) Leave(other, c);
      if (!both && left != 0) in_column_[static_cast<size_t>(c)].insert(other);
      if (both) ++i;
    }
    for (; i < from.size(); ++i) made.push_back(from[i]);
    from = std::move(made);
    by_length_.insert({from.size(), other});
  }

  size_t size_;
  bool regular_ = false;
  std::vector<SparseRow> rows_;
  std::vector<std::set<int>> in_column_;  // rows that are still to be pivots
  std::set<std::pair<size_t, int>> by_length_;
  std::vector<int> alone_;  // columns that were seen in one row only
  std::vector<Change> changes_;
  std::vector<Pivot> pivots_;
};

// The fraction with small numerator and denominator that `value` is modulo `modulus`.
std::optional<Integer> DenominatorOf(const Integer& value, const Integer& modulus,
                                     const Integer& most) {
  Integer r0 = modulus, r1 = value, t0 = 0, t1 = 1, quotient, next;
  while (r1 > most) {
    mpz_tdiv_q(quotient.get_mpz_t(), r0.get_mpz_t(), r1.get_mpz_t());
    next = r0 - quotient * r1;
    r0 = std::exchange(r1, next);
    next = t0 - quotient * t1;
    t0 = std::exchange(t1, next);
  }
  if (t1 == 0 || abs(t1) > most) return std::nullopt;
  return Integer(abs(t1));
}

// All values over one denominator; nothing when there are too few digits for it.
std::optional<ExactTable> Reconstruct(const std::vector<std::vector<uint64_t>>& digits) {
  Integer modulus = 1;
  for (size_t i = 0; i < digits.size(); ++i) modulus *= Integer(kPrime);
  const Integer most = base::FloorSqrt(modulus / 2);
  ExactTable table;
  const auto symmetric = [&](Integer value) {
    mpz_mod(value.get_mpz_t(), value.get_mpz_t(), modulus.get_mpz_t());
    if (2 * value > modulus) value -= modulus;
    return value;
  };
  for (size_t i = 0; i < digits.front().size(); ++i) {
    Integer value = 0;
    for (size_t d = digits.size(); d-- > 0;)
      value = value * Integer(kPrime) + Integer(digits[d][i]);
    Integer numerator = symmetric(value * table.denominator);
    if (abs(numerator) > most) {
      mpz_mod(numerator.get_mpz_t(), numerator.get_mpz_t(), modulus.get_mpz_t());
      const auto by = DenominatorOf(numerator, modulus, most);
      if (!by) return std::nullopt;
      table.denominator *= *by;
      if (table.denominator > most) return std::nullopt;
      for (Integer& before : table.numerators) before *= *by;
      numerator = symmetric(value * table.denominator);
    }
    table.numerators.push_back(std::move(numerator));
  }
  return table;
}

class System {
 public:
  System(const Part& part, const Corner& corner) : part_(part), corner_(corner) {
    place_.assign(part.columns.size(), -1);
    for (size_t c = 0; c < part.columns.size(); ++c) {
      if (!corner.columns[c]) {
        place_[c] = static_cast<int>(inside_.size());
        inside_.push_back(c);
      }
    }
    for (const Corner::Tight& tight : corner.rows) {
      rows_.emplace_back();
      int64_t sum = tight.sum;
      for (const int column : part.rows[tight.row].columns) {
        const auto c = static_cast<size_t>(column);
        if (corner.columns[c]) {
          sum -= *corner.columns[c];
        } else {
          rows_.back().push_back(place_[c]);
        }
      }
      sums_.push_back(sum);
    }
  }

  std::optional<ExactTable> Solve() const {
    if (rows_.size() != inside_.size()) return std::nullopt;
    if (rows_.empty()) return Whole({});
    const Factorised factorised(rows_);
    if (!factorised.regular()) return std::nullopt;
    std::vector<std::vector<uint64_t>> digits;
    std::vector<int64_t> left = sums_;
    constexpr size_t kMostDigits = 256;  // numbers of 2300 decimals each way
    for (size_t wanted = 4; wanted <= kMostDigits; wanted *= 2) {
      while (digits.size() < wanted) Lift(factorised, left, digits);
      const auto found = Reconstruct(digits);
      if (found && Solves(*found)) return Whole(*found);
    }
    return std::nullopt;
  }

 private:
  void Lift(const Factorised& factorised, std::vector<int64_t>& left,
            std::vector<std::vector<uint64_t>>& digits) const {
    std::vector<uint64_t> sums(left.size());
    for (size_t r = 0; r < left.size(); ++r) {
      const int64_t reduced = left[r] % static_cast<int64_t>(kPrime);
      sums[r] =
          static_cast<uint64_t>(reduced < 0 ? reduced + static_cast<int64_t>(kPrime) : reduced);
    }
    digits.push_back(factorised.Solve(std::move(sums)));
    for (size_t r = 0; r < left.size(); ++r) {
      SignedWide rest = left[r];
      for (const int c : rows_[r]) rest -= digits.back()[static_cast<size_t>(c)];
      left[r] = static_cast<int64_t>(rest / static_cast<SignedWide>(kPrime));
    }
  }

  bool Solves(const ExactTable& inside) const {
    for (size_t r = 0; r < rows_.size(); ++r) {
      Integer sum = 0;
      for (const int c : rows_[r]) sum += inside.numerators[static_cast<size_t>(c)];
      if (sum != base::ToInteger(sums_[r]) * inside.denominator) return false;
    }
    return true;
  }

  ExactTable Whole(const ExactTable& inside) const {
    ExactTable table;
    table.denominator = inside.denominator;
    for (size_t c = 0; c < part_.columns.size(); ++c) {
      table.numerators.push_back(corner_.columns[c]
                                     ? base::ToInteger(*corner_.columns[c]) * inside.denominator
                                     : inside.numerators[static_cast<size_t>(place_[c])]);
    }
    return table;
  }

  const Part& part_;
  const Corner& corner_;
  std::vector<int> place_;      // of a column among those inside; -1 for others
  std::vector<size_t> inside_;  // columns
  std::vector<std::vector<int>> rows_;
  std::vector<int64_t> sums_;
};

bool Within(const Integer& value, const Integer& denominator, const CountRange& range) {
  return value >= base::ToInteger(range.low) * denominator &&
         (range.high == CountRange::kMany || value <= base::ToInteger(range.high) * denominator);
}

}  // namespace

std::optional<ExactTable> SolveCorner(const Part& part, const Corner& corner) {
  return System(part, corner).Solve();
}

bool Fits(const Part& part, const ExactTable& table) {
  for (size_t c = 0; c < part.columns.size(); ++c) {
    if (!Within(table.numerators[c], table.denominator, part.columns[c])) return false;
  }
  Integer sum;
  for (const PartRow& row : part.rows) {
    sum = 0;
    for (const int c : row.columns) sum += table.numerators[static_cast<size_t>(c)];
    if (!Within(sum, table.denominator, row.range)) return false;
  }
  return true;
}

}  // namespace polder::stats::audit
