// The change between two counts: its intervals and its word.
#ifndef POLDER_STATS_COMPARE_CHANGE_H_
#define POLDER_STATS_COMPARE_CHANGE_H_

#include <cstdint>
#include <optional>

#include "stats/compare/compare.h"

namespace polder::stats::compare {

// One side of a change: a count made for the same set of municipalities on both sides.
struct Side {
  int64_t value = 0;
  base::Rational noise_variance;  // rounding included; of `estimate` where there is one
  std::optional<int64_t> denominator;
  // What intervals are drawn around, when several releases were combined; else the value.
  std::optional<base::Rational> estimate = {};
};

// Fills values, differences, intervals and word. In exact arithmetic: with rates y/D, the noise
// adds v1/D1^2 + v2/D2^2, chance adds overdispersion times the expected counts over D^2. The
// expected counts are taken as observed or as pooled under no change, whichever makes the interval
// wider. Where releases were combined, intervals are drawn around their estimate with its smaller
// variance, and widened where needed to hold the difference of the published values, so that they
// never contradict it. The word follows from the published ends of the combined interval, so that
// it can never disagree with them; and never from a rate that moves against its count. Source: Wald
// interval for a difference of Poisson rates with the pooled variance as floor, see Krishnamoorthy
// and Lee, "Inference for functions of parameters in discrete distributions", J. Statist. Plann.
// Inference 140, 2010.
void Decide(const Side& from, const Side& to, const CompareOptions& options, Change& change);

}  // namespace polder::stats::compare

#endif  // POLDER_STATS_COMPARE_CHANGE_H_
