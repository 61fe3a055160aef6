// The rules for single cells: what hides a cell or puts a warning on it, before any thought of the
// other cells.
#ifndef POLDER_STATS_SUPPRESS_RULES_H_
#define POLDER_STATS_SUPPRESS_RULES_H_

#include <cstdint>
#include <vector>

#include "policies/disclosure/policy.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"

namespace polder::stats::suppress {

// What the rules need to know besides the tables. All of it is public.
struct RuleContext {
  const policies::disclosure::Policy& policy;
  const policies::codebook::Codebook& codebook;
  const base::Period& period;
  const std::vector<table::Member>& members;
};

// Sets the status of every cell from its own noisy value and public facts.
void ApplyCellRules(table::LinkedTables& tables, const RuleContext& context);

// How much is lost when a shown cell is hidden for the sake of another: small cells first, then
// totals, then a municipality's main figure (the smallest), and the region's main figure never
// unless nothing else exists. One number per cell.
std::vector<uint64_t> HidingCosts(const table::LinkedTables& tables, const RuleContext& context,
                                  const std::vector<table::PublishedRelease>& earlier);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_RULES_H_
