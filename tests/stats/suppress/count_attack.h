// An attacker of published counts that shares nothing with the suppressor: every table written out
// in full, elimination on dense rows modulo a prime, proofs checked by adding up every cell.
#ifndef POLDER_TESTS_STATS_SUPPRESS_COUNT_ATTACK_H_
#define POLDER_TESTS_STATS_SUPPRESS_COUNT_ATTACK_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "stats/suppress/count_suppress.h"
#include "stats/table/spec.h"

namespace polder::tests {

class CountAttack {
 public:
  CountAttack(const stats::table::CountSpec& spec, const std::vector<int64_t>& counts,
              const std::vector<stats::table::CountCell>& published)
      : spec_(spec), counts_(counts) {
    const bool zeros_shown = spec.zeros == stats::table::Zeros::kPublished;
    for (size_t cell = 0; cell < counts.size(); ++cell) {
      if (!spec.grid.IsLeaf(cell) || (zeros_shown && counts[cell] == 0)) continue;
      column_[cell] = leaves_.size();
      leaves_.push_back(cell);
    }
    // People who are alone come last, so that they are eliminated last.
    std::stable_partition(leaves_.begin(), leaves_.end(),
                          [&](size_t cell) { return counts_[cell] != 1; });
    for (size_t i = 0; i < leaves_.size(); ++i) column_[leaves_[i]] = i;
    several_ = static_cast<size_t>(std::count_if(leaves_.begin(), leaves_.end(),
                                                 [&](size_t cell) { return counts_[cell] != 1; }));
    for (const stats::table::CountCell& cell : published) {
      (cell.status == stats::table::CountStatus::kHidden ? hidden_ : shown_).push_back(cell.cell);
    }
  }

  // Does elimination; needed before the questions below it.
  void Eliminate() {
    for (size_t cell : shown_) {
      std::vector<uint64_t> row = Vector(cell);
      Reduce(row);
      const auto lead = std::find_if(row.begin(), row.end(), [](uint64_t x) { return x != 0; });
      if (lead == row.end()) continue;
      const auto pivot = static_cast<size_t>(lead - row.begin());
      const uint64_t inverse = Power(*lead, kPrime - 2);
      for (uint64_t& value : row) value = value * inverse % kPrime;
      for (auto& [column, other] : rows_) Subtract(other, row, pivot);
      rows_.emplace(pivot, std::move(row));
    }
  }
  // Sensitive cells that follow from the shown ones.
  size_t Determined() const {
    return CountIf([&](const std::vector<uint64_t>& left, size_t) { return NonZero(left) == 0; });
  }
  // Sensitive cells that somebody alone in a leaf cell can compute without being all of it.
  size_t DeterminedForSomebodyAlone() const {
    return CountIf([&](const std::vector<uint64_t>& left, size_t cell) {
             if (NonZero(left) != 1) return false;
             const auto at = static_cast<size_t>(
                 std::find_if(left.begin(), left.end(), [](uint64_t x) { return x != 0; }) -
                 left.begin());
             return at >= several_ && NonZero(Vector(cell)) > 1;
           }) +
           CountIf([&](const std::vector<uint64_t>& left, size_t cell) {
             if (NonZero(left) != 1) return false;
             const auto at = static_cast<size_t>(
                 std::find_if(left.begin(), left.end(), [](uint64_t x) { return x != 0; }) -
                 left.begin());
             const std::vector<uint64_t> own = Vector(cell);
             return at >= several_ && NonZero(own) == 1 && own[at] == 0;
           });
  }
  // Those of `cells` whose count follows.
  size_t DeterminedAmong(const std::vector<size_t>& cells) const {
    return static_cast<size_t>(std::count_if(cells.begin(), cells.end(), [&](size_t cell) {
      std::vector<uint64_t> left = Vector(cell);
      Reduce(left);
      return NonZero(left) == 0 && counts_[cell] > 0 && counts_[cell] < spec_.threshold;
    }));
  }
  // Known combinations of nothing but people who are alone that tell of one of them: of one or two,
  // of one sign, or two that share somebody, so that together they might be either.
  size_t SumsOfPeopleAlone() const {
    size_t telling = 0;
    std::vector<size_t> uses(leaves_.size());
    for (const auto& [pivot, row] : rows_) {
      if (pivot < several_) continue;
      bool positive = false;
      bool negative = false;
      for (size_t i = 0; i < row.size(); ++i) {
        if (row[i] == 0) continue;
        if (++uses[i] > 1) ++telling;
        // Halves and thirds have large residues; a multiple of them does not.
        uint64_t value = row[i];
        for (uint64_t k = 2; k <= 12 && value > 1000 && kPrime - value > 1000; ++k) {
          value = row[i] * k % kPrime;
        }
        (value <= 1000 ? positive : negative) = true;
      }
      if (NonZero(row) < 3 || !positive || !negative) ++telling;
    }
    return telling;
  }
  // Small leaf cells that somebody alone computes because a total has no other small part: the pair
  // is known or follows.
  size_t PairsTold() const {
    size_t told = 0;
    for (const stats::table::GridEquation& equation : spec_.grid.Equations()) {
      std::vector<size_t> small;
      for (size_t part : equation.parts) {
        if (counts_[part] > 0 && counts_[part] < spec_.threshold) small.push_back(part);
      }
      if (small.size() != 2 || !spec_.grid.IsLeaf(small[0]) || !spec_.grid.IsLeaf(small[1]) ||
          (counts_[small[0]] != 1 && counts_[small[1]] != 1)) {
        continue;
      }
      std::vector<uint64_t> sum = Vector(small[0]);
      const std::vector<uint64_t> other = Vector(small[1]);
      for (size_t i = 0; i < sum.size(); ++i) sum[i] = (sum[i] + other[i]) % kPrime;
      Reduce(sum);
      if (NonZero(sum) == 0) ++told;
    }
    return told;
  }

