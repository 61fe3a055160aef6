#include "stats/reconcile/descent.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "policies/base/problem.h"
#include "stats/reconcile/moves.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;

// Deviations are whole numbers of 2^-24: they steer the descent, and what is said about its end is
// computed from the estimates themselves.
constexpr int64_t kOne = int64_t{1} << 24;
constexpr int64_t kMost = int64_t{1} << 38;
constexpr size_t kFewest = 32, kMostTries = 4096;  // moves of a set tried for one cell

struct Grid {
  Layout layout;
  bool published;
  bool counts;  // is looked at: published, and not waiting to be filled
  std::vector<int64_t> whole;
  std::vector<int64_t> deviation;  // of `whole` from the estimate
};

struct Residual {
  AttributeSet set;
  std::vector<size_t> moving;  // ladders
  std::vector<size_t> grids;   // those that a move changes
};

int64_t Fixed(const Rational& value) {
  if (abs(value) > Rational(base::ToInteger(kMost))) {
    throw base::ProblemError("answers-out-of-range", "", "A cell exceeds 38 bits.");
  }
  return base::ToInt64(base::Floor(value * base::ToInteger(kOne))).value();
}

void AddCoarser(const Schema& schema, AttributeSet set, std::set<AttributeSet>& all) {
  if (!all.insert(set).second) return;
  for (const size_t i : schema.Members(set)) {
    AddCoarser(schema, set & ~(AttributeSet{1} << i), all);
  }
}

class Descent {
 public:
  Descent(const Schema& schema, const std::vector<AttributeSet>& tables,
          const std::function<const std::vector<Rational>&(AttributeSet)>& estimates,
          uint64_t effort)
      : schema_(schema), ladders_(LaddersOf(schema)), effort_(effort) {
    std::set<AttributeSet> all;
    for (const AttributeSet set : tables) AddCoarser(schema, set, all);
    for (const AttributeSet set : all) AddGrid(set, tables, estimates);
    for (const AttributeSet set : schema.Residuals(tables)) {
      Residual residual{set, {}, {}};
      for (size_t i = 0; i < ladders_.size(); ++i) {
        if (ladders_[i].LevelIn(set) < ladders_[i].dimensions.size()) residual.moving.push_back(i);
      }
      for (size_t g = 0; g < grids_.size(); ++g) {
        if ((set & ~grids_[g].layout.set()) == 0) residual.grids.push_back(g);
      }
      residuals_.push_back(std::move(residual));
    }
  }

  std::map<AttributeSet, std::vector<Integer>> Run() {
    goal_ = kOne - 2;
    for (size_t r = 0; r < residuals_.size(); ++r) {
      Fill(r);
      for (bool better = true; better && Spare();) better = Pass({r}, kFewest);
    }
    for (Grid& grid : grids_) grid.counts = grid.published;
    Keep();
    std::vector<size_t> all(residuals_.size());
    for (size_t r = 0; r < all.size(); ++r) all[r] = r;
    while (Spare()) {
      // Under the next whole number first, then nearer by sixteenths.
      const int64_t most = Largest();
      goal_ = most > 2 * kOne ? most - kOne : most >= kOne ? kOne - 2 : most - kOne / 16;
      if (!Reach(all)) break;
    }
    return best_;
  }

 private:
  void AddGrid(AttributeSet set, const std::vector<AttributeSet>& tables,
               const std::function<const std::vector<Rational>&(AttributeSet)>& estimates) {
    Grid grid{Layout(schema_, ladders_, set),
              std::find(tables.begin(), tables.end(), set) != tables.end(),
              false,
              {},
              {}};
    grid.whole.assign(grid.layout.cells(), 0);
    grid.deviation.assign(grid.layout.cells(), 0);
    // A table that is not published follows from one that is.
    const AttributeSet from = *std::find_if(tables.begin(), tables.end(), [&](AttributeSet table) {
      return grid.published ? table == set : (set & ~table) == 0;
    });
    const std::vector<Rational>& exact = estimates(from);
    for (size_t cell = 0; cell < exact.size(); ++cell) {
      const size_t at = from == set ? cell : schema_.Project(from, cell, set);
      grid.deviation[at] -= Fixed(exact[cell]);
    }
    grids_.push_back(std::move(grid));
  }

  bool Spare() const { return looked_ < effort_; }

