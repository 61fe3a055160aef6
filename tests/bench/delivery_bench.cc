// Reading deliveries, beside moving the same bytes and checking that they are UTF-8: the least that
// any reader does.
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "crypto/token/token.h"
#include "policies/base/bytes.h"
#include "server/collect/rekeyed_text.h"
#include "stats/cases/delivery.h"
#include "tests/bench/counters.h"
#include "tests/bench/place.h"

namespace polder {
namespace {

using bench::Region;

void CopyBytes(benchmark::State& state) {
  std::string out(Region().bytes, ' ');
  for ([[maybe_unused]] auto run : state) {
    size_t at = 0;
    for (const std::string& text : Region().deliveries) {
      std::memcpy(out.data() + at, text.data(), text.size());
      at += text.size();
    }
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  bench::PerItem(state, Region().cases);
  bench::PerByte(state, Region().bytes);
}
BENCHMARK(CopyBytes);

void CheckUtf8(benchmark::State& state) {
  for ([[maybe_unused]] auto run : state) {
    for (const std::string& text : Region().deliveries) {
      benchmark::DoNotOptimize(base::IsUtf8(text));
    }
  }
  bench::PerItem(state, Region().cases);
  bench::PerByte(state, Region().bytes);
}
BENCHMARK(CheckUtf8);

// The library's own way, without any check: a tree per line.
void ParseEveryLineAsJson(benchmark::State& state) {
  for ([[maybe_unused]] auto run : state) {
    for (const std::string& text : Region().deliveries) {
      for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        benchmark::DoNotOptimize(base::Json::parse(text.begin() + static_cast<ptrdiff_t>(at),
                                                   text.begin() + static_cast<ptrdiff_t>(end)));
        at = end + 1;
      }
    }
  }
  bench::PerItem(state, Region().cases);
  bench::PerByte(state, Region().bytes);
}
BENCHMARK(ParseEveryLineAsJson);

void ReadDelivery(benchmark::State& state) {
  for ([[maybe_unused]] auto run : state) {
    for (const std::string& text : Region().deliveries) {
      benchmark::DoNotOptimize(stats::cases::ReadDelivery(text, Region().codebook));
    }
  }
  bench::PerItem(state, Region().cases);
  bench::PerByte(state, Region().bytes);
}
BENCHMARK(ReadDelivery);

// What the service makes of a delivery before it seals it: own tokens, written again.
void ReKeyDelivery(benchmark::State& state) {
  const auto deliveries = Region().Read();
  const auto root = crypto::digest::SecretBytes::CopyOf("the service's own root of a benchmark");
  const crypto::token::ReKeyer rekeyer(
      root, {Region().codebook.region(), "absence", Region().year.year().Text()});
  for ([[maybe_unused]] auto run : state) {
    for (const auto& delivery : deliveries) {
      benchmark::DoNotOptimize(server::collect::RekeyedText(delivery, Region().codebook, rekeyer, 0));
    }
  }
  bench::PerItem(state, Region().cases);
  bench::PerByte(state, Region().bytes);
}
BENCHMARK(ReKeyDelivery);

}  // namespace
}  // namespace polder
