#include "stats/suppress/determined.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policies/base/rational.h"

namespace polder::stats::suppress {
namespace {

// A row of the homogeneous system: unknown -> coefficient, none of them nought.
using Row = std::map<size_t, base::Rational>;

void AddMultiple(Row& row, const Row& other, const base::Rational& factor) {
  for (const auto& [unknown, coefficient] : other) {
    auto [at, inserted] = row.try_emplace(unknown, 0);
    at->second += factor * coefficient;
    if (at->second == 0) row.erase(at);
  }
}

// Rows in echelon form by their last unknown, then reduced from the front: a row left with a single
// unknown determines it.
class Elimination {
 public:
  void Add(Row row) {
    while (!row.empty()) {
      const auto last = std::prev(row.end());
      const auto pivot = pivots_.find(last->first);
      if (pivot == pivots_.end()) {
        const base::Rational scale = 1 / last->second;
        for (auto& entry : row) entry.second *= scale;
        const size_t unknown = last->first;
        pivots_.emplace(unknown, std::move(row));
        return;
      }
      const base::Rational factor = -last->second;
      AddMultiple(row, pivot->second, factor);
    }
  }

  // Leaves every pivot in its own row only: each unknown is then a combination of free ones.
  void Finish() {
    for (auto& [unknown, row] : pivots_) {
      // Pivots with smaller unknowns are finished already, so one pass over a copy of the entries
      // suffices: what they bring in are free unknowns only.
      const std::vector<std::pair<size_t, base::Rational>> entries(row.begin(),
                                                                   std::prev(row.end()));
      for (const auto& [other, coefficient] : entries) {
        const auto pivot = pivots_.find(other);
        if (pivot == pivots_.end()) continue;
        const base::Rational factor = -coefficient;
        AddMultiple(row, pivot->second, factor);
      }
    }
  }

  // After Finish: how the unknown moves with the free ones, up to a factor; empty when it cannot.
  Row Movement(size_t unknown) const {
    const auto pivot = pivots_.find(unknown);
    if (pivot == pivots_.end()) return {{unknown, 1}};
    Row movement = pivot->second;
    movement.erase(unknown);
    if (!movement.empty()) {
      const base::Rational scale = 1 / movement.begin()->second;
      for (auto& entry : movement) entry.second *= scale;
    }
    return movement;
  }

 private:
  std::map<size_t, Row> pivots_;
};

// Numbers for the marginals that equations need though nobody publishes them: unknowns of their
// own.
class Unknowns {
 public:
  explicit Unknowns(const table::LinkedTables& tables)
      : tables_(tables), next_(tables.cell_count()) {
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      first_[tables.tables()[t].attributes] = tables.FirstCell(t);
    }
  }
  size_t First(table::AttributeSet set) {
    const auto [at, inserted] = first_.try_emplace(set, next_);
    if (inserted) next_ += tables_.schema().CellCount(set);
    return at->second;
  }

 private:
  const table::LinkedTables& tables_;
  std::map<table::AttributeSet, size_t> first_;
  size_t next_;
};

Elimination Eliminated(const table::LinkedTables& tables) {
  const table::Schema& schema = tables.schema();
  std::vector<table::AttributeSet> sets;
  for (const table::TableShape& shape : tables.tables()) sets.push_back(shape.attributes);
  Unknowns unknowns(tables);
  Elimination elimination;
  // Closing under subsets and linking each marginal to those with one attribute fewer gives every
  // relation there is between the tables. Without an attribute that has classes these stay.
  for (const table::AttributeSet set : table::Closure(sets)) {
    if (!schema.IsClosed(set)) continue;  // municipalities without their classes: the same table
    for (const size_t dimension : schema.Members(set)) {
      const table::AttributeSet smaller = set & ~(table::AttributeSet{1} << dimension);
      const size_t from = unknowns.First(set);
      const size_t to = unknowns.First(smaller);
      std::vector<Row> rows(schema.CellCount(smaller));
      const auto put = [&](Row& row, size_t unknown, int sign) {
        const bool known = unknown < tables.cell_count() &&
                           tables.statuses()[unknown] != table::CellStatus::kHidden;
        if (!known) row.emplace(unknown, sign);
      };
      for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
        put(rows[schema.Project(set, cell, smaller)], from + cell, 1);
      }
      for (size_t cell = 0; cell < rows.size(); ++cell) put(rows[cell], to + cell, -1);
      for (Row& row : rows) elimination.Add(std::move(row));
    }
  }
  elimination.Finish();
  return elimination;
}

}  // namespace

std::vector<size_t> DeterminedCells(const table::LinkedTables& tables) {
  const Elimination elimination = Eliminated(tables);
  std::vector<size_t> determined;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.statuses()[cell] == table::CellStatus::kHidden &&
        elimination.Movement(cell).empty()) {
      determined.push_back(cell);
    }
  }
  return determined;
}

std::vector<size_t> DispensableCells(const table::LinkedTables& tables) {
  const Elimination elimination = Eliminated(tables);
  std::map<Row, std::vector<size_t>> together;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.statuses()[cell] == table::CellStatus::kHidden) {
      together[elimination.Movement(cell)].push_back(cell);
    }
  }
  std::vector<size_t> dispensable;
  for (const auto& [movement, cells] : together) {
    if (cells.size() == 1) dispensable.push_back(cells.front());
  }
  std::sort(dispensable.begin(), dispensable.end());
  return dispensable;
}

}  // namespace polder::stats::suppress
