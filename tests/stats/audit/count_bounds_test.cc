// What the attacker of published counts finds, on instances small enough to check by hand.
#include "stats/audit/count_bounds.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/table/spec.h"

namespace polder::stats::audit {
namespace {

constexpr char kRow[] = R"([{"column":"row","hierarchy":{"Total":["a","b","c","d"]}}])";
constexpr char kSquare[] = R"([{"column":"row","hierarchy":{"Total":["a","b","c"]}},)"
                           R"({"column":"col","hierarchy":{"Total":["x","y","z"]}}])";

table::Grid GridOf(const std::string& dimensions) {
  return table::ParseCountSpec("{\"dimensions\":" + dimensions + ",\"threshold\":5}").grid;
}

std::vector<CountRange> Attacked(const table::Grid& grid, const std::string& csv,
                                 CountDialect dialect = CountDialect::kPlain) {
  std::vector<CountRange> ranges = RangesOf(grid, ParseCountStatements(grid, csv, dialect, 1));
  const std::vector<CountRange> stated = ranges;
  PassAlong(grid, ranges);
  std::vector<size_t> all(grid.cells());
  for (size_t cell = 0; cell < all.size(); ++cell) all[cell] = cell;
  Narrow(grid, all, {.width = CountRange::kMany, .reach = 0}, stated, ranges);
  return ranges;
}

// 15 = 10 + 3 + 1 + 1 (sdcTools UserSupport 194): hiding the two ones alone shows them to whoever
// knows that noughts are published.
TEST(CountBounds, TwoHiddenOnesAreKnownWhenNoughtsArePublished) {
  const table::Grid grid = GridOf(kRow);
  const auto ranges = Attacked(
      grid, "row,count,status\nTotal,15,value\na,10,value\nb,3,value\nc,,hidden\nd,,hidden\n");
  EXPECT_EQ(ranges[3], (CountRange{1, 1}));
  EXPECT_EQ(ranges[4], (CountRange{1, 1}));
}

// 21 = 10 + 8 + 1 + 2: the peer hides only the last two, which leaves two values for each.
TEST(CountBounds, OneAndTwoHiddenTogetherHaveTwoValuesEach) {
  const table::Grid grid = GridOf(kRow);
  const auto ranges = Attacked(
      grid, "row,count,status\nTotal,21,value\na,10,value\nb,8,value\nc,,hidden\nd,,hidden\n");
  EXPECT_EQ(ranges[3], (CountRange{1, 2}));
  EXPECT_EQ(ranges[4], (CountRange{1, 2}));
}

// a/x + a/y + b/x + b/y stands in two sums of rows and in two of columns, and a/z only in the rows:
// it is the rows minus the columns. Passing bounds along does not see it; the programme does.
TEST(CountBounds, RowsMinusColumnsAreFound) {
  const table::Grid grid = GridOf(kSquare);
  const std::string csv =
      "row,col,count,status\nTotal,x,36,value\nTotal,y,47,value\n"
      "a,Total,35,value\nb,Total,42,value\n"
      "a,x,,hidden\na,y,,hidden\na,z,,hidden\nb,x,,hidden\nb,y,,hidden\nb,z,5,value\n"
      "c,x,6,value\nc,y,7,value\n";
  auto ranges = RangesOf(grid, ParseCountStatements(grid, csv, CountDialect::kPlain, 1));
  const std::vector<CountRange> stated = ranges;
  PassAlong(grid, ranges);
  const size_t target = grid.CellOf({1, 3});
  EXPECT_FALSE(ranges[target].IsExact());
  Narrow(grid, {target}, {}, stated, ranges);
  EXPECT_EQ(ranges[target], (CountRange{2, 2}));
}

TEST(CountBounds, FoursInTheDuoDialectAreOneToFourAndMaySumToTheirValue) {
  const table::Grid grid = GridOf(kRow);
  const auto ranges =
      Attacked(grid, "row,count\nTotal,23\na,10\nb,8\nc,4\nd,4\n", CountDialect::kDuo);
  EXPECT_EQ(ranges[3], (CountRange{1, 4}));
  const auto one = Attacked(grid, "row,count\nTotal,29\na,10\nb,8\nc,4\nd,9\n", CountDialect::kDuo);
  EXPECT_EQ(one[3], (CountRange{2, 2}));
  // Neither is nought, or it would be shown.
  const auto both =
      Attacked(grid, "row,count\nTotal,22\na,10\nb,8\nc,4\nd,4\n", CountDialect::kDuo);
  EXPECT_EQ(both[3], (CountRange{1, 3}));
}

TEST(CountBounds, OtherOfficesFiguresNarrowFurther) {
  const table::Grid grid = GridOf(kRow);
  auto statements = ParseCountStatements(
      grid, "row,count,status\nTotal,40,value\na,20,value\nb,,hidden\nc,,hidden\nd,,hidden\n",
      CountDialect::kPlain, 1);
  for (const char* known : {"row,low,high\nb,10,14\n", "row,count,margin\nc,5,2\n"}) {
    const auto more = ParseCountStatements(grid, known, CountDialect::kPlain, 1);
    statements.insert(statements.end(), more.begin(), more.end());
  }
  auto ranges = RangesOf(grid, statements);
  PassAlong(grid, ranges);
  EXPECT_EQ(ranges[4], (CountRange{1, 7}));
  EXPECT_EQ(ranges[3], (CountRange{3, 7}));
}

TEST(CountBounds, TablesThatContradictEachOtherAreNamed) {
  const table::Grid grid = GridOf(kRow);
  try {
    Attacked(grid, "row,count\nTotal,10\na,7\nb,4\nc,0\nd,0\n");
    FAIL() << "7 and 4 are more than 10";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "tables-contradict");
  }
}

TEST(CountBounds, EveryFaultyLineIsTold) {
  const table::Grid grid = GridOf(kRow);
  try {
    ParseCountStatements(grid, "row,count,status\nTotal,x,value\nq,3,value\n", CountDialect::kPlain,
                         1);
    FAIL();
  } catch (const base::ProblemError& error) {
    ASSERT_EQ(error.problems().size(), 2u);
    EXPECT_EQ(error.problems()[0].line, 2u);
    EXPECT_EQ(error.problems()[1].line, 3u);
  }
}

// Against every table that fits, counted one by one: no bound cuts off a possible table, and in
// these tables (whose sums form a network) every bound is reached.
TEST(CountBounds, AreThoseOfAllTablesThatFit) {
  const table::Grid grid = GridOf(kSquare);
  for (uint32_t seed = 1; seed <= 25; ++seed) {
    std::mt19937 random(seed);
    std::vector<int64_t> counts(grid.cells());
    for (size_t cell = 0; cell < counts.size(); ++cell) {
      if (grid.IsLeaf(cell)) counts[cell] = static_cast<int64_t>(1 + random() % 4);
    }
    table::AddUp(grid, counts);
    std::string csv = "row,col,count,status\n";
    std::vector<size_t> hidden;
    for (size_t cell = 0; cell < counts.size(); ++cell) {
      const bool hide = grid.IsLeaf(cell) && random() % 4 != 0;
      if (hide) hidden.push_back(cell);
      const auto nodes = grid.NodesOf(cell);
      csv += grid.trees()[0].nodes()[nodes[0]].name + "," + grid.trees()[1].nodes()[nodes[1]].name +
             "," + (hide ? ",hidden" : std::to_string(counts[cell]) + ",value") + "\n";
    }
    const auto ranges = Attacked(grid, csv);
    std::vector<CountRange> possible(grid.cells(), {CountRange::kMany, 0});
    std::vector<int64_t> guess = counts;
    const auto fits = [&] {
      std::vector<int64_t> sums = guess;
      table::AddUp(grid, sums);
      for (size_t cell = 0; cell < sums.size(); ++cell) {
        if (!grid.IsLeaf(cell) && sums[cell] != counts[cell]) return false;
      }
      return true;
    };
    const auto rows_fit = [&](size_t next) {
      // Rows before the next hidden cell's are complete.
      const size_t row = next < hidden.size() ? grid.NodeOf(hidden[next], 0) : 4;
      for (size_t r = 1; r < row && r <= 3; ++r) {
        int64_t sum = 0;
        for (size_t c = 1; c <= 3; ++c) sum += guess[grid.CellOf({r, c})];
        if (sum != counts[grid.CellOf({r, 0})]) return false;
      }
      return true;
    };
    const auto search = [&](const auto& self, size_t next) -> void {
      if (!rows_fit(next)) return;
      if (next == hidden.size()) {
        if (!fits()) return;
        for (size_t cell : hidden) {
          possible[cell].low = std::min(possible[cell].low, guess[cell]);
          possible[cell].high = std::max(possible[cell].high, guess[cell]);
        }
        return;
      }
      for (int64_t value = 1; value <= 10; ++value) {
        guess[hidden[next]] = value;
        self(self, next + 1);
      }
    };
    search(search, 0);
    for (size_t cell : hidden) EXPECT_EQ(ranges[cell], possible[cell]) << seed;
  }
}

}  // namespace
}  // namespace polder::stats::audit
