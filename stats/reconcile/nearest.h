// Whole numbers for tables of any shape: those that add up and come nearest to the estimates, with
// the proof that none come nearer, or the bound that could be proven.
//
// Source: controlled rounding; in two-way tables a rounding within 1 always exists (Bacharach,
// "Matrix Rounding Problems", Management Science 12(9), 1966; Cox, JASA 1987), in others it need
// not (Causey, Cox, Ernst, "Applications of Transportation Theory to Statistical Problems", JASA
// 80(392), 1985, section 4: a 2x2x2 table without one).
#ifndef POLDER_STATS_RECONCILE_NEAREST_H_
#define POLDER_STATS_RECONCILE_NEAREST_H_

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/schema.h"

namespace polder::stats::reconcile {

enum class Aim {
  kBelowOne,  // any deviation under 1 will do; the least when that is out of reach
  kLeast,     // the least possible largest deviation
};

struct NearestWholes {
  std::map<table::AttributeSet, std::vector<base::Integer>> wholes;  // per table, row-major
  base::Rational deviation;  // largest distance of a whole number from its estimate
  // No whole numbers that add up have a smaller largest deviation: proven. Equal to `deviation`
  // when these are the nearest.
  base::Rational at_least;
};

// What the search may spend, in coefficients touched, for one bound on the deviation, and how
// large its tables may be.
struct NearestLimits {
  uint64_t effort = 400'000'000;
  size_t cells = 8'000;
  uint64_t coefficients = 8'000'000;
};

// `estimates` gives the exact estimates of a table; those of any two tables agree on what they
// share. Deterministic, a function of the estimates alone. Throws ProblemError "too-many-cells"
// beyond the limits.
NearestWholes FindNearest(
    const table::Schema& schema, const std::vector<table::AttributeSet>& tables,
    const std::function<std::vector<base::Rational>(table::AttributeSet)>& estimates, Aim aim,
    const NearestLimits& limits = {});

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_NEAREST_H_
