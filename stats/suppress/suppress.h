// Hiding: which cells of noisy tables carry no number, and which numbers carry a warning.
//
// Everything is decided from noisy values, the codebook and public acts, so that the decision
// itself tells nothing about a pupil. One door leads here, from noisy values; counts never come in.
#ifndef POLDER_STATS_SUPPRESS_SUPPRESS_H_
#define POLDER_STATS_SUPPRESS_SUPPRESS_H_

#include <vector>

#include "policies/disclosure/policy.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"

namespace polder::stats::suppress {

// Sets every status of `measures`. In order, the first that applies:
//   not-applicable    the codebook says that the combination cannot occur;
//   missing-delivery  the cell is of a member that did not deliver;
//   hidden            its noisy value is under the threshold of its kind group, or the group is
//                     region-only and the cell is a municipality's, or it is needed so that no
//                     other hidden cell can be computed;
//   break             a declared conversion of its municipality's case system;
//   imprecise         the 95 % half-width is more than the policy's share of the value;
//   value.
// Hiding beyond the rules is exact: afterwards no hidden cell is determined by the shown cells of
// all tables of its measure (elimination over the rationals). It takes the cheapest cells: small
// ones first, then totals, and never a municipality's yearly persons figure for absolute or
// relative absence that is at or over its threshold. Deterministic.
//
// `earlier` are the releases of the same period that exist already: a cell that one of them shows
// is not spent on hiding another cell when there is an equally good choice, because hiding it now
// would protect less. Throws ProblemError "cannot-protect" when no pattern is safe; nothing may
// then be released.
void Suppress(std::vector<table::LinkedTables>& measures,
              const policies::disclosure::Policy& policy,
              const policies::codebook::Codebook& codebook, const base::Period& period,
              const std::vector<table::Member>& members,
              const std::vector<table::PublishedRelease>& earlier);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_SUPPRESS_H_
