#include "stats/reconcile/whole_search.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace polder::stats::reconcile {
namespace {

constexpr size_t kNone = SIZE_MAX;

// The work that a search may do is used up.
struct OutOfEffort {};

}  // namespace

WholeSearch::WholeSearch(size_t count, std::vector<table::Relation> relations,
                         std::vector<bool> bounded)
    : count_(count), relations_(std::move(relations)), bounded_(std::move(bounded)) {}

void WholeSearch::Build() {
  std::vector<size_t> place(count_, kNone);
  rows_.clear();
  columns_.clear();
  for (const table::Relation& relation : relations_) {
    place[relation.variable] = count_ + rows_.size();
    rows_.push_back(relation.variable);
  }
  for (size_t variable = 0; variable < count_; ++variable) {
    if (place[variable] != kNone) continue;
    place[variable] = columns_.size();
    columns_.push_back(variable);
  }
  width_ = columns_.size();
  entries_.assign(rows_.size() * width_, Fraction(0));
  for (size_t row = 0; row < relations_.size(); ++row) {
    for (const auto& [variable, coefficient] : relations_[row].terms) {
      if (place[variable] >= count_) throw std::invalid_argument("a relation of a relation");
      At(row, place[variable]) = Fraction(coefficient);
    }
  }
  value_.assign(count_, Fraction(0));
  DropUnbounded();
  built_ = true;
}

// A variable without bounds goes into a row, where nothing constrains it: the row is dropped.
void WholeSearch::DropUnbounded() {
  const auto drop = [&](size_t row) {
    const size_t last = rows_.size() - 1;
    if (row != last) {
      std::copy_n(entries_.begin() + static_cast<std::ptrdiff_t>(last * width_), width_,
                  entries_.begin() + static_cast<std::ptrdiff_t>(row * width_));
      rows_[row] = rows_[last];
    }
    rows_.pop_back();
    entries_.resize(last * width_);
  };
  for (size_t row = rows_.size(); row-- > 0;) {
    if (!bounded_[rows_[row]]) drop(row);
  }
  for (size_t column = 0; column < width_; ++column) {
    if (bounded_[columns_[column]]) continue;
    for (size_t row = 0; row < rows_.size(); ++row) {
      if (At(row, column).IsZero()) continue;
      Exchange(row, column);
      drop(row);
      break;
    }
  }
}

// The row's variable becomes a column and the column's a row; values stay.
void WholeSearch::Exchange(size_t row, size_t column) {
  const Fraction scale = At(row, column).Inverse();
  std::vector<size_t> used;
  for (size_t c = 0; c < width_; ++c) {
    if (At(row, c).IsZero()) continue;
    used.push_back(c);
    At(row, c) = c == column ? scale : -(At(row, c) * scale);
  }
  uint64_t touched = width_;
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (r == row || At(r, column).IsZero()) continue;
    const Fraction factor = At(r, column);
    At(r, column) = Fraction(0);
    for (const size_t c : used) At(r, c) = At(r, c).PlusProduct(factor, At(row, c));
    touched += used.size();
  }
  std::swap(rows_[row], columns_[column]);
  touched += rows_.size();
  effort_ -= std::min(effort_, touched);
}

void WholeSearch::MoveColumn(size_t column, const Fraction& value) {
  Fraction& own = value_[columns_[column]];
  const Fraction change = value - own;
  own = value;
  for (size_t row = 0; row < rows_.size(); ++row) {
    if (At(row, column).IsZero()) continue;
    Fraction& other = value_[rows_[row]];
    other = other.PlusProduct(At(row, column), change);
  }
}

void WholeSearch::Tighten(size_t variable, int64_t low, int64_t high) {
  low_[variable] = low;
  high_[variable] = high;
  const auto column = std::find(columns_.begin(), columns_.end(), variable);
  if (column == columns_.end()) return;
  const auto at = static_cast<size_t>(column - columns_.begin());
  if (Below(variable)) MoveColumn(at, Fraction(low));
  if (Above(variable)) MoveColumn(at, Fraction(high));
}

bool WholeSearch::Settle() {
  for (size_t step = 0;; ++step) {
    if (effort_ == 0) throw OutOfEffort();
    // The variable that is furthest out, and after many steps the first one (Bland), which ends.
    const bool first_ones = step > 2 * rows_.size() + 64;
    size_t row = kNone;
    Fraction most(0);
    for (size_t r = 0; r < rows_.size(); ++r) {
      const size_t variable = rows_[r];
      if (!Below(variable) && !Above(variable)) continue;
      const Fraction out = Below(variable) ? Fraction(low_[variable]) - value_[variable]
                                           : value_[variable] - Fraction(high_[variable]);
      const bool better = row == kNone || (first_ones    ? variable < rows_[row]
                                           : out == most ? variable < rows_[row]
                                                         : most < out);
      if (!better) continue;
      row = r;
      most = out;
    }
    if (row == kNone) return true;
    const bool up = Below(rows_[row]);
    size_t column = kNone;
    for (size_t c = 0; c < width_; ++c) {
      const int sign = At(row, c).Sign();
      if (sign == 0) continue;
      const size_t variable = columns_[c];
      const bool rises = (sign > 0) == up;
      if (rises ? !(value_[variable] < Fraction(high_[variable]))
                : !(Fraction(low_[variable]) < value_[variable])) {
        continue;
      }
      if (column == kNone || variable < columns_[column]) column = c;
    }
    if (column == kNone) return false;
    const size_t leaving = rows_[row];
    const Fraction goal(up ? low_[leaving] : high_[leaving]);
    Exchange(row, column);
    MoveColumn(column, goal);
  }
}

Verdict WholeSearch::Branch() {
  if (!Settle()) return Verdict::kNone;
  size_t split = kNone;
  for (const size_t variable : rows_) {
    if (!value_[variable].IsWhole() && variable < split) split = variable;
  }
  if (split == kNone) return Verdict::kFound;
  const int64_t floor = value_[split].Floor();
  const int64_t low = low_[split];
  const int64_t high = high_[split];
  const bool down_first = !(Fraction(1) < (value_[split] - Fraction(floor)) * Fraction(2));
  for (const bool down : {down_first, !down_first}) {
    Tighten(split, down ? low : floor + 1, down ? floor : high);
    if (Branch() == Verdict::kFound) return Verdict::kFound;
  }
  Tighten(split, low, high);
  return Verdict::kNone;
}

Verdict WholeSearch::Find(const std::vector<int64_t>& low, const std::vector<int64_t>& high,
                          uint64_t effort) {
  for (size_t variable = 0; variable < count_; ++variable) {
    if (bounded_[variable] && low[variable] > high[variable]) return Verdict::kNone;
  }
  try {
    effort_ = UINT64_MAX;
    if (!built_) Build();
    effort_ = effort;
    low_ = low;
    high_ = high;
    for (size_t column = 0; column < width_; ++column) {
      Tighten(columns_[column], low[columns_[column]], high[columns_[column]]);
    }
    const Verdict verdict = Branch();
    if (verdict != Verdict::kFound) return verdict;
    whole_.clear();
    for (const Fraction& value : value_) whole_.push_back(value.Floor());
    return Verdict::kFound;
  } catch (const OutOfRoom&) {
    built_ = false;
  } catch (const OutOfEffort&) {
    built_ = false;
  }
  return Verdict::kUnknown;
}

}  // namespace polder::stats::reconcile
