// Instances that other tools' authors and users published: the answer of the peer under attack,
// then ours. Where the peer's is unsafe the test says so, and ours has to be safe against the same
// reader.
//
// Sources: GaussSuppression tests/test-GaussSuppressionFromData.R; sdcTable tests/testthat
// (test-linked-tables.r, test-protectTable.r, test-simpleheuristic.R); sdcTools/UserSupport issues
// 136 and 194.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stats/audit/table_attack.h"
#include "stats/suppress/count_suppress.h"
#include "tests/stats/suppress/count_examples.h"

namespace polder::tests {
namespace {

using stats::audit::CountRange;
using stats::audit::PublicTables;
using stats::audit::TableFinding;

// What the reader of the tables sees when the cells of `hidden` are empty.
PublicTables Showing(const CountExample& example, const std::set<size_t>& hidden) {
  const int64_t least = example.spec.zeros == stats::table::Zeros::kPublished ? 1 : 0;
  PublicTables tables;
  for (size_t cell = 0; cell < example.counts.size(); ++cell) {
    const int64_t count = example.counts[cell];
    tables.tables.push_back({cell, hidden.contains(cell) ? CountRange{least, CountRange::kMany}
                                                         : CountRange{count, count}});
  }
  tables.counts = example.counts;
  return tables;
}

std::vector<TableFinding> Attacked(const CountExample& example, const std::set<size_t>& hidden) {
  return stats::audit::AttackTables(example.spec, Showing(example, hidden));
}

size_t Recovered(const std::vector<TableFinding>& findings) {
  return static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [](const TableFinding& one) { return one.range.IsExact(); }));
}

std::set<size_t> Ours(const CountExample& example) {
  std::set<size_t> hidden;
  for (const auto& cell : stats::suppress::SuppressCounts(example.spec, example.counts, {}).cells) {
    if (!cell.count) hidden.insert(cell.cell);
  }
  return hidden;
}

std::set<size_t> Cells(const CountExample& example,
                       const std::vector<std::vector<std::string>>& names) {
  std::set<size_t> cells;
  for (const auto& name : names) cells.insert(example.Cell(name));
  return cells;
}

std::string Rest(int threshold, const std::string& promise) {
  return "\"threshold\":" + std::to_string(threshold) + R"(,"zeros":"published",)" + promise;
}
const std::string kExactly = R"("protect":"exact")";
std::string Wide(int width) { return R"("protect":"interval","width":)" + std::to_string(width); }

// T1: eight regions by main activity; GaussSuppression hides B, D and H by the first two.
TEST(PublishedInstances, T1ThePeersPatternIsExactAndNarrowOursIsWide) {
  const auto with = [](const std::string& promise) {
    return MakeExample(
        R"([{"column":"region","hierarchy":{"Total":["A","B","C","D","E","F","G","H"]}},)"
        R"({"column":"main","hierarchy":{"Total":["annet","arbeid","soshjelp","trygd"]}}])",
        Rest(4, promise), {11, 11, 55, 36, 7,  1, 29, 18, 5, 8, 35, 25, 13, 2, 17, 13,
                           9,  14, 63, 52, 12, 9, 24, 22, 6, 4, 22, 8,  9,  3, 38, 15});
  };
  const auto peer = [](const CountExample& example) {
    std::set<size_t> cells;
    for (const char* region : {"B", "D", "H"}) {
      for (const char* main : {"annet", "arbeid"}) cells.insert(example.Cell({region, main}));
    }
    return cells;
  };
  const CountExample exact = with(kExactly);
  EXPECT_TRUE(Attacked(exact, peer(exact)).empty());
  EXPECT_TRUE(Attacked(exact, Ours(exact)).empty());
  // 1 + 2 + 3 stand in one column: none of them is above 4.
  const CountExample wide = with(Wide(5));
  EXPECT_FALSE(Attacked(wide, peer(wide)).empty());
  EXPECT_TRUE(Attacked(wide, Ours(wide)).empty());
}

