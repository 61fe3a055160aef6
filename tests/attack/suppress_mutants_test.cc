// Patterns of exact counts that lack one guard, and an attacker who knows the sums, its own cells
// and nothing of how the tables were protected: it finds something in each, and nothing in ours.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stats/audit/count_bounds.h"
#include "stats/suppress/count_suppress.h"
#include "tests/stats/suppress/count_attack.h"
#include "tests/stats/suppress/count_examples.h"

namespace polder::tests {
namespace {

using stats::audit::CountRange;
using stats::audit::CountStatement;
using stats::suppress::SuppressCounts;
using stats::suppress::SuppressedCounts;
using stats::table::CountCell;
using stats::table::CountStatus;

constexpr char kInterval[] = R"("threshold":5,"zeros":"published","protect":"interval","width":5)";
constexpr char kInsiders[] =
    R"("threshold":5,"zeros":"published","protect":"interval","width":5,"insiders":"municipality")";
const std::vector<std::string> kMembers = {"M1", "M2", "M3", "M4", "M5"};

// Attackers: each member, and with `pairs` each two of them.
std::vector<std::vector<std::string>> Insiders(bool pairs) {
  std::vector<std::vector<std::string>> attackers;
  for (size_t i = 0; i < kMembers.size(); ++i) {
    attackers.push_back({kMembers[i]});
    for (size_t j = i + 1; pairs && j < kMembers.size(); ++j) {
      attackers.push_back({kMembers[i], kMembers[j]});
    }
  }
  return attackers;
}

bool IsOf(const CountExample& example, size_t leaf, const std::vector<std::string>& members) {
  const auto& grid = example.spec.grid;
  const std::string& town = grid.trees()[0].nodes()[grid.NodeOf(leaf, 0)].name;
  return std::find(members.begin(), members.end(), town) != members.end();
}

// Sensitive cells, not all theirs, that these members narrow under the width or the threshold.
size_t Narrowed(const CountExample& example, const std::vector<CountCell>& published,
                const std::vector<std::string>& members) {
  const auto& grid = example.spec.grid;
  std::vector<CountStatement> known;
  std::vector<size_t> targets;
  for (const CountCell& cell : published) {
    const int64_t count = example.counts[cell.cell];
    if (cell.status != CountStatus::kHidden) {
      known.push_back({cell.cell, {count, count}});
      continue;
    }
    known.push_back({cell.cell, {1, CountRange::kMany}});
    const std::vector<size_t> leaves = grid.LeavesUnder(cell.cell);
    const bool theirs = std::all_of(leaves.begin(), leaves.end(), [&](size_t leaf) {
      return example.counts[leaf] == 0 || IsOf(example, leaf, members);
    });
    if (count < example.spec.threshold && !theirs) targets.push_back(cell.cell);
  }
  for (size_t cell = 0; cell < example.counts.size(); ++cell) {
    const int64_t count = example.counts[cell];
    if (grid.IsLeaf(cell) && IsOf(example, cell, members)) known.push_back({cell, {count, count}});
  }
  std::vector<CountRange> ranges = RangesOf(grid, known);
  const std::vector<CountRange> stated = ranges;
  PassAlong(grid, ranges);
  Narrow(grid, targets, {.width = example.spec.width, .reach = example.spec.threshold}, stated,
         ranges);
  return static_cast<size_t>(std::count_if(targets.begin(), targets.end(), [&](size_t cell) {
    return ranges[cell].high - ranges[cell].low < example.spec.width ||
           ranges[cell].high < example.spec.threshold;
  }));
}

size_t NarrowedByAny(const CountExample& example, const std::vector<CountCell>& published,
                     bool pairs) {
  size_t narrowed = 0;
  for (const auto& members : Insiders(pairs)) narrowed += Narrowed(example, published, members);
  return narrowed;
}

// The pattern with one cell of the company shown, if it has company.
std::vector<CountCell> OneLeftOut(const CountExample& example, const SuppressedCounts& result,
                                  size_t which) {
  std::vector<CountCell> cells = result.cells;
  std::vector<size_t> company;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].status == CountStatus::kHidden &&
        example.counts[cells[i].cell] >= example.spec.threshold) {
      company.push_back(i);
    }
  }
  if (company.empty()) return {};
  CountCell& shown = cells[company[which % company.size()]];
  shown = {shown.cell, example.counts[shown.cell], CountStatus::kValue};
  return cells;
}

