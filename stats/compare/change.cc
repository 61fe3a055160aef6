#include "stats/compare/change.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "stats/table/interval.h"

namespace polder::stats::compare {
namespace {

using table::Deviation;

constexpr int kDigits = 2;
constexpr int64_t kPerThousand = 1000;

base::Rational Number(int64_t value) { return base::Rational(base::ToInteger(value)); }

struct Range {
  base::Rational low, high;
};

base::Rational Squared(const base::Rational& number) { return number * number; }

const base::Rational& Quantile() { return table::NormalQuantile(table::Level::k97_5); }

// What one side adds to an end of the change, in the change's unit.
struct Part {
  std::optional<base::Rational> squared;  // absent: no end
  std::optional<base::Rational> most;
};

Part PartOf(const std::optional<Reach>& reach, const base::Rational& variance,
            const base::Rational& unit) {
  const base::Rational plain = Squared(Quantile()) * variance;
  if (!reach) return {plain * Squared(unit), {}};
  Part part;
  if (reach->squared) part.squared = std::max(plain, *reach->squared) * Squared(unit);
  part.most = reach->most * unit;
  return part;
}

// The nearest of the ends that the parts and `more` (a variance that no selection touched) allow.
base::Rational EndOf(const Part& a, const Part& b, const base::Rational& more) {
  const base::Rational rest = Squared(Quantile()) * more;
  std::vector<base::Rational> ends;
  if (a.squared && b.squared) ends.push_back(Deviation(*a.squared + *b.squared + rest));
  if (a.most && b.squared) ends.push_back(*a.most + Deviation(*b.squared + rest));
  if (a.squared && b.most) ends.push_back(*b.most + Deviation(*a.squared + rest));
  if (a.most && b.most) ends.push_back(*a.most + *b.most + Deviation(rest));
  return *std::min_element(ends.begin(), ends.end());
}

Range Holding(Range range, const base::Rational& number) {
  return {std::min(range.low, number), std::max(range.high, number)};
}

// Rounded away from the middle: the low end down, the high end up.
ChangeInterval Outward(const Range& range) {
  const auto low = range.low < 0 ? base::Rounding::kUp : base::Rounding::kDown;
  const auto high = range.high < 0 ? base::Rounding::kDown : base::Rounding::kUp;
  return {base::ToDecimal(range.low, kDigits, low), base::ToDecimal(range.high, kDigits, high)};
}

}  // namespace

std::optional<Reach> ReachBelow(int64_t value, const table::Interval& published,
                                const base::Rational& variance, const base::Rational& rounding,
                                const std::optional<base::Rational>& share) {
  if (variance == 0) return std::nullopt;
  const base::Rational sd = Deviation(variance + rounding * rounding / 3);
  const base::Rational plain = Quantile() * sd;
  const table::Interval unselected = table::IntervalOf(value, variance, rounding, std::nullopt);
  std::optional<base::Rational> reach = plain;
  if (published.low < unselected.low || unselected.low == 0) {
    // The published end is the conditional one at 95 %; at 97.5 % it is less than 1.19 times as far
    // whatever the threshold. An end at nought is no end.
    reach.reset();
    if (published.low > 0) reach = Number(value - published.low + 1) * base::Rational(119, 100);
  }
  if (share && reach) {
    const base::Integer precise = base::Ceil(Number(table::HalfWidth(variance, rounding)) / *share);
    const auto quantile = table::ConditionalQuantile((Number(value) - base::Rational(precise)) / sd,
                                                     table::Level::k97_5);
    reach =
        quantile ? std::optional(std::max(*reach, base::Rational(*quantile * sd))) : std::nullopt;
  }
  if (reach && *reach <= plain) return std::nullopt;
  Reach below;
  if (reach) below.squared = Squared(*reach);
  below.most = Number(std::max<int64_t>(value, 0));
  return below;
}

std::optional<Reach> ReachAboveRest(const std::vector<Reach>& parts,
                                    const base::Rational& variance) {
  if (parts.empty()) return std::nullopt;
  const base::Rational plain = Squared(Quantile()) * variance;
  Reach above{plain, Deviation(plain)};
  for (const Reach& part : parts) {
    if (above.squared && part.squared) {
      *above.squared += *part.squared;
    } else {
      above.squared.reset();
    }
    above.most += part.most;
  }
  return above;
}

void Decide(const Side& from, const Side& to, const CompareOptions& options, Change& change) {
  change.from_value = from.value;
  change.to_value = to.value;
  change.difference = to.value - from.value;
  const auto usable = [&](const Side& side) {
    return side.denominator && *side.denominator >= options.min_rate_denominator &&
           *side.denominator > 0;
  };
  change.per_thousand = usable(from) && usable(to);
  // Without denominators the counts themselves, per one.
  const base::Rational scale = change.per_thousand ? Number(kPerThousand) : base::Rational(1);
  const base::Rational d1 = change.per_thousand ? Number(*from.denominator) : base::Rational(1);
  const base::Rational d2 = change.per_thousand ? Number(*to.denominator) : base::Rational(1);
  const base::Rational y1 = Number(std::max<int64_t>(from.value, 0));
  const base::Rational y2 = Number(std::max<int64_t>(to.value, 0));
  const base::Rational unit = scale * scale;

  const base::Rational published = scale * (Number(to.value) / d2 - Number(from.value) / d1);
  const base::Rational middle = scale * (to.estimate.value_or(Number(to.value)) / d2 -
                                         from.estimate.value_or(Number(from.value)) / d1);
  const base::Rational observed = y1 / (d1 * d1) + y2 / (d2 * d2);
  const base::Rational pooled = (y1 + y2) / (d1 + d2) * (1 / d1 + 1 / d2);
  const base::Rational chance = unit * options.overdispersion * std::max(observed, pooled);

  change.rate_difference = base::ToDecimal(published, kDigits);
  const base::Rational u1 = scale / d1, u2 = scale / d2;
  const auto around = [&](const base::Rational& more) {
    return Range{middle - EndOf(PartOf(to.below, to.noise_variance, u2),
                                PartOf(from.above, from.noise_variance, u1), more),
                 middle + EndOf(PartOf(to.above, to.noise_variance, u2),
                                PartOf(from.below, from.noise_variance, u1), more)};
  };
  // Published numbers and counts are whole: what lies within half a unit is one of them.
  const bool whole = !from.estimate && !to.estimate && from.noise_variance + to.noise_variance > 0;
  const base::Rational half = whole ? std::max(u1, u2) / 2 : base::Rational(0);
  Range noise = around(0);
  noise.low -= half;
  noise.high += half;
  const Range combined = Holding(Holding(around(chance), noise.low), noise.high);
  const base::Rational by_chance = Quantile() * Deviation(chance);
  change.noise = Outward(Holding(noise, published));
  change.chance = Outward(Holding({middle - by_chance, middle + by_chance}, published));
  change.combined = Outward(Holding(combined, published));
  change.narrowed = from.estimate.has_value() || to.estimate.has_value();
  if (!change.per_thousand) {
    change.word = Word::kUndetermined;
    change.reason = "no-denominator";
    return;
  }
  const base::Rational low = *base::ParseRational(change.combined->low);
  const base::Rational high = *base::ParseRational(change.combined->high);
  change.word = low > 0 && *change.difference > 0    ? Word::kRose
                : high < 0 && *change.difference < 0 ? Word::kFell
                                                     : Word::kComparable;
}

}  // namespace polder::stats::compare
