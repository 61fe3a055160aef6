#include "stats/suppress/exchange.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "stats/suppress/modular.h"

namespace polder::stats::suppress {
namespace {

using namespace modular;

uint64_t Mix(uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9u;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

class Exchanger {
 public:
  Exchanger(const std::vector<ExchangeCell>& cells, const std::vector<bool>& single,
            const std::vector<size_t>& basis, const ExchangeOptions& options)
      : cells_(cells),
        single_(single),
        options_(options),
        duals_(single.size()),
        by_leaf_(single.size()),
        shown_(single.size()),
        loss_of_giving_up_(single.size(), kUnknown),
        left_(cells.size()),
        key_(cells.size()),
        over_(single.size()),
        by_slot_(single.size()),
        by_cell_(cells.size()) {
    for (size_t leaf = 0; leaf < single.size(); ++leaf) {
      duals_[leaf] = {{static_cast<int32_t>(leaf), 1}};
      by_leaf_[leaf] = duals_[leaf];
    }
    for (size_t cell = 0; cell < cells.size(); ++cell) {
      for (const Entry& entry : *cells[cell].sum) {
        over_[static_cast<size_t>(entry.column)].push_back(static_cast<int32_t>(cell));
      }
    }
    built_ = Build(basis);
    if (!built_) return;
    for (size_t cell = 0; cell < cells.size(); ++cell) {
      left_[cell] = Free(Along(cell));
      PutInBucket(cell);
    }
  }

  // Nothing when the duals are so dense that a search would take longer than it is worth.
  std::vector<bool> Search() {
    if (!built_) return {};
    constexpr size_t kRounds = 4;
    work_ = 0;
    for (size_t round = 0; round < kRounds && !OutOfWork(); ++round) {
      std::fill(loss_of_giving_up_.begin(), loss_of_giving_up_.end(), kUnknown);
      std::vector<size_t> hidden;
      for (size_t cell = 0; cell < cells_.size(); ++cell) {
        if (cells_[cell].offered && !cells_[cell].secret && !left_[cell].empty()) {
          hidden.push_back(cell);
        }
      }
      std::stable_sort(hidden.begin(), hidden.end(),
                       [&](size_t a, size_t b) { return cells_[a].loss > cells_[b].loss; });
      bool better = false;
      for (const size_t cell : hidden) {
        if (OutOfWork()) break;
        better = (!left_[cell].empty() && Improve(cell)) || better;
      }
      if (!better) break;
    }
    std::vector<bool> result(cells_.size());
    for (size_t cell = 0; cell < cells_.size(); ++cell) result[cell] = left_[cell].empty();
    return result;
  }

 private:
  // A change that can be taken back.
  struct Undo {
    std::vector<std::pair<size_t, Terms>> duals, by_leaf, left;
    std::vector<std::pair<size_t, bool>> shown;
  };

  bool OutOfWork() const { return work_ >= options_.work || (options_.stop && options_.stop()); }

  // The cell in terms of the shown cells and the free slots.
  Terms Along(size_t cell) {
    for (const Entry& entry : *cells_[cell].sum) {
      const Terms& terms = by_leaf_[static_cast<size_t>(entry.column)];
      work_ += terms.size();
      by_slot_.Take(terms, static_cast<uint64_t>(entry.value));
    }
    return by_slot_.Done(true);
  }
  // Lets the shown cells enter one after the other. The duals are the same numbers by slot: while
  // they are not asked for, it is enough to know who holds what. False when it gets too dense.
  bool Build(const std::vector<size_t>& basis) {
    std::vector<std::vector<int32_t>> holders(single_.size());  // some twice, some no longer
    std::vector<size_t> held(single_.size(), 1);
    for (size_t leaf = 0; leaf < holders.size(); ++leaf) {
      holders[leaf] = {static_cast<int32_t>(leaf)};
    }
    Terms sum;
    for (const size_t cell : basis) {
      const Terms along = Along(cell);
      const std::optional<size_t> slot = ChooseSlot(along, [&](size_t at) { return held[at]; });
      if (!slot) continue;
      const auto column = static_cast<int32_t>(*slot);
      const uint64_t inverse = Inverse(At(along, column));
      std::vector<int32_t>& leaves = holders[*slot];
      std::sort(leaves.begin(), leaves.end());
      leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
      std::erase_if(leaves, [&](int32_t leaf) {
        return At(by_leaf_[static_cast<size_t>(leaf)], column) == 0;
      });
      for (const int32_t at : leaves) {
        Terms& terms = by_leaf_[static_cast<size_t>(at)];
        const uint64_t scaled = Residue(At(terms, column) * inverse);
        const uint64_t factor = Minus(scaled);
        work_ += along.size() + terms.size();
        sum.clear();
        sum.reserve(terms.size() + along.size());
        auto x = terms.begin();
        for (const Term& term : along) {
          while (x != terms.end() && x->column < term.column) sum.push_back(*x++);
          if (term.column == column) {
            sum.push_back({column, static_cast<uint32_t>(scaled)});
            ++x;
            continue;
          }
          const bool there = x != terms.end() && x->column == term.column;
          const uint64_t value = Residue(factor * term.value + (there ? (x++)->value : 0));
          if (value != 0) sum.push_back({term.column, static_cast<uint32_t>(value)});
          const auto other = static_cast<size_t>(term.column);
          if (there && value == 0) --held[other];
          if (there || value == 0) continue;
          ++held[other];
          holders[other].push_back(at);
        }
        sum.insert(sum.end(), x, terms.end());
        terms = sum;
      }
      shown_[*slot] = true;
      if (work_ > kMostToBuild || (options_.stop && options_.stop())) return false;
    }
    for (size_t slot = 0; slot < held.size(); ++slot) {
      duals_[slot].clear();
      duals_[slot].reserve(held[slot]);
    }
    for (size_t leaf = 0; leaf < by_leaf_.size(); ++leaf) {
      for (const Term& term : by_leaf_[leaf]) {
        duals_[static_cast<size_t>(term.column)].push_back(
            {static_cast<int32_t>(leaf), term.value});
      }
    }
    return true;
  }

  // The cells that a change moves, and how; unsorted.
  Terms Moved(const Terms& change) {
    for (const Term& term : change) {
      const std::vector<int32_t>& cells = over_[static_cast<size_t>(term.column)];
      work_ += cells.size();
      for (const int32_t cell : cells) by_cell_.Take(cell, term.value);
    }
    return by_cell_.Done(false);
  }
  Terms Free(const Terms& along) const {
    Terms free;
    for (const Term& term : along) {
      if (!shown_[static_cast<size_t>(term.column)]) free.push_back(term);
    }
    return free;
  }
  // A free slot that the cell may take: none of people alone if there is another.
  template <typename Size>
  std::optional<size_t> ChooseSlot(const Terms& along, const Size& size) const {
    std::optional<size_t> best;
    size_t fewest = SIZE_MAX;
    for (const Term& term : along) {
      const auto slot = static_cast<size_t>(term.column);
      if (shown_[slot]) continue;
      const size_t cost = size(slot) + (single_[slot] ? SIZE_MAX / 2 : 0);
      if (cost < fewest) {
        fewest = cost;
        best = slot;
      }
    }
    return best;
  }

  void KeepDual(size_t slot) {
    loss_of_giving_up_[slot] = kUnknown;
    if (undo_ != nullptr) undo_->duals.emplace_back(slot, duals_[slot]);
  }
  void SetShown(size_t slot, bool shown) {
    if (undo_ != nullptr) undo_->shown.emplace_back(slot, shown_[slot]);
    shown_[slot] = shown;
  }

  // The cell, written `along`, takes the slot in place of what stood there.
  void Enter(size_t slot, const Terms& along) {
    const auto column = static_cast<int32_t>(slot);
    const uint64_t inverse = Inverse(At(along, column));
    KeepDual(slot);
    Terms dual = std::move(duals_[slot]);
    Terms sum;
    for (const Term& term : dual) {
      const auto leaf = static_cast<size_t>(term.column);
      const uint64_t scaled = Residue(term.value * inverse);
      work_ += along.size() + by_leaf_[leaf].size();
      Add(by_leaf_[leaf], along, Minus(scaled), sum);
      const auto at = std::lower_bound(sum.begin(), sum.end(), column,
                                       [](const Term& a, int32_t c) { return a.column < c; });
      sum.insert(at, {column, static_cast<uint32_t>(scaled)});
      if (undo_ != nullptr) undo_->by_leaf.emplace_back(leaf, by_leaf_[leaf]);
      by_leaf_[leaf] = sum;
    }
    for (Term& term : dual) term.value = static_cast<uint32_t>(Residue(term.value * inverse));
    for (const Term& term : along) {
      if (term.column == column) continue;
      const auto other = static_cast<size_t>(term.column);
      work_ += dual.size() + duals_[other].size();
      KeepDual(other);
      Add(duals_[other], dual, Minus(term.value), sum);
      duals_[other] = sum;
    }
    duals_[slot] = std::move(dual);
    SetShown(slot, true);
  }

  // Vectors that are proportional but for people alone have one key.
  uint64_t KeyOf(const Terms& left) const {
    uint64_t scale = 0;
    uint64_t key = 1;
    for (const Term& term : left) {
      if (single_[static_cast<size_t>(term.column)]) continue;
      if (scale == 0) scale = Inverse(term.value);
      key += Mix((static_cast<uint64_t>(static_cast<uint32_t>(term.column)) << 32) ^
                 Residue(term.value * scale));
    }
    return scale == 0 ? 0 : key;
  }
  void PutInBucket(size_t cell) {
    key_[cell] = left_[cell].empty() ? 0 : KeyOf(left_[cell]);
    if (key_[cell] != 0) buckets_[key_[cell]].push_back(cell);
  }
  void SetLeft(size_t cell, Terms left) {
    if (undo_ != nullptr) undo_->left.emplace_back(cell, left_[cell]);
    ReplaceLeft(cell, std::move(left));
  }
  void ReplaceLeft(size_t cell, Terms left) {
    if (key_[cell] != 0) {
      const auto bucket = buckets_.find(key_[cell]);
      std::erase(bucket->second, cell);
      if (bucket->second.empty()) buckets_.erase(bucket);
    }
    left_[cell] = std::move(left);
    PutInBucket(cell);
  }

  // A secret that the cell would give away, and by what it is a multiple of it.
  struct Blocker {
    size_t cell;
    uint64_t factor;
  };
  // Nothing in `blockers`: the cell may be shown. False when it never may.
  bool Blockers(size_t cell, std::vector<Blocker>& blockers) {
    blockers.clear();
    if (key_[cell] == 0) return false;  // nothing but people alone, or known
    const Terms& left = left_[cell];
    const Term& several = *std::find_if(left.begin(), left.end(), [&](const Term& term) {
      return !single_[static_cast<size_t>(term.column)];
    });
    const uint64_t inverse = Inverse(several.value);
    for (const size_t other : buckets_.at(key_[cell])) {
      if (!cells_[other].secret) continue;
      const uint64_t factor = Residue(At(left_[other], several.column) * inverse);
      Add(left_[other], left, Minus(factor), sum_);
      work_ += left.size();
      if (sum_.empty() || (cells_[other].alone && sum_.size() == 1)) {
        blockers.push_back({other, factor});
      }
    }
    return true;
  }

  // As it was when the slot's dual was last new: near enough to choose by.
  int64_t LossOfGivingUp(size_t slot) {
    int64_t& loss = loss_of_giving_up_[slot];
    if (loss != kUnknown) return loss;
    loss = 0;
    for (const Term& term : Moved(duals_[slot])) {
      const auto cell = static_cast<size_t>(term.column);
      if (left_[cell].empty() && cells_[cell].offered) loss += cells_[cell].loss;
    }
    return loss;
  }

  // What is hidden is counted as it changes.
  int64_t Hidden(const Terms& moved) const {
    int64_t loss = 0;
    for (const Term& term : moved) {
      const auto cell = static_cast<size_t>(term.column);
      if (!left_[cell].empty() && cells_[cell].offered) loss += cells_[cell].loss;
    }
    return loss;
  }

  // Shows `cell` through `slot`, which is free; returns how much less is hidden. `touched` gets
  // the cells of which less is left.
  int64_t ShowThrough(size_t slot, const Terms& along, const Terms& of_cell,
                      std::vector<size_t>& touched) {
    const Terms moved = Moved(duals_[slot]);
    const int64_t before = Hidden(moved);
    const uint64_t inverse = Inverse(At(of_cell, static_cast<int32_t>(slot)));
    Enter(slot, along);
    Terms sum;
    for (const Term& term : moved) {
      const auto cell = static_cast<size_t>(term.column);
      work_ += left_[cell].size() + of_cell.size();
      Add(left_[cell], of_cell, Minus(Residue(term.value * inverse)), sum);
      SetLeft(cell, sum);
      touched.push_back(cell);
    }
    return before - Hidden(moved);
  }

  bool Improve(size_t cell) {
    std::vector<Blocker> blockers;
    // A sum of nothing but people alone is freed by whatever it moves with.
    const bool alone_only = !Blockers(cell, blockers);
    const Terms along = Along(cell);
    std::vector<Terms> of_blockers;
    for (const Blocker& blocker : blockers) of_blockers.push_back(Along(blocker.cell));
    // Shown cells that stand between the cell and every one of its blockers.
    std::vector<int32_t> slots;
    const auto collect = [&](const Terms& terms) {
      for (const Term& term : terms) {
        const auto slot = static_cast<size_t>(term.column);
        if (shown_[slot] && !single_[slot]) slots.push_back(term.column);
      }
    };
    collect(along);
    for (const Terms& terms : of_blockers) collect(terms);
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    std::vector<std::pair<int64_t, size_t>> choices;
    for (const int32_t slot : slots) {
      bool frees = !alone_only || At(along, slot) != 0;
      for (size_t b = 0; frees && b < blockers.size(); ++b) {
        frees = At(of_blockers[b], slot) != Residue(blockers[b].factor * At(along, slot));
      }
      if (frees) choices.emplace_back(LossOfGivingUp(static_cast<size_t>(slot)), slot);
    }
    constexpr size_t kChoices = 2;
    const size_t most = std::min(choices.size(), kChoices);
    std::partial_sort(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(most),
                      choices.end());
    for (size_t i = 0; i < most; ++i) {
      if (choices[i].first > kWorth * cells_[cell].loss) break;
      if (Try(cell, choices[i].second)) return true;
    }
    return false;
  }

  // Gives the slot up, shows the cell, and then whatever can be shown, dearest first.
  bool Try(size_t cell, size_t slot) {
    Undo undo;
    undo_ = &undo;
    std::vector<size_t> touched;
    const Terms freed = Moved(duals_[slot]);
    int64_t gain = Hidden(freed);
    SetShown(slot, false);
    for (const Term& term : freed) {
      const auto moved = static_cast<size_t>(term.column);
      Terms left = left_[moved];
      const auto at = std::lower_bound(left.begin(), left.end(), static_cast<int32_t>(slot),
                                       [](const Term& a, int32_t c) { return a.column < c; });
      left.insert(at, {static_cast<int32_t>(slot), term.value});
      SetLeft(moved, std::move(left));
      touched.push_back(moved);
    }
    gain -= Hidden(freed);
    std::vector<Blocker> blockers;
    if (!Blockers(cell, blockers) || !blockers.empty()) {
      undo_ = nullptr;
      TakeBack(undo);
      return false;
    }
    gain += Show(cell, touched);
    // What was refused for the sake of a secret that moved is asked again.
    size_t done = 0;
    while (done < touched.size()) {
      std::vector<size_t> asked;
      for (; done < touched.size(); ++done) {
        if (key_[touched[done]] == 0) continue;
        for (const size_t other : buckets_.at(key_[touched[done]])) {
          if (cells_[other].offered && !cells_[other].secret) asked.push_back(other);
        }
      }
      std::sort(asked.begin(), asked.end(), [&](size_t a, size_t b) {
        return cells_[a].loss != cells_[b].loss ? cells_[a].loss > cells_[b].loss : a < b;
      });
      asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
      for (const size_t other : asked) {
        if (Blockers(other, blockers) && blockers.empty()) gain += Show(other, touched);
      }
    }
    undo_ = nullptr;
    if (gain > 0) return true;
    TakeBack(undo);
    return false;
  }

  int64_t Show(size_t cell, std::vector<size_t>& touched) {
    const Terms of_cell = left_[cell];
    const std::optional<size_t> slot =
        ChooseSlot(of_cell, [&](size_t at) { return duals_[at].size(); });
    if (!slot || single_[*slot]) return 0;
    return ShowThrough(*slot, Along(cell), of_cell, touched);
  }

  void TakeBack(Undo& undo) {
    for (auto at = undo.duals.rbegin(); at != undo.duals.rend(); ++at) {
      duals_[at->first] = std::move(at->second);
      loss_of_giving_up_[at->first] = kUnknown;
    }
    for (auto at = undo.by_leaf.rbegin(); at != undo.by_leaf.rend(); ++at) {
      by_leaf_[at->first] = std::move(at->second);
    }
    for (auto at = undo.left.rbegin(); at != undo.left.rend(); ++at) {
      ReplaceLeft(at->first, std::move(at->second));
    }
    for (auto at = undo.shown.rbegin(); at != undo.shown.rend(); ++at) {
      shown_[at->first] = at->second;
    }
  }

  // A cell that costs this many times as much to free is not worth a look.
  static constexpr int64_t kWorth = 4;
  static constexpr int64_t kUnknown = -1;
  static constexpr uint64_t kMostToBuild = 150'000'000;

  const std::vector<ExchangeCell>& cells_;
  const std::vector<bool>& single_;
  const ExchangeOptions options_;
  // A slot per leaf: a shown cell, or free. The dual of a slot is the change of leaves that moves
  // it and no other slot; by_leaf_ holds the same numbers by leaf.
  std::vector<Terms> duals_;
  std::vector<Terms> by_leaf_;
  std::vector<bool> shown_;
  std::vector<int64_t> loss_of_giving_up_;  // per slot
  std::vector<Terms> left_;                 // per cell, over the free slots; empty when it is known
  std::vector<uint64_t> key_;
  std::unordered_map<uint64_t, std::vector<size_t>> buckets_;
  std::vector<std::vector<int32_t>> over_;  // per leaf, its cells
  Gather by_slot_;
  Gather by_cell_;
  Terms sum_;
  Undo* undo_ = nullptr;
  uint64_t work_ = 0;
  bool built_ = false;
};

}  // namespace

std::vector<bool> Exchanged(const std::vector<ExchangeCell>& cells, const std::vector<bool>& single,
                            const std::vector<size_t>& basis, const ExchangeOptions& options) {
  return Exchanger(cells, single, basis, options).Search();
}

}  // namespace polder::stats::suppress
