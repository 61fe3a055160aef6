#include "stats/suppress/moves.h"

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

Moves::Moves(std::vector<Leaf> leaves, std::vector<Demand> demands, const Options& options)
    : leaves_(std::move(leaves)),
      demands_(std::move(demands)),
      options_(options),
      moves_(leaves_.size()),
      rows_(leaves_.size()),
      ranges_(leaves_.size()),
      wanting_(leaves_.size()),
      sums_(leaves_.size()),
      slot_(leaves_.size(), -1) {
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    moves_[leaf] = {{static_cast<int32_t>(leaf), 1}};
    rows_[leaf] = moves_[leaf];
    ranges_[leaf] = RangeOf(moves_[leaf]);
  }
  for (size_t demand = 0; demand < demands_.size(); ++demand) {
    wanted_.push_back(demands_[demand].cell);
    for (const Entry& entry : wanted_.back()) {
      wanting_[static_cast<size_t>(entry.column)].push_back(static_cast<int32_t>(demand));
    }
  }
}

Moves::Range Moves::RangeOf(const SparseVector& move) const {
  Range range{.down = kOften, .up = kOften};
  for (const Entry& entry : move) {
    const Leaf& leaf = leaves_[static_cast<size_t>(entry.column)];
    const int64_t room = leaf.count - leaf.least;
    if (entry.value < 0) {
      range.up = std::min(range.up, room / -int64_t{entry.value});
    } else {
      range.down = std::min(range.down, room / entry.value);
    }
    range.touched |= leaf.member;
  }
  return range;
}

bool Moves::Holds(size_t demand, const SparseVector& row,
                  const std::vector<Range>& changed_ranges) {
  struct Effect {
    int64_t up;
    int64_t down;
    Members touched;
  };
  std::vector<Effect> effects;
  effects.reserve(row.size());
  const Members within = demands_[demand].within;
  const int64_t room = ReachOf(demand) - demands_[demand].count;
  const auto suffices = [&](int64_t up, int64_t down) {
    return up + down >= options_.width && up >= room;
  };
  bool outsider = false;
  for (const Entry& entry : row) {
    const auto move = static_cast<size_t>(entry.column);
    const Range& range =
        slot_[move] >= 0 ? changed_ranges[static_cast<size_t>(slot_[move])] : ranges_[move];
    const int64_t size = entry.value < 0 ? -int64_t{entry.value} : entry.value;
    Effect effect{.up = size * range.up, .down = size * range.down, .touched = range.touched};
    if (entry.value < 0) std::swap(effect.up, effect.down);
    if (suffices(effect.up, effect.down)) {
      // Nobody but a member that the demand is of, when there is only one.
      if ((effect.touched & ~within) == 0 && (within & (within - 1)) == 0) return true;
      outsider = true;
    }
    effects.push_back(effect);
  }
  for (const Members attacker : options_.attackers) {
    if (attacker == 0 && outsider) continue;
    if (!IsAttacker(demand, attacker)) continue;
    int64_t up = 0;
    int64_t down = 0;
    for (const Effect& effect : effects) {
      if ((effect.touched & attacker) != 0) continue;
      up = std::max(up, effect.up);
      down = std::max(down, effect.down);
    }
    if (suffices(up, down)) continue;
    blocker_ = {demand, attacker};
    return false;
  }
  return true;
}

