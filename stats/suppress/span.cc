#include "stats/suppress/span.h"

#include <algorithm>
#include <numeric>

namespace polder::stats::suppress {
namespace {

uint64_t Mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9u;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

}  // namespace

Span::Span(std::vector<bool> single, std::vector<SparseVector> secrets, const Options& options)
    : single_(std::move(single)),
      options_(options),
      row_of_(single_.size(), -1),
      together_(single_.size(), -1),
      asked_(secrets),
      secrets_(std::move(secrets)),
      holders_(single_.size()),
      held_(single_.size()) {
  for (size_t i = 0; i < secrets_.size(); ++i) {
    keys_.push_back(KeyOf(secrets_[i]));
    if (keys_[i] != kAloneOnly) by_key_.emplace(keys_[i], i);
    Note(static_cast<int32_t>(i), {}, secrets_[i]);
  }
}

// Two vectors that are proportional outside the single leaves have one key.
uint64_t Span::KeyOf(const SparseVector& vector) const {
  int64_t factor = 0;
  for (const Entry& entry : vector) {
    if (single_[static_cast<size_t>(entry.column)]) continue;
    const int64_t signed_factor = factor == 0 && entry.value < 0 ? -1 : 1;
    factor = std::gcd(factor, int64_t{entry.value}) * (factor < 0 ? -1 : signed_factor);
    if (factor == 1 || factor == -1) break;
  }
  if (factor == 0) return kAloneOnly;
  uint64_t key = 1;
  for (const Entry& entry : vector) {
    if (single_[static_cast<size_t>(entry.column)]) continue;
    key += Mix((static_cast<uint64_t>(entry.column) << 32) ^
               static_cast<uint64_t>(static_cast<uint32_t>(entry.value / factor)));
  }
  return key == kAloneOnly ? 1 : key;
}

bool Span::Reduce(const SparseVector& cell, SparseVector& left) const {
  left = cell;
  SparseVector next;
  for (const Entry& entry : cell) {
    const int32_t row = row_of_[static_cast<size_t>(entry.column)];
    if (row < 0) continue;
    if (!Eliminate(left, rows_[static_cast<size_t>(row)], entry.column, next)) return false;
    left.swap(next);
  }
  return true;
}

bool Span::AloneOnly(const SparseVector& left) const {
  return std::all_of(left.begin(), left.end(), [&](const Entry& entry) {
    return single_[static_cast<size_t>(entry.column)];
  });
}

// A multiple of one leaf with somebody alone, given what is known of people alone together.
bool Span::IsOneAlone(const SparseVector& rest) const {
  if (rest.empty() || !single_[static_cast<size_t>(rest.front().column)]) return false;
  if (rest.size() == 1) return true;
  const int32_t row = together_[static_cast<size_t>(rest.front().column)];
  if (row < 0) return false;
  // The leaf that was eliminated, told in the others.
  const SparseVector& sum = rows_[static_cast<size_t>(row)];
  if (sum.size() != rest.size() + 1) return false;
  const int64_t scale_of_rest = ValueAt(sum, rest.front().column);
  const int64_t scale_of_sum = rest.front().value;
  return std::all_of(rest.begin(), rest.end(), [&](const Entry& entry) {
    return entry.value * scale_of_rest == ValueAt(sum, entry.column) * scale_of_sum;
  });
}

// A known sum of nothing but people who are alone: with one sign only, it tells that each of them
// is one; two could subtract each other. Of others nobody learns anything as long as no two of them
// share a leaf.
bool Span::TellsOfPeopleAlone(const SparseVector& left) const {
  if (left.size() < 3) return true;
  const bool one_sign = std::all_of(left.begin(), left.end(), [&](const Entry& entry) {
    return (entry.value > 0) == (left.front().value > 0);
  });
  return one_sign || std::any_of(left.begin(), left.end(), [&](const Entry& entry) {
           return together_[static_cast<size_t>(entry.column)] >= 0;
         });
}

bool Span::GivesAway(const SparseVector& left) {
  blocker_.reset();
  const auto several = std::find_if(left.begin(), left.end(), [&](const Entry& entry) {
    return !single_[static_cast<size_t>(entry.column)];
  });
  const bool alone_only = several == left.end();
  if (alone_only && TellsOfPeopleAlone(left)) return true;
  SparseVector rest;
  const auto tells = [&](size_t number, int32_t column) {
    const SparseVector& secret = secrets_[number];
    if (ValueAt(secret, column) == 0) return false;
    if (Eliminate(secret, left, column, rest) && !rest.empty() &&
        !(options_.alone && IsOneAlone(rest))) {
      return false;
    }
    blocker_ = number;
    return true;
  };
  if (!alone_only) {
    const auto [begin, end] = by_key_.equal_range(KeyOf(left));
    return std::any_of(begin, end,
                       [&](const auto& at) { return tells(at.second, several->column); });
  }
  // Secrets of nothing but people alone are not under a key: they are found by the leaves.
  for (const Entry& entry : left) {
    for (const int32_t holder : holders_[static_cast<size_t>(entry.column)]) {
      if (holder < 0) continue;
      const auto secret = static_cast<size_t>(holder);
      if (keys_[secret] == kAloneOnly && secrets_[secret].size() > 1 &&
          tells(secret, entry.column)) {
        return true;
      }
    }
  }
  return false;
}

int32_t Span::ChoosePivot(const SparseVector& left) const {
  const bool alone_only = AloneOnly(left);
  int32_t best = -1;
  size_t fewest = SIZE_MAX;
  for (const Entry& entry : left) {
    const auto column = static_cast<size_t>(entry.column);
    if (single_[column] && !alone_only) continue;
    // A value of 1 leaves the others small.
    const size_t cost = 2 * held_[column] + (entry.value == 1 || entry.value == -1 ? 0 : 1000);
    if (cost >= fewest) continue;
    fewest = cost;
    best = entry.column;
  }
  return best;
}

void Span::Note(int32_t vector, const SparseVector& before, const SparseVector& after) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->column < b->column)) {
      --held_[static_cast<size_t>((a++)->column)];
    } else if (a == before.end() || b->column < a->column) {
      const auto column = static_cast<size_t>((b++)->column);
      ++held_[column];
      holders_[column].push_back(vector);
    } else {
      ++a;
      ++b;
    }
  }
}

