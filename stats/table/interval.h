// Intervals for the noise of a published integer, in exact arithmetic.
#ifndef POLDER_STATS_TABLE_INTERVAL_H_
#define POLDER_STATS_TABLE_INTERVAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "policies/base/rational.h"
#include "stats/table/published_release.h"

namespace polder::stats::table {

// sqrt(variance) in millionths, rounded up; the decimal text of it ("2.958040"); and rounded down,
// for bounds on what an attacker may reach. Throws std::domain_error when negative.
base::Integer DeviationMillionths(const base::Rational& variance);
base::Rational Deviation(const base::Rational& variance);  // the same as a number
std::string DeviationText(const base::Rational& variance);
std::string DeviationTextDown(const base::Rational& variance);

// Smallest whole half-width whose coverage of the true count is at least 95 %: the published
// integer lies within `rounding` of an unbiased estimate with this variance, and counts are whole,
// so that values half a unit away are already covered.
int64_t HalfWidth(const base::Rational& variance, const base::Rational& rounding);

// The 95 % interval of a shown value. Counts are not negative, so neither end is. With `threshold`
// (the cell is shown only from there on) the lower end is the conditional one: among cells just
// over the threshold many owe it to the noise, and their true count lies lower than the plain
// interval says. The upper end stays the plain one, which selection only makes safer. Source:
// truncated-normal inversion as in Lee, Sun, Sun, Taylor, "Exact post-selection inference", Annals
// of Statistics 44(3), 2016, section 5, for selection by one threshold.
Interval IntervalOf(int64_t value, const base::Rational& variance, const base::Rational& rounding,
                    std::optional<int64_t> threshold);

// How sure an interval is: of one value, and of a change between two.
enum class Level { k95, k97_5 };

// Two-sided normal quantile, rounded up: 1.96 or 2.2415.
const base::Rational& NormalQuantile(Level level);

// Standard deviations below the value where the conditional lower end lies, when the value is
// `distance` standard deviations over the threshold; rounded to the safe side. nullopt when the
// value says nothing about a lower end.
std::optional<base::Rational> ConditionalQuantile(const base::Rational& distance,
                                                  Level level = Level::k95);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_INTERVAL_H_
