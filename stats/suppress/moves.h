// How far every small count can move, for every reader at once, while all that is shown stays in
// place: a basis of moves (move_basis.h) per reader. A cell is shown when all of them allow it.
//
// Whoever knows more has fewer moves, and a move that is left to a pair of members is left to each
// of the two, and to an outsider, as well. So with three members or more it is the pairs that are
// kept.
#ifndef POLDER_STATS_SUPPRESS_MOVES_H_
#define POLDER_STATS_SUPPRESS_MOVES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "stats/suppress/move_basis.h"
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
    Members within;                   // the members that its leaves belong to
    int64_t reach = 0;                // as in Options, of this demand; the larger of the two holds
    std::vector<size_t> groups = {};  // of Options: those that must not narrow it
  };
  struct Options {
    int64_t width = 5;
    int64_t reach = 5;  // the largest possible count is at least this
    // Who must not narrow a demand: 0 is the outsider. One that knows all leaves of a demand is no
    // attacker of it.
    std::vector<Members> attackers = {0};
    int tries = 4;  // how many ways of showing a cell are tried
    // Attackers who know just these leaves, and threaten just the demands that name them.
    std::vector<std::vector<size_t>> groups = {};
  };
  Moves(const std::vector<Leaf>& leaves, const std::vector<Demand>& demands,
        const Options& options);

  // One demand more, once some cells are shown; its number is demands() - 1 then. False, and
  // nothing is added, when the moves that are left to a reader do not meet it.
  bool Want(const Demand& demand);

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
  // Against a group of Options; `attacker` of it says nothing.
  std::optional<Proof> ProofForGroup(size_t demand, size_t group) const;
  bool IsAttacker(size_t demand, Members attacker) const {
    return Threatens(attacker, within_[demand]);
  }
  size_t demands() const { return within_.size(); }
  // The demand and attacker that stood in the way of the last refusal.
  std::optional<std::pair<size_t, Members>> blocker() const { return blocker_; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  struct Reader {
    Members known;
    std::optional<size_t> group;
    MoveBasis basis;
    std::vector<size_t> demand_of;  // its demands, as numbered here
    std::vector<size_t> number_of;  // per demand, its own number or kNone
  };
  static bool Asks(const Reader& reader, const Demand& demand);
  std::optional<Proof> ProofOf(const Reader& reader, size_t demand, Members attacker) const;
  static bool Threatens(Members attacker, Members within) {
    return attacker == 0 || (within & ~attacker) != 0;
  }

  const Options options_;
  std::vector<Reader> readers_;
  std::vector<size_t> order_;  // of asking: whoever refused last is asked first
  std::vector<Members> within_;
  std::optional<std::pair<size_t, Members>> blocker_;
};

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_MOVES_H_
