// What stands behind the answers of the attack's programmes: exact tables, exact bounds, or
// neither.
#include <random>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/audit/count_bounds.h"
#include "stats/audit/count_parts.h"
#include "stats/audit/exact_corner.h"
#include "stats/audit/part_program.h"
#include "stats/table/spec.h"

namespace polder::stats::audit {
namespace {

using ::testing::HasSubstr;

constexpr CountRange kNoughtOrOne = {0, 1};

Part PartWith(size_t columns, std::vector<PartRow> rows, CountRange range = {0, 1000}) {
  Part part;
  part.columns.assign(columns, range);
  part.rows = std::move(rows);
  return part;
}

Corner AllInside(const Part& part) {
  Corner corner;
  corner.columns.resize(part.columns.size());
  for (size_t r = 0; r < part.rows.size(); ++r) {
    corner.rows.push_back({r, part.rows[r].range.low});
  }
  return corner;
}

// Three pairs that share their members and each sum to one: a half each, which no rounding of a
// solver's numbers to whole ones could stand for.
TEST(ExactCorner, ThreePairsAreHalves) {
  const Part part =
      PartWith(3, {{{0, 1}, {1, 1}}, {{1, 2}, {1, 1}}, {{0, 2}, {1, 1}}}, kNoughtOrOne);
  const auto table = SolveCorner(part, AllInside(part));
  ASSERT_TRUE(table.has_value());
  for (const auto& numerator : table->numerators) EXPECT_EQ(2 * numerator, table->denominator);
  EXPECT_TRUE(Fits(part, *table));
}

TEST(ExactCorner, ASystemWithoutOneSolutionIsNotSolved) {
  const Part twice = PartWith(2, {{{0, 1}, {1, 1}}, {{0, 1}, {1, 1}}});
  EXPECT_FALSE(SolveCorner(twice, AllInside(twice)).has_value());
  const Part fewer = PartWith(2, {{{0, 1}, {1, 1}}});
  EXPECT_FALSE(SolveCorner(fewer, AllInside(fewer)).has_value());
}

// Systems whose determinants have more than a dozen digits.
TEST(ExactCorner, RandomSystemsAreSolvedWithoutRounding) {
  constexpr int kSize = 150;
  size_t solved = 0;
  size_t large = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Part part = PartWith(kSize, {}, {-CountRange::kMany, CountRange::kMany});
    for (int r = 0; r < kSize; ++r) {
      std::set<int> columns;
      while (columns.size() < 6) columns.insert(static_cast<int>(random() % kSize));
      const auto sum = static_cast<int64_t>(random() % 50);
      part.rows.push_back({{columns.begin(), columns.end()}, {sum, sum}});
    }
    const auto table = SolveCorner(part, AllInside(part));
    if (!table) continue;  // singular by chance
    ++solved;
    large += table->denominator > base::Integer("1000000000000") ? 1u : 0u;
    EXPECT_TRUE(Fits(part, *table)) << seed;
    // A table that is off by a hair in one column does not fit.
    ExactTable off = *table;
    off.numerators[seed] += 1;
    EXPECT_FALSE(Fits(part, off)) << seed;
  }
  EXPECT_GT(solved, 10u);
  EXPECT_GT(large, 5u);
}

TEST(Fits, LooksAtTheEndsOfEveryRange) {
  Part part = PartWith(2, {{{0, 1}, {3, 5}}}, {1, 4});
  const auto table = [](long a, long b) { return ExactTable{{a, b}, 2}; };  // halves
  EXPECT_TRUE(Fits(part, table(2, 4)));
  EXPECT_TRUE(Fits(part, table(2, 8)));
  EXPECT_FALSE(Fits(part, table(2, 3)));  // the sum is two and a half
  EXPECT_FALSE(Fits(part, table(3, 8)));  // five and a half
  EXPECT_FALSE(Fits(part, table(1, 6)));  // a half is under one
  EXPECT_FALSE(Fits(part, table(2, 9)));
}

TEST(RowsThatMatter, AreThoseThatDoNotFollowFromOthers) {
  const Part part = PartWith(4, {{{0, 1}, {1, 1}},
                                 {{2, 3}, {1, 1}},
                                 {{0, 2}, {1, 1}},
                                 {{1, 3}, {1, 1}},
                                 {{0, 1, 2, 3}, {2, 2}},
                                 {{0, 1, 2}, {1, 2}}});
  std::vector<size_t> contradiction;
  EXPECT_THAT(RowsThatMatter(part, contradiction), ::testing::UnorderedElementsAre(0, 1, 2, 5));
  EXPECT_TRUE(contradiction.empty());
}

TEST(RowsThatMatter, SumsThatCannotBeAreTraced) {
  const Part part = PartWith(
      5,
      {{{0, 1}, {1, 1}}, {{2, 3}, {1, 1}}, {{0, 2}, {1, 1}}, {{1, 3}, {2, 2}}, {{3, 4}, {7, 7}}});
  std::vector<size_t> contradiction;
  RowsThatMatter(part, contradiction);
  EXPECT_THAT(contradiction, ::testing::UnorderedElementsAre(0, 1, 2, 3));
}

// Three of each three pairs at most one: in fractions a half each, so four and a half together; in
// whole numbers three.
TEST(PartProgram, BranchesWhereWholeNumbersReachLessThanFractions) {
  const table::Grid grid =
      table::ParseCountSpec(R"({"dimensions":[{"column":"r","hierarchy":{"T":["a","b"]}}],)"
                            R"("threshold":5})")
          .grid;
  Part part = PartWith(9, {}, kNoughtOrOne);
  for (const int first : {0, 3, 6}) {
    part.rows.push_back({{first, first + 1}, {0, 1}});
    part.rows.push_back({{first + 1, first + 2}, {0, 1}});
    part.rows.push_back({{first, first + 2}, {0, 1}});
  }
  part.leaves.assign(9, 1);
  part.targets.push_back({{0, 1, 2, 3, 4, 5, 6, 7, 8}, 0, {0}});
  PartProgram program(grid, part);
  ASSERT_TRUE(program.Start());
  EXPECT_EQ(program.Least(part.targets[0], -1), -4);
  EXPECT_EQ(*program.SeenOf(0).most, 4);
  const auto never = [] { return false; };
  size_t nodes = 1000;
  EXPECT_EQ(program.LeastWhole(part.targets[0], -1, nodes, never), -3);
  EXPECT_EQ(*program.SeenWhole(0).most, 3);
  EXPECT_LT(nodes, 1000u);
  // Out of work the bound is still one: that of fractions.
  PartProgram idle(grid, part);
  ASSERT_TRUE(idle.Start());
  for (size_t few : {size_t{0}, size_t{1}, size_t{3}}) {
    EXPECT_LE(idle.LeastWhole(part.targets[0], -1, few, never), -3);
  }
  // All three of a triangle's pairs exactly one: halves fit, whole numbers do not.
  Part halves = PartWith(3, {{{0, 1}, {1, 1}}, {{1, 2}, {1, 1}}, {{0, 2}, {1, 1}}}, kNoughtOrOne);
  halves.leaves.assign(3, 1);
  halves.targets.push_back({{0}, 0, {1}});
  PartProgram none(grid, halves);
  ASSERT_TRUE(none.Start());
  nodes = 100;
  EXPECT_THROW(none.LeastWhole(halves.targets[0], 1, nodes, never), base::ProblemError);
}

// --- Whole attacks.

constexpr char kCube[] =
    R"([{"column":"a","hierarchy":{"All":{"L":["a1","a2","a3"],"R":["a4","a5","a6"]}}},)"
    R"({"column":"b","hierarchy":{"All":["b1","b2","b3","b4","b5"]}},)"
    R"({"column":"c","hierarchy":{"All":["c1","c2","c3","c4"]}}])";

table::Grid GridOf(const std::string& dimensions) {
  return table::ParseCountSpec("{\"dimensions\":" + dimensions + ",\"threshold\":5}").grid;
}

// A random table of which small cells are hidden and others by chance.
struct Attacked {
  std::vector<int64_t> counts;
  std::vector<CountRange> stated, ranges;
  std::vector<size_t> targets;
};

Attacked RandomTable(const table::Grid& grid, uint32_t seed) {
  std::mt19937 random(seed);
  Attacked made;
  made.counts.resize(grid.cells());
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (grid.IsLeaf(cell)) made.counts[cell] = static_cast<int64_t>(random() % 12);
  }
  table::AddUp(grid, made.counts);
  std::vector<CountStatement> statements;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    const int64_t count = made.counts[cell];
    const bool hide = count > 0 && random() % 10 < (grid.IsLeaf(cell) ? 7u : 5u);
    if (hide) made.targets.push_back(cell);
    statements.push_back(
        {cell, hide ? CountRange{1, CountRange::kMany} : CountRange{count, count}});
  }
  made.stated = made.ranges = RangesOf(grid, statements);
  PassAlong(grid, made.ranges);
  return made;
}

