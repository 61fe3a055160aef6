// Persons who are alone in a leaf of the same municipality, kept from one another.
//
// All of them together are one attacker already (hide_counts.h), but not of a cell in which nobody
// else stands. For such cells each is an attacker by itself. With an attacker each, a municipality
// with fifty of them would need fifty sets of moves; instead they are numbered, and for every
// binary digit those with a 0 there know what they know together, and those with a 1. Any two
// differ in some digit, so that somebody is always in a group without the other: a group knows
// more than each in it, and what it cannot narrow, nobody in it can.
#ifndef POLDER_STATS_SUPPRESS_ALONE_H_
#define POLDER_STATS_SUPPRESS_ALONE_H_

#include <cstddef>
#include <vector>

#include "stats/table/count_history.h"

namespace polder::stats::suppress {

class Alone {
 public:
  explicit Alone(const table::CountHistory& history);

  const std::vector<std::vector<size_t>>& groups() const { return groups_; }  // leaves, ascending
  // The groups that must not narrow the cell: when only persons who are alone in a leaf of one
  // municipality stand in it, those of that municipality that do not hold all of it. Else none.
  std::vector<size_t> GroupsAgainst(const table::CountHistory::Cell& cell) const;

 private:
  const table::CountHistory& history_;
  std::vector<std::vector<size_t>> groups_;
  std::vector<std::vector<size_t>> groups_of_;  // per member
};

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_ALONE_H_
