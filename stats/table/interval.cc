#include "stats/table/interval.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace polder::stats::table {
namespace {

constexpr int64_t kMillion = 1'000'000;

// The two-sided 95 % point of the normal law, 1.959964, rounded up.
const base::Rational& NormalQuantile() {
  static const base::Rational quantile(196, 100);
  return quantile;
}

// Thousandths of the conditional quantile at distances 0.2, 0.3, ... 5.0, rounded up: the g with
// Q(g) / Q(g - u) = 0.025, Q the upper tail of the normal law. The test recomputes every one.
constexpr size_t kFirstTenth = 2;
constexpr std::array<int64_t, 49> kConditional = {
    18491, 12366, 9315, 7495, 6290, 5436, 4803, 4317, 3933, 3625, 3372, 3163, 2989,
    2841,  2716,  2609, 2518, 2439, 2371, 2312, 2261, 2217, 2179, 2146, 2117, 2093,
    2072,  2053,  2038, 2025, 2013, 2004, 1996, 1989, 1984, 1979, 1975, 1972, 1970,
    1968,  1966,  1965, 1964, 1963, 1962, 1962, 1961, 1961, 1961};

int64_t Whole(const base::Integer& value) {
  const auto whole = base::ToInt64(value);
  if (!whole) throw std::overflow_error("interval beyond 64 bits");
  return *whole;
}

// Smallest whole h with which a deviation of quantile * sd, moved by the rounding, is covered.
base::Integer Reach(const base::Rational& quantile, const base::Rational& variance,
                    const base::Rational& rounding) {
  base::Rational sd(DeviationMillionths(variance), kMillion);
  sd.canonicalize();
  const base::Rational half(1, 2);
  const base::Rational reach = quantile * sd + (rounding > half ? rounding : half) - 1;
  return std::max(base::Integer(0), base::Ceil(reach));
}

std::string Decimal(const base::Integer& millionths) {
  base::Rational value(millionths, kMillion);
  value.canonicalize();
  return base::ToDecimal(value, 6, base::Rounding::kNearest);
}

}  // namespace

base::Integer DeviationMillionths(const base::Rational& variance) {
  return base::CeilSqrt(base::Ceil(variance * base::Rational(kMillion) * base::Rational(kMillion)));
}

std::string DeviationText(const base::Rational& variance) {
  return Decimal(DeviationMillionths(variance));
}

std::string DeviationTextDown(const base::Rational& variance) {
  return Decimal(
      base::FloorSqrt(base::Floor(variance * base::Rational(kMillion) * base::Rational(kMillion))));
}

int64_t HalfWidth(const base::Rational& variance, const base::Rational& rounding) {
  return Whole(Reach(NormalQuantile(), variance, rounding));
}

std::optional<base::Rational> ConditionalQuantile(const base::Rational& distance) {
  const base::Integer tenths = base::Floor(distance * 10);
  if (tenths < kFirstTenth) return std::nullopt;
  const base::Integer step = tenths - kFirstTenth;
  if (step >= kConditional.size()) return NormalQuantile();
  base::Rational quantile(kConditional[step.get_ui()], 1000);
  quantile.canonicalize();
  return std::max(quantile, NormalQuantile());
}

Interval IntervalOf(int64_t value, const base::Rational& variance, const base::Rational& rounding,
                    std::optional<int64_t> threshold) {
  const base::Integer high = base::ToInteger(value) + Reach(NormalQuantile(), variance, rounding);
  base::Integer low = base::ToInteger(value) - Reach(NormalQuantile(), variance, rounding);
  if (threshold && variance > 0) {
    base::Rational sd(DeviationMillionths(variance), kMillion);
    sd.canonicalize();
    const base::Rational over(base::ToInteger(value) - base::ToInteger(*threshold));
    const auto quantile = ConditionalQuantile(over / sd);
    low = quantile ? base::Integer(base::ToInteger(value) - Reach(*quantile, variance, rounding))
                   : base::Integer(0);
  }
  return {Whole(std::max(base::Integer(0), low)), Whole(std::max(base::Integer(0), high))};
}

}  // namespace polder::stats::table
