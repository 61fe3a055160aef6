// The sampler draws from the distribution it names, exactly; and the tests that say so reject
// samplers that almost do. All seeds are fixed; alpha is 1e-6 for each look.
#include "stats/noise/sampler.h"

#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/noise/variance.h"
#include "tests/stats/noise/law.h"

namespace polder::stats::noise {
namespace {

using base::BitStream;
using base::Rational;
using testing_support::ChiSquareZ;
using testing_support::Draws;
using testing_support::GaussianLaw;
using testing_support::kAlphaKolmogorov;
using testing_support::kAlphaTwoSided;
using testing_support::kAlphaZ;
using testing_support::Kolmogorov;
using testing_support::Law;
using testing_support::LawOf;
using testing_support::LooksRight;
using testing_support::MomentZ;
using testing_support::Sampler;

constexpr size_t kMany = 1'000'000;
constexpr size_t kSome = 60'000;

Sampler Gaussian(const Rational& sigma_squared, Arithmetic arithmetic = Arithmetic::kWords) {
  return [gaussian = DiscreteGaussian(sigma_squared), arithmetic](BitStream& bits) {
    return gaussian.Sample(bits, arithmetic);
  };
}

double Uniform(BitStream& bits) { return (static_cast<double>(bits.Bits(53)) + 0.5) * 0x1p-53; }

class DiscreteGaussianLaw : public ::testing::TestWithParam<Rational> {};

TEST_P(DiscreteGaussianLaw, AMillionDrawsFollowTheDefinition) {
  const std::vector<int64_t> draws = Draws(Gaussian(GetParam()), kMany, 7);
  const Law law = GaussianLaw(GetParam().get_d());
  EXPECT_LT(ChiSquareZ(draws, law), kAlphaZ);
  EXPECT_LT(Kolmogorov(draws, law), kAlphaKolmogorov);
  for (const int power : {1, 2, 3, 4}) {
    EXPECT_LT(std::abs(MomentZ(draws, law, power)), kAlphaTwoSided) << power;
  }
}

// --- Samplers that are nearly right, at every sigma squared. The test above must reject each. ---

TEST_P(DiscreteGaussianLaw, ASixteenthTooMuchVarianceIsRejected) {
  const auto draws = Draws(Gaussian(Rational(17, 16) * GetParam()), kMany, 7);
  EXPECT_FALSE(LooksRight(draws, GaussianLaw(GetParam().get_d())));
}

// By one whole step, and one draw in so many only, where a step is more than 0.0375 sigma.
TEST_P(DiscreteGaussianLaw, AShiftOfThreeEightiethsOfSigmaIsRejected) {
  const double shift = 0.0375 * std::sqrt(GetParam().get_d());
  const auto whole = static_cast<int64_t>(std::floor(shift));
  const auto draws = Draws(
      [gaussian = DiscreteGaussian(GetParam()), shift, whole](BitStream& bits) {
        const int64_t draw = gaussian.Sample(bits);
        return draw + whole + (Uniform(bits) < shift - std::floor(shift) ? 1 : 0);
      },
      kMany, 7);
  EXPECT_FALSE(LooksRight(draws, GaussianLaw(GetParam().get_d())));
}

INSTANTIATE_TEST_SUITE_P(Sigmas, DiscreteGaussianLaw,
                         ::testing::Values(Rational(1, 4), Rational(1, 2), Rational(1), Rational(4),
                                           Rational(10), Rational(100), Rational(12345, 64),
                                           Rational(10'000), Rational(65'536), Rational(131'073, 2),
                                           Rational(1'000'000)));

TEST(SamplerMutants, ZeroWithTwoSignsIsRejected) {
  // P(0) as it is when a negative zero is not thrown away: 2 p / (1 + p). Beyond 10 000, zero is
  // too rare for anyone to see that in a million draws.
  for (const Rational& sigma_squared : {Rational(1, 4), Rational(1, 2), Rational(1), Rational(4),
                                        Rational(10), Rational(100), Rational(10'000)}) {
    const Law law = GaussianLaw(sigma_squared.get_d());
    const double more = law.At(0) / (1 + law.At(0));
    const auto draws =
        Draws([gaussian = DiscreteGaussian(sigma_squared),
               more](BitStream& bits) { return Uniform(bits) < more ? 0 : gaussian.Sample(bits); },
              kMany, 7);
    EXPECT_FALSE(LooksRight(draws, law)) << sigma_squared;
  }
}

TEST(SamplerMutants, ARoundedFloatingPointNormalIsRejected) {
  for (const double sigma_squared : {0.25, 0.5, 1.0, 4.0}) {
    const auto draws = Draws(
        [sigma_squared](BitStream& bits) {
          const double radius = std::sqrt(-2 * sigma_squared * std::log(Uniform(bits)));
          return static_cast<int64_t>(
              std::lround(radius * std::cos(2 * std::numbers::pi * Uniform(bits))));
        },
        kMany, 7);
    EXPECT_FALSE(LooksRight(draws, GaussianLaw(sigma_squared))) << sigma_squared;
  }
}

// --- One law, two roads, two arithmetics ---

// Inversion is used up to 2^16: what it draws there follows the law that rejection draws too.
TEST(RejectionGaussian, FollowsTheSameLawWhereInversionIsUsed) {
  for (const Rational& sigma_squared :
       {Rational(1, 4), Rational(1), Rational(10), Rational(100), Rational(10'000)}) {
    const RejectionGaussian rejection(sigma_squared);
    const auto draws = Draws([&](BitStream& bits) { return rejection.Sample(bits); }, 300'000, 7);
    EXPECT_TRUE(LooksRight(draws, GaussianLaw(sigma_squared.get_d()))) << sigma_squared;
  }
}

TEST(DiscreteGaussian, WordsAndBigIntegersGiveTheSameDraws) {
  for (const char* text :
       {"1/4", "1/2", "1", "4", "10", "100", "12345/64", "20000001/1048576", "10000", "65536",
        "131073/2", "1000000", "1208925819614629174706176",
        "18446744073709551617/18446744073709551616", "1/18446744073709551616",
        "4611686018427387904", "1099511627775/1048576", "281474976710656/9007199254740993"}) {
    const Rational sigma_squared = base::ParseRational(text).value();
    const size_t count = sigma_squared > 1000 && sigma_squared <= 65'536 ? 40 : 400;
    EXPECT_EQ(Draws(Gaussian(sigma_squared, Arithmetic::kWords), count, 11),
              Draws(Gaussian(sigma_squared, Arithmetic::kBig), count, 11))
        << text;
    const RejectionGaussian rejection(sigma_squared);
    EXPECT_EQ(
        Draws([&](BitStream& bits) { return rejection.Sample(bits); }, 200, 5),
        Draws([&](BitStream& bits) { return rejection.Sample(bits, Arithmetic::kBig); }, 200, 5))
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
      {Rational(1), 1, 0.241970723224461},    {Rational(1), 2, 0.0539909662243053},
      {Rational(4), 0, 0.199471140200716},    {Rational(10), 0, 0.126156626101008},
      {Rational(100), 0, 0.0398942280401433}};
  for (const Vector& vector : vectors) {
    const std::vector<int64_t> draws = Draws(Gaussian(vector.sigma_squared), kMany, 23);
    const auto hits = static_cast<double>(std::count(draws.begin(), draws.end(), vector.value));
    const double sd = std::sqrt(kMany * vector.probability * (1 - vector.probability));
    EXPECT_NEAR(hits, kMany * vector.probability, kAlphaTwoSided * sd)
        << vector.sigma_squared << " at " << vector.value;
  }
}

TEST(DiscreteGaussian, VarianceIsThatOfTheDiscreteLawNotOfTheContinuousOne) {
  const std::vector<int64_t> draws = Draws(Gaussian(Rational(1, 4)), kMany, 3);
  double squares = 0;
  for (const int64_t draw : draws) squares += static_cast<double>(draw * draw);
  const double n = kMany;
  EXPECT_NEAR(squares / n, 0.215012675088138, kAlphaTwoSided * std::sqrt(0.19 / n));
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
    const auto draws = Draws([&](BitStream& bits) { return laplace.Sample(bits); }, kSome, 13);
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
  for (const Rational& sigma_squared : {Rational(10'000), Rational(1'000'000)}) {
    const Sampler sampler = Gaussian(sigma_squared);
    EXPECT_EQ(Draws(sampler, 100, 1), Draws(sampler, 100, 1));
    EXPECT_NE(Draws(sampler, 100, 1), Draws(sampler, 100, 2));
  }
}

// The same on every compiler and at every optimisation: these were computed from the definitions by
// the program in another language that reference_draws.py is.
TEST(DiscreteGaussian, GoldenDraws) {
  const std::vector<std::pair<const char*, std::vector<int64_t>>> golden = {
      {"1/4", {0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"1", {-1, 1, 1, -1, 1, 1, -1, 1, 1, 1, -1, 0}},
      {"100", {-7, 9, 11, -14, 6, 8, -9, 10, 10, 7, -6, 5}},
      {"12345/64", {-10, 13, 16, -19, 9, 11, -13, 13, 13, 9, -8, 6}},
      {"65536", {-188, 234, 287, -347, 160, 207, -242, 246, 245, 175, -147, 117}},
      {"131073/2", {7, -262, -118, -161, -70, -74, -27, 171, -84, 117, -177, -319}},
      {"1000000000001/7",
       {-812608, -11318, 549318, 49273, 122438, 467320, -260784, 88038, 221560, 635941, -146097,
        -562641}},
  };
  for (const auto& [text, draws] : golden) {
    EXPECT_EQ(Draws(Gaussian(base::ParseRational(text).value()), draws.size(), 2026), draws)
        << text;
  }
}

}  // namespace
}  // namespace polder::stats::noise
