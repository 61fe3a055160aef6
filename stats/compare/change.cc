#include "stats/compare/change.h"

#include <algorithm>

#include "stats/table/interval.h"

namespace polder::stats::compare {
namespace {

constexpr int kDigits = 2;
constexpr int64_t kPerThousand = 1000;

// The two-sided 97.5 % point of the normal law, 2.241403, rounded up.
const base::Rational& Quantile() {
  static const base::Rational quantile(22415, 10000);
  return quantile;
}

base::Rational Number(int64_t value) { return base::Rational(base::ToInteger(value)); }

struct Range {
  base::Rational low, high;
};

Range Around(const base::Rational& middle, const base::Rational& variance) {
  base::Rational sd(table::DeviationMillionths(variance), 1'000'000);
  sd.canonicalize();
  const base::Rational reach = Quantile() * sd;
  return {middle - reach, middle + reach};
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
  const base::Rational noise =
      unit * (from.noise_variance / (d1 * d1) + to.noise_variance / (d2 * d2));
  const base::Rational observed = y1 / (d1 * d1) + y2 / (d2 * d2);
  const base::Rational pooled = (y1 + y2) / (d1 + d2) * (1 / d1 + 1 / d2);
  const base::Rational chance = unit * options.overdispersion * std::max(observed, pooled);

  change.rate_difference = base::ToDecimal(published, kDigits);
  change.noise = Outward(Holding(Around(middle, noise), published));
  change.chance = Outward(Holding(Around(middle, chance), published));
  change.combined = Outward(Holding(Around(middle, noise + chance), published));
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
