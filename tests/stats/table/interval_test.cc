#include "stats/table/interval.h"

#include <cmath>
#include <map>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace polder::stats::table {
namespace {

// Intervals by value, each made once.
class Intervals {
 public:
  Intervals(base::Rational variance, std::optional<int64_t> threshold)
      : variance_(std::move(variance)), threshold_(threshold) {}
  bool Holds(int64_t value, int64_t truth) {
    auto at = made_.find(value);
    if (at == made_.end()) {
      at = made_.emplace(value, IntervalOf(value, variance_, base::Rational(1, 2), threshold_))
               .first;
    }
    return at->second.low <= truth && truth <= at->second.high;
  }

 private:
  base::Rational variance_;
  std::optional<int64_t> threshold_;
  std::map<int64_t, Interval> made_;
};

double UpperTail(double x) { return 0.5 * std::erfc(x / std::sqrt(2.0)); }

TEST(Deviation, IsRoundedToTheSideItsUseNeeds) {
  EXPECT_EQ(DeviationText(2), "1.414214");
  EXPECT_EQ(DeviationTextDown(2), "1.414213");
  EXPECT_EQ(DeviationText(9), "3.000000");
  EXPECT_EQ(DeviationTextDown(9), "3.000000");
  EXPECT_EQ(DeviationText(base::Rational(1, 3)), "0.577351");
}

TEST(ConditionalQuantile, EveryStepIsTheTruncatedNormalOneRoundedUp) {
  for (const auto& [level, tail] :
       {std::pair{Level::k95, 0.025}, std::pair{Level::k97_5, 0.0125}}) {
    for (int tenth = 2; tenth <= 60; ++tenth) {
      base::Rational distance(tenth, 10);
      distance.canonicalize();
      const auto quantile = ConditionalQuantile(distance, level);
      ASSERT_TRUE(quantile);
      const double u = tenth / 10.0;
      const double g = quantile->get_d();
      // At g the conditional probability is at most the tail, and hardly less.
      EXPECT_LE(UpperTail(g) / UpperTail(g - u), tail + 1e-9) << u;
      EXPECT_GE(UpperTail(g - 0.0012) / UpperTail(g - 0.0012 - u), tail - 1e-9) << u;
    }
    EXPECT_FALSE(ConditionalQuantile(base::Rational(19, 100), level));
  }
  EXPECT_EQ(ConditionalQuantile(100), base::Rational(196, 100));
  EXPECT_EQ(ConditionalQuantile(100, Level::k97_5), base::Rational(22415, 10000));
}

TEST(IntervalOf, CoversAtLeastNinetyFivePerCentOfRoundedNormalNoise) {
  std::mt19937_64 random(20230801);
  for (const double sd : {0.3, 1.0, 2.5, 8.0}) {
    std::normal_distribution<double> noise(0, sd);
    base::Rational variance(base::ToInteger(std::llround(sd * sd * 100)), 100);
    variance.canonicalize();
    Intervals intervals(variance, std::nullopt);
    int inside = 0;
    constexpr int kDraws = 40'000;
    for (int i = 0; i < kDraws; ++i) {
      inside += intervals.Holds(1000 + std::llround(noise(random)), 1000) ? 1 : 0;
    }
    // Alpha 1e-6 below nominal: 4.75 binomial standard deviations.
    EXPECT_GE(inside, 0.95 * kDraws - 4.75 * std::sqrt(0.95 * 0.05 * kDraws)) << sd;
  }
}

// Without the adjustment this fails: of the cells shown just over the threshold, many have a true
// count far below.
TEST(IntervalOf, CoversAmongCellsThatTheThresholdLetThrough) {
  std::mt19937_64 random(20230802);
  constexpr double kSd = 3.0;
  constexpr int64_t kThreshold = 5;
  std::normal_distribution<double> noise(0, kSd);
  Intervals safe(9, kThreshold);
  Intervals naive(9, std::nullopt);
  for (const int64_t truth : {0, 1, 3, 5, 8, 12}) {
    int shown = 0;
    int adjusted = 0;
    int plain = 0;
    while (shown < 20'000) {
      const int64_t value = truth + std::llround(noise(random));
      if (value < kThreshold) continue;
      ++shown;
      adjusted += safe.Holds(value, truth) ? 1 : 0;
      plain += naive.Holds(value, truth) ? 1 : 0;
    }
    EXPECT_GE(adjusted, 0.95 * shown - 4.75 * std::sqrt(0.95 * 0.05 * shown)) << truth;
    if (truth == 0) {
      EXPECT_LT(plain, 0.9 * shown);
    }
  }
}

TEST(IntervalOf, IsNeverNegativeAndAlwaysHoldsTheValue) {
  for (int64_t value = 0; value < 60; ++value) {
    const Interval interval = IntervalOf(value, base::Rational(35, 4), 1, 5);
    EXPECT_GE(interval.low, 0);
    EXPECT_LE(interval.low, value);
    EXPECT_GE(interval.high, value);
  }
  EXPECT_EQ(IntervalOf(5, 9, 1, 5).low, 0);
}

TEST(HalfWidth, GrowsWithTheRoundingAndIsWhole) {
  EXPECT_EQ(HalfWidth(0, 0), 0);
  EXPECT_EQ(HalfWidth(9, base::Rational(1, 2)), 6);  // 5.88 - 1/2
  EXPECT_EQ(HalfWidth(9, 1), 6);
  EXPECT_EQ(HalfWidth(9, 2), 7);
  EXPECT_EQ(HalfWidth(1, 0), 2);  // an integer lattice needs the half: 1.96 - 1/2
}

}  // namespace
}  // namespace polder::stats::table
