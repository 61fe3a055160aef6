// What the shown cells tell: the span of their sums, kept in reduced form, and what is left of each
// cell that must not be told.
//
// A cell is a vector over the leaf cells that can differ from nought. A shown cell makes its vector
// known, and with it every combination. The secrets are kept reduced by what is known, so that one
// look tells whether a further cell would give one away:
//   - a secret would be known when what is left of the cell is a multiple of what is left of it;
//   - people who are alone in a leaf cell (a count of 1) must not be told by a sum of nothing but
//     such leaves, which tells that each of them is one. Only a difference of three or more of them
//     may be known, and no two such differences share a leaf, so that they make no sum either;
//   - with `alone`, a cell and a secret that differ in one such leaf only give it away to that one.
// Everything is exact: where a number grows too large, the cell is refused, which is always safe.
// Source: candidate order and simultaneous elimination as in Langsrud, PSD 2024 ("Secondary cell
// suppression by Gaussian elimination"); the look-up of proportional remainders is ours.
#ifndef POLDER_STATS_SUPPRESS_SPAN_H_
#define POLDER_STATS_SUPPRESS_SPAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "stats/suppress/sparse.h"

namespace polder::stats::suppress {

class Span {
 public:
  struct Options {
    bool alone = true;
  };
  // `single[column]`: a leaf with one pupil. `secrets` are vectors over the columns, none empty.
  Span(std::vector<bool> single, std::vector<SparseVector> secrets, const Options& options);

  enum class Answer {
    kKnown,    // it followed from what was shown already; nothing changes
    kShown,    // it is known from now on
    kRefused,  // it would give a secret away; nothing changes
  };
  Answer Show(const SparseVector& cell);
  // True when Show would refuse it for what it gives away.
  bool Refuses(const SparseVector& cell);
  // The secret that the last refusal was for; nothing when it was for people who are alone.
  std::optional<size_t> blocker() const { return blocker_; }

  // A change in whole numbers of the leaves that leaves every shown sum as it is and moves every
  // secret: the proof that none follows. Checked here by addition; nothing when a number does not
  // fit.
  std::optional<SparseVector> Witness() const;

  size_t rank() const { return rows_.size(); }
  // What is left of the secrets, in their order.
  const std::vector<SparseVector>& secrets() const { return secrets_; }

 private:
  bool Reduce(const SparseVector& cell, SparseVector& left) const;
  bool GivesAway(const SparseVector& left);
  bool AloneOnly(const SparseVector& left) const;
  bool IsOneAlone(const SparseVector& rest) const;
  bool TellsOfPeopleAlone(const SparseVector& left) const;
  uint64_t KeyOf(const SparseVector& vector) const;
  bool Absorb(const SparseVector& left, int32_t pivot);
  int32_t ChoosePivot(const SparseVector& left) const;
  void Note(int32_t vector, const SparseVector& before, const SparseVector& after);

  const std::vector<bool> single_;
  const Options options_;
  std::vector<SparseVector> rows_;     // reduced: a pivot column stands in its own row only
  std::vector<int32_t> row_of_;        // per column, the row it is the pivot of, or -1
  std::vector<int32_t> together_;      // per column, the known sum of people alone it is in, or -1
  std::vector<SparseVector> shown_;    // as they were
  std::vector<SparseVector> asked_;    // the secrets as they were
  std::vector<SparseVector> secrets_;  // reduced by the rows
  static constexpr uint64_t kAloneOnly = 0;  // the key of nothing but people alone
  std::vector<uint64_t> keys_;               // of the secrets
  std::unordered_multimap<uint64_t, size_t> by_key_;
  std::vector<std::pair<int32_t, SparseVector>> changed_;  // scratch
  // Per column, the vectors that hold it (rows as -1 - index, secrets as index); may hold some
  // twice or no longer.
  std::vector<std::vector<int32_t>> holders_;
  std::vector<size_t> held_;  // how many hold it
  std::optional<size_t> blocker_;
};

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_SPAN_H_