// What a cell moves by, per move.
SparseVector Moves::Left(const SparseVector& cell) {
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

bool Moves::Try(const SparseVector& left, int32_t pivot) {
  const int64_t sign = ValueAt(left, pivot);
  const SparseVector& lost = moves_[static_cast<size_t>(pivot)];
  std::vector<SparseVector> moves(left.size());
  std::vector<Range> ranges(left.size());
  bool sound = true;
  for (size_t i = 0; sound && i < left.size(); ++i) {
    if (left[i].column == pivot) continue;
    sound = Add(moves_[static_cast<size_t>(left[i].column)], lost, -sign * left[i].value, moves[i]);
    ranges[i] = RangeOf(moves[i]);
  }
  if (!sound) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    slot_[static_cast<size_t>(left[i].column)] = static_cast<int32_t>(i);
  }
  std::vector<int32_t> affected;
  for (const Entry& entry : left) {
    std::vector<int32_t>& wanting = wanting_[static_cast<size_t>(entry.column)];
    affected.insert(affected.end(), wanting.begin(), wanting.end());
  }
  std::sort(affected.begin(), affected.end());
  affected.erase(std::unique(affected.begin(), affected.end()), affected.end());
  std::vector<std::pair<size_t, SparseVector>> wanted;
  SparseVector row;
  // Last time's obstacle is likely to be this time's.
  if (blocker_) {
    const auto last = static_cast<int32_t>(blocker_->first);
    const auto at = std::lower_bound(affected.begin(), affected.end(), last);
    if (at != affected.end() && *at == last) std::iter_swap(affected.begin(), at);
  }
  for (int32_t at : affected) {
    const auto demand = static_cast<size_t>(at);
    const int64_t value = ValueAt(wanted_[demand], pivot);
    if (value == 0) {
      sound = Holds(demand, wanted_[demand], ranges);
    } else {
      sound = Add(wanted_[demand], left, -sign * value, row) && Holds(demand, row, ranges);
      if (sound) wanted.emplace_back(demand, row);
    }
    if (!sound) break;
  }
  for (const Entry& entry : left) slot_[static_cast<size_t>(entry.column)] = -1;
  if (!sound) return false;

  std::vector<std::pair<size_t, SparseVector>> rows;
  for (const Entry& entry : lost) {
    const auto leaf = static_cast<size_t>(entry.column);
    rows.emplace_back(leaf, SparseVector());
    if (!Add(rows_[leaf], left, -sign * entry.value, rows.back().second)) return false;
  }
  for (auto& [leaf, vector] : rows) rows_[leaf] = std::move(vector);
  for (auto& [demand, vector] : wanted) {
    for (const Entry& entry : vector) {
      if (ValueAt(wanted_[demand], entry.column) != 0) continue;
      wanting_[static_cast<size_t>(entry.column)].push_back(static_cast<int32_t>(demand));
    }
    wanted_[demand] = std::move(vector);
  }
  for (size_t i = 0; i < left.size(); ++i) {
    const auto move = static_cast<size_t>(left[i].column);
    moves_[move] = std::move(moves[i]);
    ranges_[move] = ranges[i];
  }
  moves_[static_cast<size_t>(pivot)].clear();
  wanting_[static_cast<size_t>(pivot)].clear();
  return true;
}

Moves::Answer Moves::Show(const SparseVector& cell) {
  const SparseVector left = Left(cell);
  if (left.empty()) return Answer::kKnown;
  // The move that is given up had better be one that leaves the others much room, and that few
  // demands live by.
  std::vector<std::pair<int64_t, int32_t>> pivots;
  for (const Entry& entry : left) {
    if (entry.value != 1 && entry.value != -1) continue;
    const auto move = static_cast<size_t>(entry.column);
    const int64_t room = std::min<int64_t>(leaves_[move].count - leaves_[move].least, 1000);
    pivots.emplace_back(-(room * 64 - static_cast<int64_t>(wanting_[move].size())), entry.column);
  }
  const auto most = std::min(pivots.size(), static_cast<size_t>(options_.tries));
  std::partial_sort(pivots.begin(), pivots.begin() + static_cast<std::ptrdiff_t>(most),
                    pivots.end());
  for (size_t i = 0; i < most; ++i) {
    if (Try(left, pivots[i].second)) return Answer::kShown;
  }
  return Answer::kRefused;
}

std::optional<Moves::Proof> Moves::ProofFor(size_t demand, Members attacker) const {
  Proof proof{.demand = demand, .attacker = attacker, .low = {}, .high = {}, .width = 0};
  int64_t best_up = 0;
  int64_t best_down = 0;
  const auto scaled = [&](size_t move, int64_t times) {
    SparseVector vector = moves_[move];
    for (Entry& entry : vector) entry.value = static_cast<int32_t>(entry.value * times);
    return vector;
  };
  // No more than is asked: large changes say nothing more.
  const int64_t enough = std::max(options_.width, ReachOf(demand));
  for (const Entry& entry : wanted_[demand]) {
    const auto move = static_cast<size_t>(entry.column);
    if ((ranges_[move].touched & attacker) != 0) continue;
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
  if (proof.width < options_.width || demands_[demand].count + best_up < ReachOf(demand)) {
    return std::nullopt;
  }
  return proof;
}

}  // namespace polder::stats::suppress