TEST(Narrow, WarmStartsGiveTheAnswersOfColdOnes) {
  const table::Grid grid = GridOf(kCube);
  size_t narrowed = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    Attacked warm = RandomTable(grid, seed);
    const std::vector<CountRange> passed = warm.ranges;
    Attacked cold = warm;
    // Nothing is wide enough, so that every end of every range is asked for.
    const Enough never = {.width = CountRange::kMany, .reach = 0};
    Narrow(grid, warm.targets, never, warm.stated, warm.ranges);
    Narrow(grid, cold.targets, never, cold.stated, cold.ranges, {.cold = true});
    EXPECT_EQ(warm.ranges, cold.ranges) << seed;
    narrowed += warm.ranges != passed ? 1u : 0u;
    for (const size_t cell : warm.targets) {
      EXPECT_LE(warm.ranges[cell].low, warm.counts[cell]);
      EXPECT_GE(warm.ranges[cell].high, warm.counts[cell]);
    }
    // And with an early end for what is wide enough: the same cells are left.
    Attacked early = RandomTable(grid, seed);
    Attacked early_cold = early;
    const Enough enough = {.width = 3, .reach = 5};
    const auto open = Narrow(grid, early.targets, enough, early.stated, early.ranges);
    const auto open_cold = Narrow(grid, early_cold.targets, enough, early_cold.stated,
                                  early_cold.ranges, {.cold = true});
    EXPECT_EQ(open, open_cold) << seed;
    for (const size_t cell : early.targets) {
      const auto narrow = [&](const CountRange& range) {
        return range.high - range.low < enough.width || range.high < enough.reach;
      };
      EXPECT_EQ(narrow(early.ranges[cell]), narrow(early_cold.ranges[cell])) << seed;
      // What the full search proves narrow is never taken as safe.
      EXPECT_EQ(narrow(early.ranges[cell]), narrow(warm.ranges[cell])) << seed;
    }
  }
  EXPECT_GT(narrowed, 20u);
}

