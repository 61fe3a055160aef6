// How far every small count can move while all that is shown stays in place.
//
// What is shown leaves a space of changes. It is kept as moves, one per free leaf: a whole-number
// change of leaf cells that leaves every shown cell as it is. A move may be made as often as no
// count falls below what everybody knows it to be at least (1 when noughts are shown), so one move
// up and one down are two possible tables, and their distance at a cell is a width that nobody can
// narrow: the certificate. A cell may be shown as long as every demand still has such moves,
// avoiding the leaves that its attackers know. All is exact in whole numbers: nothing is solved,
// and each promise is checked by addition.
#ifndef POLDER_STATS_SUPPRESS_MOVES_H_
#define POLDER_STATS_SUPPRESS_MOVES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stats/suppress/sparse.h"

namespace polder::stats::suppress {

// Sets of members, a bit each.
using Members = uint64_t;
constexpr size_t kMostMembers = 64;

class Moves {
 public:
  struct Leaf {
    int64_t count;
    int64_t least;       // what everybody knows
    Members member = 0;  // who knows the count: at most one bit
  };
  struct Demand {
    SparseVector cell;  // over the leaves
    int64_t count;
    Members within;  // the members that its leaves belong to
    int64_t reach = 0;  // as in Options, of this demand; the larger of the two holds
  };
  struct Options {
    int64_t width = 5;
    int64_t reach = 5;  // the largest possible count is at least this
    // Who must not narrow a demand: 0 is the outsider. One that knows all leaves of a demand is no
    // attacker of it.
    std::vector<Members> attackers = {0};
    int tries = 4;  // how many ways of showing a cell are tried
  };
  Moves(std::vector<Leaf> leaves, std::vector<Demand> demands, const Options& options);

  enum class Answer { kKnown, kShown, kRefused };
  Answer Show(const SparseVector& cell);

  // A demand and an attacker with the two tables, as differences from the true one.
  struct Proof {
    size_t demand;
    Members attacker;
    SparseVector low;
    SparseVector high;
    int64_t width;
  };
  std::optional<Proof> ProofFor(size_t demand, Members attacker) const;
  bool IsAttacker(size_t demand, Members attacker) const {
    return attacker == 0 || (demands_[demand].within & ~attacker) != 0;
  }
  size_t demands() const { return demands_.size(); }
  // The demand and attacker that stood in the way of the last refusal.
  std::optional<std::pair<size_t, Members>> blocker() const { return blocker_; }

 private:
  struct Range {
    int64_t down = 0;  // how often the move can be made backwards and forwards
    int64_t up = 0;
    Members touched = 0;
  };
  int64_t ReachOf(size_t demand) const { return std::max(options_.reach, demands_[demand].reach); }
  Range RangeOf(const SparseVector& move) const;
  bool Holds(size_t demand, const SparseVector& row, const std::vector<Range>& ranges);
  bool Try(const SparseVector& left, int32_t pivot);
  SparseVector Left(const SparseVector& cell);

  const std::vector<Leaf> leaves_;
  const std::vector<Demand> demands_;
  const Options options_;
  std::vector<SparseVector> moves_;   // per free leaf, over the leaves; empty when not free
  std::vector<SparseVector> rows_;    // per leaf, over the moves: the same numbers by leaf
  std::vector<SparseVector> wanted_;  // per demand, over the moves: what each does to it
  std::vector<Range> ranges_;         // per move
  std::vector<std::vector<int32_t>> wanting_;  // per move, demands that it moves; may be stale
  std::vector<int64_t> sums_;                  // scratch
  std::vector<int32_t> slot_;                  // scratch: per move, where its new range stands
  std::optional<std::pair<size_t, Members>> blocker_;
};

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_MOVES_H_
