#include "stats/audit/worlds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/example_tables.h"

namespace polder::stats::audit {
namespace {

using table::CellStatus;
using table::LinkedTables;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// 3 x 3 with all margins; cells 0..8 inner, then rows, columns, total.
LinkedTables Square() {
  return LinkedTables("m", table::Schema({{"a", {"1", "2", "3"}}, {"b", {"x", "y", "z"}}}),
                      {{"ab", 3}, {"a", 1}, {"b", 2}, {"total", 0}});
}

void Hide(LinkedTables& tables, const std::vector<size_t>& cells) {
  for (const size_t cell : cells) tables.statuses()[cell] = CellStatus::kHidden;
}

TEST(OtherWorld, ASingleHiddenCellIsDetermined) {
  LinkedTables tables = Square();
  Hide(tables, {4});
  EXPECT_THAT(FindOtherWorld(tables).determined, ElementsAre(4));
}

TEST(OtherWorld, TwoInARowAreDeterminedByTheirColumns) {
  LinkedTables tables = Square();
  Hide(tables, {3, 4});
  EXPECT_THAT(FindOtherWorld(tables).determined, ElementsAre(3, 4));
}

TEST(OtherWorld, ARectangleIsSafeAndTheChangeProvesIt) {
  LinkedTables tables = Square();
  Hide(tables, {0, 1, 3, 4});
  const OtherWorld world = FindOtherWorld(tables);
  EXPECT_THAT(world.determined, IsEmpty());
  EXPECT_TRUE(IsOtherWorld(tables, world));
  EXPECT_EQ(world.change[0], -world.change[1]);
  EXPECT_EQ(world.change[0], world.change[4]);
}

TEST(OtherWorld, ARectangleWithAFifthCellLeavesTheFifthOpen) {
  LinkedTables tables = Square();
  Hide(tables, {0, 1, 3, 4, 8});
  const OtherWorld world = FindOtherWorld(tables);
  EXPECT_THAT(world.determined, ElementsAre(8));
  EXPECT_TRUE(IsOtherWorld(tables, world));
}

TEST(OtherWorld, FindsTheRelationOfTwoTablesWhoseCommonTotalNobodyShows) {
  // kind x town and kind x age, no table of the kinds: the sums over towns and over ages agree.
  LinkedTables tables(
      "m", table::Schema({{"kind", {"p", "q"}}, {"town", {"1", "2"}}, {"age", {"3", "4"}}}),
      {{"kt", 3}, {"ka", 5}});
  Hide(tables, {0});
  EXPECT_THAT(FindOtherWorld(tables).determined, ElementsAre(0));
  Hide(tables, {4});  // kind p, age 3 moves with it
  EXPECT_THAT(FindOtherWorld(tables).determined, IsEmpty());
}

TEST(OtherWorld, CellsOfAMissingDeliveryAreNoCompany) {
  LinkedTables tables = Square();
  Hide(tables, {0, 1, 3, 4});
  for (const size_t cell : {3U, 4U, 5U}) tables.statuses()[cell] = CellStatus::kMissingDelivery;
  EXPECT_THAT(FindOtherWorld(tables).determined, ElementsAre(0, 1));
}

TEST(OtherWorld, ManyRectanglesAtOnceAllMove) {
  LinkedTables tables = tests::RandomTables({.towns = 40, .seed = 3});
  std::mt19937_64 random(5);
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (random() % 3 == 0) tables.statuses()[cell] = CellStatus::kHidden;
  }
  const OtherWorld world = FindOtherWorld(tables);
  EXPECT_TRUE(IsOtherWorld(tables, world));
}

// The check is what is trusted, so it must refuse every wrong change.
TEST(OtherWorld, ACheckRefusesChangesThatShowOrDoNotAddUp) {
  LinkedTables tables = Square();
  Hide(tables, {0, 1, 3, 4});
  const OtherWorld world = FindOtherWorld(tables);
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    OtherWorld wrong = world;
    wrong.change[cell] += 1;
    EXPECT_FALSE(IsOtherWorld(tables, wrong)) << cell;
  }
  OtherWorld still = world;
  for (auto& change : still.change) change = 0;
  EXPECT_FALSE(IsOtherWorld(tables, still));
  OtherWorld lied = world;
  lied.determined = {0};
  EXPECT_FALSE(IsOtherWorld(tables, lied));
}

}  // namespace
}  // namespace polder::stats::audit