bool Span::Absorb(const SparseVector& left, int32_t pivot) {
  // Those that hold the pivot, each once. What they become stands in `changed_` until all fit.
  std::vector<int32_t>& holders = holders_[static_cast<size_t>(pivot)];
  std::sort(holders.begin(), holders.end());
  holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
  size_t changes = 0;
  for (int32_t holder : holders) {
    const SparseVector& vector = holder < 0 ? rows_[static_cast<size_t>(-1 - holder)]
                                            : secrets_[static_cast<size_t>(holder)];
    if (ValueAt(vector, pivot) == 0) continue;
    if (changes == changed_.size()) changed_.emplace_back();
    changed_[changes].first = holder;
    if (!Eliminate(vector, left, pivot, changed_[changes].second)) return false;
    ++changes;
  }
  holders.clear();
  for (size_t i = 0; i < changes; ++i) {
    auto& [holder, vector] = changed_[i];
    if (holder < 0) {
      SparseVector& row = rows_[static_cast<size_t>(-1 - holder)];
      Note(holder, row, vector);
      row.swap(vector);
      continue;
    }
    const auto secret = static_cast<size_t>(holder);
    Note(holder, secrets_[secret], vector);
    secrets_[secret].swap(vector);
    const uint64_t key = KeyOf(secrets_[secret]);
    if (key == keys_[secret]) continue;
    if (keys_[secret] != kAloneOnly) {
      const auto [begin, end] = by_key_.equal_range(keys_[secret]);
      by_key_.erase(std::find_if(begin, end, [&](const auto& at) { return at.second == secret; }));
    }
    keys_[secret] = key;
    if (key != kAloneOnly) by_key_.emplace(key, secret);
  }
  row_of_[static_cast<size_t>(pivot)] = static_cast<int32_t>(rows_.size());
  rows_.push_back(left);
  Note(-static_cast<int32_t>(rows_.size()), {}, left);
  return true;
}

bool Span::Refuses(const SparseVector& cell) {
  SparseVector left;
  return !Reduce(cell, left) || (!left.empty() && GivesAway(left));
}

std::optional<SparseVector> Span::Witness() const {
  constexpr int64_t kLargest = int64_t{1} << 30;
  const auto product = [](const SparseVector& sum, const std::vector<int64_t>& change) {
    int64_t total = 0;
    for (const Entry& entry : sum) {
      total += entry.value * change[static_cast<size_t>(entry.column)];
    }
    return total;
  };
  int64_t factor = 1;
  for (size_t column = 0; column < row_of_.size(); ++column) {
    if (row_of_[column] < 0) continue;
    const int64_t pivot =
        ValueAt(rows_[static_cast<size_t>(row_of_[column])], static_cast<int32_t>(column));
    factor = std::lcm(factor, pivot);
    if (factor > 1'000'000) return std::nullopt;
  }
  for (uint64_t draw = 1; draw <= 16; ++draw) {
    std::vector<int64_t> change(row_of_.size());
    for (size_t column = 0; column < change.size(); ++column) {
      if (row_of_[column] >= 0) continue;
      change[column] = factor * static_cast<int64_t>(1 + Mix(column + (draw << 32)) % 997);
    }
    bool sound = true;
    for (size_t column = 0; sound && column < change.size(); ++column) {
      if (row_of_[column] < 0) continue;
      const SparseVector& row = rows_[static_cast<size_t>(row_of_[column])];
      const int64_t rest = product(row, change);  // the pivot itself is still nought in `change`
      change[column] = -rest / ValueAt(row, static_cast<int32_t>(column));
      sound = change[column] < kLargest && change[column] > -kLargest;
    }
    const auto stays = [&](const SparseVector& sum) { return product(sum, change) == 0; };
    sound = sound && std::all_of(shown_.begin(), shown_.end(), stays) &&
            std::none_of(asked_.begin(), asked_.end(), stays);
    if (!sound) continue;
    SparseVector witness;
    for (size_t column = 0; column < change.size(); ++column) {
      if (change[column] == 0) continue;
      witness.push_back({static_cast<int32_t>(column), static_cast<int32_t>(change[column])});
    }
    return witness;
  }
  return std::nullopt;
}

Span::Answer Span::Show(const SparseVector& cell) {
  SparseVector left;
  if (!Reduce(cell, left)) return Answer::kRefused;
  if (left.empty()) return Answer::kKnown;
  if (GivesAway(left)) return Answer::kRefused;
  if (!Absorb(left, ChoosePivot(left))) return Answer::kRefused;
  if (AloneOnly(left)) {
    for (const Entry& entry : left) {
      together_[static_cast<size_t>(entry.column)] = static_cast<int32_t>(rows_.size()) - 1;
    }
  }
  shown_.push_back(cell);
  return Answer::kShown;
}

}  // namespace polder::stats::suppress