// T2: places A..N in two counties, L and M big. Each hierarchy by itself asks for no second cell.
TEST(PublishedInstances, T2HierarchiesProtectedApartAreUnsafeTogetherOursAreSafe) {
  const std::vector<std::string> places{"A", "B", "I", "J", "K", "L", "M", "N"};
  const std::vector<int64_t> counts{2, 2, 8, 8, 3, 3, 3, 7};
  std::vector<int64_t> leaves;
  for (size_t i = 0; i < places.size(); ++i) {
    const bool big = places[i] == "L" || places[i] == "M";
    leaves.insert(leaves.end(), {big ? counts[i] : 0, big ? 0 : counts[i]});
  }
  const CountExample example = MakeExample(
      R"([{"column":"place","hierarchy":{"All":{"county-1":["A","B","I","J"],"county-2":["K","L","M","N"]}}},)"
      R"({"column":"size","hierarchy":{"Both":["BIG","small"]}}])",
      Rest(4, kExactly), leaves);
  const auto hiding = [&](const std::string& which) {
    std::set<size_t> cells;
    for (const char place : which) {
      const std::string name(1, place);
      const bool big = place == 'L' || place == 'M';
      cells.insert(example.Cell({name, "Both"}));
      cells.insert(example.Cell({name, big ? "BIG" : "small"}));
    }
    return cells;
  };
  EXPECT_GT(Recovered(Attacked(example, hiding("ABKLM"))), 0u);
  const auto ours = Ours(example);
  EXPECT_TRUE(ours.contains(example.Cell({"N", "Both"})));
  EXPECT_TRUE(Attacked(example, ours).empty());
}

// T3: regions by sex, one small cell. The paper tells the pattern and not the counts; these are
// ours.
TEST(PublishedInstances, T3TheRectanglesOfThePeersAndOursAreSafe) {
  const CountExample example =
      MakeExample(R"([{"column":"region","hierarchy":{"Total":["A","B","C","D"]}},)"
                  R"({"column":"gender","hierarchy":{"Total2":["male","female"]}}])",
                  Rest(3, kExactly), {18, 2, 19, 14, 12, 10, 6, 19});
  const auto optimal =
      Cells(example, {{"A", "male"}, {"A", "female"}, {"C", "male"}, {"C", "female"}});
  const auto gauss =
      Cells(example, {{"A", "male"}, {"A", "female"}, {"D", "male"}, {"D", "female"}});
  EXPECT_TRUE(Attacked(example, optimal).empty());
  EXPECT_TRUE(Attacked(example, gauss).empty());
  EXPECT_EQ(Ours(example), optimal);
  // The small cell and its row alone are not enough.
  EXPECT_GT(Recovered(Attacked(example, Cells(example, {{"A", "male"}, {"A", "female"}}))), 0u);
}

// T4: total 3943, the counts of the source. Two hidden cells stand in every row and column, and yet
// w/b is rows 236 less columns 189.
class T4 : public testing::Test {
 protected:
  static CountExample Table(int threshold, const std::string& promise, const char* zeros) {
    return MakeExample(
        R"([{"column":"v1","hierarchy":{"tot":["w","x","y","z"]}},)"
        R"({"column":"v2","hierarchy":{"tot2":["a","b","c","d"]}}])",
        "\"threshold\":" + std::to_string(threshold) + ",\"zeros\":\"" + zeros + "\"," + promise,
        {30, 47, 64, 89, 90, 124, 5, 31, 92, 100, 59, 85, 800, 991, 651, 685});
  }
  static std::set<size_t> Primaries(const CountExample& example) {
    return Cells(example, {{"w", "a"},
                           {"w", "b"},
                           {"w", "c"},
                           {"x", "a"},
                           {"x", "c"},
                           {"y", "b"},
                           {"y", "d"},
                           {"z", "b"},
                           {"z", "d"}});
  }
  static std::vector<CountRange> RangesWith(const CountExample& example,
                                            const std::set<size_t>& hidden) {
    const auto& grid = example.spec.grid;
    const auto stated = stats::audit::RangesOf(grid, Showing(example, hidden).tables);
    auto ranges = stated;
    stats::audit::PassAlong(grid, ranges);
    stats::audit::Narrow(grid, {hidden.begin(), hidden.end()},
                         {.width = CountRange::kMany, .reach = 0}, stated, ranges);
    return ranges;
  }
};

