#include "stats/whatif/change.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "stats/compare/change.h"

namespace polder::stats::whatif {
namespace {

using base::Rational;

CellBefore Cell(int64_t count, int variance, std::optional<int64_t> denominator = 4650) {
  return {count, Rational(variance), Rational(variance), Rational(1, 2), denominator};
}

compare::Word WordOf(const CellBefore& cell, int64_t from, int64_t to, bool chance = true) {
  compare::CompareOptions options;
  if (!chance) options.overdispersion = 0;
  const Rational rounding = cell.rounding * cell.rounding / 3;
  compare::Change change;
  compare::Decide({from, cell.variance + rounding, cell.denominator},
                  {to, cell.later_variance + rounding, cell.denominator}, options, change);
  return change.word;
}

TEST(SmallestNamedRise, IsExactlyWhereTheComparisonBeginsToSpeak) {
  for (const int64_t count : {0, 4, 29, 94, 1403}) {
    for (const int variance : {1, 9, 400}) {
      for (const bool chance : {false, true}) {
        const CellBefore cell = Cell(count, variance);
        const int64_t rise = SmallestNamedRise(cell, chance);
        EXPECT_EQ(WordOf(cell, count, count + rise, chance), compare::Word::kRose);
        EXPECT_EQ(WordOf(cell, count, count + rise - 1, chance), compare::Word::kComparable);
      }
    }
  }
}

// Two-sided 97.5 %: 2.2414 standard deviations of the difference, and the next whole number.
TEST(SmallestNamedRise, ByNoiseAloneItIsTheQuantileTimesTheSdOfTheDifference) {
  const CellBefore cell = Cell(100, 9, std::nullopt);
  const double sd = std::sqrt(2 * (9 + 1.0 / 12));
  // The interval of noise on whole numbers goes half a unit further (stats/table/interval).
  EXPECT_EQ(SmallestNamedRise(cell, false),
            static_cast<int64_t>(std::floor(2.2415 * sd + 0.5)) + 1);
  EXPECT_EQ(SmallestCorrection(cell), SmallestNamedRise(cell, false));
  EXPECT_GT(SmallestNamedRise(cell, true), SmallestNamedRise(cell, false));
}

// Near the threshold, and near the limit of precision, the comparison allows for numbers that owe
// their being shown to the noise: it takes a larger rise to get the word, never a smaller one, and
// far away it takes the same.
TEST(SmallestNamedRise, NearWhatSelectsNumbersTakesALargerRise) {
  size_t larger = 0;
  for (const int64_t count : {10, 12, 15, 20, 25, 30}) {
    const CellBefore plain = Cell(count, 9, std::nullopt);
    CellBefore selected = plain;
    selected.threshold = 10;
    selected.share = Rational(1, 5);
    for (const bool chance : {false, true}) {
      EXPECT_GE(SmallestNamedRise(selected, chance), SmallestNamedRise(plain, chance)) << count;
      larger += SmallestNamedRise(selected, chance) > SmallestNamedRise(plain, chance) ? 1U : 0U;
    }
    EXPECT_EQ(SmallestCorrection(selected), SmallestCorrection(plain));
  }
  EXPECT_GT(larger, 0U);
  CellBefore far = Cell(1000, 9, std::nullopt);
  const int64_t plain = SmallestNamedRise(far, true);
  far.threshold = 10;
  far.share = Rational(1, 2);
  EXPECT_EQ(SmallestNamedRise(far, true), plain);
}

TEST(SmallestCorrection, ACorrectionBetweenUnequalReleasesUsesTheVarianceOfEach) {
  CellBefore cell = Cell(100, 9, std::nullopt);
  cell.later_variance = 25;
  const double sd = std::sqrt(9 + 25 + 2.0 / 12);
  EXPECT_EQ(SmallestCorrection(cell), static_cast<int64_t>(std::floor(2.2415 * sd + 0.5)) + 1);
}

// A year's published figure: an overdispersed count (gamma mixture of Poisson counts with variance
// 1.5 times the mean) with noise.
int64_t Published(double mean, double sd, std::mt19937_64& random) {
  std::gamma_distribution<double> rate(mean / 0.5, 0.5);
  std::poisson_distribution<int64_t> count(rate(random));
  std::normal_distribution<double> noise(0, sd);
  return count(random) + std::llround(noise(random));
}

// 4,000 pairs of years; five standard errors of a share of 0.8 are 0.032, and half a pupil more
// or less moves it by as much again in the smallest cell.
TEST(RiseFoundFourOfFive, IsFoundInFourOfFiveSimulatedYears) {
  std::mt19937_64 random(20261);
  for (const int64_t count : {60, 94, 436, 1403}) {
    for (const int variance : {4, 64}) {
      const CellBefore cell = Cell(count, variance, 70'000);
      const int64_t rise = RiseFoundFourOfFive(cell);
      int named = 0;
      constexpr int kYears = 4000;
      for (int year = 0; year < kYears; ++year) {
        const double mean = static_cast<double>(count);
        const int64_t from = Published(mean, std::sqrt(variance), random);
        const int64_t to = Published(mean + static_cast<double>(rise), std::sqrt(variance), random);
        named += WordOf(cell, from, to) == compare::Word::kRose;
      }
      EXPECT_NEAR(static_cast<double>(named) / kYears, 0.8, 0.05) << count << " " << variance;
    }
  }
}

}  // namespace
}  // namespace polder::stats::whatif
