// Plans of published workloads, and a country's cube measured and reconstructed.
#include <array>
#include <bit>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/random/keystream.h"
#include "policies/base/bytes.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"
#include "stats/reconcile/estimate.h"
#include "stats/reconcile/reconcile.h"
#include "tests/bench/counters.h"
#include "tests/stats/noise/requests.h"

namespace polder {
namespace {

using stats::table::AttributeSet;

// Every set of at most three of `count` attributes.
std::vector<AttributeSet> UpToThree(size_t count) {
  std::vector<AttributeSet> sets{0};
  for (size_t first = 0; first < sets.size(); ++first) {
    const AttributeSet set = sets[first];
    if (std::popcount(set) == 3) break;
    for (auto next = static_cast<size_t>(std::bit_width(set)); next < count; ++next) {
      sets.push_back(set | AttributeSet{1} << next);
    }
  }
  return sets;
}

void PlanUpToThree(benchmark::State& state, const std::vector<size_t>& sizes,
                   stats::noise::Objective objective) {
  auto request = testing_support::RequestOf(sizes, UpToThree(sizes.size()), base::Rational(1, 2));
  request.objective = objective;
  request.to_be_drawn = false;
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(stats::noise::Plan::Make(request));
  }
  bench::PerItem(state, request.tables.size());
}
const std::vector<size_t> kAdult = {85, 9, 100, 16, 7, 15, 6, 5, 2, 100, 100, 99, 42, 2};
const std::vector<size_t> kSynth(50, 10);
BENCHMARK_CAPTURE(PlanUpToThree, adult_total, kAdult, stats::noise::Objective::kTotal)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanUpToThree, adult_max, kAdult, stats::noise::Objective::kMax)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanUpToThree, synth_total, kSynth, stats::noise::Objective::kTotal)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanUpToThree, synth_max, kSynth, stats::noise::Objective::kMax)
    ->Unit(benchmark::kMillisecond);

// 342 municipalities, 5 levels, 4 age bands, 3 groups, 10 kinds: all tables of up to three.
void CountryMeasuredAndReconstructed(benchmark::State& state) {
  const std::vector<size_t> sizes = {342, 5, 4, 3, 10};
  const std::vector<AttributeSet> sets = UpToThree(sizes.size());
  auto request = testing_support::RequestOf(sizes, sets, base::Rational(1, 2));
  request.contribution = {4, 2, 1, {}};
  std::array<crypto::digest::SecretBytes, 2> seeds = {
      crypto::digest::SecretBytes::CopyOf("the operator's seed of a benchmark run"),
      crypto::digest::SecretBytes::CopyOf("the auditor's seed of a benchmark run.")};
  const crypto::random::Keystream source(seeds, base::AsBytes("benchmark"));
  const stats::tabulate::Cube cube(sizes);
  size_t cells = 0;
  for ([[maybe_unused]] auto run : state) {
    const auto plan = stats::noise::Plan::Make(request);
    const auto answers =
        stats::noise::NoisyAnswers::Measure(cube, plan, stats::noise::Noise::Draw(plan, source));
    cells = 0;
    for (const auto& table : stats::reconcile::Estimates(answers, plan, sets)) {
      cells += table.size();
    }
  }
  bench::PerItem(state, cells);
}
BENCHMARK(CountryMeasuredAndReconstructed)->Unit(benchmark::kMillisecond);

// The same, and whole numbers that add up in all of these tables.
void CountryInWholeNumbers(benchmark::State& state) {
  const std::vector<size_t> sizes = {342, 5, 4, 3, 10};
  auto request = testing_support::RequestOf(sizes, UpToThree(sizes.size()), base::Rational(1, 2));
  request.contribution = {4, 2, 1, {}};
  std::array<crypto::digest::SecretBytes, 2> seeds = {
      crypto::digest::SecretBytes::CopyOf("the operator's seed of a benchmark run"),
      crypto::digest::SecretBytes::CopyOf("the auditor's seed of a benchmark run.")};
  const crypto::random::Keystream source(seeds, base::AsBytes("benchmark"));
  const stats::tabulate::Cube cube(sizes);
  const auto plan = stats::noise::Plan::Make(request);
  size_t cells = 0;
  for ([[maybe_unused]] auto run : state) {
    const auto answers =
        stats::noise::NoisyAnswers::Measure(cube, plan, stats::noise::Noise::Draw(plan, source));
    const auto tables = stats::reconcile::Reconcile(answers, plan);
    cells = tables.cell_count();
    state.counters["deviation"] = tables.rounding_deviation.get_d();
  }
  bench::PerItem(state, cells);
}
BENCHMARK(CountryInWholeNumbers)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace polder
