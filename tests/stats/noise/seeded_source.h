// Addressed random bits from a number, for tests only: every (info, position, block) has its own
// bits, and the same seed gives the same bits for ever.
#ifndef POLDER_TESTS_STATS_NOISE_SEEDED_SOURCE_H_
#define POLDER_TESTS_STATS_NOISE_SEEDED_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "policies/base/random_bits.h"

namespace polder::testing_support {

// The finaliser of splitmix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators" (OOPSLA 2014).
inline uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

class SeededLane : public base::RandomLane {
 public:
  SeededLane(uint64_t seed, std::string_view info) : key_(Mix(seed)) {
    for (const char c : info) key_ = Mix(key_ ^ static_cast<uint8_t>(c));
  }
  void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
    uint64_t state = Mix(Mix(key_ ^ position) ^ (block << 32 | 0x5bd1e995));
    for (size_t i = 0; i < out.size(); i += 8) {
      state = Mix(state);
      for (size_t j = 0; j < 8; ++j) out[i + j] = static_cast<uint8_t>(state >> (8 * j));
    }
    ++blocks_read;
  }

  uint64_t blocks_read = 0;

 private:
  uint64_t key_;
};

class SeededSource : public base::RandomSource {
 public:
  explicit SeededSource(uint64_t seed) : seed_(seed) {}
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
    return std::make_unique<SeededLane>(seed_, info);
  }

 private:
  uint64_t seed_;
};

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_STATS_NOISE_SEEDED_SOURCE_H_
