#include "stats/table/linked_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

LinkedTables Small() {
  return LinkedTables("persons", Schema({{"kind", {"x", "y"}}, {"municipality", {"A", "B", "C"}}}),
                      {{"total", 0}, {"kind", 1}, {"kind-municipality", 3}});
}

TEST(LinkedTables, CellsOfAllTablesHaveOneNumbering) {
  const LinkedTables tables = Small();
  EXPECT_EQ(tables.cell_count(), 1U + 2 + 6);
  EXPECT_EQ(tables.FirstCell(2), 3U);
  EXPECT_EQ(tables.TableOf(0), 0U);
  EXPECT_EQ(tables.TableOf(2), 1U);
  EXPECT_EQ(tables.TableOf(3), 2U);
  EXPECT_EQ(tables.TableOf(8), 2U);
  EXPECT_THROW(tables.TableOf(9), std::out_of_range);
}

TEST(LinkedTables, EquationsHoldEveryPairOfNestedTables) {
  const auto equations = Small().Equations();
  // total = kinds, total = all cells, each kind = its municipalities.
  EXPECT_EQ(equations.size(), 1U + 1 + 2);
  for (const Equation& equation : equations) {
    EXPECT_THAT(equation.parts.size(), ::testing::AnyOf(2U, 3U, 6U));
  }
}

TEST(LinkedTables, AddsUpOnlyWhenEveryTotalIsTheSumOfItsParts) {
  LinkedTables tables = Small();
  tables.values() = {21, 6, 15, 1, 2, 3, 4, 5, 6};
  EXPECT_TRUE(tables.AddsUp());
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    LinkedTables wrong = tables;
    ++wrong.values()[cell];
    EXPECT_FALSE(wrong.AddsUp()) << cell;
  }
}

TEST(LinkedTables, AddsUpIsNotFooledByOverflow) {
  LinkedTables tables("m", Schema({{"kind", {"x", "y"}}}), {{"total", 0}, {"kind", 1}});
  tables.values() = {INT64_MIN, INT64_MAX, 1};
  EXPECT_FALSE(tables.AddsUp());
}

TEST(LinkedTables, RefusesRepeatedTablesAndAttributesOutsideTheSchema) {
  const Schema schema({{"kind", {"x", "y"}}});
  EXPECT_THROW(LinkedTables("m", schema, {{"a", 1}, {"b", 1}}), base::ProblemError);
  EXPECT_THROW(LinkedTables("m", schema, {{"a", 1}, {"a", 0}}), base::ProblemError);
  EXPECT_THROW(LinkedTables("m", schema, {{"a", 2}}), base::ProblemError);
}

// The closed form against the definition: every cell's estimate is a linear form of the answers,
// and its variance the sum over residuals of gamma^2 times the squared coefficients.
TEST(LinkedTables, VarianceIsTheOneOfTheReconstruction) {
  const Schema schema({{"kind", {"x", "y"}}, {"municipality", {"A", "B", "C"}}});
  LinkedTables tables("m", schema, {{"kind", 1}, {"both", 3}});
  tables.residuals() = {{0, 5}, {1, 7}, {2, 11}, {3, 13}};
  // r_A = (kron P_i) M_A / L_A, so a cell's row of (P/L) has squared norm (1 - 1/n)/L^2 per
  // dimension, and a dimension outside A averages with 1/n.
  const auto term = [](base::Rational gamma, base::Rational kind, base::Rational town) {
    return base::Rational(gamma * kind * town);
  };
  const base::Rational in2(1, 8), out2(1, 4), in3(2, 27), out3(1, 9);
  EXPECT_EQ(tables.Variance(1),
            term(5, out2, out3) + term(7, in2, out3) + term(11, out2, in3) + term(13, in2, in3));
  EXPECT_EQ(tables.Variance(0), term(5, out2, 1) + term(7, in2, 1));
}

TEST(LinkedTables, ATableWhoseResidualWasNotMeasuredHasNoVariance) {
  LinkedTables tables = Small();
  tables.residuals() = {{0, 5}, {1, 7}, {3, 13}};
  EXPECT_NO_THROW(tables.Variance(1));
  EXPECT_THROW(tables.Variance(2), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::table
