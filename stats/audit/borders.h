// Whether it is stated what two releases of the same cases by different borders tell of each other.
#ifndef POLDER_STATS_AUDIT_BORDERS_H_
#define POLDER_STATS_AUDIT_BORDERS_H_

#include <string>

#include "policies/base/problem.h"
#include "stats/table/count_history.h"

namespace polder::stats::audit {

// The system of sums knows that a municipality joined, that it left with all its cases, and that it
// went up whole in another, as the codebook states. Adds a finding, which names no count, when
//  - a municipality of `before` with counts is not in `now`, and it is not stated where they went;
//  - the counts say otherwise: one that is in only one of the two, and is not stated to have gone
//  up
//    in another, makes up exactly the difference of another one, everywhere (it went up in that
//    one, or was split from it).
// A municipality that was divided over several can be stated in no codebook, so it is refused by
// the first.
void CheckBorders(const table::CountedRelease& before, const table::CountedRelease& now,
                  const table::Redivisions& redivisions, const std::string& pointer,
                  base::Problems& findings);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_BORDERS_H_
