#include "stats/reconcile/star_rounding.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "stats/reconcile/rounding.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;

AttributeSet Bit(size_t dimension) { return AttributeSet{1} << dimension; }

// The dimensions that all crossed tables share; all of them when none is crossed.
AttributeSet SharedByCrossed(const std::vector<AttributeSet>& tables) {
  AttributeSet shared = ~AttributeSet{0};
  for (const AttributeSet set : tables) {
    if (std::popcount(set) == 2) shared &= set;
  }
  return shared;
}

}  // namespace

bool StarRounding::Fits(const Schema& schema, const std::vector<AttributeSet>& tables) {
  return !schema.IsHierarchical() && SharedByCrossed(tables) != 0 &&
         std::all_of(tables.begin(), tables.end(),
                     [](AttributeSet set) { return std::popcount(set) <= 2; });
}

// The centre is what all tables of two dimensions share; of two candidates the one with fewer
// codes, so that the others' sums bend less.
StarRounding::StarRounding(const Schema& schema, const std::vector<AttributeSet>& tables,
                           const ExactTable& exact)
    : schema_(schema), tables_(tables), exact_(exact) {
  const AttributeSet shared = SharedByCrossed(tables);
  if (shared != ~AttributeSet{0}) {
    for (const size_t dimension : schema_.Members(shared)) {
      const auto& dimensions = schema_.dimensions();
      if (!centre_ || dimensions[dimension].codes.size() < dimensions[*centre_].codes.size()) {
        centre_ = dimension;
      }
    }
  }
  total_ = base::Round(exact_(0).front());
  rounded_[0] = {total_};
  if (centre_) rounded_[Bit(*centre_)] = RoundList(exact_(Bit(*centre_)), total_);
}

const std::vector<Integer>& StarRounding::Rounded(AttributeSet set) {
  if (const auto found = rounded_.find(set); found != rounded_.end()) return found->second;
  if (std::popcount(set) == 2) return RoundCrossed(set);
  const AttributeSet crossed = centre_ ? set | Bit(*centre_) : set;
  if (std::find(tables_.begin(), tables_.end(), crossed) != tables_.end() && crossed != set) {
    RoundCrossed(crossed);
    return rounded_.at(set);
  }
  return rounded_[set] = RoundList(exact_(set), total_);
}

// Rounds {centre, other} row by row of the centre, and with it the sums over the centre.
const std::vector<Integer>& StarRounding::RoundCrossed(AttributeSet set) {
  const AttributeSet other = set & ~Bit(*centre_);
  const std::vector<Rational>& cells = exact_(set);
  const size_t rows = schema_.CellCount(Bit(*centre_));
  const size_t width = cells.size() / rows;
  const bool centre_first = *centre_ < schema_.Members(other).front();
  const auto place = [&](size_t row, size_t column) {
    return centre_first ? row * width + column : column * rows + row;
  };
  std::vector<Rational> by_row(cells.size());
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < width; ++c) by_row[r * width + c] = cells[place(r, c)];
  }
  const std::vector<Integer>& row_totals = rounded_.at(Bit(*centre_));
  std::vector<Integer> whole;
  if (std::find(tables_.begin(), tables_.end(), other) != tables_.end()) {
    whole = RoundTable(by_row, row_totals);
  } else {
    for (size_t r = 0; r < rows; ++r) {
      const auto first = by_row.begin() + static_cast<ptrdiff_t>(r * width);
      const auto row = RoundList({first, first + static_cast<ptrdiff_t>(width)}, row_totals[r]);
      whole.insert(whole.end(), row.begin(), row.end());
    }
  }
  std::vector<Integer> result(cells.size());
  std::vector<Integer> sums(width);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < width; ++c) {
      result[place(r, c)] = whole[r * width + c];
      sums[c] += whole[r * width + c];
    }
  }
  rounded_[other] = std::move(sums);
  return rounded_[set] = std::move(result);
}

}  // namespace polder::stats::reconcile
