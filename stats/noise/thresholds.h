// The distribution function of |X| for X from N_Z(0, sigma squared), digit by digit: what an exact
// draw by inversion compares its random digits with.
#ifndef POLDER_STATS_NOISE_THRESHOLDS_H_
#define POLDER_STATS_NOISE_THRESHOLDS_H_

#include <cstdint>
#include <vector>

#include "policies/base/rational.h"

namespace polder::stats::noise {

// floor(2^digits F(m)) for m = 0, 1, 2, ... up to the first that is 2^digits - 1, as it is for all
// that follow, where
//   F(m) = (sum over |k| <= m of exp(-k^2 / (2 sigma_squared))) / (the same sum over all k) < 1.
//
// Every number is certain, not merely close: sums and exponentials are enclosed between whole
// numbers of 2^-precision, one rounded down and one up, and the precision is doubled until both
// ends of every enclosure have the same first digits. Needs time and memory in proportion to sigma.
// Throws std::overflow_error when 2^15 binary places do not decide (never seen).
std::vector<base::Integer> Thresholds(const base::Rational& sigma_squared, unsigned digits);

// The same to 63 digits, in words of 128 bits where they decide, which is ten times as fast.
std::vector<uint64_t> WordThresholds(const base::Rational& sigma_squared);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_THRESHOLDS_H_
