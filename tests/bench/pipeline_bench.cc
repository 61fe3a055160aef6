// The definitive release of a school year, stage by stage, of a region (11 municipalities) and of
// the country (342).
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/random/keystream.h"
#include "policies/base/bytes.h"
#include "server/jobs/pipeline.h"
#include "stats/audit/audit.h"
#include "stats/noise/design.h"
#include "stats/reconcile/reconcile.h"
#include "stats/suppress/suppress.h"
#include "stats/tabulate/tabulate.h"
#include "tests/bench/counters.h"
#include "tests/bench/place.h"

namespace polder {
namespace {

using bench::Place;

// Everything that comes before the stage that is measured.
struct Made {
  const Place& place;
  server::jobs::Question question;
  server::jobs::PlannedRelease planned;
  server::jobs::Answers answers;
  std::vector<stats::table::Member> members;
  std::vector<stats::table::LinkedTables> reconciled;
  std::vector<stats::table::LinkedTables> suppressed;
  size_t cells = 0;
};

crypto::random::Keystream Source() {
  std::vector<crypto::digest::SecretBytes> seeds;
  seeds.push_back(crypto::digest::SecretBytes::CopyOf("the only seed of a benchmark run"));
  return crypto::random::Keystream(seeds, base::AsBytes("benchmark"));
}

Made Make(const Place& place) {
  const server::jobs::Question question{.codebook = &place.codebook,
                                        .policy = &place.policy,
                                        .period = place.year,
                                        .kind = policies::disclosure::ReleaseKind::kDefinitive};
  Made made{.place = place,
            .question = question,
            .planned = server::jobs::PlanRelease(question),
            .answers = {},
            .members = {},
            .reconciled = {},
            .suppressed = {}};
  auto deliveries = place.Read();
  std::vector<stats::cases::Manifest> manifests;
  for (const auto& delivery : deliveries) manifests.push_back(delivery.manifest);
  made.members = server::jobs::MembersOf(question, manifests);
  made.answers =
      server::jobs::DrawAndMeasure(question, made.planned, std::move(deliveries), Source());
  for (size_t i = 0; i < made.answers.noisy.size(); ++i) {
    made.reconciled.push_back(
        stats::reconcile::Reconcile(made.answers.noisy[i], made.planned.plans[i]));
    made.cells += made.reconciled.back().cell_count();
  }
  made.suppressed = made.reconciled;
  stats::suppress::Suppress(made.suppressed, place.policy, place.codebook, place.year, made.members,
                            {});
  return made;
}

const Made& MadeFor(benchmark::State& state) {
  static std::map<int64_t, std::unique_ptr<Made>> known;
  auto& made = known[state.range(0)];
  if (!made) made = std::make_unique<Made>(Make(bench::PlaceOf(state.range(0))));
  return *made;
}

void Plan(benchmark::State& state) {
  const Made& made = MadeFor(state);
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(server::jobs::PlanRelease(made.question));
  }
  bench::PerItem(state, made.cells);
}

void DrawNoise(benchmark::State& state) {
  const Made& made = MadeFor(state);
  const auto source = Source();
  size_t draws = 0;
  for (const auto& answers : made.answers.noisy) {
    for (const auto& residual : answers.values()) draws += residual.size();
  }
  for ([[maybe_unused]] auto run : state) {
    for (const auto& plan : made.planned.plans) {
      benchmark::DoNotOptimize(stats::noise::Noise::Draw(plan, source));
    }
  }
  bench::PerItem(state, draws);
}

void Read(benchmark::State& state) {
  const Made& made = MadeFor(state);
  for ([[maybe_unused]] auto run : state) benchmark::DoNotOptimize(made.place.Read());
  bench::PerItem(state, made.place.cases);
}

void Link(benchmark::State& state) {
  const Made& made = MadeFor(state);
  for ([[maybe_unused]] auto run : state) {
    state.PauseTiming();
    auto deliveries = made.place.Read();
    state.ResumeTiming();
    benchmark::DoNotOptimize(
        stats::tabulate::Link(std::move(deliveries), made.place.codebook, made.place.year));
  }
  bench::PerItem(state, made.place.cases);
}

// All measures of the release, each over the linked cases once.
void TabulateAndMeasure(benchmark::State& state) {
  const Made& made = MadeFor(state);
  const auto linked =
      stats::tabulate::Link(made.place.Read(), made.place.codebook, made.place.year);
  const auto source = Source();
  const auto bounds = stats::tabulate::BoundsOf(made.place.policy);
  for ([[maybe_unused]] auto run : state) {
    for (const auto& plan : made.planned.plans) {
      state.PauseTiming();
      auto noise = stats::noise::Noise::Draw(plan, source);
      state.ResumeTiming();
      const auto cube = stats::tabulate::Tabulate(
          linked, *made.place.policy.FindMeasure(plan.request().measure), bounds,
          stats::noise::CubeDimensions(plan.request().schema), made.place.codebook);
      benchmark::DoNotOptimize(stats::noise::NoisyAnswers::Measure(cube, plan, std::move(noise)));
    }
  }
  bench::PerItem(state, made.place.cases);
}

void Reconcile(benchmark::State& state) {
  const Made& made = MadeFor(state);
  for ([[maybe_unused]] auto run : state) {
    for (size_t i = 0; i < made.answers.noisy.size(); ++i) {
      benchmark::DoNotOptimize(
          stats::reconcile::Reconcile(made.answers.noisy[i], made.planned.plans[i]));
    }
  }
  bench::PerItem(state, made.cells);
}

void Suppress(benchmark::State& state) {
  const Made& made = MadeFor(state);
  for ([[maybe_unused]] auto run : state) {
    auto tables = made.reconciled;
    stats::suppress::Suppress(tables, made.place.policy, made.place.codebook, made.place.year,
                              made.members, {});
    benchmark::DoNotOptimize(tables);
  }
  bench::PerItem(state, made.cells);
}

void Audit(benchmark::State& state) {
  const Made& made = MadeFor(state);
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(
        stats::audit::Audit({made.place.year, made.suppressed}, made.place.policy, {}));
  }
  bench::PerItem(state, made.cells);
}

void BothPlaces(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("municipalities")->Arg(11)->Arg(342)->Unit(benchmark::kMillisecond);
}
BENCHMARK(Plan)->Apply(BothPlaces);
BENCHMARK(DrawNoise)->Apply(BothPlaces);
BENCHMARK(Read)->Apply(BothPlaces);
BENCHMARK(Link)->Apply(BothPlaces);
BENCHMARK(TabulateAndMeasure)->Apply(BothPlaces);
BENCHMARK(Reconcile)->Apply(BothPlaces);
BENCHMARK(Suppress)->Apply(BothPlaces);
BENCHMARK(Audit)->Apply(BothPlaces);

}  // namespace
}  // namespace polder
