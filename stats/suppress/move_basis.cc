#include "stats/suppress/move_basis.h"

#include <algorithm>

namespace polder::stats::suppress {
namespace {

// More often than this is as good as for ever.
constexpr int64_t kOften = int64_t{1} << 20;

// a + factor * b. False when a number does not fit.
bool Add(const SparseVector& a, const SparseVector& b, int64_t factor, SparseVector& sum) {
  sum.clear();
  sum.reserve(a.size() + b.size());
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() || y != b.end()) {
    int64_t value = 0;
    int32_t column = 0;
    if (y == b.end() || (x != a.end() && x->column < y->column)) {
      column = x->column;
      value = (x++)->value;
    } else {
      column = y->column;
      if (x != a.end() && x->column == column) value = (x++)->value;
      value += factor * (y++)->value;
    }
    if (value == 0) continue;
    if (value > kOften || value < -kOften) return false;
    sum.push_back({column, static_cast<int32_t>(value)});
  }
  return true;
}

}  // namespace

MoveBasis::MoveBasis(std::vector<Leaf> leaves, int64_t width, int tries)
    : leaves_(std::move(leaves)),
      width_(width),
      tries_(tries),
      moves_(leaves_.size()),
      rows_(leaves_.size()),
      ranges_(leaves_.size()),
      wanting_(leaves_.size()),
      sums_(leaves_.size()),
      slot_(leaves_.size(), -1) {
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    if (leaves_[leaf].known) continue;
    moves_[leaf] = {{static_cast<int32_t>(leaf), 1}};
    rows_[leaf] = moves_[leaf];
    ranges_[leaf] = RangeOf(moves_[leaf]);
  }
}

// `known`: the moves that have the demand on their list already.
void MoveBasis::Listen(size_t demand, const SparseVector& row, const SparseVector& known) {
  for (const Entry& entry : row) {
    if (ValueAt(known, entry.column) != 0) continue;
    wanting_[static_cast<size_t>(entry.column)].push_back(static_cast<int32_t>(demand));
  }
}

bool MoveBasis::Want(const Demand& demand) {
  const size_t number = demands_.size();
  demands_.push_back({.count = demand.count, .reach = demand.reach});
  wanted_.push_back(Left(demand.cell));
  if (!Holds(number, wanted_.back(), {})) {
    demands_.pop_back();
    wanted_.pop_back();
    return false;
  }
  Listen(number, wanted_.back(), {});
  return true;
}

void MoveBasis::ForgetLast() {
  const auto last = static_cast<int32_t>(demands_.size() - 1);
  for (const Entry& entry : wanted_.back()) {
    std::erase(wanting_[static_cast<size_t>(entry.column)], last);
  }
  demands_.pop_back();
  wanted_.pop_back();
}

MoveBasis::Range MoveBasis::RangeOf(const SparseVector& move) const {
  Range range{.down = kOften, .up = kOften};
  for (const Entry& entry : move) {
    const Leaf& leaf = leaves_[static_cast<size_t>(entry.column)];
    const int64_t room = leaf.count - leaf.least;
    if (entry.value < 0) {
      range.up = std::min(range.up, room / -int64_t{entry.value});
    } else {
      range.down = std::min(range.down, room / entry.value);
    }
  }
  return range;
}

bool MoveBasis::Holds(size_t demand, const SparseVector& row,
                      const std::vector<Range>& changed_ranges) {
  const int64_t room = demands_[demand].reach - demands_[demand].count;
  int64_t most_up = 0;
  int64_t most_down = 0;
  for (const Entry& entry : row) {
    const auto move = static_cast<size_t>(entry.column);
    const Range& range =
        slot_[move] >= 0 ? changed_ranges[static_cast<size_t>(slot_[move])] : ranges_[move];
    const int64_t size = entry.value < 0 ? -int64_t{entry.value} : entry.value;
    most_up = std::max(most_up, size * (entry.value < 0 ? range.down : range.up));
    most_down = std::max(most_down, size * (entry.value < 0 ? range.up : range.down));
    if (most_up + most_down >= width_ && most_up >= room) return true;
  }
  blocker_ = demand;
  return false;
}

// What a cell moves by, per move.
SparseVector MoveBasis::Left(const SparseVector& cell) {
  std::vector<int32_t> touched;
  for (const Entry& leaf : cell) {
    for (const Entry& entry : rows_[static_cast<size_t>(leaf.column)]) {
      int64_t& sum = sums_[static_cast<size_t>(entry.column)];
      if (sum == 0) touched.push_back(entry.column);
      sum += int64_t{leaf.value} * entry.value;
    }
  }
  std::sort(touched.begin(), touched.end());
  SparseVector left;
  for (int32_t move : touched) {
    int64_t& sum = sums_[static_cast<size_t>(move)];
    if (sum != 0) left.push_back({move, static_cast<int32_t>(sum)});
    sum = 0;
  }
  return left;
}

