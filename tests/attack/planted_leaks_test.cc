// Leaks put into our own tables on purpose: `polder attack` finds each. An attack that skips a
// cell, or takes one as safe that is not, fails here.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "stats/audit/table_attack.h"
#include "stats/suppress/count_suppress.h"
#include "tests/stats/suppress/count_attack.h"
#include "tests/stats/suppress/count_examples.h"

namespace polder::tests {
namespace {

using stats::audit::CountRange;
using stats::audit::PublicTables;
using stats::audit::TableFinding;
using stats::table::CountCell;
using stats::table::CountStatus;

PublicTables Published(const std::vector<CountCell>& cells) {
  PublicTables tables;
  for (const CountCell& cell : cells) {
    tables.tables.push_back({cell.cell, cell.count ? CountRange{*cell.count, *cell.count}
                                                   : CountRange{1, CountRange::kMany}});
  }
  return tables;
}

void Uncover(const CountExample& example, size_t cell, std::vector<CountCell>& cells) {
  for (CountCell& one : cells) {
    if (one.cell == cell) one = {cell, example.counts[cell], CountStatus::kValue};
  }
}

std::vector<size_t> HiddenIn(const std::vector<CountCell>& cells) {
  std::vector<size_t> hidden;
  for (const CountCell& cell : cells) {
    if (!cell.count) hidden.push_back(cell.cell);
  }
  return hidden;
}

// Those that follow by addition and subtraction, worked out without the attack.
std::vector<size_t> SmallCountsThatFollow(const CountExample& example,
                                          const std::vector<CountCell>& cells) {
  CountAttack attack(example.spec, example.counts, cells);
  attack.Eliminate();
  std::vector<size_t> follow;
  for (const size_t cell : HiddenIn(cells)) {
    if (attack.DeterminedAmong({cell}) > 0) follow.push_back(cell);
  }
  return follow;
}

const TableFinding* FindingOf(const std::vector<TableFinding>& findings, size_t cell) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const TableFinding& one) { return one.cell == cell; });
  return found == findings.end() ? nullptr : &*found;
}

void ExpectNothingUntrue(const CountExample& example, const std::vector<TableFinding>& findings) {
  for (const TableFinding& finding : findings) {
    EXPECT_FALSE(finding.undecided);
    EXPECT_LE(finding.range.low, example.counts[finding.cell]);
    EXPECT_GE(finding.range.high, example.counts[finding.cell]);
  }
}

TEST(PlantedLeaks, ACountThatFollowsFromOneCellMoreIsRecoveredInAThousandRandomTables) {
  size_t planted = 0;
  size_t with_truth = 0;
  for (uint32_t seed = 1; planted < 1000; ++seed) {
    ASSERT_LT(seed, 2500u) << "a necessary cell is found too seldom for the test to mean anything";
    const CountExample example =
        RandomExample(seed, R"("threshold":5,"zeros":"published","protect":"exact")", 2 + seed % 3);
    const auto whole = stats::suppress::SuppressCounts(example.spec, example.counts, {},
                                                       {.runs = 0, .out_of_time = {}})
                           .cells;
    std::vector<size_t> hidden = HiddenIn(whole);
    std::mt19937 random(seed);
    std::shuffle(hidden.begin(), hidden.end(), random);
    for (size_t i = 0; i < std::min<size_t>(hidden.size(), 6); ++i) {
      std::vector<CountCell> leaky = whole;
      Uncover(example, hidden[i], leaky);
      const std::vector<size_t> follow = SmallCountsThatFollow(example, leaky);
      if (follow.empty()) continue;
      PublicTables tables = Published(leaky);
      if (seed % 2 == 0) tables.counts = example.counts;
      const auto findings = stats::audit::AttackTables(example.spec, tables);
      for (const size_t cell : follow) {
        const TableFinding* finding = FindingOf(findings, cell);
        ASSERT_NE(finding, nullptr) << seed << ": " << example.spec.grid.Describe(cell);
        EXPECT_EQ(finding->range, (CountRange{example.counts[cell], example.counts[cell]}));
      }
      ExpectNothingUntrue(example, findings);
      ++planted;
      with_truth += tables.counts ? 1u : 0u;
      break;
    }
  }
  EXPECT_GT(with_truth, 400u);
}

// A sum of two hidden parts, one of them small, that leaves it less room than was promised.
TEST(PlantedLeaks, ACountWithoutRoomIsFoundInAThousandRandomTables) {
  size_t planted = 0;
  for (uint32_t seed = 1; planted < 1000; ++seed) {
    ASSERT_LT(seed, 4000u);
    const CountExample example = RandomExample(
        seed, R"("threshold":5,"zeros":"published","protect":"interval","width":5)", 2);
    const auto whole = stats::suppress::SuppressCounts(example.spec, example.counts, {},
                                                       {.runs = 0, .out_of_time = {}})
                           .cells;
    std::vector<bool> shown(example.counts.size());
    for (const CountCell& cell : whole) shown[cell.cell] = cell.count.has_value();
    auto equations = example.spec.grid.Equations();
    std::mt19937 random(seed);
    std::shuffle(equations.begin(), equations.end(), random);
    for (const auto& equation : equations) {
      std::vector<size_t> closed;
      for (const size_t part : equation.parts) {
        if (!shown[part]) closed.push_back(part);
      }
      if (closed.size() < 2) continue;
      std::sort(closed.begin(), closed.end(), [&](size_t a, size_t b) {
        return std::pair(example.counts[a], a) < std::pair(example.counts[b], b);
      });
      const size_t victim = closed[0];
      // From 1 to the sum less 1.
      const int64_t sum = example.counts[victim] + example.counts[closed[1]];
      if (example.counts[victim] >= 5 || sum - 2 >= 5) continue;
      std::vector<CountCell> leaky = whole;
      Uncover(example, equation.total, leaky);
      for (size_t i = 2; i < closed.size(); ++i) Uncover(example, closed[i], leaky);
      PublicTables tables = Published(leaky);
      tables.counts = example.counts;
      const auto findings = stats::audit::AttackTables(example.spec, tables);
      const TableFinding* finding = FindingOf(findings, victim);
      ASSERT_NE(finding, nullptr) << seed << ": " << example.spec.grid.Describe(victim);
      EXPECT_LE(finding->range.high, sum - 1);
      ExpectNothingUntrue(example, findings);
      ++planted;
      break;
    }
  }
}

// Nothing is planted, and nothing is found: the tests above do not pass by crying wolf.
TEST(PlantedLeaks, NothingIsFoundInTheWholePatterns) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    const CountExample example = RandomExample(
        seed, R"("threshold":5,"zeros":"published","protect":"interval","width":5)", 2);
    const auto whole = stats::suppress::SuppressCounts(example.spec, example.counts, {},
                                                       {.runs = 0, .out_of_time = {}})
                           .cells;
    PublicTables tables = Published(whole);
    EXPECT_TRUE(stats::audit::AttackTables(example.spec, tables).empty()) << seed;
    tables.counts = example.counts;
    EXPECT_TRUE(stats::audit::AttackTables(example.spec, tables).empty()) << seed;
  }
}

}  // namespace
}  // namespace polder::tests
