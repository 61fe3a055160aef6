// One changed byte in anything that the noise is bound to, or in a seed, changes every draw.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/random/keystream.h"
#include "server/jobs/pipeline.h"
#include "stats/noise/sampler.h"

namespace polder::server::jobs {
namespace {

struct Inputs {
  NoiseBinding binding{std::string(64, '1'), std::string(64, '2'),  std::string(64, '3'),
                       std::string(64, '4'), "2022SJ-definitive-1", "R000001"};
  std::vector<std::string> seeds = {std::string(32, 'o'), std::string(32, 'a')};
};

// Draws so wide that two of them are never equal by chance: their sd is 2^40.
std::vector<int64_t> DrawsOf(const Inputs& inputs) {
  std::vector<crypto::digest::SecretBytes> seeds;
  for (const std::string& seed : inputs.seeds) {
    seeds.push_back(crypto::digest::SecretBytes::CopyOf(seed));
  }
  const crypto::random::Keystream source(seeds, NoiseSalt(inputs.binding));
  static const stats::noise::DiscreteGaussian gaussian(base::Rational(base::Integer(1) << 80));
  std::vector<int64_t> draws;
  for (const char* info : {"polder-noise-2/persons/", "polder-noise-2/persons/kind"}) {
    const auto lane = source.Open(info);
    for (uint64_t cell = 0; cell < 5; ++cell) {
      base::BitStream bits(*lane, cell);
      draws.push_back(gaussian.Sample(bits));
    }
  }
  return draws;
}

TEST(Binding, OneChangedByteInAnyPinnedInputChangesEveryDraw) {
  std::vector<std::function<std::string&(Inputs&)>> parts = {
      [](Inputs& i) -> std::string& { return i.binding.policy_digest; },
      [](Inputs& i) -> std::string& { return i.binding.codebook_digest; },
      [](Inputs& i) -> std::string& { return i.binding.plan_digest; },
      [](Inputs& i) -> std::string& { return i.binding.freeze_digest; },
      [](Inputs& i) -> std::string& { return i.binding.release_id; },
      [](Inputs& i) -> std::string& { return i.binding.reservation_id; },
      [](Inputs& i) -> std::string& { return i.seeds[0]; },
      [](Inputs& i) -> std::string& { return i.seeds[1]; }};
  const std::vector<int64_t> before = DrawsOf(Inputs());
  ASSERT_EQ(DrawsOf(Inputs()), before);
  std::set<std::vector<int64_t>> all{before};
  size_t tried = 0;
  for (const auto& part : parts) {
    Inputs whole;
    for (size_t byte = 0; byte < part(whole).size(); ++byte) {
      Inputs changed;
      part(changed)[byte] = static_cast<char>(part(changed)[byte] ^ 1);
      const std::vector<int64_t> after = DrawsOf(changed);
      for (size_t draw = 0; draw < before.size(); ++draw) {
        EXPECT_NE(after[draw], before[draw]) << tried;
      }
      all.insert(after);
      ++tried;
    }
  }
  EXPECT_EQ(tried, 4 * 64 + 19 + 7 + 2 * 32);
  EXPECT_EQ(all.size(), tried + 1);
}

}  // namespace
}  // namespace polder::server::jobs
