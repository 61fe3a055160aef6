// The width of an interval that holds at its level whatever the law of the estimate looks like.
#ifndef POLDER_STATS_TABLE_GUARANTEED_H_
#define POLDER_STATS_TABLE_GUARANTEED_H_

#include <cstdint>

#include "policies/base/rational.h"

namespace polder::stats::table {

// Smallest whole h for which a published number and the count that it estimates are proven to
// differ by at most h with probability 95 %: no normal approximation, for any mixture of residuals
// however small their noise. `variance` is of the estimate, with gamma squared of every residual;
// `rounding` is how far the published number may lie from it. Holds for a cell looked at whatever
// its value is, not for one chosen because its number is large (see `IntervalOf`).
//
// Source: a discrete Gaussian with parameter gamma squared is gamma^2-sub-Gaussian (Canonne,
// Kamath, Steinke, NeurIPS 2020, corollary 17 and its proof), and so are sums of independent ones
// with the variances added: P(|error| >= t) <= 2 exp(-t^2 / (2 variance)), which is 5 % at
// t = sqrt(2 ln 40 variance), 2.716 standard deviations.
int64_t GuaranteedHalfWidth(const base::Rational& variance, const base::Rational& rounding);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_GUARANTEED_H_
