#include "stats/compare/change.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace polder::stats::compare {
namespace {

Change Decided(int64_t from, int64_t to, int64_t d1, int64_t d2, const base::Rational& noise = 9) {
  Change change;
  Decide({from, noise, d1}, {to, noise, d2}, {}, change);
  return change;
}

TEST(Decide, AClearRiseAndFallAreSaid) {
  EXPECT_EQ(Decided(72, 140, 4650, 4690).word, Word::kRose);
  EXPECT_EQ(Decided(140, 72, 4650, 4690).word, Word::kFell);
}

TEST(Decide, ThirtyPerCentIsChanceInASmallTownAndARiseInTheRegion) {
  // The example that the region's own report got wrong.
  EXPECT_EQ(Decided(72, 94, 4650, 4690).word, Word::kComparable);
  EXPECT_EQ(Decided(1080, 1403, 69260, 69800).word, Word::kRose);
}

TEST(Decide, CombinedEstimatesMoveTheIntervalsAndNeverLeaveThePublishedDifferenceOutside) {
  for (const int64_t far : {-60, -3, 0, 4, 60}) {
    Change change;
    Decide({100, 9, 5000}, {130, 6, 5000, base::Rational(base::ToInteger(130 + far))}, {}, change);
    EXPECT_EQ(change.difference, 30);
    EXPECT_EQ(change.rate_difference, "6.00");
    EXPECT_TRUE(change.narrowed);
    for (const auto& interval : {change.noise, change.chance, change.combined}) {
      const base::Rational low = *base::ParseRational(interval->low);
      const base::Rational high = *base::ParseRational(interval->high);
      EXPECT_LE(low, 6) << far;
      EXPECT_GE(high, 6) << far;
      // and the estimate, which they are drawn around
      EXPECT_LT(low, base::Rational(base::ToInteger(30 + far), 5)) << far;
      EXPECT_GT(high, base::Rational(base::ToInteger(30 + far), 5)) << far;
    }
  }
}

TEST(Decide, ARiseOfTheDenominatorAloneIsNoFallOfTheCount) {
  // The count rises, the rate falls: neither word may be said.
  const Change change = Decided(1000, 1010, 10000, 20000);
  EXPECT_LT(base::ParseRational(change.combined->high).value(), 0);
  EXPECT_EQ(change.word, Word::kComparable);
}

TEST(Decide, WithoutADenominatorNoWordButIntervalsOfTheCount) {
  Change change;
  Decide({50, 9, std::nullopt}, {200, 9, 4000}, {}, change);
  EXPECT_EQ(change.word, Word::kUndetermined);
  EXPECT_EQ(change.reason, "no-denominator");
  EXPECT_FALSE(change.per_thousand);
  EXPECT_EQ(change.rate_difference, "150.00");
  Change small;
  Decide({50, 9, 49}, {200, 9, 4000}, {}, small);
  EXPECT_EQ(small.reason, "no-denominator");
}

TEST(Decide, TheWordFollowsFromThePublishedInterval) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 3000; ++i) {
    const auto from = static_cast<int64_t>(random() % 300);
    const auto to = static_cast<int64_t>(random() % 300);
    const Change change = Decided(from, to, 2000 + static_cast<int64_t>(random() % 9000), 5000);
    const auto low = base::ParseRational(change.combined->low).value();
    const auto high = base::ParseRational(change.combined->high).value();
    EXPECT_LE(low, high);
    if (change.word == Word::kRose) {
      EXPECT_GT(low, 0);
      EXPECT_GT(to, from);
    } else if (change.word == Word::kFell) {
      EXPECT_LT(high, 0);
      EXPECT_LT(to, from);
    }
  }
}

TEST(Decide, TheCombinedIntervalHoldsBothOthers) {
  const Change change = Decided(80, 120, 4650, 4690);
  for (const auto& part : {change.noise, change.chance}) {
    EXPECT_LE(*base::ParseRational(change.combined->low), *base::ParseRational(part->low));
    EXPECT_GE(*base::ParseRational(change.combined->high), *base::ParseRational(part->high));
  }
}

// The claim: at most 2.5 % false words when nothing changed, at counts of every size and with
// overdispersed events (negative binomial with variance 1.5 times the mean).
TEST(Decide, SaysAWrongWordAtMostAsOftenAsStated) {
  std::mt19937_64 random(20231001);
  for (const double mean : {8.0, 30.0, 150.0, 1500.0}) {
    std::normal_distribution<double> noise(0, 3);
    const auto draw = [&] {
      // Gamma-mixed Poisson: variance mean + mean^2 / shape = 1.5 mean.
      std::gamma_distribution<double> rate(2 * mean, 0.5);
      std::poisson_distribution<int64_t> count(rate(random));
      return count(random) + std::llround(noise(random));
    };
    int wrong = 0;
    constexpr int kYears = 8'000;
    for (int i = 0; i < kYears; ++i) {
      const Word word = Decided(draw(), draw(), 5000, 5000, base::Rational(109, 12)).word;
      wrong += word == Word::kRose || word == Word::kFell ? 1 : 0;
    }
    // Alpha 1e-6: 4.75 binomial standard deviations over the claim.
    EXPECT_LE(wrong, 0.025 * kYears + 4.75 * std::sqrt(0.025 * 0.975 * kYears)) << mean;
    // And the test is no formality: at large counts it is not far under the claim.
    if (mean > 100) {
      EXPECT_GE(wrong, 0.012 * kYears) << mean;
    }
  }
}

}  // namespace
}  // namespace polder::stats::compare
