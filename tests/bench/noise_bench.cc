// Exact discrete Gaussian draws, beside the random bits that they are made of.
//
// The physical limit of a draw is the keystream under it: `Keystream` reads one block of 64 bytes,
// which is what most draws use. Peers are measured elsewhere (docs/benchmarks.md): they cannot be
// linked here.
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/random/keystream.h"
#include "policies/base/bytes.h"
#include "policies/base/random_bits.h"
#include "stats/noise/sampler.h"
#include "tests/bench/counters.h"

namespace polder {
namespace {

constexpr size_t kDraws = 1000;

crypto::random::Keystream Source() {
  std::array<crypto::digest::SecretBytes, 2> seeds = {
      crypto::digest::SecretBytes::CopyOf("the operator's seed of a benchmark run"),
      crypto::digest::SecretBytes::CopyOf("the auditor's seed of a benchmark run.")};
  return crypto::random::Keystream(seeds, base::AsBytes("benchmark"));
}

// Passes blocks on and counts them: how many random bytes a draw costs.
class CountingLane : public base::RandomLane {
 public:
  explicit CountingLane(std::unique_ptr<base::RandomLane> lane) : lane_(std::move(lane)) {}
  void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
    ++blocks_;
    lane_->Block(position, block, out);
  }
  uint64_t blocks() const { return blocks_; }

 private:
  std::unique_ptr<base::RandomLane> lane_;
  uint64_t blocks_ = 0;
};

void Keystream(benchmark::State& state) {
  const auto lane = Source().Open("keystream");
  uint64_t position = 0;
  base::RandomBlock block;
  for ([[maybe_unused]] auto run : state) {
    for (size_t i = 0; i < kDraws; ++i) {
      lane->Block(position++, 0, block);
      benchmark::DoNotOptimize(block);
    }
  }
  bench::PerItem(state, kDraws);
  bench::PerByte(state, kDraws * sizeof(block));
}
BENCHMARK(Keystream);

// One long stream read to its end: what the cipher gives when no draw asks for a place of its own.
void BitsOfOneStream(benchmark::State& state) {
  const auto lane = Source().Open("stream");
  base::BitStream bits(*lane, 0);
  for ([[maybe_unused]] auto run : state) {
    for (size_t i = 0; i < kDraws; ++i) benchmark::DoNotOptimize(bits.Bits(64));
  }
  bench::PerItem(state, kDraws);
  bench::PerByte(state, kDraws * 8);
}
BENCHMARK(BitsOfOneStream);

// As a release draws: every cell has a place of its own in the keystream.
template <class Law, class... Arithmetic>
void Draw(benchmark::State& state, const Law& law, Arithmetic... arithmetic) {
  CountingLane lane(Source().Open("draw"));
  uint64_t position = 0;
  for ([[maybe_unused]] auto run : state) {
    for (size_t i = 0; i < kDraws; ++i) {
      base::BitStream bits(lane, position++);
      benchmark::DoNotOptimize(law.Sample(bits, arithmetic...));
    }
  }
  bench::PerItem(state, kDraws);
  state.counters["blocks/draw"] =
      static_cast<double>(lane.blocks()) / static_cast<double>(position);
}

base::Rational SigmaSquared(const benchmark::State& state) {
  return base::Rational(base::ToInteger(state.range(0)));
}

void GaussianDraw(benchmark::State& state) {
  Draw(state, stats::noise::DiscreteGaussian(SigmaSquared(state)));
}
BENCHMARK(GaussianDraw)
    ->ArgName("sigma2")
    ->Arg(1)
    ->Arg(100)
    ->Arg(65'536)
    ->Arg(1'000'000)
    ->Arg(1'000'000'000);

// The other exact sampler of the same law, in words and in whole numbers of any size.
void GaussianDrawByRejection(benchmark::State& state) {
  Draw(state, stats::noise::RejectionGaussian(SigmaSquared(state)));
}
void GaussianDrawByRejectionInGmp(benchmark::State& state) {
  Draw(state, stats::noise::RejectionGaussian(SigmaSquared(state)), stats::noise::Arithmetic::kBig);
}
BENCHMARK(GaussianDrawByRejection)->ArgName("sigma2")->Arg(100);
BENCHMARK(GaussianDrawByRejectionInGmp)->ArgName("sigma2")->Arg(100);

// What a residual costs before its first draw: the table of its law.
void MakeGaussian(benchmark::State& state) {
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(stats::noise::DiscreteGaussian(SigmaSquared(state)));
  }
}
BENCHMARK(MakeGaussian)->ArgName("sigma2")->Arg(100)->Arg(65'536)->Unit(benchmark::kMicrosecond);

// All draws from one stream, which is how peers count theirs.
void GaussianDrawFromOneStream(benchmark::State& state) {
  const stats::noise::DiscreteGaussian gaussian(base::Rational(base::ToInteger(state.range(0))));
  const auto lane = Source().Open("one stream");
  base::BitStream bits(*lane, 0);
  for ([[maybe_unused]] auto run : state) {
    for (size_t i = 0; i < kDraws; ++i) benchmark::DoNotOptimize(gaussian.Sample(bits));
  }
  bench::PerItem(state, kDraws);
}
BENCHMARK(GaussianDrawFromOneStream)->ArgName("sigma2")->Arg(100)->Arg(1'000'000);

// The draws of a replay: a million cells, each at its place in the keystream, drawn again and laid
// beside what was drawn before. Target: under one second of CPU.
void ReplayOfAMillionDraws(benchmark::State& state) {
  constexpr size_t kCells = 1'000'000;
  const stats::noise::DiscreteGaussian gaussian(base::Rational(base::ToInteger(state.range(0))));
  const auto draw = [&](size_t cell, base::RandomLane& lane) {
    base::BitStream bits(lane, cell);
    return gaussian.Sample(bits);
  };
  using Drawn = decltype(draw(0, std::declval<base::RandomLane&>()));
  std::vector<Drawn> drawn;
  const auto first = Source().Open("replay");
  for (size_t cell = 0; cell < kCells; ++cell) drawn.push_back(draw(cell, *first));
  for ([[maybe_unused]] auto run : state) {
    const auto lane = Source().Open("replay");
    size_t same = 0;
    for (size_t cell = 0; cell < kCells; ++cell) same += draw(cell, *lane) == drawn[cell];
    if (same != kCells) state.SkipWithError("a draw was not the same");
  }
  bench::PerItem(state, kCells);
}
BENCHMARK(ReplayOfAMillionDraws)->ArgName("sigma2")->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace polder
