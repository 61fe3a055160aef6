#include "stats/suppress/suppress.h"

#include <optional>

#include "policies/base/problem.h"
#include "stats/suppress/any_shape.h"
#include "stats/suppress/determined.h"
#include "stats/suppress/rules.h"
#include "stats/suppress/star.h"

namespace polder::stats::suppress {
namespace {

using table::CellStatus;

// What it costs to hide each cell, given what is hidden now.
void MarkHidden(const table::LinkedTables& tables, std::vector<uint64_t>& costs) {
  for (size_t cell = 0; cell < costs.size(); ++cell) {
    const CellStatus status = tables.statuses()[cell];
    if (status == CellStatus::kHidden) {
      costs[cell] = 0;
    } else if (!table::HasNumber(status)) {
      costs[cell] = kImpossible;
    }
  }
}

// Gives back, dearest first, what later choices made superfluous. What is left is minimal: showing
// any of them would give a hidden cell away.
void GiveBack(table::LinkedTables& tables, const std::vector<CellStatus>& by_rule,
              const std::vector<uint64_t>& costs) {
  for (;;) {
    std::optional<size_t> dearest;
    for (const size_t cell : DispensableCells(tables)) {
      if (by_rule[cell] == CellStatus::kHidden) continue;
      if (!dearest || costs[cell] > costs[*dearest]) dearest = cell;
    }
    if (!dearest) return;
    tables.statuses()[*dearest] = by_rule[*dearest];
  }
}

void ProtectStar(table::LinkedTables& tables, const std::vector<uint64_t>& full_costs) {
  const Star star(tables);
  const std::vector<CellStatus> by_rule = tables.statuses();
  std::vector<uint64_t> costs = full_costs;
  MarkHidden(tables, costs);
  // Every round hides at least one cell more for every cell that was determined, so this ends.
  for (auto open = DeterminedCells(tables); !open.empty(); open = DeterminedCells(tables)) {
    for (const size_t cell : open) {
      const auto company = star.CheapestCompany(cell, costs);
      if (!company) {
        throw base::ProblemError(
            "cannot-protect", "/measures/" + tables.measure(),
            "a hidden cell can be computed from the rest whatever else is hidden; publish fewer "
            "tables in this measure, or one over more municipalities or kinds");
      }
      for (const size_t other : *company) {
        tables.statuses()[other] = CellStatus::kHidden;
        costs[other] = 0;
      }
    }
  }
  GiveBack(tables, by_rule, full_costs);
}

}  // namespace

void Suppress(std::vector<table::LinkedTables>& measures,
              const policies::disclosure::Policy& policy,
              const policies::codebook::Codebook& codebook, const base::Period& period,
              const std::vector<table::Member>& members,
              const std::vector<table::PublishedRelease>& earlier) {
  const RuleContext context{policy, codebook, period, members};
  for (table::LinkedTables& tables : measures) {
    ApplyCellRules(tables, context);
    const std::vector<uint64_t> costs = HidingCosts(tables, context, earlier);
    if (Star::Fits(tables)) {
      ProtectStar(tables, costs);
    } else {
      ProtectAnyShape(tables, costs);
    }
  }
}

}  // namespace polder::stats::suppress
