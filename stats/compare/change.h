// The change between two counts: its intervals and its word.
#ifndef POLDER_STATS_COMPARE_CHANGE_H_
#define POLDER_STATS_COMPARE_CHANGE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "stats/compare/compare.h"

namespace polder::stats::compare {

// How far below (or above) its number a count can lie at 97.5 %, where that is further than its
// noise says because the number was selected for being high.
struct Reach {
  std::optional<base::Rational> squared;  // of the conditional reach; absent: it has no end
  base::Rational most;                    // further it cannot be: counts are not negative
};

// One side of a change: a count made for the same set of municipalities on both sides.
struct Side {
  int64_t value = 0;
  base::Rational noise_variance;  // rounding included; of `estimate` where there is one
  std::optional<int64_t> denominator;
  // What intervals are drawn around, when several releases were combined; else the value.
  std::optional<base::Rational> estimate = {};
  std::optional<Reach> below = {};  // absent: as far as the noise says
  std::optional<Reach> above = {};
};

// How far the count of a shown cell can lie below its number. A cell is shown only from a threshold
// on, which the lower end of its published interval allows for; and it is compared only when it is
// precise, which is a threshold too. nullopt when both are so far away that the noise says it.
// `share`: the policy's largest half-width of a precise cell over its value; nullopt for a cell
// that need not be precise.
std::optional<Reach> ReachBelow(int64_t value, const table::Interval& published,
                                const base::Rational& variance, const base::Rational& rounding,
                                const std::optional<base::Rational>& share);

// How far the count of a rest can lie above its number when selected parts were taken from a total:
// as much as the parts below theirs, besides the noise of the rest. nullopt without such parts.
std::optional<Reach> ReachAboveRest(const std::vector<Reach>& parts,
                                    const base::Rational& variance);

// Fills values, differences, intervals and word. In exact arithmetic: with rates y/D, the noise
// adds v1/D1^2 + v2/D2^2, chance adds overdispersion times the expected counts over D^2. The
// expected counts are taken as observed or as pooled under no change, whichever makes the interval
// wider. Noise alone is added to whole numbers, so that its interval goes half a unit further, and
// the combined one is never inside it. An end beyond which the count of a selected cell may lie
// further than its noise says is moved out: reaches of the two sides are added in squares, or as
// they are where one is certain, whichever is nearer. Where releases were combined, intervals are
// drawn around their estimate with its smaller variance, and widened where needed to hold the
// difference of the published values, so that they never contradict it. The word follows from the
// published ends of the combined interval, so that it can never disagree with them; and never from
// a rate that moves against its count. Source: Wald interval for a difference of Poisson rates with
// the pooled variance as floor, see Krishnamoorthy and Lee, "Inference for functions of parameters
// in discrete distributions", J. Statist. Plann. Inference 140, 2010; ends from the reaches of the
// sides: Zou and Donner, "Construction of confidence limits about effect measures: a general
// approach", Statistics in Medicine 27, 2008.
void Decide(const Side& from, const Side& to, const CompareOptions& options, Change& change);

}  // namespace polder::stats::compare

#endif  // POLDER_STATS_COMPARE_CHANGE_H_
