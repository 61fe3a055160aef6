// What every benchmark prints: CPU time per item, so that it can be laid beside the peer's or the
// physical limit's on the next line.
#ifndef POLDER_TESTS_BENCH_COUNTERS_H_
#define POLDER_TESTS_BENCH_COUNTERS_H_

#include <cstdint>

#include <benchmark/benchmark.h>

namespace polder::bench {

// `items` per iteration. "cpu/item" is seconds of CPU, whatever else runs on the machine.
inline void PerItem(benchmark::State& state, size_t items) {
  using benchmark::Counter;
  const double all = static_cast<double>(state.iterations()) * static_cast<double>(items);
  state.counters["items"] = static_cast<double>(items);
  state.counters["cpu/item"] = Counter(all, Counter::kIsRate | Counter::kInvert);
  state.counters["items/s"] = Counter(all, Counter::kIsRate);
}

inline void PerByte(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(bytes));
}

}  // namespace polder::bench

#endif  // POLDER_TESTS_BENCH_COUNTERS_H_
