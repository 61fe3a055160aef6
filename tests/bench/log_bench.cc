// A log of 1 Mi leaves rebuilt: from the leaf hashes that the store has, and from the entries that
// a mirror has; beside SHA-256 alone of as many blocks.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/digest/digest.h"
#include "crypto/log/merkle.h"
#include "crypto/log/tree_hasher.h"
#include "policies/base/bytes.h"
#include "tests/bench/counters.h"

namespace polder {
namespace {

using crypto::digest::Digest;

constexpr uint64_t kLeaves = uint64_t{1} << 20;

// A node is 65 bytes: two blocks.
void PlainSha256OfAsManyNodes(benchmark::State& state) {
  std::array<uint8_t, 65> node{};
  crypto::digest::Hasher hasher;
  for ([[maybe_unused]] auto run : state) {
    for (uint64_t i = 0; i + 1 < kLeaves; ++i) node[1] = hasher.Update(node).Finish()[0];
    benchmark::DoNotOptimize(node);
  }
  bench::PerItem(state, kLeaves);
}
BENCHMARK(PlainSha256OfAsManyNodes)->Unit(benchmark::kMillisecond);

std::vector<Digest> Leaves() {
  std::vector<Digest> leaves(kLeaves);
  for (uint64_t i = 0; i < kLeaves; ++i) leaves[i][i % 32] = static_cast<uint8_t>(i);
  return leaves;
}

void RebuildFromLeafHashes(benchmark::State& state) {
  const std::vector<Digest> leaves = Leaves();
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(crypto::log::RootHash(leaves));
  }
  bench::PerItem(state, kLeaves);
}
BENCHMARK(RebuildFromLeafHashes)->Unit(benchmark::kMillisecond);

void RebuildFromEntries(benchmark::State& state) {
  std::string entry = R"({"at":"2023-05-01T08:00:00Z","deliveryId":"d","digest":")" +
                      std::string(64, 'a') + R"(","format":"polder-leaf-1","kind":"delivery",)" +
                      R"("municipality":"GM0148","period":"2022SJ-Q3","status":"accepted"})";
  for ([[maybe_unused]] auto run : state) {
    crypto::log::TreeHasher tree;
    for (uint64_t i = 0; i < kLeaves; ++i) {
      entry[10] = static_cast<char>('0' + i % 10);
      tree.Append(crypto::log::LeafHash(base::AsBytes(entry)));
    }
    benchmark::DoNotOptimize(tree.Root());
  }
  bench::PerItem(state, kLeaves);
}
BENCHMARK(RebuildFromEntries)->Unit(benchmark::kMillisecond);

void InclusionProofInTheWholeLog(benchmark::State& state) {
  const std::vector<Digest> leaves = Leaves();
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(crypto::log::InclusionProof(leaves, kLeaves / 3));
  }
  bench::PerItem(state, 1);
}
BENCHMARK(InclusionProofInTheWholeLog)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace polder
