// The guaranteed half-width holds for the exact law of the noise, however coarse that is.
#include "stats/table/guaranteed.h"

#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace polder::stats::table {
namespace {

using base::Rational;

// The law of the sum of coefficient / 60 times a draw of N_Z(0, gamma_squared), in units of 1 / 60.
std::map<int64_t, double> LawOf(const std::vector<std::pair<int64_t, double>>& parts) {
  std::map<int64_t, double> law{{0, 1}};
  for (const auto& [coefficient, gamma_squared] : parts) {
    const auto most = static_cast<int64_t>(std::ceil(8 * std::sqrt(gamma_squared))) + 3;
    double all = 0;
    for (int64_t x = -most; x <= most; ++x) {
      all += std::exp(-static_cast<double>(x * x) / (2 * gamma_squared));
    }
    std::map<int64_t, double> next;
    for (const auto& [at, probability] : law) {
      for (int64_t x = -most; x <= most; ++x) {
        next[at + coefficient * x] +=
            probability * std::exp(-static_cast<double>(x * x) / (2 * gamma_squared)) / all;
      }
    }
    law = std::move(next);
  }
  return law;
}

// Probability that a published number, as far from its estimate as `rounding` allows and to the
// worse side, misses the count by more than the half-width.
double Missed(const std::vector<std::pair<int64_t, double>>& parts, const Rational& rounding) {
  Rational variance = 0;
  for (const auto& [coefficient, gamma_squared] : parts) {
    variance +=
        Rational(base::ToInteger(coefficient * coefficient), 3600) * Rational(gamma_squared);
  }
  variance.canonicalize();
  const auto width = static_cast<double>(GuaranteedHalfWidth(variance, rounding));
  const double moved = rounding.get_d();
  double missed = 0;
  for (const auto& [at, probability] : LawOf(parts)) {
    // The furthest whole number from 0 that lies within the rounding of the estimate.
    const double furthest = std::floor(std::abs(static_cast<double>(at)) / 60 + moved + 1e-12);
    if (furthest > width) missed += probability;
  }
  return missed;
}

TEST(GuaranteedHalfWidth, HoldsForTheExactLawOfFewAndCoarseResiduals) {
  for (const Rational& rounding : {Rational(0), Rational(1, 2), Rational(59, 60)}) {
    for (const double gamma_squared : {0.05, 0.2, 0.5, 1.0, 2.5, 7.0, 40.0, 300.0}) {
      EXPECT_LE(Missed({{60, gamma_squared}}, rounding), 0.05) << gamma_squared;
      EXPECT_LE(Missed({{30, gamma_squared}, {45, gamma_squared}}, rounding), 0.05);
      EXPECT_LE(Missed({{12, 0.4}, {60, gamma_squared}, {20, 9.0}}, rounding), 0.05);
    }
  }
}

// It is a bound, not a guess: 2.716 standard deviations, and one less would not be proven.
TEST(GuaranteedHalfWidth, IsTheSubGaussianBoundRoundedUpToWholeNumbers) {
  EXPECT_EQ(GuaranteedHalfWidth(0, 0), 0);
  for (const int64_t variance : {1, 4, 9, 100, 1000}) {
    for (const double rounding : {0.0, 0.5, 0.9375}) {
      const int64_t width =
          GuaranteedHalfWidth(Rational(base::ToInteger(variance)), Rational(rounding));
      const auto bound = [&](int64_t h) {
        const double reach = static_cast<double>(h) + 1 - rounding;
        return 2 * std::exp(-reach * reach / (2 * static_cast<double>(variance)));
      };
      EXPECT_LE(bound(width), 0.05);
      EXPECT_GT(bound(width - 1), 0.05);
    }
  }
}

}  // namespace
}  // namespace polder::stats::table
