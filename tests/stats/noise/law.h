// Whether many draws follow a law: chi-square and Kolmogorov's distance, each at alpha 1e-6.
#ifndef POLDER_TESTS_STATS_NOISE_LAW_H_
#define POLDER_TESTS_STATS_NOISE_LAW_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "policies/base/random_bits.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::testing_support {

using Sampler = std::function<int64_t(base::BitStream&)>;

// Each draw from a place of its own, as a release draws.
inline std::vector<int64_t> Draws(const Sampler& sampler, size_t count, uint64_t seed) {
  SeededLane lane(seed, "sampler");
  std::vector<int64_t> draws;
  draws.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    base::BitStream bits(lane, i);
    draws.push_back(sampler(bits));
  }
  return draws;
}

// P(x) for x in -reach..reach, from the definition.
struct Law {
  int64_t reach;
  std::vector<double> weight;

  double At(int64_t x) const { return weight[static_cast<size_t>(x + reach)]; }
  double Moment(int power) const {
    double sum = 0;
    for (int64_t x = -reach; x <= reach; ++x)
      sum += std::pow(static_cast<double>(x), power) * At(x);
    return sum;
  }
};

inline Law LawOf(int64_t reach, const std::function<double(double)>& log_weight) {
  Law law{reach, {}};
  double sum = 0;
  for (int64_t x = -reach; x <= reach; ++x) {
    law.weight.push_back(std::exp(log_weight(static_cast<double>(x))));
    sum += law.weight.back();
  }
  for (double& weight : law.weight) weight /= sum;
  return law;
}

inline Law GaussianLaw(double sigma_squared) {
  return LawOf(static_cast<int64_t>(12 * std::sqrt(sigma_squared)) + 8,
               [=](double x) { return -x * x / (2 * sigma_squared); });
}

// How often each value from -reach to reach was drawn; what lies beyond counts at the end.
inline std::vector<double> Counted(const std::vector<int64_t>& draws, const Law& law) {
  std::vector<double> seen(law.weight.size(), 0);
  for (const int64_t draw : draws) {
    ++seen[static_cast<size_t>(std::clamp(draw, -law.reach, law.reach) + law.reach)];
  }
  return seen;
}

// (chi-square - degrees) as a standard normal (Wilson and Hilferty). Neighbouring values share a
// bin until 20 draws, and a 400th of all, are expected in it.
inline double ChiSquareZ(const std::vector<int64_t>& draws, const Law& law) {
  const std::vector<double> seen = Counted(draws, law);
  const auto n = static_cast<double>(draws.size());
  const double width = std::max(20.0, n / 400);
  struct Bin {
    double expected = 0, observed = 0;
  };
  std::vector<Bin> bins(1);
  for (size_t i = 0; i < seen.size(); ++i) {
    if (bins.back().expected >= width) bins.emplace_back();
    bins.back().expected += n * law.weight[i];
    bins.back().observed += seen[i];
  }
  if (bins.size() > 1 && bins.back().expected < width) {  // the end joins its neighbour
    const Bin end = bins.back();
    bins.pop_back();
    bins.back().expected += end.expected;
    bins.back().observed += end.observed;
  }
  double statistic = 0;
  for (const Bin& bin : bins) {
    statistic += (bin.observed - bin.expected) * (bin.observed - bin.expected) / bin.expected;
  }
  const double degrees = static_cast<double>(bins.size()) - 1;
  const double spread = 2 / (9 * degrees);
  return (std::cbrt(statistic / degrees) - (1 - spread)) / std::sqrt(spread);
}

// Largest distance between the empirical and the true distribution function, times sqrt(n).
inline double Kolmogorov(const std::vector<int64_t>& draws, const Law& law) {
  const std::vector<double> seen = Counted(draws, law);
  const auto n = static_cast<double>(draws.size());
  double empirical = 0, truth = 0, distance = 0;
  for (size_t i = 0; i < seen.size(); ++i) {
    truth += law.weight[i];
    empirical += seen[i] / n;
    distance = std::max(distance, std::abs(empirical - truth));
  }
  return distance * std::sqrt(n);
}

// Standard errors by which the mean of draw^power differs from the law's.
inline double MomentZ(const std::vector<int64_t>& draws, const Law& law, int power) {
  double mean = 0;
  for (const int64_t draw : draws) mean += std::pow(static_cast<double>(draw), power);
  const auto n = static_cast<double>(draws.size());
  const double expected = law.Moment(power);
  const double variance = law.Moment(2 * power) - expected * expected;
  return (mean / n - expected) / std::sqrt(variance / n);
}

inline constexpr double kAlphaZ = 4.75;           // one-sided alpha = 1e-6
inline constexpr double kAlphaTwoSided = 4.9;     // alpha = 1e-6
inline constexpr double kAlphaKolmogorov = 2.70;  // 2 exp(-2 k^2) = 1e-6

inline bool LooksRight(const std::vector<int64_t>& draws, const Law& law) {
  return ChiSquareZ(draws, law) < kAlphaZ && Kolmogorov(draws, law) < kAlphaKolmogorov;
}

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_STATS_NOISE_LAW_H_