std::optional<MoveBasis::Change> MoveBasis::Try(const SparseVector& left, int32_t pivot) {
  const int64_t sign = ValueAt(left, pivot);
  const SparseVector& lost = moves_[static_cast<size_t>(pivot)];
  Change change;
  change.pivot = pivot;
  std::vector<Range> ranges(left.size());
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].column == pivot) continue;  // and its range: it can be made no more
    const auto move = static_cast<size_t>(left[i].column);
    change.moves.emplace_back(move, SparseVector());
    if (!Add(moves_[move], lost, -sign * left[i].value, change.moves.back().second)) {
      return std::nullopt;
    }
    ranges[i] = RangeOf(change.moves.back().second);
  }
  for (size_t i = 0; i < left.size(); ++i) {
    slot_[static_cast<size_t>(left[i].column)] = static_cast<int32_t>(i);
  }
  std::vector<int32_t> affected;
  for (const Entry& entry : left) {
    const std::vector<int32_t>& wanting = wanting_[static_cast<size_t>(entry.column)];
    affected.insert(affected.end(), wanting.begin(), wanting.end());
  }
  std::sort(affected.begin(), affected.end());
  affected.erase(std::unique(affected.begin(), affected.end()), affected.end());
  // Last time's obstacle is likely to be this time's.
  if (blocker_) {
    const auto at =
        std::lower_bound(affected.begin(), affected.end(), static_cast<int32_t>(*blocker_));
    if (at != affected.end() && *at == static_cast<int32_t>(*blocker_)) {
      std::iter_swap(affected.begin(), at);
    }
  }
  SparseVector row;
  bool sound = true;
  for (int32_t at : affected) {
    const auto demand = static_cast<size_t>(at);
    const int64_t value = ValueAt(wanted_[demand], pivot);
    if (value == 0) {
      sound = Holds(demand, wanted_[demand], ranges);
    } else {
      sound = Add(wanted_[demand], left, -sign * value, row) && Holds(demand, row, ranges);
      if (sound) change.wanted.emplace_back(demand, row);
    }
    if (!sound) break;
  }
  for (const Entry& entry : left) slot_[static_cast<size_t>(entry.column)] = -1;
  if (!sound) return std::nullopt;
  for (const Entry& entry : lost) {
    const auto leaf = static_cast<size_t>(entry.column);
    change.rows.emplace_back(leaf, SparseVector());
    if (!Add(rows_[leaf], left, -sign * entry.value, change.rows.back().second)) {
      return std::nullopt;
    }
  }
  return change;
}

std::optional<MoveBasis::Change> MoveBasis::Prepare(const SparseVector& cell) {
  const SparseVector left = Left(cell);
  if (left.empty()) return Change();
  // The move that is given up had better be one that leaves the others much room, and that few
  // demands live by.
  std::vector<std::pair<int64_t, int32_t>> pivots;
  for (const Entry& entry : left) {
    if (entry.value != 1 && entry.value != -1) continue;
    const auto move = static_cast<size_t>(entry.column);
    const int64_t room = std::min<int64_t>(leaves_[move].count - leaves_[move].least, 1000);
    pivots.emplace_back(-(room * 64 - static_cast<int64_t>(wanting_[move].size())), entry.column);
  }
  const auto most = std::min(pivots.size(), static_cast<size_t>(tries_));
  std::partial_sort(pivots.begin(), pivots.begin() + static_cast<std::ptrdiff_t>(most),
                    pivots.end());
  for (size_t i = 0; i < most; ++i) {
    if (auto change = Try(left, pivots[i].second)) return change;
  }
  return std::nullopt;
}

void MoveBasis::Commit(Change&& change) {
  if (IsNothing(change)) return;
  for (auto& [leaf, vector] : change.rows) rows_[leaf] = std::move(vector);
  for (auto& [demand, vector] : change.wanted) {
    Listen(demand, vector, wanted_[demand]);
    wanted_[demand] = std::move(vector);
  }
  for (auto& [move, vector] : change.moves) {
    ranges_[move] = RangeOf(vector);
    moves_[move] = std::move(vector);
  }
  const auto pivot = static_cast<size_t>(change.pivot);
  moves_[pivot].clear();
  ranges_[pivot] = {};
  wanting_[pivot].clear();
}

std::optional<MoveBasis::Proof> MoveBasis::ProofFor(size_t demand) const {
  Proof proof;
  int64_t best_up = 0;
  int64_t best_down = 0;
  const auto scaled = [&](size_t move, int64_t times) {
    SparseVector vector = moves_[move];
    for (Entry& entry : vector) entry.value = static_cast<int32_t>(entry.value * times);
    return vector;
  };
  // No more than is asked: large changes say nothing more.
  const int64_t enough = std::max(width_, demands_[demand].reach);
  for (const Entry& entry : wanted_[demand]) {
    const auto move = static_cast<size_t>(entry.column);
    const int64_t size = entry.value < 0 ? -int64_t{entry.value} : entry.value;
    const int64_t sign = entry.value < 0 ? -1 : 1;
    const int64_t most = (enough + size - 1) / size;
    const int64_t up = std::min(sign > 0 ? ranges_[move].up : ranges_[move].down, most);
    const int64_t down = std::min(sign > 0 ? ranges_[move].down : ranges_[move].up, most);
    if (up * size > best_up) {
      best_up = up * size;
      proof.high = scaled(move, sign * up);
    }
    if (down * size > best_down) {
      best_down = down * size;
      proof.low = scaled(move, -sign * down);
    }
  }
  proof.width = best_up + best_down;
  if (proof.width < width_ || demands_[demand].count + best_up < demands_[demand].reach) {
    return std::nullopt;
  }
  return proof;
}

}  // namespace polder::stats::suppress
