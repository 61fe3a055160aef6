// Random numbers for made-up populations: the same seed gives the same population on every machine,
// so nothing here uses <random>'s distributions or the mathematics library.
#ifndef POLDER_STATS_POPULATION_RANDOM_H_
#define POLDER_STATS_POPULATION_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace polder::stats::population {

// xoshiro256** seeded through splitmix64. Not for secrets, and never for noise.
// Source: Blackman, Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021.
class Random {
 public:
  explicit Random(uint64_t seed);
  // A stream of its own per (seed, purpose, item), so that one part can change without the rest.
  Random(uint64_t seed, uint64_t purpose, uint64_t item);

  uint64_t Next();
  uint64_t Below(uint64_t bound);              // uniform, 0 ≤ result < bound; bound > 0
  int64_t Between(int64_t low, int64_t high);  // inclusive
  bool Chance(double probability);
  size_t Pick(std::span<const double> weights);  // index by weight; the sum is positive
  // A count with this mean and (nearly) this variance: binomial over many small trials up to 32, a
  // centred binomial above. 0 for a mean of 0.
  int64_t Count(double mean);
  // 1 or more, mean `mean`, at most `cap` (geometric).
  int Geometric(double mean, int cap);

 private:
  std::array<uint64_t, 4> state_{};
};

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_RANDOM_H_
