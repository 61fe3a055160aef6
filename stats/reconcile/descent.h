// Whole numbers for tables of any shape and any size: they add up, and come near to the estimates
// by descent.
//
// Whole tables that agree on everything they share are the marginals of some whole cross, and moves
// that keep them so lead from any of them to any other. A move over a set A of attributes adds one
// unit at the corners of a box, up and down in turn: two codes for every attribute of A, one place
// for the others. No table that does not cross all of A notices. So the tables are made from the
// grand total downwards, each nearest in its free cells, and then moves are made while they bring
// the cells that are furthest off nearer.
//
// Source: controlled rounding (Cox, JASA 1987); the moves, Diaconis, Sturmfels, "Algebraic
// algorithms for sampling from conditional distributions", Annals of Statistics 26(1), 1998.
#ifndef POLDER_STATS_RECONCILE_DESCENT_H_
#define POLDER_STATS_RECONCILE_DESCENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/schema.h"

namespace polder::stats::reconcile {

// Looks at cells that a descent may take: about two seconds, which a country needs a fifth of to
// come under 1.
inline constexpr uint64_t kDescentEffort = 400'000'000;

// Whole numbers of each of the tables, row-major, that agree on everything they share: those with
// the least largest deviation that was met. `estimates` gives the exact estimates of a table; those
// of any two agree on what they share. Deterministic, a function of the estimates alone; effort is
// counted in cells looked at. Throws ProblemError "answers-out-of-range" beyond 2^38.
std::map<table::AttributeSet, std::vector<base::Integer>> Descend(
    const table::Schema& schema, const std::vector<table::AttributeSet>& tables,
    const std::function<const std::vector<base::Rational>&(table::AttributeSet)>& estimates,
    uint64_t effort = kDescentEffort);

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_DESCENT_H_