  // Proofs that are wrong, and sensitive cells without one for the outsider.
  size_t WrongProofs(const std::vector<stats::suppress::WidthProof>& proofs) const {
    size_t wrong = 0;
    std::map<size_t, bool> proved;
    for (const stats::suppress::WidthProof& proof : proofs) {
      if (proof.attacker.empty()) proved[proof.cell] = true;
      const std::vector<int64_t> low = Table(proof.low);
      const std::vector<int64_t> high = Table(proof.high);
      bool sound =
          high[proof.cell] - low[proof.cell] >= spec_.width && high[proof.cell] >= spec_.threshold;
      for (const std::vector<int64_t>& table : {low, high}) {
        sound = sound && std::all_of(shown_.begin(), shown_.end(),
                                     [&](size_t cell) { return table[cell] == counts_[cell]; });
        const int64_t least = spec_.zeros == stats::table::Zeros::kPublished ? 1 : 0;
        sound = sound && std::all_of(hidden_.begin(), hidden_.end(),
                                     [&](size_t cell) { return table[cell] >= least; });
        for (size_t leaf : leaves_) {
          sound = sound && table[leaf] >= 0 &&
                  (table[leaf] == counts_[leaf] || !Knows(proof.attacker, leaf));
        }
      }
      if (!sound) ++wrong;
    }
    for (size_t cell : Sensitive()) wrong += proved[cell] ? 0u : 1u;
    return wrong;
  }
  // True when the change leaves every shown cell and moves every sensitive one.
  bool IsWitness(const std::vector<std::pair<size_t, int64_t>>& change) const {
    const std::vector<int64_t> table = Table(change);
    const auto same = [&](size_t cell) { return table[cell] == counts_[cell]; };
    const std::vector<size_t> sensitive = Sensitive();
    return std::all_of(shown_.begin(), shown_.end(), same) &&
           std::none_of(sensitive.begin(), sensitive.end(), same);
  }
  std::vector<size_t> Sensitive() const {
    const int64_t least = spec_.zeros == stats::table::Zeros::kPublished ? 1 : 0;
    std::vector<size_t> cells;
    for (size_t cell = 0; cell < counts_.size(); ++cell) {
      const int64_t count = counts_[cell];
      if (spec_.offered[cell] && count >= least && count < spec_.threshold) cells.push_back(cell);
    }
    return cells;
  }
  const std::vector<size_t>& hidden() const { return hidden_; }
  const std::vector<size_t>& shown() const { return shown_; }

 private:
  static constexpr uint64_t kPrime = 2147483647;

  static uint64_t Power(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1, base = base * base % kPrime) {
      if ((exponent & 1) != 0) result = result * base % kPrime;
    }
    return result;
  }
  static size_t NonZero(const std::vector<uint64_t>& row) {
    return row.size() - static_cast<size_t>(std::count(row.begin(), row.end(), uint64_t{0}));
  }
  static void Subtract(std::vector<uint64_t>& target, const std::vector<uint64_t>& row,
                       size_t pivot) {
    const uint64_t factor = target[pivot];
    if (factor == 0) return;
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i] != 0) target[i] = (target[i] + (kPrime - factor) * row[i]) % kPrime;
    }
  }
  void Reduce(std::vector<uint64_t>& row) const {
    for (const auto& [pivot, other] : rows_) Subtract(row, other, pivot);
  }
  std::vector<uint64_t> Vector(size_t cell) const {
    std::vector<uint64_t> row(leaves_.size());
    for (size_t leaf : spec_.grid.LeavesUnder(cell)) {
      const auto found = column_.find(leaf);
      if (found != column_.end()) row[found->second] = 1;
    }
    return row;
  }
  template <typename Test>
  size_t CountIf(const Test& test) const {
    size_t count = 0;
    for (size_t cell : Sensitive()) {
      std::vector<uint64_t> left = Vector(cell);
      Reduce(left);
      if (test(left, cell)) ++count;
    }
    return count;
  }
  std::vector<int64_t> Table(const std::vector<std::pair<size_t, int64_t>>& change) const {
    std::vector<int64_t> table = counts_;
    for (const auto& [leaf, by] : change) table[leaf] += by;
    stats::table::AddUp(spec_.grid, table);
    return table;
  }
  bool Knows(const std::vector<std::string>& members, size_t leaf) const {
    if (!spec_.insiders) return false;
    const auto& tree = spec_.grid.trees()[*spec_.insiders];
    const std::string& name = tree.nodes()[spec_.grid.NodeOf(leaf, *spec_.insiders)].name;
    return std::find(members.begin(), members.end(), name) != members.end();
  }

  const stats::table::CountSpec& spec_;
  const std::vector<int64_t>& counts_;
  std::vector<size_t> leaves_;
  std::map<size_t, size_t> column_;
  size_t several_ = 0;
  std::vector<size_t> shown_, hidden_;
  std::map<size_t, std::vector<uint64_t>> rows_;
};

}  // namespace polder::tests

#endif  // POLDER_TESTS_STATS_SUPPRESS_COUNT_ATTACK_H_
