// Hiding around a tree: kinds by municipality, by class of municipalities and by region are one
// system; the shortest paths through it protect, and cost no more than the search for any shape.
#include <algorithm>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/suppress/any_shape.h"
#include "stats/suppress/determined.h"
#include "stats/suppress/star.h"
#include "stats/suppress/suppress.h"
#include "tests/support/example_tables.h"

namespace polder::stats::suppress {
namespace {

using table::AttributeSet;
using table::CellStatus;
using table::LinkedTables;
using table::Schema;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Every table that a region by classes may have; `keep` chooses among those of places.
LinkedTables Random(uint64_t seed, size_t towns, uint64_t keep = ~uint64_t{0}) {
  table::Dimension municipality{"municipality", tests::Towns(towns), "sizeClass", {}};
  for (size_t i = 0; i < towns; ++i) municipality.groups.push_back(i < 2 ? i : Mix(seed + i) % 2);
  const Schema schema({{"kind", {"absolute", "relative", "holiday", "other"}},
                       municipality,
                       {"sizeClass", {"p", "q"}},
                       {"ageBand", {"5-11", "12-15"}}});
  std::vector<table::TableShape> shapes;
  const std::vector<AttributeSet> all = {7, 5, 1, 6, 4, 0, 9};
  for (size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || (keep >> i & 1U) != 0) shapes.push_back({"t" + std::to_string(all[i]), all[i]});
  }
  LinkedTables tables("persons", schema, shapes);
  const AttributeSet whole = table::WholeSet(schema);
  for (size_t cell = 0; cell < schema.CellCount(whole); ++cell) {
    const auto count = static_cast<int64_t>(Mix(seed * 997 + cell) % 9);
    for (size_t t = 0; t < shapes.size(); ++t) {
      tables.values()[tables.Number(t, schema.Project(whole, cell, shapes[t].attributes))] += count;
    }
  }
  for (const AttributeSet set : schema.Residuals({7, 9})) tables.residuals().push_back({set, 400});
  return tables;
}

std::vector<uint64_t> CostsOf(const LinkedTables& tables) {
  std::vector<uint64_t> costs;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    const size_t t = tables.TableOf(cell);
    const auto members = tables.schema().Members(tables.tables()[t].attributes);
    costs.push_back(static_cast<uint64_t>(tables.values()[cell]) + 1 +
                    (members.size() < 2 ? 10'000 : 0));
  }
  return costs;
}

void HideUnder(LinkedTables& tables, int64_t threshold) {
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.values()[cell] < threshold) tables.statuses()[cell] = CellStatus::kHidden;
  }
}

// Whether nothing follows any more when `company` is hidden with `cell`.
bool Protects(LinkedTables tables, size_t cell, const std::vector<size_t>& company) {
  tables.statuses()[cell] = CellStatus::kHidden;
  for (const size_t other : company) tables.statuses()[other] = CellStatus::kHidden;
  const auto open = DeterminedCells(tables);
  return std::find(open.begin(), open.end(), cell) == open.end();
}

uint64_t CostOf(const std::vector<uint64_t>& costs, const std::vector<size_t>& cells) {
  uint64_t sum = 0;
  for (const size_t cell : cells) sum += costs[cell];
  return sum;
}

TEST(StarOfClasses, TheCheapestCompanyOfACellProtectsItAndIsTheCheapestThatDoes) {
  size_t compared = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const LinkedTables tables = Random(seed, 4 + seed % 2, Mix(seed) | 2);
    ASSERT_TRUE(Star::Fits(tables));
    const Star star(tables);
    const std::vector<uint64_t> costs = CostsOf(tables);
    for (size_t cell = seed % 3; cell < tables.cell_count(); cell += 3) {
      const auto company = star.CheapestCompany(cell, costs);
      ASSERT_TRUE(company) << seed << " " << cell;
      EXPECT_TRUE(Protects(tables, cell, *company)) << seed << " " << cell;
      // None of it is there in vain, and another way costs no less.
      for (size_t left_out = 0; left_out < company->size(); ++left_out) {
        std::vector<size_t> fewer = *company;
        fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(left_out));
        EXPECT_FALSE(Protects(tables, cell, fewer)) << seed << " " << cell;
      }
      LinkedTables other = tables;
      other.statuses()[cell] = CellStatus::kHidden;
      ProtectAnyShape(other, costs);
      std::vector<size_t> hidden;
      for (size_t i = 0; i < other.cell_count(); ++i) {
        if (i != cell && other.statuses()[i] == CellStatus::kHidden) hidden.push_back(i);
      }
      EXPECT_LE(CostOf(costs, *company), CostOf(costs, hidden)) << seed << " " << cell;
      ++compared;
    }
  }
  EXPECT_GT(compared, 120U);
}