TEST_F(T4, TheNinePrimariesAloneGive47Away) {
  const CountExample example = Table(48, kExactly, "protected");
  ASSERT_EQ(example.counts[0], 3943);
  const auto findings = Attacked(example, Primaries(example));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].cell, example.Cell({"w", "b"}));
  EXPECT_EQ(findings[0].range, (CountRange{47, 47}));
}

// The peer's later method hides one more; its own attacker then finds 0 to 141, and so does ours.
TEST_F(T4, WithThePeersTenthCellTheRangeIsThePeersOwn) {
  const CountExample example = Table(48, kExactly, "protected");
  auto hidden = Primaries(example);
  hidden.insert(example.Cell({"x", "b"}));
  EXPECT_EQ(RangesWith(example, hidden)[example.Cell({"w", "b"})], (CountRange{0, 141}));
  EXPECT_TRUE(Attacked(example, hidden).empty());
}

// Ours knows no list of cells but a threshold: what is under 48, three of the nine primaries and
// x/d.
TEST_F(T4, OursIsSafe) {
  for (const std::string& promise : {kExactly, Wide(20)}) {
    const CountExample example = Table(48, promise, "published");
    EXPECT_TRUE(Attacked(example, Ours(example)).empty()) << promise;
  }
}

// T5: a, b, b, c. Without singleton detection a and c stand alone: each is one.
TEST(PublishedInstances, T5TwoSingletonsAloneAreRecoveredOursAreNot) {
  const CountExample example =
      MakeExample(R"([{"column":"region","hierarchy":{"tot":["a","b","c","d"]}}])",
                  Rest(2, kExactly), {1, 2, 1, 0});
  EXPECT_EQ(Recovered(Attacked(example, Cells(example, {{"a"}, {"c"}}))), 2u);
  EXPECT_EQ(Ours(example), Cells(example, {{"a"}, {"b"}, {"c"}}));
  EXPECT_TRUE(Attacked(example, Ours(example)).empty());
}

// T6: 15 = 10 + 3 + 1 + 1, threshold 2; and tables with nothing to hide.
TEST(PublishedInstances, T6TwoOnesAloneAreRecoveredOursTakesTheThree) {
  const auto row = [](std::vector<int64_t> leaves) {
    return MakeExample(R"([{"column":"row","hierarchy":{"Total":["a","b","c","d"]}}])",
                       Rest(2, kExactly), leaves);
  };
  const CountExample example = row({10, 3, 1, 1});
  EXPECT_EQ(Recovered(Attacked(example, Cells(example, {{"c"}, {"d"}}))), 2u);
  EXPECT_EQ(Ours(example), Cells(example, {{"b"}, {"c"}, {"d"}}));
  EXPECT_TRUE(Attacked(example, Ours(example)).empty());
  for (const CountExample& plain : {row({0, 0, 0, 0}), row({10, 5, 0, 0})}) {
    EXPECT_TRUE(Ours(plain).empty());
    EXPECT_TRUE(Attacked(plain, {}).empty());
  }
}

// T7: 21 = 10 + 8 + 1 + 2, threshold 5: the peer hides 1 and 2 only, which leaves each 1 or 2.
TEST(PublishedInstances, T7OneAndTwoAloneAreNarrowOursTakesAThird) {
  const CountExample example =
      MakeExample(R"([{"column":"row","hierarchy":{"Total":["a","b","c","d"]}}])", Rest(5, Wide(5)),
                  {10, 8, 1, 2});
  const auto findings = Attacked(example, Cells(example, {{"c"}, {"d"}}));
  ASSERT_EQ(findings.size(), 2u);
  for (const TableFinding& finding : findings) EXPECT_EQ(finding.range, (CountRange{1, 2}));
  EXPECT_GT(Ours(example).size(), 2u);
  EXPECT_TRUE(Attacked(example, Ours(example)).empty());
}

}  // namespace
}  // namespace polder::tests
