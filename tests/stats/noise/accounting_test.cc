// Epsilon is never understated and rho never overstated, and both are right to the last digit
// shown.
#include "stats/noise/accounting.h"

#include <cmath>

#include <gtest/gtest.h>

#include "policies/base/problem.h"

namespace polder::stats::noise {
namespace {

using base::ParseRational;
using base::Rational;

double Number(const std::string& text) { return ParseRational(text).value().get_d(); }

// Source: 50-digit evaluation of the bound; the last four are rows of the yearly table.
TEST(EpsilonOf, MatchesFiftyDigitValuesFromAbove) {
  const std::vector<std::pair<const char*, const char*>> vectors = {
      {"0.01", "0.6216926546"}, {"0.05", "1.471594751"}, {"0.1", "2.141938928"},
      {"0.5", "5.221534445"},   {"1", "7.766216625"},    {"2", "11.68859625"}};
  for (const auto& [rho, epsilon] : vectors) {
    const std::string found = EpsilonOf(ParseRational(rho).value(), Rational(1, 1'000'000));
    EXPECT_NEAR(Number(found), Number(epsilon), 6e-9) << rho;
    EXPECT_EQ(found.size(), found.front() == '0' ? 14U : 13U) << found;  // 12 digits and the point
  }
  const std::vector<std::pair<const char*, double>> rounded = {
      {"0.0125", 0.700}, {"0.025", 1.014}, {"0.2", 3.131}, {"0.65", 6.061}};
  for (const auto& [rho, epsilon] : rounded) {
    EXPECT_NEAR(Number(EpsilonOf(ParseRational(rho).value(), Rational(1, 1'000'000))), epsilon,
                6e-4);
  }
  // The values that OpenDP tests.
  EXPECT_NEAR(Number(EpsilonOf(Rational(1, 32), Rational(1, 1000))), 0.688002455487808, 1e-11);
  EXPECT_NEAR(Number(EpsilonOf(Rational(1, 20), ParseRational("0.0817727531036956").value())), 0.25,
              1e-11);
  EXPECT_NEAR(Number(EpsilonOf(Rational(1, 2), ParseRational("0.558835639347435").value())), 0,
              1e-11);
}

// Source: the same bound minimised with 60 digits in another language. Stated is never less, and
// less than one unit of the twelfth digit more.
TEST(EpsilonOf, IsTheTwelveDigitCeilingOfTheExactBound) {
  struct Vector {
    const char* rho;
    const char* delta;
    const char* epsilon;
  };
  const std::vector<Vector> vectors = {
      {"0.0125", "0.000001", "0.70020510460121274321574697"},
      {"0.05", "0.000001", "1.47159475053241598093695029"},
      {"0.1", "0.000001", "2.14193892838547366139748650"},
      {"0.25", "0.000001", "3.54229130047701551998902738"},
      {"0.5", "0.000001", "5.22153444453016904422096144"},
      {"0.5", "0.000000001", "6.47407002072648614434735270"},
      {"0.04", "0.000001", "1.30499111935253134998812206"},
      {"2", "0.001", "8.41606429432127675872071797"},
      {"0.000001", "1/1000000000000000000000000000000", "0.01537964845924611314486068"},
      {"6.5", "0.000001", "24.3033462895000511025403602"}};
  for (const Vector& vector : vectors) {
    const Rational rho = ParseRational(vector.rho).value();
    const Rational delta = ParseRational(vector.delta).value();
    const Rational exact = ParseRational(vector.epsilon).value();
    EXPECT_EQ(EpsilonOf(rho, delta), SignificantDigits(exact, 12, base::Rounding::kUp));
    // And back: what is granted for that epsilon is the rho, from below.
    EXPECT_EQ(RhoOf(exact, delta),
              SignificantDigits(rho - Rational(1, base::Integer("1" + std::string(22, '0'))), 12,
                                base::Rounding::kDown));
  }
}

// No alpha gives a smaller bound than what is stated, but for the last digit: so the search is
// good; and the statement is not below the bound of the alpha it used: so the rounding is outward.
TEST(EpsilonOf, NoOtherAlphaWouldHaveStatedLess) {
  for (const char* rho : {"0.000001", "0.0125", "0.25", "1", "50"}) {
    for (const char* delta : {"0.5", "0.01", "0.000001", "1/1000000000000000000000000000000"}) {
      const double stated =
          Number(EpsilonOf(ParseRational(rho).value(), ParseRational(delta).value()));
      const double r = Number(rho), d = Number(delta);
      double best = 1e300;
      for (double x = -12; x < 25; x += 1e-3) {
        const double excess = std::exp(x), alpha = 1 + excess;
        best = std::min(best,
                        alpha * r + x - std::log(alpha) - (std::log(d) + std::log(alpha)) / excess);
      }
      EXPECT_NEAR(stated, std::max(0.0, best), 2e-6 * std::max(1.0, best)) << rho << " " << delta;
      if (stated > 0) {
        EXPECT_LE(stated, best * (1 + 1e-11));
      }
    }
  }
}

TEST(RhoOf, IsTheInverseAndErrsToTheSafeSide) {
  for (const char* epsilon : {"0.01", "0.5", "1", "2.141938928", "10", "300"}) {
    for (const char* delta : {"0.1", "0.000001", "1/1000000000000"}) {
      const Rational at = ParseRational(delta).value();
      const std::string rho = RhoOf(ParseRational(epsilon).value(), at);
      const std::string back = EpsilonOf(ParseRational(rho).value(), at);
      EXPECT_NEAR(Number(back), Number(epsilon), 1e-10 * Number(epsilon)) << epsilon;
      // One unit more in the twelfth digit already costs more than was asked for.
      const Rational more =
          ParseRational(rho).value() * Rational(1'000'000'000'01, 1'000'000'000'00);
      EXPECT_GT(ParseRational(EpsilonOf(more, at)).value(), ParseRational(epsilon).value());
    }
  }
}

TEST(EpsilonOf, GrowsWithRhoAndShrinksWithDelta) {
  double last = 0;
  for (int i = 1; i < 60; ++i) {
    const double epsilon = Number(EpsilonOf(Rational(i, 40), Rational(1, 1'000'000)));
    EXPECT_GT(epsilon, last);
    last = epsilon;
  }
  for (unsigned long bottom = 10; bottom < 1'000'000'000; bottom *= 10) {
    EXPECT_LT(Number(EpsilonOf(Rational(1, 4), Rational(1, bottom))),
              Number(EpsilonOf(Rational(1, 4), Rational(1, bottom * 10))));
  }
}

TEST(Accounting, WhatIsOutOfRangeIsRefused) {
  const Rational fine(1, 1'000'000);
  EXPECT_EQ(EpsilonOf(0, fine), "0");
  EXPECT_THROW(EpsilonOf(-1, fine), base::ProblemError);
  EXPECT_THROW(EpsilonOf(1, 0), base::ProblemError);
  EXPECT_THROW(EpsilonOf(1, 1), base::ProblemError);
  EXPECT_THROW(EpsilonOf(1'000'001, fine), base::ProblemError);
  EXPECT_THROW(RhoOf(0, fine), base::ProblemError);
  EXPECT_THROW(RhoOf(1, 2), base::ProblemError);
}

TEST(Logarithm, EnclosesKnownValuesTightly) {
  // Source: ln 2 and ln 10 to 50 digits (OEIS A002162, A002392).
  const Rational two =
      ParseRational("0.69314718055994530941723212145817656807550013436025").value();
  const Rational ten =
      ParseRational("2.30258509299404568401799145468436420760110148862877").value();
  const Rational last(1, base::Integer("1" + std::string(49, '0')));
  for (const auto& [value, truth] : {std::pair{Rational(2), two}, std::pair{Rational(10), ten}}) {
    const Enclosure found = Logarithm(value);
    EXPECT_LT(found.low, truth + last);
    EXPECT_GT(found.high, truth - last);
    EXPECT_LT(found.high - found.low, Rational(1, base::Integer(1) << 150U));
    const Enclosure inverse = Logarithm(1 / value);
    EXPECT_LE(inverse.low, -found.low);
    EXPECT_GE(inverse.high, -found.high);
  }
  EXPECT_LE(Logarithm(1).low, 0);
  EXPECT_GE(Logarithm(1).high, 0);
  // ln(ab) = ln a + ln b for awkward numbers.
  const Rational a(base::Integer("123456789012345678901234567890"), base::Integer("7")),
      b(3, 1000001);
  const Enclosure product = Logarithm(a * b);
  EXPECT_LE(product.low, Logarithm(a).high + Logarithm(b).high);
  EXPECT_GE(product.high, Logarithm(a).low + Logarithm(b).low);
  EXPECT_THROW(Logarithm(0), std::domain_error);
}

TEST(SignificantDigits, RoundsAndCarries) {
  EXPECT_EQ(SignificantDigits(Rational(1, 3), 5, base::Rounding::kDown), "0.33333");
  EXPECT_EQ(SignificantDigits(Rational(1, 3), 5, base::Rounding::kUp), "0.33334");
  EXPECT_EQ(SignificantDigits(Rational(1, 300), 5, base::Rounding::kUp), "0.0033334");
  EXPECT_EQ(SignificantDigits(ParseRational("9.99999").value(), 4, base::Rounding::kUp), "10.00");
  EXPECT_EQ(SignificantDigits(ParseRational("9.99999").value(), 4, base::Rounding::kDown), "9.999");
  EXPECT_EQ(SignificantDigits(Rational(123456), 4, base::Rounding::kDown), "123456");
  EXPECT_EQ(SignificantDigits(0, 4, base::Rounding::kUp), "0");
}

}  // namespace
}  // namespace polder::stats::noise
