// A number that is shown because it is high may owe that to the noise: ends of a change move out
// where one of its numbers lies near a limit that selected it, and nowhere else.
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include "stats/compare/change.h"
#include "stats/table/interval.h"

namespace polder::stats::compare {
namespace {

using base::Rational;
using table::Interval;

const Rational kVariance(9);
const Rational kRounding(1, 2);
const Rational kShare(1, 2);
constexpr int64_t kThreshold = 5;

Interval Published(int64_t value) {
  return table::IntervalOf(value, kVariance, kRounding, kThreshold);
}

std::optional<Reach> Below(int64_t value, const std::optional<Rational>& share = {}) {
  return ReachBelow(value, Published(value), kVariance, kRounding, share);
}

Side Plain(int64_t value) { return {value, kVariance + Rational(1, 12), {}}; }

double Low(const Side& from, const Side& to) {
  Change change;
  Decide(from, to, {}, change);
  return base::ParseRational(change.noise->low)->get_d();
}

double High(const Side& from, const Side& to) {
  Change change;
  Decide(from, to, {}, change);
  return base::ParseRational(change.noise->high)->get_d();
}

TEST(ReachBelow, FarFromEveryLimitTheNoiseSaysAll) {
  EXPECT_FALSE(Below(40));
  EXPECT_FALSE(Below(40, kShare));
  EXPECT_FALSE(ReachBelow(40, {40, 40}, 0, 0, kShare));  // an exact count
}

TEST(ReachBelow, AtTheLimitItHasNoEndButNought) {
  const auto below = Below(5);
  ASSERT_TRUE(below);
  EXPECT_FALSE(below->squared);
  EXPECT_EQ(below->most, 5);
}

TEST(ReachBelow, GrowsTowardsTheLimitAndIsNeverLessThanTheConditionalOne) {
  const double sd = std::sqrt(9 + 1.0 / 12);
  std::optional<Rational> last;
  for (int64_t value = 30; value > 6; --value) {
    const auto below = Below(value);
    if (!below) continue;
    if (!below->squared) break;
    if (last) {
      EXPECT_GE(*below->squared, *last) << value;
    }
    last = below->squared;
    const auto conditional = table::ConditionalQuantile(
        Rational(base::ToInteger(value - kThreshold)) / Rational(3), table::Level::k97_5);
    ASSERT_TRUE(conditional);
    EXPECT_GE(std::sqrt(below->squared->get_d()), conditional->get_d() * sd - 0.02) << value;
  }
  EXPECT_TRUE(last);
}

// The published end at 95 %, 1.19 times as far, is beyond the one at 97.5 %, whatever the
// threshold.
TEST(ReachBelow, TheFactorBetweenTheLevelsIsEnough) {
  for (int tenth = 2; tenth <= 80; ++tenth) {
    Rational distance(tenth, 10);
    distance.canonicalize();
    EXPECT_LE(*table::ConditionalQuantile(distance, table::Level::k97_5),
              Rational(119, 100) * *table::ConditionalQuantile(distance) + Rational(1, 1000))
        << tenth;
  }
}

TEST(ReachBelow, OnlyPreciseNumbersBeingComparedIsALimitToo) {
  // Half-width 6: precise from 12 on.
  EXPECT_EQ(table::HalfWidth(kVariance, kRounding), 6);
  const auto below = Below(12, kShare);
  ASSERT_TRUE(below);
  EXPECT_FALSE(below->squared);
  EXPECT_EQ(below->most, 12);
  EXPECT_TRUE(Below(15, kShare)->squared);
}

TEST(Decide, AnEndMovesOutOnTheSideOfTheSelectedNumberOnly) {
  Side near = Plain(7), far = Plain(40);
  near.below = Below(7);
  ASSERT_TRUE(near.below);
  // It rose from `far`, or fell to `near`: the later count may be still lower.
  EXPECT_LT(Low(far, near), Low(far, Plain(7)));
  EXPECT_EQ(High(far, near), High(far, Plain(7)));
  // As the earlier one it moves the other end.
  EXPECT_EQ(Low(near, far), Low(Plain(7), far));
  EXPECT_GT(High(near, far), High(Plain(7), far));
}

TEST(Decide, CountsAreNotNegativeSoThatAnEndIsNeverWithoutBound) {
  Side at_limit = Plain(5);
  at_limit.below = Below(5);
  const double plain = 2.2415 * std::sqrt(9 + 1.0 / 12);
  // At worst the count is nought, and the other as high as its noise says.
  EXPECT_NEAR(Low(Plain(40), at_limit), -40 - plain - 0.5, 0.02);
}

TEST(ReachAboveRest, TakesThePartsReachesBesidesTheNoise) {
  EXPECT_FALSE(ReachAboveRest({}, kVariance));
  const auto above = ReachAboveRest({Reach{Rational(100), 11}, Reach{Rational(44), 7}}, 25);
  ASSERT_TRUE(above);
  EXPECT_NEAR(above->squared->get_d(), 144 + 2.2415 * 2.2415 * 25, 1e-9);
  EXPECT_NEAR(above->most.get_d(), 18 + 2.2415 * 5, 1e-5);
  EXPECT_FALSE(ReachAboveRest({Reach{{}, 5}}, 25)->squared);
}

}  // namespace
}  // namespace polder::stats::compare
