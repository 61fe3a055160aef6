// Hiding in tables that are no star: nothing hidden follows, and nothing is hidden in vain.
#include "stats/suppress/any_shape.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/suppress/determined.h"

namespace polder::stats::suppress {
namespace {

using table::AttributeSet;
using table::CellStatus;
using table::LinkedTables;

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

table::Dimension Codes(const std::string& name, size_t codes) {
  table::Dimension dimension{name, {}};
  for (size_t c = 0; c < codes; ++c) dimension.codes.push_back(name + std::to_string(c));
  return dimension;
}

// Counts of a random cube in the tables `sets`; those under 5 are hidden.
LinkedTables Random(uint64_t seed, const std::vector<AttributeSet>& sets) {
  const table::Schema schema({Codes("kind", 4), Codes("ageBand", 4), Codes("group", 3)});
  std::vector<table::TableShape> shapes;
  for (const AttributeSet set : sets) shapes.push_back({"t" + std::to_string(set), set});
  LinkedTables tables("persons", schema, shapes);
  for (size_t cell = 0; cell < schema.CellCount(7); ++cell) {
    const auto count = static_cast<int64_t>(Mix(seed * 997 + cell) % 7 / 2);
    for (size_t t = 0; t < sets.size(); ++t) {
      tables.values()[tables.Number(t, schema.Project(7, cell, sets[t]))] += count;
    }
  }
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.values()[cell] < 5) tables.statuses()[cell] = CellStatus::kHidden;
  }
  return tables;
}

// A cell is worth its count; a total more than any cell.
std::vector<uint64_t> CostsOf(const LinkedTables& tables) {
  std::vector<uint64_t> costs;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    const size_t t = tables.TableOf(cell);
    const size_t attributes = tables.schema().Members(tables.tables()[t].attributes).size();
    costs.push_back(static_cast<uint64_t>(tables.values()[cell]) + (4 - attributes) * 1000);
  }
  return costs;
}

// Around a cycle, the whole cube with all its marginals, two tables without a common attribute.
const std::vector<std::vector<AttributeSet>> kShapes = {
    {0, 1, 2, 4, 3, 5, 6}, {0, 1, 2, 4, 3, 5, 6, 7}, {3, 5, 6}, {2, 5}};

TEST(AnyShape, NothingHiddenFollowsAndNothingIsHiddenInVain) {
  size_t open = 0, company = 0;
  for (const std::vector<AttributeSet>& sets : kShapes) {
    for (uint64_t seed = 0; seed < 12; ++seed) {
      const LinkedTables before = Random(seed, sets);
      open += DeterminedCells(before).size();
      LinkedTables tables = before;
      ProtectAnyShape(tables, CostsOf(tables));
      EXPECT_THAT(DeterminedCells(tables), ::testing::IsEmpty());
      for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
        if (before.statuses()[cell] == CellStatus::kHidden) {
          EXPECT_EQ(tables.statuses()[cell], CellStatus::kHidden);
        } else if (tables.statuses()[cell] == CellStatus::kHidden) {
          ++company;
          LinkedTables shown = tables;
          shown.statuses()[cell] = CellStatus::kValue;
          const auto determined = DeterminedCells(shown);
          EXPECT_TRUE(std::any_of(determined.begin(), determined.end(), [&](size_t other) {
            return before.statuses()[other] == CellStatus::kHidden;
          }));
        }
      }
    }
  }
  EXPECT_GT(open, 20U);
  EXPECT_GT(company, 20U);
}

TEST(AnyShape, TheDearestCellsStay) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    LinkedTables tables = Random(seed, kShapes[0]);
    ProtectAnyShape(tables, CostsOf(tables));
    EXPECT_TRUE(table::HasNumber(tables.statuses()[tables.FirstCell(0)]));
  }
}

TEST(AnyShape, SaysSoWhenWhatEverybodyKnowsGivesACellAway) {
  LinkedTables tables = Random(3, kShapes[0]);
  // Of one age nobody can occur but in one cell, which is hidden, and its total is known as well.
  for (CellStatus& status : tables.statuses()) status = CellStatus::kNotApplicable;
  tables.statuses()[tables.Number(4, 5)] = CellStatus::kHidden;
  try {
    ProtectAnyShape(tables, CostsOf(tables));
    FAIL() << "found a pattern";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "cannot-protect");
  }
}

TEST(AnyShape, WithoutHiddenCellsNothingChanges) {
  LinkedTables tables = Random(3, kShapes[0]);
  for (CellStatus& status : tables.statuses()) status = CellStatus::kValue;
  const auto before = tables.statuses();
  ProtectAnyShape(tables, CostsOf(tables));
  EXPECT_EQ(tables.statuses(), before);
}

}  // namespace
}  // namespace polder::stats::suppress
