#include "stats/suppress/any_shape.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "policies/base/problem.h"
#include "stats/suppress/determined.h"
#include "stats/suppress/span.h"
#include "stats/table/marginal_system.h"

namespace polder::stats::suppress {
namespace {

using table::CellStatus;

constexpr size_t kMostCells = 100'000;

[[noreturn]] void CannotProtect(const table::LinkedTables& tables) {
  throw base::ProblemError(
      "cannot-protect", "/measures/" + tables.measure(),
      "a hidden cell can be computed from the rest whatever else is hidden; publish fewer "
      "tables in this measure, or one over more municipalities or kinds");
}

// Every cell as a sum of corner cells, which may take any numbers.
struct CornerSums {
  std::vector<SparseVector> cells;
  size_t corners = 0;
};

CornerSums SumsOf(const table::LinkedTables& tables) {
  std::vector<table::AttributeSet> sets;
  for (const table::TableShape& shape : tables.tables()) sets.push_back(shape.attributes);
  const table::MarginalSystem system = table::MakeMarginalSystem(tables.schema(), sets, kMostCells);
  std::vector<SparseVector> all(system.count);
  std::vector<bool> follows(system.count, false);
  for (const table::Relation& relation : system.relations) follows[relation.variable] = true;
  std::vector<int32_t> column(system.count, -1);
  CornerSums sums;
  for (size_t i = 0; i < system.count; ++i) {
    if (follows[i]) continue;
    column[i] = static_cast<int32_t>(sums.corners++);
    all[i] = {{column[i], 1}};
  }
  for (const table::Relation& relation : system.relations) {
    for (const auto& [corner, coefficient] : relation.terms) {
      all[relation.variable].push_back({column[corner], static_cast<int32_t>(coefficient)});
    }
  }
  for (const table::AttributeSet set : sets) {
    const size_t first = system.first.at(set);
    for (size_t cell = 0; cell < tables.schema().CellCount(set); ++cell) {
      sums.cells.push_back(all[first + cell]);
    }
  }
  return sums;
}

}  // namespace

void ProtectAnyShape(table::LinkedTables& tables, const std::vector<uint64_t>& costs) {
  const std::vector<CellStatus> by_rule = tables.statuses();
  const CornerSums sums = SumsOf(tables);
  std::vector<SparseVector> secrets;
  std::vector<size_t> candidates;
  for (size_t cell = 0; cell < by_rule.size(); ++cell) {
    if (by_rule[cell] == CellStatus::kHidden) secrets.push_back(sums.cells[cell]);
    if (table::HasNumber(by_rule[cell])) candidates.push_back(cell);
  }
  if (secrets.empty()) return;
  Span span(std::vector<bool>(sums.corners, false), secrets, {.alone = false});
  // Without a number and not hidden: nought, as everybody knows.
  for (size_t cell = 0; cell < by_rule.size(); ++cell) {
    if (table::HasNumber(by_rule[cell]) || by_rule[cell] == CellStatus::kHidden) continue;
    if (span.Show(sums.cells[cell]) == Span::Answer::kRefused) CannotProtect(tables);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](size_t a, size_t b) { return costs[a] > costs[b]; });
  for (const size_t cell : candidates) {
    if (span.Show(sums.cells[cell]) == Span::Answer::kRefused) {
      tables.statuses()[cell] = CellStatus::kHidden;
    }
  }
  // By another elimination than the one that chose. A cell that was hidden for company only and
  // follows from the rest after all protects nothing.
  for (const size_t cell : DeterminedCells(tables)) {
    if (by_rule[cell] == CellStatus::kHidden) CannotProtect(tables);
    tables.statuses()[cell] = by_rule[cell];
  }
}

}  // namespace polder::stats::suppress
