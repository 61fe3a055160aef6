// A rehearsal: the release as it would come out if the counts were as expected, made by the very
// steps that make a release: noise, whole numbers, hiding. What is counted is how many cells carry
// no number, or a number with a warning.
//
// Privacy: nothing here is protected, because nothing here is about anyone: the counts are
// estimates from what is public, and the bits of the noise are no secret.
#ifndef POLDER_STATS_WHATIF_REHEARSAL_H_
#define POLDER_STATS_WHATIF_REHEARSAL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/noise/plan.h"
#include "stats/table/linked_tables.h"
#include "stats/whatif/expected.h"

namespace polder::stats::whatif {

// Of one table, averages over the rehearsals.
struct Shares {
  size_t cells = 0;      // that can occur
  double hidden = 0;     // share of them without a number, hidden for another's sake included
  double by_rule = 0;    // share of them under the threshold or region-only
  double imprecise = 0;  // share of them with a number too imprecise to compare
};

// One rehearsal of a measure: the tables that come out, statuses set. `draw` numbers the
// rehearsal: the same number gives the same noise for every policy with the same schema.
// Throws ProblemError "cannot-protect" when nothing can be released.
table::LinkedTables Rehearse(const noise::Plan& plan, const std::vector<ExpectedTable>& expected,
                             const policies::disclosure::Policy& policy,
                             const policies::codebook::Codebook& codebook,
                             const base::Period& period, uint64_t draw);

// Shares per table of the plan over `draws` rehearsals; all municipalities deliver and none
// converts. nullopt when a table has no expected counts. `step` is called after each rehearsal.
std::optional<std::vector<Shares>> ExpectedShares(const noise::Plan& plan,
                                                  const std::vector<ExpectedTable>& expected,
                                                  const policies::disclosure::Policy& policy,
                                                  const policies::codebook::Codebook& codebook,
                                                  const base::Period& period, int draws,
                                                  const std::function<void()>& step);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_REHEARSAL_H_
