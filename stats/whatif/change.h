// What change a table can show: the smallest that gets a word, the smallest that is usually found,
// the smallest correction that stands out from the noise.
#ifndef POLDER_STATS_WHATIF_CHANGE_H_
#define POLDER_STATS_WHATIF_CHANGE_H_

#include <cstdint>
#include <optional>

#include "policies/base/rational.h"

namespace polder::stats::whatif {

// One cell, in two years or two releases with the same denominator.
struct CellBefore {
  int64_t count = 0;
  base::Rational variance;             // of the noise, in the earlier figure
  base::Rational later_variance;       // in the later one
  base::Rational rounding;             // largest deviation of a published integer
  std::optional<int64_t> denominator;  // absent when it is too small for a rate
  // What lets a number through: shown from `threshold` on, compared when its half-width is at most
  // `share` of it. Among numbers just over either many owe it to the noise, and the comparison
  // allows for that. Absent: nothing is selected.
  std::optional<int64_t> threshold = {};
  std::optional<base::Rational> share = {};
};

// The smallest rise of the published figure that the comparison calls a rise, decided by the
// comparison itself; with `chance` the counts vary by chance too, else by noise alone.
int64_t SmallestNamedRise(const CellBefore& cell, bool chance);

// The rise of the expected count that gets that word in four of five years: the smallest whole
// number whose published change exceeds SmallestNamedRise with probability 0.8, by the normal law.
// Noise and chance.
int64_t RiseFoundFourOfFive(const CellBefore& cell);

// The smallest difference between two releases of the same cases that noise does not explain at
// 97.5 %: what a correction must change in a cell to be seen. By noise alone, without selection.
int64_t SmallestCorrection(const CellBefore& cell);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_CHANGE_H_
