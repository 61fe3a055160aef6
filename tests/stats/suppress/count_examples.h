// Small tables of counts for tests.
#ifndef POLDER_TESTS_STATS_SUPPRESS_COUNT_EXAMPLES_H_
#define POLDER_TESTS_STATS_SUPPRESS_COUNT_EXAMPLES_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "stats/table/spec.h"

namespace polder::tests {

struct CountExample {
  stats::table::CountSpec spec;
  std::vector<int64_t> counts;

  size_t Cell(const std::vector<std::string>& names) const {
    std::vector<size_t> nodes;
    for (size_t d = 0; d < names.size(); ++d) {
      nodes.push_back(*spec.grid.trees()[d].Find(names[d]));
    }
    return spec.grid.CellOf(nodes);
  }
};

// Dimensions as JSON, the rest of the specification, and the leaf counts in node order.
inline CountExample MakeExample(const std::string& dimensions, const std::string& rest,
                                const std::vector<int64_t>& leaves) {
  CountExample example{
      stats::table::ParseCountSpec("{\"dimensions\":" + dimensions + "," + rest + "}"), {}};
  example.counts.resize(example.spec.grid.cells());
  size_t next = 0;
  for (size_t cell = 0; cell < example.counts.size(); ++cell) {
    if (example.spec.grid.IsLeaf(cell)) example.counts[cell] = leaves.at(next++);
  }
  stats::table::AddUp(example.spec.grid, example.counts);
  return example;
}

// Municipalities in subregions, school types in groups, and a flat dimension; many small counts.
inline CountExample RandomExample(uint32_t seed, const std::string& rest, size_t flat = 3) {
  std::mt19937 random(seed);
  std::string third = "\"Total\":[";
  for (size_t i = 0; i < flat; ++i) third += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\"";
  const std::string dimensions =
      R"([{"column":"municipality","hierarchy":{"Total":{"S1":["M1","M2","M3"],"S2":["M4","M5"]}}},)"
      R"({"column":"school","hierarchy":{"Total":{"po":["bao","sbo"],"vo":["pro","havo"]}}},)"
      R"({"column":"kind","hierarchy":{)" +
      third + "]}}]";
  std::vector<int64_t> leaves(20 * flat);
  for (int64_t& leaf : leaves) {
    const auto draw = random() % 10;
    leaf = draw < 3 ? 0 : static_cast<int64_t>(draw < 7 ? 1 + random() % 4 : 5 + random() % 30);
  }
  return MakeExample(dimensions, rest, leaves);
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_STATS_SUPPRESS_COUNT_EXAMPLES_H_