TEST(Narrow, TheTrueTableChangesNoAnswer) {
  const table::Grid grid = GridOf(kCube);
  size_t refused = 0;
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    Attacked without = RandomTable(grid, seed);
    Attacked with = without;
    const Enough enough = {.width = 3, .reach = 5};
    size_t in_fractions = 0;
    const auto open = Narrow(grid, without.targets, enough, without.stated, without.ranges,
                             {.in_fractions = &in_fractions});
    EXPECT_EQ(in_fractions, 0u) << "a table of this size is settled in whole numbers";
    const auto told =
        Narrow(grid, with.targets, enough, with.stated, with.ranges, {.truth = &with.counts});
    EXPECT_TRUE(open.empty());
    EXPECT_TRUE(told.empty());
    for (const size_t cell : with.targets) {
      const auto narrow = [&](const CountRange& range) {
        return range.high - range.low < enough.width || range.high < enough.reach;
      };
      EXPECT_EQ(narrow(with.ranges[cell]), narrow(without.ranges[cell])) << seed;
    }
    // A table that does not fit is no witness.
    Attacked again = RandomTable(grid, seed);
    for (size_t cell = 0; cell < grid.cells(); ++cell) again.counts[cell] += 1;
    try {
      Narrow(grid, again.targets, enough, again.stated, again.ranges, {.truth = &again.counts});
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "tables-contradict");
      ++refused;
    }
  }
  EXPECT_GT(refused, 15u);
}

