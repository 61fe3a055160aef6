#include "stats/population/random.h"

#include <bit>

namespace polder::stats::population {
namespace {

uint64_t SplitMix(uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(seed);
}

Random::Random(uint64_t seed, uint64_t purpose, uint64_t item) {
  uint64_t mixed = SplitMix(seed);
  mixed ^= purpose * 0xD1342543DE82EF95U;
  mixed = SplitMix(mixed) ^ (item * 0xA0761D6478BD642FU);
  for (uint64_t& word : state_) word = SplitMix(mixed);
}

uint64_t Random::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  const uint64_t limit = ~uint64_t{0} - ~uint64_t{0} % bound;  // a multiple of bound
  uint64_t drawn = Next();
  while (drawn >= limit) drawn = Next();
  return drawn % bound;
}

int64_t Random::Between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
}

bool Random::Chance(double probability) {
  return static_cast<double>(Next() >> 11) < probability * 9007199254740992.0;  // 2^53
}

size_t Random::Pick(std::span<const double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  double left = static_cast<double>(Next() >> 11) / 9007199254740992.0 * sum;
  for (size_t i = 0; i + 1 < weights.size(); ++i) {
    if (left < weights[i]) return i;
    left -= weights[i];
  }
  return weights.size() - 1;
}

int64_t Random::Count(double mean) {
  if (mean <= 0) return 0;
  int64_t count = 0;
  if (mean <= 32) {
    constexpr int kTrials = 512;
    for (int i = 0; i < kTrials; ++i) count += Chance(mean / kTrials) ? 1 : 0;
    return count;
  }
  const auto whole = static_cast<int64_t>(mean);
  // Half of 4 * whole fair coins has mean 2 * whole and variance `whole`.
  int64_t coins = 4 * whole;
  for (; coins >= 64; coins -= 64) count += std::popcount(Next());
  if (coins > 0) count += std::popcount(Next() >> (64 - coins));
  count -= whole;
  if (Chance(mean - static_cast<double>(whole))) ++count;
  return count < 0 ? 0 : count;
}

int Random::Geometric(double mean, int cap) {
  int value = 1;
  while (value < cap && Chance(1 - 1 / mean)) ++value;
  return value;
}

}  // namespace polder::stats::population
