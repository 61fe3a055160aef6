// How far small counts can move for one reader, who knows some leaves, while all that is shown
// stays in place.
//
// What is shown leaves a space of changes. It is kept as moves, one per free leaf: a whole-number
// change of leaf cells that leaves every shown cell, and every leaf that the reader knows, as it
// is. A move may be made as often as no count falls below what everybody knows it to be at least (1
// when noughts are shown), so one move up and one down are two possible tables, and their distance
// at a cell is a width that this reader cannot narrow: the certificate. A cell may be shown as long
// as every demand still has such moves. All is exact in whole numbers: nothing is solved, and each
// promise is checked by addition.
#ifndef POLDER_STATS_SUPPRESS_MOVE_BASIS_H_
#define POLDER_STATS_SUPPRESS_MOVE_BASIS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "stats/suppress/sparse.h"

namespace polder::stats::suppress {

class MoveBasis {
 public:
  struct Leaf {
    int64_t count = 0;
    int64_t least = 0;   // what everybody knows
    bool known = false;  // this reader knows the count
  };
  struct Demand {
    SparseVector cell;  // over the leaves
    int64_t count = 0;
    int64_t reach = 0;  // the largest possible count is at least this
  };
  // `width`: between the largest and the smallest possible count of a demand, at least. `tries`:
  // how many ways of showing a cell are tried.
  MoveBasis(const std::vector<Leaf>& leaves, int64_t width, int tries);

  // False, and nothing is added, when the moves that are left do not meet it.
  bool Want(const Demand& demand);
  size_t demands() const { return demands_.size(); }
  void ForgetLast();  // the demand that was added last

  // What showing a cell would change: empty when nothing, because the reader knows the sum already.
  class Change {
    friend class MoveBasis;
    int32_t pivot = -1;  // the move that is given up
    std::vector<std::pair<size_t, SparseVector>> moves;
    std::vector<std::pair<size_t, SparseVector>> rows;
    std::vector<std::pair<size_t, SparseVector>> wanted;
  };
  // Nothing when no way was found that leaves every demand its moves.
  std::optional<Change> Prepare(const SparseVector& cell);
  // Right after Prepare, with nothing else in between.
  void Commit(Change&& change);
  static bool IsNothing(const Change& change) { return change.pivot < 0; }

  // Two tables that this reader cannot tell from the true one, as differences; nothing when they
  // are too close.
  struct Proof {
    SparseVector low;
    SparseVector high;
    int64_t width = 0;
  };
  std::optional<Proof> ProofFor(size_t demand) const;
  // The demand that stood in the way of the last refusal.
  std::optional<size_t> blocker() const { return blocker_; }

 private:
  struct Range {
    int64_t down = 0;  // how often the move can be made backwards and forwards
    int64_t up = 0;
  };
  struct Wish {
    int64_t count;
    int64_t reach;
  };
  // What giving up `pivot` for the sake of `left` makes of the moves in it.
  struct Trial {
    const SparseVector& left;
    int32_t pivot;
    int64_t sign;               // of the pivot in `left`
    std::vector<Range> ranges;  // by place in `left`, once asked for
  };
  static constexpr int64_t kUnknown = -1;
  Range RangeOf(const SparseVector& move) const;
  Range RangeOfSum(const SparseVector& move, const SparseVector& lost, int64_t factor) const;
  const Range& RangeAfter(Trial& trial, size_t move) const;
  void Narrow(Range& range, int32_t leaf, int64_t value) const;
  bool Holds(size_t demand, const SparseVector& row, Trial* trial);
  std::optional<Change> Try(const SparseVector& left, int32_t pivot);
  SparseVector Left(const SparseVector& cell);
  void Listen(size_t demand, const SparseVector& row, const SparseVector& known);

  std::vector<int64_t> rooms_;  // per leaf, how far it can fall
  const int64_t width_;
  const int tries_;
  std::vector<Wish> demands_;
  std::vector<SparseVector> moves_;   // per free leaf, over the leaves; empty when not free
  std::vector<SparseVector> rows_;    // per leaf, over the moves: the same numbers by leaf
  std::vector<SparseVector> wanted_;  // per demand, over the moves: what each does to it
  std::vector<Range> ranges_;         // per move
  std::vector<std::vector<int32_t>> wanting_;  // per move, demands that it moves; may be stale
  std::vector<int64_t> sums_;                  // scratch
  std::vector<int32_t> slot_;   // scratch: per move, its place in what is left of a cell
  std::vector<uint64_t> seen_;  // scratch: per demand, the last trial that met it
  uint64_t trials_ = 0;
  std::optional<size_t> blocker_;
};

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_MOVE_BASIS_H_