// A cell that was not asked about is undecided: neither safe nor found.
TEST(Narrow, WhatAStoppedSearchDidNotSettleIsUndecided) {
  const table::Grid grid = GridOf(kCube);
  size_t stopped = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const Enough enough = {.width = 3, .reach = 5};
    Attacked all = RandomTable(grid, seed);
    Narrow(grid, all.targets, enough, all.stated, all.ranges);
    for (int asks = 0; asks < 6; ++asks) {
      Attacked some = RandomTable(grid, seed);
      int left = asks;
      const auto open = Narrow(grid, some.targets, enough, some.stated, some.ranges,
                               {.stop = [&] { return left-- <= 0; }});
      stopped += open.empty() ? 0u : 1u;
      const std::set<size_t> undecided(open.begin(), open.end());
      for (const size_t cell : some.targets) {
        const auto narrow = [&](const CountRange& range) {
          return range.high - range.low < enough.width || range.high < enough.reach;
        };
        if (narrow(all.ranges[cell])) {
          EXPECT_TRUE(narrow(some.ranges[cell]) || undecided.contains(cell)) << seed;
        } else {
          EXPECT_FALSE(narrow(some.ranges[cell])) << seed;
        }
      }
    }
  }
  EXPECT_GT(stopped, 20u);
}

// Three rows of at most 4 and a fourth that gives 1 to each of two columns of 8: no sum by itself
// shows that 14 do not go into 12.
TEST(Narrow, ProvesThatNothingFitsAndNamesTheCells) {
  const table::Grid grid = GridOf(R"([{"column":"row","hierarchy":{"Total":["a","b","c","d"]}},)"
                                  R"({"column":"col","hierarchy":{"Total":["x","y","z"]}}])");
  const std::string csv =
      "row,col,low,high\nTotal,x,8,8\nTotal,y,8,8\na,Total,4,4\nb,Total,4,4\nc,Total,4,4\n"
      "d,x,0,1\nd,y,0,1\na,x,0,\n";
  auto ranges = RangesOf(grid, ParseCountStatements(grid, csv, CountDialect::kPlain, 0));
  const auto stated = ranges;
  PassAlong(grid, ranges);
  try {
    Narrow(grid, {grid.CellOf({1, 1})}, {}, stated, ranges);
    FAIL() << "14 do not go into 12";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "tables-contradict");
    EXPECT_THAT(error.problems().front().detail, HasSubstr("row=a, col=Total"));
    EXPECT_THAT(error.problems().front().detail, HasSubstr("row=Total, col=x"));
  }
}

// Nothing sums to these cells but what nobody stated: a programme without rows, on which the solver
// itself would crash.
TEST(Narrow, CellsThatNoSumTouchesKeepTheirRanges) {
  const table::Grid grid =
      table::ParseCountSpec(
          R"({"dimensions":[{"column":"row","hierarchy":{"Total":["a","b"]}}],"threshold":5})")
          .grid;
  const std::vector<CountRange> stated = {{0, CountRange::kMany}, {1, 4}, {1, CountRange::kMany}};
  std::vector<CountRange> ranges = stated;
  EXPECT_TRUE(Narrow(grid, {1}, {.width = 5, .reach = 5}, stated, ranges).empty());
  EXPECT_EQ(ranges[1], (CountRange{1, 4}));
  ranges = stated;
  EXPECT_TRUE(Narrow(grid, {1}, {.width = 3, .reach = 4}, stated, ranges).empty());
  EXPECT_EQ(ranges, stated);
}

// Even the total is hidden: the others may be anything, which is open and not undecided.
TEST(Narrow, CountsWithoutAnEndAreOpen) {
  const table::Grid grid = GridOf(R"([{"column":"row","hierarchy":{"Total":["a","b","c"]}},)"
                                  R"({"column":"col","hierarchy":{"Total":["x","y"]}}])");
  auto ranges = RangesOf(grid, ParseCountStatements(grid,
                                                    "row,col,count\nTotal,Total,\na,Total,\n"
                                                    "b,Total,9\nTotal,x,\na,x,\na,y,\nb,x,\nb,y,\n",
                                                    CountDialect::kPlain, 1));
  const auto stated = ranges;
  PassAlong(grid, ranges);
  const std::vector<size_t> targets = {0, 1, 3, 4, 5, 7, 8};
  for (const bool cold : {false, true}) {
    auto found = ranges;
    EXPECT_TRUE(
        Narrow(grid, targets, {.width = 5, .reach = 5}, stated, found, {.cold = cold}).empty());
    EXPECT_EQ(found[4].low, 1);
    EXPECT_EQ(found[4].high, CountRange::kMany);
    EXPECT_EQ(found[7], (CountRange{1, 8}));
  }
}

}  // namespace
}  // namespace polder::stats::audit
