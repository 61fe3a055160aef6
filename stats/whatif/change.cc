#include "stats/whatif/change.h"

#include <algorithm>
#include <cmath>

#include "stats/compare/change.h"
#include "stats/table/interval.h"

namespace polder::stats::whatif {
namespace {

// Standard normal quantile of 0.8.
constexpr double kFourOfFive = 0.841621;
constexpr int64_t kLargest = int64_t{1} << 40;

// Rounding errors spread evenly within the deviation, as the comparison takes them.
base::Rational WithRounding(const base::Rational& variance, const base::Rational& rounding) {
  return variance + rounding * rounding / 3;
}

bool IsNamed(const CellBefore& cell, int64_t rise, bool chance) {
  compare::CompareOptions options;
  if (!chance) options.overdispersion = 0;
  options.min_rate_denominator = 1;  // the cell has none that is too small
  const auto side = [&](int64_t value, const base::Rational& variance) {
    compare::Side made{value, WithRounding(variance, cell.rounding), cell.denominator};
    if (cell.threshold && value >= *cell.threshold) {
      const auto shown = table::IntervalOf(value, variance, cell.rounding, cell.threshold);
      made.below = compare::ReachBelow(value, shown, variance, cell.rounding, cell.share);
    }
    return made;
  };
  compare::Change change;
  compare::Decide(side(cell.count, cell.variance), side(cell.count + rise, cell.later_variance),
                  options, change);
  return *base::ParseRational(change.combined->low) > 0;
}

// The smallest rise from 1 on for which `holds`, which once true stays true.
template <class Holds>
int64_t Smallest(const Holds& holds) {
  int64_t high = 1;
  while (high < kLargest && !holds(high)) high *= 2;
  int64_t low = high / 2;  // does not hold, or is 0
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (holds(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace

int64_t SmallestNamedRise(const CellBefore& cell, bool chance) {
  return Smallest([&](int64_t rise) { return IsNamed(cell, rise, chance); });
}

int64_t RiseFoundFourOfFive(const CellBefore& cell) {
  const double noise = base::Rational(WithRounding(cell.variance, cell.rounding) +
                                      WithRounding(cell.later_variance, cell.rounding))
                           .get_d();
  const double overdispersion = compare::CompareOptions{}.overdispersion.get_d();
  const double before = static_cast<double>(std::max<int64_t>(cell.count, 0));
  const auto named = static_cast<double>(SmallestNamedRise(cell, true));
  // The limit grows with the counts: a year that happens to start high needs a larger rise. Its
  // slope along the change is what the square root of the pooled counts gives.
  return Smallest([&](int64_t rise) {
    const double after = before + static_cast<double>(rise);
    const double spread = std::sqrt(noise + overdispersion * (before + after));
    const double limit = named * std::sqrt((noise + overdispersion * (before + after)) /
                                           (noise + overdispersion * (2 * before + named)));
    return static_cast<double>(rise) - limit + 0.5 >= kFourOfFive * spread;
  });
}

int64_t SmallestCorrection(const CellBefore& cell) {
  CellBefore unselected = cell;
  unselected.threshold.reset();
  return SmallestNamedRise(unselected, false);
}

}  // namespace polder::stats::whatif
