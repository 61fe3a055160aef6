#include "stats/table/interval.h"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace polder::stats::table {
namespace {

constexpr int64_t kMillion = 1'000'000;

// Thousandths of the conditional quantile at distances 0.2, 0.3, ... of the threshold, rounded up:
// the g with Q(g) / Q(g - u) = 0.025 (or 0.0125), Q the upper tail of the normal law. The test
// recomputes every one.
constexpr size_t kFirstTenth = 2;
constexpr std::array<int64_t, 56> kConditional95 = {
    18491, 12366, 9315, 7495, 6290, 5436, 4803, 4317, 3933, 3625, 3372, 3163, 2989, 2841,
    2716,  2609,  2518, 2439, 2371, 2312, 2261, 2217, 2179, 2146, 2117, 2093, 2072, 2053,
    2038,  2025,  2013, 2004, 1996, 1989, 1984, 1979, 1975, 1972, 1970, 1968, 1966, 1965,
    1964,  1963,  1962, 1962, 1961, 1961, 1961, 1961, 1961, 1961, 1961, 1961, 1961, 1961};
constexpr std::array<int64_t, 56> kConditional97 = {
    21965, 14689, 11065, 8902, 7469, 6454, 5701, 5121, 4664, 4295, 3993, 3742, 3532, 3354,
    3203,  3073,  2961,  2864, 2780, 2707, 2643, 2588, 2539, 2497, 2461, 2429, 2401, 2377,
    2356,  2338,  2322,  2309, 2297, 2288, 2279, 2273, 2267, 2262, 2258, 2255, 2252, 2250,
    2248,  2247,  2245,  2245, 2244, 2243, 2243, 2243, 2243, 2242, 2242, 2242, 2242, 2242};

int64_t Whole(const base::Integer& value) {
  const auto whole = base::ToInt64(value);
  if (!whole) throw std::overflow_error("interval beyond 64 bits");
  return *whole;
}

// Smallest whole h with which a deviation of quantile * sd, moved by the rounding, is covered.
base::Integer Reach(const base::Rational& quantile, const base::Rational& variance,
                    const base::Rational& rounding) {
  const base::Rational sd = Deviation(variance);
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

base::Rational Deviation(const base::Rational& variance) {
  base::Rational sd(DeviationMillionths(variance), kMillion);
  sd.canonicalize();
  return sd;
}

std::string DeviationText(const base::Rational& variance) {
  return Decimal(DeviationMillionths(variance));
}

std::string DeviationTextDown(const base::Rational& variance) {
  return Decimal(
      base::FloorSqrt(base::Floor(variance * base::Rational(kMillion) * base::Rational(kMillion))));
}

int64_t HalfWidth(const base::Rational& variance, const base::Rational& rounding) {
  return Whole(Reach(NormalQuantile(Level::k95), variance, rounding));
}

const base::Rational& NormalQuantile(Level level) {
  static const base::Rational of95(196, 100);      // 1.959964
  static const base::Rational of97(22415, 10000);  // 2.241403
  return level == Level::k95 ? of95 : of97;
}

std::optional<base::Rational> ConditionalQuantile(const base::Rational& distance, Level level) {
  const std::span<const int64_t> steps =
      level == Level::k95 ? std::span<const int64_t>(kConditional95) : kConditional97;
  const base::Integer tenths = base::Floor(distance * 10);
  if (tenths < kFirstTenth) return std::nullopt;
  const base::Integer step = tenths - kFirstTenth;
  if (step >= steps.size()) return NormalQuantile(level);
  base::Rational quantile(base::ToInteger(steps[step.get_ui()]), 1000);
  quantile.canonicalize();
  return std::max(quantile, NormalQuantile(level));
}

Interval IntervalOf(int64_t value, const base::Rational& variance, const base::Rational& rounding,
                    std::optional<int64_t> threshold) {
  const base::Integer high =
      base::ToInteger(value) + Reach(NormalQuantile(Level::k95), variance, rounding);
  base::Integer low =
      base::ToInteger(value) - Reach(NormalQuantile(Level::k95), variance, rounding);
  if (threshold && variance > 0) {
    const base::Rational sd = Deviation(variance);
    const base::Rational over(base::ToInteger(value) - base::ToInteger(*threshold));
    const auto quantile = ConditionalQuantile(over / sd);
    low = quantile ? base::Integer(base::ToInteger(value) - Reach(*quantile, variance, rounding))
                   : base::Integer(0);
  }
  return {Whole(std::max(base::Integer(0), low)), Whole(std::max(base::Integer(0), high))};
}

}  // namespace polder::stats::table
