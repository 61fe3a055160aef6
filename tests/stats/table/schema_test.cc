#include "stats/table/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

using ::testing::ElementsAre;

Schema Small() {
  return Schema({{"municipality", {"A", "B"}}, {"kind", {"x", "y", "z"}}, {"age", {"1", "2"}}});
}

TEST(Schema, CellsAreRowMajorWithTheLastDimensionFastest) {
  const Schema schema = Small();
  EXPECT_EQ(schema.CellCount(0b111), 12U);
  EXPECT_EQ(schema.CellCount(0), 1U);
  EXPECT_EQ(schema.CellAt(0b111, {0, 0, 1}), 1U);
  EXPECT_EQ(schema.CellAt(0b111, {0, 1, 0}), 2U);
  EXPECT_EQ(schema.CellAt(0b111, {1, 0, 0}), 6U);
  EXPECT_EQ(schema.CellAt(0b101, {1, 0}), 2U);
}

TEST(Schema, PlaceAndCellAreInversesForEverySet) {
  const Schema schema = Small();
  for (AttributeSet set = 0; set < 8; ++set) {
    for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
      EXPECT_EQ(schema.CellAt(set, schema.Place(set, cell)), cell);
    }
  }
}

TEST(Schema, ProjectingKeepsExactlyTheCodesOfTheSubset) {
  const Schema schema = Small();
  for (AttributeSet subset = 0; subset < 8; ++subset) {
    for (size_t cell = 0; cell < 12; ++cell) {
      const auto place = schema.Place(0b111, cell);
      std::vector<size_t> kept;
      for (const size_t i : schema.Members(subset)) kept.push_back(place[i]);
      EXPECT_EQ(schema.Place(subset, schema.Project(0b111, cell, subset)), kept);
    }
  }
}

TEST(Schema, SetsAndNamesAreInversesAndUnknownOrRepeatedNamesAreRefused) {
  const Schema schema = Small();
  EXPECT_THAT(schema.Names(0b101), ElementsAre("municipality", "age"));
  EXPECT_EQ(schema.SetOf({"age", "municipality"}), AttributeSet{0b101});
  EXPECT_EQ(schema.SetOf({}), AttributeSet{0});
  EXPECT_FALSE(schema.SetOf({"school"}));
  EXPECT_FALSE(schema.SetOf({"age", "age"}));
}

TEST(Schema, ReportsEveryFaultAtOnce) {
  try {
    Schema({{"a", {"1", "1"}}, {"a", {"2"}}, {"b", {}}});
    FAIL() << "accepted";
  } catch (const base::ProblemError& error) {
    std::vector<std::string> codes;
    for (const auto& problem : error.problems()) codes.push_back(problem.code + problem.pointer);
    EXPECT_THAT(codes, ElementsAre("repeated-code/dimensions/0/codes/1",
                                   "repeated-dimension/dimensions/1/name",
                                   "empty-dimension/dimensions/2/codes"));
  }
}

TEST(Closure, HoldsEverySubsetOnceBySizeThenValue) {
  EXPECT_THAT(Closure({0b011, 0b110}), ElementsAre(0, 0b001, 0b010, 0b100, 0b011, 0b110));
  EXPECT_THAT(Closure({0}), ElementsAre(0));
  EXPECT_TRUE(Closure({}).empty());
}

TEST(Schema, CellsAreAlikeWhenTheirClassesAreOfEqualSizes) {
  const Schema flat({{"kind", {"x", "y"}}, {"town", {"A", "B", "C"}}});
  EXPECT_EQ(flat.ClassSizesOfCells(), (std::vector<std::vector<size_t>>{{2, 3}}));
  // Classes of 2, 1 and 2 in provinces of 2 and 1 classes: alone in a class of the larger province;
  // and in a class of two, of either province.
  const Schema grouped({{"town", {"A", "B", "C", "D", "E"}, "class", {0, 1, 0, 2, 2}},
                        {"class", {"p", "q", "r"}, "province", {0, 0, 1}},
                        {"province", {"n", "s"}}});
  EXPECT_EQ(grouped.ClassSizesOfCells(),
            (std::vector<std::vector<size_t>>{{1, 2, 2}, {2, 1, 2}, {2, 2, 2}}));
}

}  // namespace
}  // namespace polder::stats::table
