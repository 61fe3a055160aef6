// All releases of one period of a measure of exact counts, as one system of sums.
//
// A leaf is the finest count that anything published is a sum of: one municipality's, for one
// combination of the other attributes, by one set of deliveries. A member whose deliveries were
// replaced between two releases has leaves of its own in each; of everyone else the two releases
// speak of the same leaf. Whoever subtracts one release from the other does just that.
// Suppressor and audit, which share no code, read the same system.
//
// Privacy: true counts. Move-only, wiped when it dies.
#ifndef POLDER_STATS_TABLE_COUNT_HISTORY_H_
#define POLDER_STATS_TABLE_COUNT_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stats/table/known_figures.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"

namespace polder::stats::table {

// One release of the measure. `tables` have their true values everywhere; statuses as they were
// published, or as the rules for single cells set them.
struct CountedRelease {
  LinkedTables tables;
  std::vector<int64_t> cells;  // over all dimensions at once, row-major
  std::vector<Member> members;
  std::vector<KnownFigure> known = {};  // what other offices tell about these counts
};

class CountHistory {
 public:
  struct Leaf {
    int64_t count = 0;
    std::optional<size_t> member;  // who knows it
  };
  struct Cell {
    size_t release = 0;  // as given
    size_t number = 0;   // of its tables
    std::vector<size_t> leaves;
    int64_t count = 0;
    CellStatus status = CellStatus::kHidden;
    std::string kind;        // code, empty when the table does not cross kinds
    bool municipal = false;  // the table crosses municipalities
  };

  // What another office tells of a release's counts: the sum lies between the two. A figure that
  // `count` contradicts counts other cases; whoever believes it is led astray, but to be safe it is
  // taken to fix the sum as it is.
  struct KnownSum {
    std::vector<size_t> leaves;
    int64_t count = 0;
    int64_t low = 0;
    int64_t high = 0;  // the largest int64 without an end

    bool Allows(int64_t other) const { return other >= low && other <= high; }
    // Nothing that is published could leave more than this.
    bool NarrowerThan(int64_t width, int64_t reach) const {
      return high < reach || high - low < width;
    }
  };

  // In order of making. Leaves that everyone knows to be nought are left out: of a municipality
  // that did not deliver, of a combination that cannot occur, and under a shown nought.
  // Throws ProblemError "counts-do-not-fit" when the cells are not the tables'.
  explicit CountHistory(const std::vector<CountedRelease>& releases);
  ~CountHistory();
  CountHistory(CountHistory&&) noexcept = default;
  CountHistory& operator=(CountHistory&&) = delete;
  CountHistory(const CountHistory&) = delete;
  CountHistory& operator=(const CountHistory&) = delete;

  const std::vector<std::string>& members() const { return members_; }
  const std::vector<Leaf>& leaves() const { return leaves_; }
  // Every cell of every release that holds a leaf: release after release, in the order of its
  // tables.
  const std::vector<Cell>& cells() const { return cells_; }
  size_t releases() const { return releases_; }
  const std::vector<KnownSum>& known() const { return known_; }
  // The known sum of just these leaves, the narrowest of several; nullptr when there is none.
  const KnownSum* FindKnown(const std::vector<size_t>& leaves) const;

 private:
  std::vector<std::string> members_;
  std::vector<Leaf> leaves_;
  std::vector<Cell> cells_;
  std::vector<KnownSum> known_;
  size_t releases_ = 0;
};

// Two sets of counts that publish the same, as differences from the true one by leaf: `low` lowers
// the cell, `high` raises it. Nobody who lacks what `attacker` knows can tell them from the
// truth: members by position; none for an outsider; members() + m for the persons who are alone in
// a leaf of member m. Privacy: stays sealed.
struct CountProof {
  size_t cell = 0;  // position in CountHistory::cells()
  std::vector<size_t> attacker;
  std::vector<std::pair<size_t, int64_t>> low;
  std::vector<std::pair<size_t, int64_t>> high;
};

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_COUNT_HISTORY_H_
