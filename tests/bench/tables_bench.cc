// Hiding and audit where they are hard: counts so small that most cells fall under the threshold.
//
// The argument `percent` is the size of the counts; 100 is a region's, at 1 nearly all cells hide.
#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include "stats/audit/audit.h"
#include "stats/suppress/suppress.h"
#include "tests/bench/counters.h"
#include "tests/support/example_tables.h"

namespace polder {
namespace {

using stats::table::LinkedTables;

std::vector<LinkedTables> Tables(benchmark::State& state) {
  tests::Example example;
  example.towns = static_cast<size_t>(state.range(0));
  example.scale = static_cast<double>(state.range(1)) / 100;
  std::vector<LinkedTables> tables;
  tables.push_back(tests::RandomTables(example));
  return tables;
}

void Hide(std::vector<LinkedTables>& tables, size_t towns) {
  stats::suppress::Suppress(tables, tests::ShippedPolicy(), tests::ShippedCodebook(),
                            tests::SchoolYear(), tests::Delivered(tests::Towns(towns)), {});
}

void CountHidden(benchmark::State& state, const LinkedTables& tables) {
  state.counters["hidden"] = static_cast<double>(std::count(
      tables.statuses().begin(), tables.statuses().end(), stats::table::CellStatus::kHidden));
  bench::PerItem(state, tables.cell_count());
}

void Suppress(benchmark::State& state) {
  const auto original = Tables(state);
  std::vector<LinkedTables> tables;
  for ([[maybe_unused]] auto run : state) {
    tables = original;
    Hide(tables, static_cast<size_t>(state.range(0)));
  }
  CountHidden(state, tables.front());
}

void Audit(benchmark::State& state) {
  auto tables = Tables(state);
  Hide(tables, static_cast<size_t>(state.range(0)));
  const auto policy = tests::ShippedPolicy();
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(stats::audit::Audit({tests::SchoolYear(), tables}, policy, {}));
  }
  CountHidden(state, tables.front());
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"municipalities", "percent"})->Unit(benchmark::kMillisecond);
  for (const int64_t towns : {11, 342}) {
    for (const int64_t percent : {100, 30, 10, 1}) benchmark->Args({towns, percent});
  }
}
BENCHMARK(Suppress)->Apply(Sizes);
BENCHMARK(Audit)->Apply(Sizes);

}  // namespace
}  // namespace polder
