// The largest benchmark table, full of counts, when time runs out: whatever was decided by then,
// what is published is safe and says so. The clock is a count of questions, so that every run ends
// at the same place.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "stats/suppress/count_suppress.h"
#include "tests/stats/suppress/count_examples.h"

namespace polder::stats::suppress {
namespace {

using table::CountCell;
using table::CountStatus;
using tests::CountExample;
using Changes = std::vector<std::pair<size_t, int64_t>>;

constexpr char kDimensions[] =
    R"([{"column":"town","hierarchy":{"Total":{"S1":["M1","M2","M3","M4"],"S2":["M5","M6","M7","M8","M9"],"S3":["Ma","Mb","Mc"]}}},)"
    R"({"column":"school","hierarchy":{"Total":{"po":["p1","p2"],"vo":["v1","v2","v3","v4"],"mbo":["m1","m2","m3"]}}},)"
    R"({"column":"kind","hierarchy":{"Total":["k1","k2","k3","k4","k5","k6"]}},)"
    R"({"column":"origin","hierarchy":{"Total":["o1","o2","o3","o4","o5","o6","o7"]}},)"
    R"({"column":"age","hierarchy":{"Total":["a1","a2","a3","a4","a5"]}}])";

// 69,888 cells. Codes are skewed, so that counts are small in many ways at once.
CountExample LargeTable(const std::string& rest, size_t cases) {
  CountExample example = tests::MakeExample(kDimensions, rest, std::vector<int64_t>(22'680));
  const table::Grid& grid = example.spec.grid;
  std::mt19937 random(7);
  std::vector<std::vector<size_t>> leaves(grid.trees().size());
  for (size_t d = 0; d < leaves.size(); ++d) {
    for (size_t node = 0; node < grid.trees()[d].size(); ++node) {
      if (grid.trees()[d].IsLeaf(node)) leaves[d].push_back(node);
    }
  }
  for (size_t i = 0; i < cases; ++i) {
    std::vector<size_t> nodes;
    for (const std::vector<size_t>& of : leaves) {
      size_t at = 0;  // each next code is drawn a quarter to a half less often
      while (at + 1 < of.size() && random() % 100 < (of.size() > 8 ? 75u : 55u)) ++at;
      nodes.push_back(of[at]);
    }
    ++example.counts[grid.CellOf(nodes)];
  }
  table::AddUp(grid, example.counts);
  return example;
}

// Checks proofs by adding up what each leaf's change does to the cells over it, and nothing else.
class SparseCheck {
 public:
  SparseCheck(const CountExample& example, const std::vector<CountCell>& published)
      : example_(example),
        shown_(example.counts.size()),
        moved_(example.counts.size()),
        over_(example.counts.size()) {
    for (const CountCell& cell : published) shown_[cell.cell] = cell.status != CountStatus::kHidden;
  }
  // How far the change moves `cell`; nothing when it moves a shown cell or leaves a leaf too small.
  std::optional<int64_t> Move(const Changes& changes, size_t cell, int64_t least) {
    bool sound = true;
    std::vector<size_t> touched;
    for (const auto& [leaf, change] : changes) {
      sound = sound && example_.spec.grid.IsLeaf(leaf) && example_.counts[leaf] + change >= least;
      std::vector<size_t>& cells = over_[leaf];
      if (cells.empty()) cells = example_.spec.grid.CellsOver(leaf);
      for (const size_t over : cells) moved_[over] += change;
      touched.insert(touched.end(), cells.begin(), cells.end());
    }
    const int64_t by = moved_[cell];
    for (const size_t over : touched) sound = sound && !(shown_[over] && moved_[over] != 0);
    for (const size_t over : touched) moved_[over] = 0;
    return sound ? std::optional<int64_t>(by) : std::nullopt;
  }

 private:
  const CountExample& example_;
  std::vector<bool> shown_;
  std::vector<int64_t> moved_;
  std::vector<std::vector<size_t>> over_;  // per leaf, once asked for
};

bool IsSensitive(const CountExample& example, size_t cell) {
  return example.counts[cell] > 0 && example.counts[cell] < example.spec.threshold;
}

// How many sensitive cells are not proved.
size_t Unproved(const CountExample& example, const SuppressedCounts& result) {
  SparseCheck check(example, result.cells);
  std::vector<bool> proved(example.counts.size());
  for (const WidthProof& proof : result.proofs) {
    const auto low = check.Move(proof.low, proof.cell, 1);
    const auto high = check.Move(proof.high, proof.cell, 1);
    if (!low || !high || *high - *low < example.spec.width) continue;
    if (example.counts[proof.cell] + *high < example.spec.threshold) continue;
    proved[proof.cell] = true;
  }
  size_t unproved = 0;
  for (size_t cell = 0; cell < proved.size(); ++cell) {
    unproved += IsSensitive(example, cell) && !proved[cell];
  }
  return unproved;
}

struct Clocked {
  SuppressedCounts result;
  size_t asked_in_vain = 0;  // after it said that time was up
};

Clocked After(const CountExample& example, size_t questions) {
  Clocked clocked;
  size_t asked = 0;
  clocked.result = SuppressCounts(example.spec, example.counts, {}, {.out_of_time = [&] {
                                    if (asked >= questions) ++clocked.asked_in_vain;
                                    return asked++ >= questions;
                                  }});
  return clocked;
}

constexpr char kInterval[] = R"("threshold":5,"zeros":"published","protect":"interval","width":5)";
constexpr char kExact[] = R"("threshold":5,"zeros":"published","protect":"exact")";

TEST(TimeLimit, OfALargeTableLeavesIntervalsThatAreProvedWheneverItEnds) {
  for (const size_t cases : {20'000u, 200'000u}) {
    const CountExample example = LargeTable(kInterval, cases);
    int64_t before = INT64_MAX;
    for (const size_t questions : {0u, 300u, 1'500u}) {
      const Clocked ended = After(example, questions);
      EXPECT_FALSE(ended.result.finished) << cases << " " << questions;
      EXPECT_LE(ended.asked_in_vain, 3u) << cases << " " << questions;
      EXPECT_GT(ended.result.sensitive, 1000u);
      EXPECT_EQ(Unproved(example, ended.result), 0u) << cases << " " << questions;
      EXPECT_LT(ended.result.hidden_sum, before) << cases << " " << questions;
      before = ended.result.hidden_sum;
    }
  }
}

TEST(TimeLimit, EndingAtTheSamePlaceGivesTheSameTable) {
  const CountExample example = LargeTable(kInterval, 20'000);
  EXPECT_EQ(After(example, 1'000).result.cells, After(example, 1'000).result.cells);
}

TEST(TimeLimit, WithinTheSecondPatternLeavesTheFirst) {
  const CountExample example = LargeTable(kInterval, 2'000);
  const SuppressedCounts once = SuppressCounts(example.spec, example.counts, {}, {.runs = 0});
  size_t questions = 0;
  SuppressCounts(example.spec, example.counts, {}, {.runs = 0, .out_of_time = [&] {
                                                      ++questions;
                                                      return false;
                                                    }});
  const Clocked ended = After(example, questions + 100);
  EXPECT_TRUE(ended.result.finished);
  EXPECT_GT(ended.asked_in_vain, 0u);
  EXPECT_EQ(ended.result.cells, once.cells);
  EXPECT_EQ(Unproved(example, ended.result), 0u);
}

TEST(TimeLimit, OfALargeTableLeavesNothingToComputeInModeExact) {
  const CountExample example = LargeTable(kExact, 200'000);
  for (const size_t questions : {0u, 300u, 2'500u}) {
    const Clocked ended = After(example, questions);
    EXPECT_FALSE(ended.result.finished) << questions;
    EXPECT_LE(ended.asked_in_vain, 3u) << questions;
    ASSERT_FALSE(ended.result.witness.empty()) << questions;
    // A change that no shown cell notices, and that every sensitive one does.
    std::vector<int64_t> moved(example.counts.size());
    for (const auto& [leaf, change] : ended.result.witness) moved[leaf] += change;
    table::AddUp(example.spec.grid, moved);
    for (const CountCell& cell : ended.result.cells) {
      const bool hidden = cell.status == CountStatus::kHidden;
      EXPECT_TRUE(hidden || moved[cell.cell] == 0) << questions;
      EXPECT_TRUE(!IsSensitive(example, cell.cell) || moved[cell.cell] != 0) << questions;
    }
  }
}

// The check itself: a table in which one more cell of a proof is shown is not proved.
TEST(TimeLimit, ACellShownInTheWayOfAProofIsSeen) {
  const CountExample example = LargeTable(kInterval, 20'000);
  SuppressedCounts result = After(example, 1'000).result;
  ASSERT_EQ(Unproved(example, result), 0u);
  const size_t leaf = result.proofs.front().high.front().first;
  for (CountCell& cell : result.cells) {
    if (cell.cell == leaf) cell = {leaf, example.counts[leaf], CountStatus::kValue};
  }
  EXPECT_GT(Unproved(example, result), 0u);
}

}  // namespace
}  // namespace polder::stats::suppress