TEST(SuppressMutants, WithoutInsidersMembersNarrowForeignCellsAndWithThemNobodyDoes) {
  size_t leaking = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const CountExample careless = RandomExample(300 + seed, kInterval, 2);
    leaking +=
        NarrowedByAny(careless, SuppressCounts(careless.spec, careless.counts, {}).cells, false) > 0
            ? 1u
            : 0u;
    const CountExample ours = RandomExample(300 + seed, kInsiders, 2);
    EXPECT_EQ(NarrowedByAny(ours, SuppressCounts(ours.spec, ours.counts, {}).cells, true), 0u)
        << seed;
  }
  EXPECT_GE(leaking, 18u);
}

// The proofs that came with the whole pattern do not fit it with one cell more shown: who left it
// out has no certificate.
TEST(SuppressMutants, NoProofFitsOneCellLeftOutInAThousandTables) {
  for (const auto& [rest, tables] :
       {std::pair{kInterval, size_t{1000}}, std::pair{kInsiders, size_t{1000}}}) {
    size_t mutants = 0;
    for (uint32_t seed = 1; mutants < tables; ++seed) {
      ASSERT_LT(seed, 1200u) << "company is hidden too seldom for the test to mean anything";
      const CountExample example = RandomExample(5000 + seed, rest, 1);
      const SuppressedCounts result = SuppressCounts(example.spec, example.counts, {});
      const std::vector<CountCell> mutant = OneLeftOut(example, result, seed);
      if (mutant.empty()) continue;
      ++mutants;
      ASSERT_EQ(CountAttack(example.spec, example.counts, result.cells).WrongProofs(result.proofs),
                0u)
          << seed;
      EXPECT_GT(CountAttack(example.spec, example.counts, mutant).WrongProofs(result.proofs), 0u)
          << rest << " " << seed;
    }
  }
}

// And most of them give a cell away to that attacker; the rest were hidden by proofs that move one
// thing at a time.
TEST(SuppressMutants, MostCellsLeftOutAreFoundByAnAttackerToo) {
  size_t mutants = 0, outside = 0, inside = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    const CountExample open = RandomExample(5000 + seed, kInterval, 2);
    const auto shown = OneLeftOut(open, SuppressCounts(open.spec, open.counts, {}), seed);
    const CountExample among = RandomExample(5000 + seed, kInsiders, 2);
    const auto told = OneLeftOut(among, SuppressCounts(among.spec, among.counts, {}), seed);
    if (shown.empty() || told.empty()) continue;
    ++mutants;
    outside += Narrowed(open, shown, {}) > 0 ? 1u : 0u;
    inside += NarrowedByAny(among, told, true) > 0 ? 1u : 0u;
  }
  RecordProperty("mutants", static_cast<int>(mutants));
  RecordProperty("outside", static_cast<int>(outside));
  RecordProperty("inside", static_cast<int>(inside));
  EXPECT_GT(mutants, 50u);
  EXPECT_GE(4 * outside, 3 * mutants);
  EXPECT_GE(4 * inside, 3 * mutants);
}

// The latest year is kept where the policy asks for it: less of it is hidden, and all stays safe.
TEST(SuppressMutants, TheLatestYearIsKeptWhereThePolicyWantsThat) {
  const std::string dimensions =
      R"([{"column":"municipality","hierarchy":{"Total":["M1","M2","M3","M4","M5"]}},)"
      R"({"column":"kind","hierarchy":{"Total":["a","b","c"]}},)"
      R"({"column":"year","hierarchy":{"Total":["2021","2022","2023"]}}])";
  const auto hidden_of_latest = [](const CountExample& example) {
    const SuppressedCounts result = SuppressCounts(example.spec, example.counts, {});
    EXPECT_EQ(CountAttack(example.spec, example.counts, result.cells).WrongProofs(result.proofs),
              0u);
    const auto& grid = example.spec.grid;
    return std::count_if(result.cells.begin(), result.cells.end(), [&](const CountCell& cell) {
      return cell.status == CountStatus::kHidden && example.counts[cell.cell] >= 5 &&
             grid.trees()[2].nodes()[grid.NodeOf(cell.cell, 2)].name == "2023";
    });
  };
  int64_t kept = 0, not_kept = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    std::vector<int64_t> leaves(45);
    for (int64_t& leaf : leaves) {
      leaf = static_cast<int64_t>(random() % 5 == 0 ? 1 + random() % 4 : 5 + random() % 40);
    }
    not_kept += hidden_of_latest(MakeExample(dimensions, kInterval, leaves));
    kept += hidden_of_latest(
        MakeExample(dimensions, std::string(kInterval) + R"(,"keep":{"year":["2023"]})", leaves));
  }
  EXPECT_LT(3 * kept, 2 * not_kept);
}

}  // namespace
}  // namespace polder::tests
