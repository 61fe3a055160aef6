#include "stats/audit/table_attack.h"

#include <algorithm>
#include <set>

#include "policies/base/problem.h"

namespace polder::stats::audit {
namespace {

using table::Grid;

class Attack {
 public:
  Attack(const table::CountSpec& spec, const PublicTables& tables, const AttackWatch& watch)
      : spec_(spec), tables_(tables), watch_(watch) {
    least_ = spec.zeros == table::Zeros::kPublished ? 1 : 0;
    statements_ = tables.tables;
    statements_.insert(statements_.end(), tables.known.begin(), tables.known.end());
    for (const std::vector<size_t>& nodes : spec.structural) {
      structural_.push_back({spec.grid.CellOf(nodes), {0, 0}});
    }
    statements_.insert(statements_.end(), structural_.begin(), structural_.end());
    public_ = RangesOf(spec.grid, statements_);
    if (tables.counts) CompareWithCounts();
    PassAlong(spec.grid, public_);
    Choose();
  }

  std::vector<TableFinding> Run() {
    As({});
    if (!tables_.counts || !spec_.insiders) return std::move(findings_);
    std::vector<size_t> members;
    const table::Tree& tree = spec_.grid.trees()[*spec_.insiders];
    for (size_t node = 0; node < tree.size(); ++node) {
      if (tree.IsLeaf(node)) members.push_back(node);
    }
    for (size_t i = 0; i < members.size(); ++i) {
      As({members[i]});
      for (size_t j = i + 1; j < members.size(); ++j) As({members[i], members[j]});
    }
    return std::move(findings_);
  }

 private:
  bool IsTrue(const CountStatement& statement) const {
    const int64_t count = (*tables_.counts)[statement.cell];
    return statement.range.low <= count && count <= statement.range.high;
  }

  void CompareWithCounts() {
    base::Problems problems(20);
    std::set<size_t> told;
    for (const CountStatement& statement : tables_.tables) {
      if (IsTrue(statement) || !told.insert(statement.cell).second) continue;
      problems.Add("tables-contradict", "cases",
                   "The tables say another count than the cases at " +
                       spec_.grid.Describe(statement.cell) +
                       "; give the cases that the tables were made of.");
    }
    problems.ThrowIfAny();
    // Other offices may be wrong about the same pupils; then the truth is no table that fits.
    truth_fits_ = std::all_of(tables_.known.begin(), tables_.known.end(),
                              [&](const CountStatement& known) { return IsTrue(known); }) &&
                  std::all_of(structural_.begin(), structural_.end(),
                              [&](const CountStatement& zero) { return IsTrue(zero); });
  }

  // Which dimensions a cell does not stand at its total in.
  size_t CrossOf(size_t cell) const {
    size_t cross = 0;
    for (size_t d = 0; d < spec_.grid.trees().size(); ++d) {
      const bool total = spec_.grid.NodeOf(cell, d) == spec_.grid.trees()[d].Root();
      if (!total) cross |= size_t{1} << d;
    }
    return cross;
  }

  // Cells that no table shows the count of, and those that a table leaves out of what it shows.
  void Choose() {
    std::vector<bool> spoken(spec_.grid.cells());
    std::vector<bool> shown(spec_.grid.cells());
    std::set<size_t> crosses;
    for (const CountStatement& statement : tables_.tables) {
      spoken[statement.cell] = true;
      // Two ranges that meet in one count do not show it: whoever puts them together recovers it.
      if (statement.range.IsExact()) shown[statement.cell] = true;
      crosses.insert(CrossOf(statement.cell));
    }
    for (size_t cell = 0; cell < spec_.grid.cells(); ++cell) {
      const bool left_out = spec_.offered[cell] && !spoken[cell] && crosses.contains(CrossOf(cell));
      if ((spoken[cell] || left_out) && !shown[cell]) chosen_.push_back(cell);
    }
  }

  bool IsTheirs(size_t cell, const std::vector<size_t>& members) const {
    return !members.empty() && std::find(members.begin(), members.end(),
                                         spec_.grid.NodeOf(cell, *spec_.insiders)) != members.end();
  }

  // Nothing foreign is in a cell whose other leaves are nought for everyone to see, be it in a
  // total.
  bool IsAllTheirs(size_t cell, const std::vector<size_t>& members) const {
    if (members.empty()) return false;
    const std::vector<size_t> leaves = spec_.grid.LeavesUnder(cell);
    return std::all_of(leaves.begin(), leaves.end(), [&](size_t leaf) {
      return IsTheirs(leaf, members) || public_[leaf] == CountRange{0, 0};
    });
  }

  bool MayBeSmall(size_t cell, const CountRange& range) const {
    if (!tables_.counts) return std::max(range.low, least_) < spec_.threshold;
    const int64_t count = (*tables_.counts)[cell];
    return count < spec_.threshold && count >= least_;
  }

  // What somebody learns who knows all leaf cells of `members` besides what is published.
  void As(const std::vector<size_t>& members) {
    const Grid& grid = spec_.grid;
    std::vector<CountStatement> statements = statements_;
    for (size_t cell = 0; !members.empty() && cell < grid.cells(); ++cell) {
      if (!grid.IsLeaf(cell) || !IsTheirs(cell, members)) continue;
      statements.push_back({cell, {(*tables_.counts)[cell], (*tables_.counts)[cell]}});
    }
    const std::vector<CountRange> stated = RangesOf(grid, statements);
    std::vector<CountRange> ranges = stated;
    PassAlong(grid, ranges);
    std::vector<size_t> targets;
    for (const size_t cell : chosen_) {
      // Nobody learns their own.
      if (MayBeSmall(cell, ranges[cell]) && !IsAllTheirs(cell, members)) targets.push_back(cell);
    }
    if (watch_.begins) watch_.begins(members, targets.size());
    const bool interval = spec_.protect == table::Protection::kInterval;
    // Without the true counts nobody can say of a wide enough cell that it is small, so that its
    // width is not judged: only that it is not exact and may be large.
    const Enough enough = {interval && tables_.counts ? spec_.width : 1,
                           interval ? spec_.threshold : 0};
    Search search{
        .progress = watch_.progress, .stop = watch_.stop, .in_fractions = watch_.in_fractions};
    if (tables_.counts && truth_fits_) search.truth = &*tables_.counts;
    const std::vector<size_t> undecided = Narrow(grid, targets, enough, stated, ranges, search);
    const std::set<size_t> open(undecided.begin(), undecided.end());
    for (const size_t cell : targets) {
      const CountRange& range = ranges[cell];
      const bool small = range.IsExact() && range.low < spec_.threshold && range.low >= least_;
      const bool never_large = range.high < spec_.threshold && range.high > 0;
      const bool thin = tables_.counts && range.high - range.low < spec_.width;
      if (small || (interval && (never_large || thin))) {
        findings_.push_back({cell, members, range});
      } else if (open.contains(cell)) {
        findings_.push_back({cell, members, range, true});
      }
    }
  }

  const table::CountSpec& spec_;
  const PublicTables& tables_;
  const AttackWatch& watch_;
  int64_t least_ = 1;
  bool truth_fits_ = false;
  std::vector<CountStatement> statements_, structural_;
  std::vector<CountRange> public_;  // what follows for who knows nothing of their own
  std::vector<size_t> chosen_;
  std::vector<TableFinding> findings_;
};

}  // namespace

std::vector<TableFinding> AttackTables(const table::CountSpec& spec, const PublicTables& tables,
                                       const AttackWatch& watch) {
  return Attack(spec, tables, watch).Run();
}

}  // namespace polder::stats::audit
