// The sampler draws from the distribution it names, exactly; and the tests that say so reject
// samplers that almost do.
#include "stats/noise/sampler.h"

#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/noise/variance.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::noise {
namespace {

using base::BitStream;
using base::Rational;
using testing_support::SeededLane;

using Sampler = std::function<int64_t(BitStream&)>;

std::vector<int64_t> Draws(const Sampler& sampler, size_t count, uint64_t seed) {
  SeededLane lane(seed, "sampler");
  std::vector<int64_t> draws;
  for (size_t i = 0; i < count; ++i) {
    BitStream bits(lane, i);
    draws.push_back(sampler(bits));
  }
  return draws;
}

Sampler Gaussian(const Rational& sigma_squared, Arithmetic arithmetic = Arithmetic::kWords) {
  return [gaussian = DiscreteGaussian(sigma_squared), arithmetic](BitStream& bits) {
    return gaussian.Sample(bits, arithmetic);
  };
}

// P(x) for x in -reach..reach, from the definition.
struct Law {
  int64_t reach;
  std::vector<double> weight;
  double At(int64_t x) const { return weight[static_cast<size_t>(x + reach)]; }
};

Law LawOf(int64_t reach, const std::function<double(double)>& log_weight) {
  Law law{reach, {}};
  double sum = 0;
  for (int64_t x = -reach; x <= reach; ++x) {
    law.weight.push_back(std::exp(log_weight(static_cast<double>(x))));
    sum += law.weight.back();
  }
  for (double& weight : law.weight) weight /= sum;
  return law;
}

Law GaussianLaw(double sigma_squared) {
  return LawOf(static_cast<int64_t>(12 * std::sqrt(sigma_squared)) + 8,
               [=](double x) { return -x * x / (2 * sigma_squared); });
}

// (chi-square - degrees) as a standard normal (Wilson and Hilferty): bins of at least 20 expected.
double ChiSquareZ(const std::vector<int64_t>& draws, const Law& law) {
  std::map<int64_t, double> seen;
  for (const int64_t draw : draws) ++seen[std::clamp(draw, -law.reach, law.reach)];
  const auto n = static_cast<double>(draws.size());
  double statistic = 0, expected = 0, observed = 0;
  int bins = 0;
  const double width = std::max(20.0, n / 400);
  for (int64_t x = -law.reach; x <= law.reach; ++x) {
    expected += n * law.At(x);
    if (const auto found = seen.find(x); found != seen.end()) observed += found->second;
    const bool last = x == law.reach;
    if (expected >= width || last) {
      if (expected > 0) statistic += (observed - expected) * (observed - expected) / expected;
      ++bins;
      expected = observed = 0;
    }
  }
  const double degrees = bins - 1;
  const double spread = 2 / (9 * degrees);
  return (std::cbrt(statistic / degrees) - (1 - spread)) / std::sqrt(spread);
}

// Largest distance between the empirical and the true distribution function, times sqrt(n).
double Kolmogorov(const std::vector<int64_t>& draws, const Law& law) {
  std::map<int64_t, double> seen;
  for (const int64_t draw : draws) ++seen[draw];
  double empirical = 0, truth = 0, distance = 0;
  for (int64_t x = -law.reach; x <= law.reach; ++x) {
    truth += law.At(x);
    if (const auto found = seen.find(x); found != seen.end()) {
      empirical += found->second / static_cast<double>(draws.size());
    }
    distance = std::max(distance, std::abs(empirical - truth));
  }
  return distance * std::sqrt(static_cast<double>(draws.size()));
}

constexpr double kAlphaZ = 4.75;           // one-sided alpha = 1e-6
constexpr double kAlphaKolmogorov = 2.70;  // 2 exp(-2 k^2) = 1e-6
constexpr size_t kDraws = 60'000;

bool LooksRight(const std::vector<int64_t>& draws, const Law& law) {
  return ChiSquareZ(draws, law) < kAlphaZ && Kolmogorov(draws, law) < kAlphaKolmogorov;
}

class DiscreteGaussianLaw : public ::testing::TestWithParam<Rational> {};

TEST_P(DiscreteGaussianLaw, DrawsFollowTheDefinition) {
  const std::vector<int64_t> draws = Draws(Gaussian(GetParam()), kDraws, 7);
  const Law law = GaussianLaw(GetParam().get_d());
  EXPECT_LT(ChiSquareZ(draws, law), kAlphaZ);
  EXPECT_LT(Kolmogorov(draws, law), kAlphaKolmogorov);
}

TEST_P(DiscreteGaussianLaw, WordsAndBigIntegersGiveTheSameDraws) {
  const size_t count = 2000;
  EXPECT_EQ(Draws(Gaussian(GetParam(), Arithmetic::kWords), count, 11),
            Draws(Gaussian(GetParam(), Arithmetic::kBig), count, 11));
}

INSTANTIATE_TEST_SUITE_P(Sigmas, DiscreteGaussianLaw,
                         ::testing::Values(Rational(1, 4), Rational(1, 2), Rational(1), Rational(4),
                                           Rational(10), Rational(100), Rational(12345, 64),
                                           Rational(20000001, 1 << 20), Rational(1000000)));

// sigma squared of a size that leaves the words sometimes or always.
TEST(DiscreteGaussian, WordsAndBigIntegersAgreeWhereWordsRunOut) {
  for (const char* text : {"1208925819614629174706176", "18446744073709551617/18446744073709551616",
                           "1/18446744073709551616", "4611686018427387904", "1099511627775/1048576",
                           "281474976710656/9007199254740993"}) {
    const Rational sigma_squared = base::ParseRational(text).value();
    EXPECT_EQ(Draws(Gaussian(sigma_squared, Arithmetic::kWords), 200, 5),
              Draws(Gaussian(sigma_squared, Arithmetic::kBig), 200, 5))
        << text;
  }
}

// Source: values computed from the definition with 50 digits.
TEST(DiscreteGaussian, ProbabilitiesOfSmallValuesMatchThePublishedOnes) {
  struct Vector {
    Rational sigma_squared;
    int64_t value;
    double probability;
  };
  const std::vector<Vector> vectors = {
      {Rational(1, 4), 0, 0.786570707041948}, {Rational(1, 4), 1, 0.106450769423145},
      {Rational(1, 2), 0, 0.564131226218842}, {Rational(1), 0, 0.398942278266862},
      {Rational(1), 2, 0.0539909662243053},   {Rational(4), 0, 0.199471140200716},
      {Rational(10), 0, 0.126156626101008},   {Rational(100), 0, 0.0398942280401433}};
  for (const Vector& vector : vectors) {
    const std::vector<int64_t> draws = Draws(Gaussian(vector.sigma_squared), kDraws, 23);
    const auto hits = static_cast<double>(std::count(draws.begin(), draws.end(), vector.value));
    const double sd = std::sqrt(kDraws * vector.probability * (1 - vector.probability));
    EXPECT_NEAR(hits, kDraws * vector.probability, 4.9 * sd)
        << vector.sigma_squared << " at " << vector.value;
  }
}

TEST(DiscreteGaussian, VarianceIsThatOfTheDiscreteLawNotOfTheContinuousOne) {
  const std::vector<int64_t> draws = Draws(Gaussian(Rational(1, 4)), kDraws, 3);
  double sum = 0, squares = 0;
  for (const int64_t draw : draws) {
    sum += static_cast<double>(draw);
    squares += static_cast<double>(draw * draw);
  }
  const double n = kDraws;
  EXPECT_NEAR(sum / n, 0, 4.9 * std::sqrt(0.215 / n));
  EXPECT_NEAR(squares / n, 0.215012675088138, 4.9 * std::sqrt(0.19 / n));
}

// Published values of the exact law.
TEST(DiscreteVariance, IsThatOfTheDefinition) {
  EXPECT_NEAR(DiscreteVariance(0.25), 0.215012675088138, 1e-14);
  EXPECT_NEAR(DiscreteVariance(0.5), 0.49897913083282, 1e-13);
  EXPECT_NEAR(DiscreteVariance(1), 0.999999788767728, 1e-13);
  EXPECT_NEAR(DiscreteVariance(4), 4, 1e-12);
  EXPECT_EQ(DiscreteVariance(5), 5);
}

TEST(DiscreteLaplace, DrawsFollowTheDefinition) {
  for (const Rational& scale : {Rational(1, 3), Rational(1), Rational(7, 2), Rational(1000)}) {
    const DiscreteLaplace laplace(scale);
    const auto draws = Draws([&](BitStream& bits) { return laplace.Sample(bits); }, kDraws, 13);
    const double s = scale.get_d();
    const Law law =
        LawOf(static_cast<int64_t>(40 * s) + 8, [=](double x) { return -std::abs(x) / s; });
    EXPECT_TRUE(LooksRight(draws, law)) << scale;
    EXPECT_EQ(
        Draws([&](BitStream& bits) { return laplace.Sample(bits, Arithmetic::kBig); }, 500, 2),
        Draws([&](BitStream& bits) { return laplace.Sample(bits); }, 500, 2));
  }
}

TEST(DiscreteGaussian, ParametersOutOfRangeAreRefused) {
  for (const char* text : {"0", "-1", "1208925819614629174706177", "1/18446744073709551617"}) {
    EXPECT_THROW(DiscreteGaussian(base::ParseRational(text).value()), base::ProblemError) << text;
  }
  EXPECT_THROW(DiscreteLaplace(Rational(0)), base::ProblemError);
  EXPECT_THROW(DiscreteLaplace(Rational(-1, 2)), base::ProblemError);
}

TEST(DiscreteGaussian, SameBitsGiveTheSameDrawAndOtherBitsAnother) {
  const Sampler sampler = Gaussian(Rational(10'000));
  EXPECT_EQ(Draws(sampler, 100, 1), Draws(sampler, 100, 1));
  EXPECT_NE(Draws(sampler, 100, 1), Draws(sampler, 100, 2));
}

// --- Samplers that are nearly right. Each must be rejected by the test above. ---

double Uniform(BitStream& bits) { return (static_cast<double>(bits.Bits(53)) + 0.5) * 0x1p-53; }

TEST(SamplerMutants, ARoundedFloatingPointNormalIsRejected) {
  const auto draws = Draws(
      [](BitStream& bits) {
        const double radius = std::sqrt(-2 * std::log(Uniform(bits)));
        return static_cast<int64_t>(
            std::lround(radius * std::cos(2 * std::numbers::pi * Uniform(bits))));
      },
      kDraws, 7);
  EXPECT_FALSE(LooksRight(draws, GaussianLaw(1)));
}

TEST(SamplerMutants, ASixteenthTooMuchVarianceIsRejected) {
  const auto draws = Draws(Gaussian(Rational(17, 16) * 100), kDraws, 7);
  EXPECT_FALSE(LooksRight(draws, GaussianLaw(100)));
}

TEST(SamplerMutants, ZeroWithTwoSignsIsRejected) {
  // Acceptance as it should be, on a Laplace draw that keeps negative zeros.
  const auto draws = Draws(
      [](BitStream& bits) {
        const double t = 3;
        while (true) {
          const double u = Uniform(bits);
          const auto magnitude = static_cast<int64_t>(std::floor(-t * std::log(u)));
          const int64_t draw = bits.Bits(1) == 1 ? -magnitude : magnitude;
          const double distance = std::abs(static_cast<double>(draw)) - 4 / t;
          if (Uniform(bits) < std::exp(-distance * distance / 8)) return draw;
        }
      },
      kDraws, 7);
  EXPECT_FALSE(LooksRight(draws, GaussianLaw(4)));
}

TEST(SamplerMutants, AShiftOfAThirtiethOfSigmaIsRejected) {
  const auto draws = Draws([gaussian = DiscreteGaussian(Rational(900))](
                               BitStream& bits) { return gaussian.Sample(bits) + 1; },
                           kDraws, 7);
  EXPECT_FALSE(LooksRight(draws, GaussianLaw(900)));
}

}  // namespace
}  // namespace polder::stats::noise