// The smallest instance, by every subset: two classes of two, two kinds.
TEST(StarOfClasses, IsTheLeastOfAllSubsetsOfASmallTree) {
  const Schema schema({{"kind", {"x", "y"}},
                       {"municipality", {"A", "B", "C", "D"}, "sizeClass", {0, 0, 1, 1}},
                       {"sizeClass", {"p", "q"}}});
  LinkedTables tables("persons", schema, {{"mk", 7}, {"ck", 5}, {"k", 1}});
  const Star star(tables);
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    std::vector<uint64_t> costs;
    for (size_t cell = 0; cell < tables.cell_count(); ++cell)
      costs.push_back(1 + Mix(seed * 31 + cell) % 40);
    for (const size_t cell : {size_t{0}, size_t{6}, size_t{9}, size_t{12}}) {
      uint64_t least = UINT64_MAX;
      for (uint64_t subset = 0; subset < uint64_t{1} << tables.cell_count(); ++subset) {
        if ((subset >> cell & 1U) != 0 || __builtin_popcountll(subset) > 5) continue;
        std::vector<size_t> company;
        for (size_t i = 0; i < tables.cell_count(); ++i) {
          if ((subset >> i & 1U) != 0) company.push_back(i);
        }
        if (CostOf(costs, company) < least && Protects(tables, cell, company)) {
          least = CostOf(costs, company);
        }
      }
      const auto company = star.CheapestCompany(cell, costs);
      ASSERT_TRUE(company);
      EXPECT_EQ(CostOf(costs, *company), least) << seed << " " << cell;
    }
  }
}

TEST(StarOfClasses, AClassIsNoSpokeOfItsOwn) {
  // The mutant: classes as an attribute beside municipalities. Its company hides nothing.
  const LinkedTables tables = Random(3, 6, 0b11111);
  std::vector<table::Dimension> dimensions = tables.schema().dimensions();
  dimensions[1].grouped_by.clear();
  dimensions[1].groups.clear();
  std::vector<table::TableShape> shapes;
  for (table::TableShape shape : tables.tables()) {
    if ((shape.attributes & 2U) != 0) shape.attributes &= ~AttributeSet{4};
    shapes.push_back(shape);
  }
  const LinkedTables careless("persons", Schema(dimensions), shapes);
  ASSERT_EQ(careless.cell_count(), tables.cell_count());
  const std::vector<uint64_t> costs = CostsOf(tables);
  size_t given_away = 0;
  for (size_t cell = 0; cell < tables.FirstCell(1); ++cell) {
    given_away += !Protects(tables, cell, Star(careless).CheapestCompany(cell, costs).value());
  }
  EXPECT_GT(given_away, 5U);
}

TEST(SuppressWithClasses, NoHiddenCellIsDeterminedAndNothingIsHiddenInVain) {
  size_t hidden = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    LinkedTables tables = Random(seed, 6 + seed % 6, Mix(seed * 7) | 2);
    std::vector<LinkedTables> measures = {tables};
    try {
      Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), tests::SchoolYear(),
               tests::Delivered(tests::Towns(11)), {});
    } catch (const base::ProblemError& error) {
      ASSERT_EQ(error.code(), "cannot-protect");
      continue;
    }
    EXPECT_THAT(DeterminedCells(measures.front()), IsEmpty()) << seed;
    LinkedTables by_rule = tables;
    HideUnder(by_rule, 5);
    for (const size_t cell : DispensableCells(measures.front())) {
      EXPECT_EQ(by_rule.statuses()[cell], CellStatus::kHidden) << seed << " " << cell;
    }
    hidden +=
        static_cast<size_t>(std::count(measures.front().statuses().begin(),
                                       measures.front().statuses().end(), CellStatus::kHidden));
  }
  EXPECT_GT(hidden, 200U);
}

TEST(SuppressWithClasses, TheRulesKnowClasses) {
  LinkedTables tables = Random(5, 6);
  for (int64_t& value : tables.values()) value *= 30;
  const auto& groups = tables.schema().dimensions()[1].groups;
  auto members = tests::Delivered(tests::Towns(6));
  for (size_t i = 0; i < members.size(); ++i) {
    if (groups[i] == 0) members[i].delivered = false;
    if (groups[i] == 1) members[i].conversion = true;
  }
  std::vector<LinkedTables> measures = {tables};
  Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), tests::SchoolYear(), members,
           {});
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const AttributeSet set = tables.tables()[t].attributes;
    if ((set & 2U) != 0 || (set & 4U) == 0) continue;
    for (size_t cell = 0; cell < tables.schema().CellCount(set); ++cell) {
      const CellStatus status = measures.front().statuses()[tables.Number(t, cell)];
      const bool nobody = tables.schema().Project(set, cell, 4) == 0;
      EXPECT_EQ(status == CellStatus::kMissingDelivery, nobody) << t << " " << cell;
      EXPECT_NE(status, CellStatus::kBreak) << "a total is left out of, not broken";
    }
  }
}

TEST(SuppressWithClasses, ATreeWithoutAKindIsProtectedToo) {
  const Schema schema({{"municipality", {"A", "B", "C", "D"}, "sizeClass", {0, 0, 1, 1}},
                       {"sizeClass", {"p", "q"}}});
  LinkedTables tables("persons.pupils", schema, {{"m", 3}, {"c", 2}, {"total", 0}});
  EXPECT_FALSE(Star::Fits(tables));
  tables.values() = {2, 40, 50, 60, 42, 110, 152};
  tables.statuses()[0] = CellStatus::kHidden;
  ProtectAnyShape(tables, {2, 40, 50, 60, 1000, 1000, 5000});
  EXPECT_EQ(tables.statuses()[1], CellStatus::kHidden);
  EXPECT_THAT(DeterminedCells(tables), IsEmpty());
}

}  // namespace
}  // namespace polder::stats::suppress
