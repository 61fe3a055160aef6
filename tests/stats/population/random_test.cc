#include "stats/population/random.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace polder::stats::population {
namespace {

TEST(Random, FollowsThePublishedGenerator) {
  // splitmix64 of 0 is 16294208416658607535, 7960286522194355700, 487617019471545679,
  // 17909611376780542444 (vectors of its authors); xoshiro256** on that state gives these.
  Random random(0);
  EXPECT_EQ(random.Next(), 11091344671253066420U);
  EXPECT_EQ(random.Next(), 13793997310169335082U);
}

TEST(Random, StreamsOfOneSeedDifferByPurposeAndItem) {
  EXPECT_EQ(Random(7, 1, 2).Next(), Random(7, 1, 2).Next());
  EXPECT_NE(Random(7, 1, 2).Next(), Random(7, 1, 3).Next());
  EXPECT_NE(Random(7, 1, 2).Next(), Random(7, 2, 2).Next());
  EXPECT_NE(Random(7, 1, 2).Next(), Random(8, 1, 2).Next());
}

TEST(Random, CountHasItsMeanAndVariance) {
  Random random(3);
  for (const double mean : {0.02, 0.7, 5.0, 31.0, 33.5, 400.25}) {
    constexpr int kDraws = 4000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const auto value = static_cast<double>(random.Count(mean));
      sum += value;
      squares += value * value;
    }
    const double average = sum / kDraws;
    const double variance = squares / kDraws - average * average;
    EXPECT_NEAR(average, mean, 5 * std::sqrt(mean / kDraws)) << mean;  // alpha 6e-7 each
    EXPECT_NEAR(variance / mean, 1.0, 0.15) << mean;
  }
  EXPECT_EQ(random.Count(0), 0);
  EXPECT_EQ(random.Count(-1), 0);
}

TEST(Random, GeometricKeepsItsMeanAndCap) {
  Random random(5);
  double sum = 0;
  int largest = 0;
  for (int i = 0; i < 20000; ++i) {
    const int value = random.Geometric(1.4, 12);
    ASSERT_GE(value, 1);
    sum += value;
    largest = std::max(largest, value);
  }
  EXPECT_NEAR(sum / 20000, 1.4, 0.03);
  EXPECT_LE(largest, 12);
  EXPECT_EQ(random.Geometric(1000, 3), 3);
}

TEST(Random, PickNeverTakesAWeightOfZero) {
  Random random(6);
  const std::array<double, 4> weights = {0, 2, 0, 1};
  std::array<int, 4> seen{};
  for (int i = 0; i < 3000; ++i) ++seen[random.Pick(weights)];
  EXPECT_EQ(seen[0], 0);
  EXPECT_EQ(seen[2], 0);
  EXPECT_NEAR(seen[1], 2000, 130);
}

}  // namespace
}  // namespace polder::stats::population
