#include "stats/suppress/move_basis.h"

#include <algorithm>
#include <utility>

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

MoveBasis::MoveBasis(const std::vector<Leaf>& leaves, int64_t width, int tries)
    : width_(width),
      tries_(tries),
      moves_(leaves.size()),
      rows_(leaves.size()),
      ranges_(leaves.size()),
      wanting_(leaves.size()),
      sums_(leaves.size()),
      slot_(leaves.size(), -1) {
  for (const Leaf& leaf : leaves) rooms_.push_back(leaf.count - leaf.least);
  for (size_t leaf = 0; leaf < leaves.size(); ++leaf) {
    if (leaves[leaf].known) continue;
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
  if (!Holds(number, wanted_.back(), nullptr)) {
    demands_.pop_back();
    wanted_.pop_back();
    return false;
  }
  Listen(number, wanted_.back(), {});
  seen_.resize(demands_.size());
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

// Divides only where that narrows the range, which is seldom.
inline void MoveBasis::Narrow(Range& range, int32_t leaf, int64_t value) const {
  const int64_t room = rooms_[static_cast<size_t>(leaf)];
  if (value < 0) {
    if (room < range.up * -value) range.up = room / -value;
  } else {
    if (room < range.down * value) range.down = room / value;
  }
}

MoveBasis::Range MoveBasis::RangeOf(const SparseVector& move) const {
  Range range{.down = kOften, .up = kOften};
  for (const Entry& entry : move) Narrow(range, entry.column, entry.value);
  return range;
}

// Of move + factor * lost, without making it. Long moves soon meet a leaf that cannot give way.
MoveBasis::Range MoveBasis::RangeOfSum(const SparseVector& move, const SparseVector& lost,
                                       int64_t factor) const {
  Range range{.down = kOften, .up = kOften};
  auto x = move.begin();
  auto y = lost.begin();
  while (x != move.end() || y != lost.end()) {
    if (y == lost.end() || (x != move.end() && x->column < y->column)) {
      Narrow(range, x->column, x->value);
      ++x;
    } else {
      int64_t value = factor * y->value;
      if (x != move.end() && x->column == y->column) value += (x++)->value;
      if (value != 0) Narrow(range, y->column, value);
      ++y;
    }
    if (range.up == 0 && range.down == 0) break;
  }
  return range;
}

const MoveBasis::Range& MoveBasis::RangeAfter(Trial& trial, size_t move) const {
  const auto slot = static_cast<size_t>(slot_[move]);
  Range& range = trial.ranges[slot];
  if (range.up == kUnknown) {
    range = RangeOfSum(moves_[move], moves_[static_cast<size_t>(trial.pivot)],
                       -trial.sign * trial.left[slot].value);
  }
  return range;
}

bool MoveBasis::Holds(size_t demand, const SparseVector& row, Trial* trial) {
  const int64_t room = demands_[demand].reach - demands_[demand].count;
  int64_t most_up = 0;
  int64_t most_down = 0;
  const auto enough = [&](int64_t value, const Range& range) {
    const int64_t size = value < 0 ? -value : value;
    most_up = std::max(most_up, size * (value < 0 ? range.down : range.up));
    most_down = std::max(most_down, size * (value < 0 ? range.up : range.down));
    return most_up + most_down >= width_ && most_up >= room;
  };
  // Those that stay as they are first: their ranges are known.
  for (const Entry& entry : row) {
    const auto move = static_cast<size_t>(entry.column);
    if (slot_[move] < 0 && enough(entry.value, ranges_[move])) return true;
  }
  for (const Entry& entry : row) {
    const auto move = static_cast<size_t>(entry.column);
    if (slot_[move] >= 0 && enough(entry.value, RangeAfter(*trial, move))) return true;
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
  Trial trial{.left = left,
              .pivot = pivot,
              .sign = sign,
              .ranges = std::vector<Range>(left.size(), {.down = kUnknown, .up = kUnknown})};
  Change change;
  change.pivot = pivot;
  for (size_t i = 0; i < left.size(); ++i) {
    slot_[static_cast<size_t>(left[i].column)] = static_cast<int32_t>(i);
    if (left[i].column == pivot) trial.ranges[i] = {};  // it can be made no more
  }
  SparseVector row;
  const auto holds = [&](size_t demand) {
    const int64_t value = ValueAt(wanted_[demand], pivot);
    if (value == 0) return Holds(demand, wanted_[demand], &trial);
    if (!Add(wanted_[demand], left, -sign * value, row) || !Holds(demand, row, &trial)) {
      return false;
    }
    change.wanted.emplace_back(demand, row);
    return true;
  };
  ++trials_;
  bool sound = true;
  // Last time's obstacle is likely to be this time's.
  const std::optional<size_t> obstacle = blocker_;
  if (obstacle && *obstacle < demands_.size()) {
    const SparseVector& wanted = wanted_[*obstacle];
    const bool met = std::any_of(wanted.begin(), wanted.end(), [&](const Entry& entry) {
      return slot_[static_cast<size_t>(entry.column)] >= 0;
    });
    if (met) {
      seen_[*obstacle] = trials_;
      sound = holds(*obstacle);
    }
  }
  for (size_t i = 0; sound && i < left.size(); ++i) {
    for (const int32_t at : wanting_[static_cast<size_t>(left[i].column)]) {
      const auto demand = static_cast<size_t>(at);
      if (std::exchange(seen_[demand], trials_) == trials_) continue;
      sound = holds(demand);
      if (!sound) break;
    }
  }
  for (const Entry& entry : left) slot_[static_cast<size_t>(entry.column)] = -1;
  if (!sound) return std::nullopt;
  for (const Entry& entry : left) {
    if (entry.column == pivot) continue;
    const auto move = static_cast<size_t>(entry.column);
    change.moves.emplace_back(move, SparseVector());
    if (!Add(moves_[move], lost, -sign * entry.value, change.moves.back().second)) {
      return std::nullopt;
    }
  }
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
  // The move that is given up had better be one that leaves the others much room, that is short, so
  // that they stay short, and that few demands live by. The weights are what hid least in tables of
  // many kinds.
  std::vector<std::pair<int64_t, int32_t>> pivots;
  for (const Entry& entry : left) {
    if (entry.value != 1 && entry.value != -1) continue;
    const auto move = static_cast<size_t>(entry.column);
    const int64_t room = std::min<int64_t>(rooms_[move], 1000);
    const auto length = static_cast<int64_t>(moves_[move].size());
    const auto live_by_it = static_cast<int64_t>(wanting_[move].size());
    pivots.emplace_back(-64 * room + 8 * length + live_by_it, entry.column);
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
