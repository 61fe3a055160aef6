// All releases of a measure of exact counts that speak of the same cases, as one system of sums.
//
// A leaf is the finest count that anything published is a sum of: one quarter's where years are
// sums of quarters, one municipality's, for one combination of the other attributes. Releases whose
// counts in a leaf are equal speak of the same leaf, whoever delivered what: that gives an attacker
// at least what it knows. Where a correction changed the count it is another unknown, and of a
// municipality that others went up in it is the sum of theirs (docs/adr/0022). Whoever subtracts
// one release from the other does just that. Suppressor and audit, which share no code, read the
// same system.
//
// Privacy: true counts. Move-only, wiped when it dies.
#ifndef POLDER_STATS_TABLE_COUNT_HISTORY_H_
#define POLDER_STATS_TABLE_COUNT_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policies/base/period.h"
#include "policies/disclosure/policy.h"
#include "stats/table/known_figures.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"

namespace polder::stats::table {

// The periods that the finest counts of a period are of. Reports and processes of a year are
// counted quarter by quarter and added up, so that the year is the sum of its quarters. A pupil
// counts once in a year however many quarters it is in, so that persons are of their own period.
std::vector<base::Period> CountedParts(policies::disclosure::Unit unit, const base::Period& period);

// Which of the releases made before over the `earlier` periods speak of the same cases as one of
// `period`: those of the same period, and where quarters add up and a release of the year is among
// them, all of the year.
std::vector<bool> SpeakOfTheSame(policies::disclosure::Unit unit, const base::Period& period,
                                 const std::vector<base::Period>& earlier);

// A table of fewer attributes shows that there is nothing in this cell of exact counts.
bool UnderShownNought(const LinkedTables& tables, size_t table, size_t cell_in_table);

// Municipalities that went up in another one, and in which (Codebook::Redivisions).
using Redivisions = std::map<std::string, std::string>;

// One release of the measure. `tables` have their true values everywhere; statuses as they were
// published, or as the rules for single cells set them.
struct CountedRelease {
  LinkedTables tables;
  std::vector<int64_t> cells;  // part after part; each over all dimensions at once, row-major
  std::vector<Member> members;
  std::vector<KnownFigure> known = {};    // what other offices tell about these counts
  std::vector<std::string> parts = {""};  // periods of the counts, at least one
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
  explicit CountHistory(const std::vector<CountedRelease>& releases,
                        const Redivisions& redivisions = {});
  ~CountHistory();
  CountHistory(CountHistory&&) noexcept = default;
  CountHistory& operator=(CountHistory&&) = delete;
  CountHistory(const CountHistory&) = delete;
  CountHistory& operator=(const CountHistory&) = delete;

  const std::vector<std::string>& members() const { return members_; }
  // Per member the positions of those whose counts it holds, ascending: its own, and those of
  // municipalities that went up in it.
  const std::vector<std::vector<size_t>>& archives() const { return archives_; }
  const std::vector<Leaf>& leaves() const { return leaves_; }
  // Every cell of every release that holds a leaf: release after release, in the order of its
  // tables.
  const std::vector<Cell>& cells() const { return cells_; }
  size_t releases() const { return releases_; }
  const std::vector<KnownSum>& known() const { return known_; }
  // The known sum of just these leaves, the narrowest of several; nullptr when there is none.
  const KnownSum* FindKnown(const std::vector<size_t>& leaves) const;

 private:
  void AddRelease(const CountedRelease& release, size_t number,
                  const std::vector<std::vector<size_t>>& leaves_at);

  std::vector<std::string> members_;
  std::vector<std::vector<size_t>> archives_;
  std::vector<Leaf> leaves_;
  std::vector<Cell> cells_;
  std::vector<KnownSum> known_;
  size_t releases_ = 0;
};

// Two sets of counts that publish the same, as differences from the true one by leaf: `low` lowers
// the cell, `high` raises it. Nobody who lacks what `attacker` knows can tell them from the
// truth: members by position, ascending; none for an outsider; members() + m for the persons who
// are alone in a leaf of member m, all of them together; 2 * members() + leaf for whoever is alone
// in that leaf, of several at once. Privacy: stays sealed.
struct CountProof {
  size_t cell = 0;  // position in CountHistory::cells()
  std::vector<size_t> attacker;
  std::vector<std::pair<size_t, int64_t>> low;
  std::vector<std::pair<size_t, int64_t>> high;
};

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_COUNT_HISTORY_H_