  // The next of a fixed sequence of numbers below `count`. Source of the mixing: Steele, Lea,
  // Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  uint32_t Next(size_t count) {
    uint64_t value = lot_ += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    value ^= value >> 31;
    return static_cast<uint32_t>((value >> 32) * count >> 32);
  }

  // Makes the corners of one table nearest, tables that are coarser staying as they are. A corner
  // has no last code of a class; cells with one give way.
  void Fill(size_t r) {
    const Residual& residual = residuals_[r];
    Grid* own = nullptr;
    for (const size_t g : residual.grids) {
      if (grids_[g].layout.set() == residual.set) own = &grids_[g];
    }
    Move move{r, {}, {}, 1};
    for (const Ladder& ladder : ladders_) move.from.push_back(ladder.order.back());
    move.to = move.from;
    for (size_t cell = 0; cell < own->layout.cells(); ++cell) {
      const std::vector<uint32_t> place = own->layout.PlaceOf(cell);
      bool corner = true;
      for (const size_t i : residual.moving) {
        const Ladder& ladder = ladders_[i];
        const size_t level = own->layout.LevelOf(i);
        move.from[i] = ladder.order[ladder.run[level][place[i]].first];
        move.to[i] = ladder.order[Around(i, level, move.from[i]).second - 1];
        corner = corner && ladder.class_of[level][move.to[i]] != place[i];
      }
      if (!corner) continue;
      const int64_t deviation = own->deviation[cell];
      move.units = -((deviation + kOne / 2) >> 24);
      if (move.units != 0) Make(move);
    }
    own->counts = own->published;
  }

  // The run of codes that share the next class with `code`, which a move at this level stays in.
  std::pair<uint32_t, uint32_t> Around(size_t ladder, size_t level, uint32_t code) const {
    const Ladder& of = ladders_[ladder];
    if (level + 1 == of.dimensions.size()) return {0, static_cast<uint32_t>(of.order.size())};
    return of.run[level + 1][of.class_of[level + 1][code]];
  }

  void Make(const Move& move) {
    const Residual& residual = residuals_[move.residual];
    for (const size_t g : residual.grids) {
      Grid& grid = grids_[g];
      ForEachCell(grid.layout, move, residual.moving, [&](size_t cell, int64_t units) {
        grid.whole[cell] += units;
        grid.deviation[cell] += units * kOne;
      });
    }
  }

  // How bad a deviation is: nothing a little under the goal, and the square of what is more, in
  // units of 2^-8.
  int64_t Badness(int64_t deviation) const {
    const int64_t beyond = (std::abs(deviation) - (goal_ - kOne / 10)) >> 16;
    return beyond <= 0 ? 0
                       : std::min<int64_t>(beyond, 1 << 24) * std::min<int64_t>(beyond, 1 << 24);
  }

  int64_t Gain(const Move& move) {
    const Residual& residual = residuals_[move.residual];
    int64_t gain = 0;
    for (const size_t g : residual.grids) {
      const Grid& grid = grids_[g];
      if (!grid.counts) continue;
      looked_ += uint64_t{1} << residual.moving.size();
      ForEachCell(grid.layout, move, residual.moving, [&](size_t cell, int64_t units) {
        const int64_t deviation = grid.deviation[cell];
        gain += Badness(deviation) - Badness(deviation + units * kOne);
      });
    }
    return gain;
  }

  // A move of the residual that changes this cell for the better; nullopt when the lot falls on
  // none.
  bool Draw(const Grid& grid, const std::vector<uint32_t>& place, Move& move) {
    const Residual& residual = residuals_[move.residual];
    for (size_t i = 0; i < ladders_.size(); ++i) {
      const Ladder& ladder = ladders_[i];
      const size_t at = grid.layout.LevelOf(i);
      const auto [from, to] =
          at == ladder.dimensions.size()
              ? std::pair<uint32_t, uint32_t>{0, static_cast<uint32_t>(ladder.order.size())}
              : ladder.run[at][place[i]];
      move.from[i] = ladder.order[from + Next(to - from)];
      move.to[i] = move.from[i];
    }
    for (const size_t i : residual.moving) {
      const Ladder& ladder = ladders_[i];
      const size_t level = ladder.LevelIn(residual.set);
      const auto [from, to] = Around(i, level, move.from[i]);
      const auto [own_from, own_to] = ladder.run[level][ladder.class_of[level][move.from[i]]];
      const uint32_t others = (to - from) - (own_to - own_from);
      if (others == 0) return false;
      uint32_t at = from + Next(others);
      if (at >= own_from) at += own_to - own_from;
      move.to[i] = ladder.order[at];
    }
    return true;
  }

  bool Improve(const Grid& grid, size_t cell, const std::vector<size_t>& residuals, size_t tries) {
    const std::vector<uint32_t> place = grid.layout.PlaceOf(cell);
    int64_t most = 0;
    Move best, move;
    move.from.resize(ladders_.size());
    move.to.resize(ladders_.size());
    move.units = grid.deviation[cell] > 0 ? -1 : 1;
    for (const size_t r : residuals) {
      if ((residuals_[r].set & ~grid.layout.set()) != 0) continue;
      move.residual = r;
      for (size_t i = 0; i < tries && Spare(); ++i) {
        if (!Draw(grid, place, move)) continue;
        const int64_t gain = Gain(move);
        if (gain <= most) continue;
        most = gain;
        best = move;
      }
    }
    if (most > 0) Make(best);
    return most > 0;
  }

  // Every cell beyond the goal once; true when some was brought nearer.
  bool Pass(const std::vector<size_t>& residuals, size_t tries) {
    bool better = false;
    for (const Grid& grid : grids_) {
      if (!grid.counts) continue;
      for (size_t cell = 0; cell < grid.deviation.size() && Spare(); ++cell) {
        if (std::abs(grid.deviation[cell]) <= goal_) continue;
        better = Improve(grid, cell, residuals, tries) || better;
      }
    }
    return better;
  }

  // Passes until no cell is beyond the goal; more moves are tried when none helps.
  bool Reach(const std::vector<size_t>& residuals) {
    size_t tries = kFewest;
    while (Spare()) {
      const bool better = Pass(residuals, tries);
      Keep();
      if (Largest() <= goal_) return true;
      if (better) continue;
      if (tries == kMostTries) return false;
      tries *= 2;
    }
    return false;
  }

  int64_t Largest() const {
    int64_t largest = 0;
    for (const Grid& grid : grids_) {
      if (!grid.counts) continue;
      for (const int64_t deviation : grid.deviation) {
        largest = std::max<int64_t>(largest, std::abs(deviation));
      }
    }
    return largest;
  }

  void Keep() {
    const int64_t largest = Largest();
    if (largest >= kept_) return;
    kept_ = largest;
    for (const Grid& grid : grids_) {
      std::vector<Integer>& wholes = best_[grid.layout.set()];
      wholes.clear();
      for (const int64_t whole : grid.whole) wholes.push_back(base::ToInteger(whole));
    }
  }

  const Schema& schema_;
  const std::vector<Ladder> ladders_;
  const uint64_t effort_;
  uint64_t looked_ = 0, lot_ = 0;
  std::vector<Grid> grids_;
  std::vector<Residual> residuals_;
  int64_t goal_ = kOne;
  int64_t kept_ = std::numeric_limits<int64_t>::max();
  std::map<AttributeSet, std::vector<Integer>> best_;
};

// The descent's word is not taken for it: every table must add up to those with one attribute less.
void CheckAgreement(const Schema& schema, const std::map<AttributeSet, std::vector<Integer>>& all) {
  for (const auto& [set, wholes] : all) {
    for (const size_t i : schema.Members(set)) {
      const AttributeSet coarser = set & ~(AttributeSet{1} << i);
      std::vector<Integer> sums(schema.CellCount(coarser));
      for (size_t cell = 0; cell < wholes.size(); ++cell) {
        sums[schema.Project(set, cell, coarser)] += wholes[cell];
      }
      if (sums != all.at(coarser)) throw std::logic_error("whole numbers that do not add up");
    }
  }
}

}  // namespace

std::map<AttributeSet, std::vector<Integer>> Descend(
    const Schema& schema, const std::vector<AttributeSet>& tables,
    const std::function<const std::vector<Rational>&(AttributeSet)>& estimates, uint64_t effort) {
  auto all = Descent(schema, tables, estimates, effort).Run();
  CheckAgreement(schema, all);
  std::erase_if(all, [&](const auto& entry) {
    return std::find(tables.begin(), tables.end(), entry.first) == tables.end();
  });
  return all;
}

}  // namespace polder::stats::reconcile
