// Which cells of a measure of exact counts are hidden, over all releases of its period at once.
#ifndef POLDER_STATS_SUPPRESS_HIDE_COUNTS_H_
#define POLDER_STATS_SUPPRESS_HIDE_COUNTS_H_

#include <cstddef>
#include <vector>

#include "policies/disclosure/policy.h"
#include "stats/table/count_history.h"

namespace polder::stats::suppress {

struct HiddenCounts {
  std::vector<size_t> hidden;  // cells of the last release that the rules showed: their numbers
  std::vector<table::CountProof> proofs;  // one per sensitive cell and attacker
};

// The last release of `history` is being made; the statuses of its cells are those of the rules for
// single cells (ApplyCellRules). Every count under its threshold, in any release, keeps two
// possible values at least the policy's width apart, one of which reaches the threshold, for an
// outsider, for the persons who are alone in a leaf of one municipality (all of them together, and
// one by one where all of them together are the cell) and, with insiders, for every member and
// pair, unless they hold all of it; so does every cell that is hidden because its kind is
// region-only. What is shown is shown dearest first.
// Deterministic. Throws ProblemError "cannot-protect" when what earlier releases show leaves no
// way.
HiddenCounts HideCounts(const table::CountHistory& history,
                        const policies::disclosure::Policy& policy);

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_HIDE_COUNTS_H_
