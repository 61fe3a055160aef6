#include "stats/suppress/suppress.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/suppress/determined.h"
#include "tests/support/example_tables.h"

namespace polder::stats::suppress {
namespace {

using table::CellStatus;
using table::LinkedTables;
using tests::Example;

LinkedTables Suppressed(const Example& example, std::vector<table::Member> members = {},
                        const base::Period& period = tests::SchoolYear()) {
  std::vector<LinkedTables> measures = {tests::RandomTables(example)};
  if (members.empty()) members = tests::Delivered(tests::Towns(example.towns));
  Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), period, members, {});
  return measures.front();
}

size_t CellOf(const LinkedTables& tables, const std::string& id, const std::vector<size_t>& place) {
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    if (tables.tables()[t].id != id) continue;
    return tables.Number(t, tables.schema().CellAt(tables.tables()[t].attributes, place));
  }
  throw std::out_of_range(id);
}

size_t CountStatus(const LinkedTables& tables, CellStatus status) {
  return static_cast<size_t>(
      std::count(tables.statuses().begin(), tables.statuses().end(), status));
}

TEST(ComplementarySuppression, NoHiddenCellIsDetermined) {
  size_t hidden = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Example example;
    example.seed = seed;
    example.towns = 2 + seed % 12;
    example.scale = seed % 3 == 0 ? 0.2 : 1;
    example.margins = seed % 5 != 0;
    example.spokes = seed % 4 != 0;
    const LinkedTables tables = Suppressed(example);
    EXPECT_THAT(DeterminedCells(tables), ::testing::IsEmpty()) << seed;
    hidden += CountStatus(tables, CellStatus::kHidden);
  }
  EXPECT_GT(hidden, 500U);
}

TEST(ComplementarySuppression, WithoutItHiddenCellsWouldBeDetermined) {
  // The rules alone: a single cell under the threshold in its row and column.
  LinkedTables tables = tests::RandomTables({});
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    tables.statuses()[cell] = tables.values()[cell] < 5 ? CellStatus::kHidden : CellStatus::kValue;
  }
  EXPECT_FALSE(DeterminedCells(tables).empty());
}

// A single town under the threshold needs company: the region's figure stays, and at most one town
// more, the smallest that is left, goes without a number.
TEST(ComplementarySuppression, KeepsTheRegionsMainFiguresAndGivesUpTheSmallestTownAtMost) {
  int company = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Example example;
    example.seed = seed;
    example.scale = seed % 2 == 0 ? 0.25 : 0.6;  // many absolute figures under the threshold
    const LinkedTables tables = Suppressed(example);
    for (size_t kind = 0; kind < 2; ++kind) {  // absolute, relative
      EXPECT_TRUE(table::HasNumber(tables.statuses()[CellOf(tables, "kind", {kind})])) << seed;
      std::vector<int64_t> shown;
      std::vector<int64_t> given_up;
      size_t small = 0;
      for (size_t town = 0; town < example.towns; ++town) {
        const size_t cell = CellOf(tables, "municipality-kind", {kind, town});
        const int64_t value = tables.values()[cell];
        const bool number = table::HasNumber(tables.statuses()[cell]);
        if (value < 5) {
          EXPECT_FALSE(number);
          ++small;
        } else {
          (number ? shown : given_up).push_back(value);
        }
      }
      EXPECT_EQ(given_up.size(), small == 1 ? 1U : 0U) << seed << " " << kind;
      if (given_up.size() == 1 && !shown.empty()) {
        EXPECT_LE(given_up[0], *std::min_element(shown.begin(), shown.end()));
        ++company;
      }
    }
  }
  EXPECT_GT(company, 0);
}

TEST(ComplementarySuppression, KeepsTotalsWhenDetailCellsSuffice) {
  // Plenty of small kinds to hide behind: totals of the region and of municipalities stay.
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Example example;
    example.seed = seed;
    const LinkedTables tables = Suppressed(example);
    EXPECT_TRUE(table::HasNumber(tables.statuses()[CellOf(tables, "total", {})])) << seed;
    for (size_t town = 0; town < example.towns; ++town) {
      EXPECT_TRUE(table::HasNumber(tables.statuses()[CellOf(tables, "municipality", {town})]));
    }
  }
}

TEST(ComplementarySuppression, IsDeterministic) {
  Example example;
  example.scale = 0.3;
  EXPECT_EQ(Suppressed(example).statuses(), Suppressed(example).statuses());
}

TEST(ComplementarySuppression, ADependentPairIsHiddenTogether) {
  // One town: its cell is the kind's total, so both must be hidden.
  Example example;
  example.towns = 1;
  const LinkedTables tables = Suppressed(example);
  for (size_t kind = 0; kind < 8; ++kind) {
    const size_t detail = CellOf(tables, "municipality-kind", {kind, 0});
    if (tables.statuses()[detail] != CellStatus::kHidden) continue;
    EXPECT_EQ(tables.statuses()[CellOf(tables, "kind", {kind})], CellStatus::kHidden);
  }
}

TEST(ComplementarySuppression, AKindsTotalIsHiddenWhenItsOtherTownsAreKnownToBeEmpty) {
  // Only one town delivered: its cell is the kind's total, and goes with it.
  const table::Schema schema(
      {{"kind", {"absolute", "other"}}, {"municipality", {"GM0148", "GM0160"}}});
  LinkedTables tables("persons", schema, {{"municipality-kind", 3}, {"kind", 1}});
  for (const table::AttributeSet set : table::Closure({3})) tables.residuals().push_back({set, 1});
  tables.values() = {2, 0, 30, 0, 2, 30};
  std::vector<LinkedTables> measures = {tables};
  Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), tests::SchoolYear(),
           {{"GM0148", true, false}, {"GM0160", false, false}}, {});
  EXPECT_EQ(measures[0].statuses()[0], CellStatus::kHidden);
  EXPECT_EQ(measures[0].statuses()[4], CellStatus::kHidden);
}

TEST(ComplementarySuppression, SaysSoWhenNothingCanBeSafe) {
  // Nobody delivered, so every municipal count is nought by a public fact, and with it the
  // region's.
  auto members = tests::Delivered(tests::Towns(3));
  for (auto& member : members) member.delivered = false;
  Example example;
  example.towns = 3;
  example.scale = 0.01;
  try {
    Suppressed(example, members);
    FAIL() << "found a pattern";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "cannot-protect");
  }
}

TEST(ComplementarySuppression, TablesThatAreNoStarAreProtectedToo) {
  const table::Schema schema({{"kind", {"absolute", "other"}},
                              {"municipality", {"GM0148", "GM0160"}},
                              {"group", {"none", "unknown"}}});
  LinkedTables tables("persons", schema, {{"municipality-group", 6}, {"municipality", 2}});
  for (const table::AttributeSet set : table::Closure({6})) tables.residuals().push_back({set, 1});
  tables.values() = {2, 30, 40, 50, 32, 90};
  std::vector<LinkedTables> measures = {tables};
  Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), tests::SchoolYear(),
           tests::Delivered({"GM0148", "GM0160"}), {});
  EXPECT_THAT(DeterminedCells(measures[0]), ::testing::IsEmpty());
  EXPECT_EQ(measures[0].statuses()[0], CellStatus::kHidden);
  EXPECT_EQ(measures[0].statuses()[1], CellStatus::kHidden);  // cheaper than the total
  EXPECT_EQ(CountStatus(measures[0], CellStatus::kHidden), 2U);
}

TEST(CellRules, RegionOnlyKindsAreHiddenInEveryMunicipalTable) {
  Example example;
  example.scale = 40;  // far over every threshold
  const LinkedTables tables = Suppressed(example);
  const size_t other = 6;  // exemptionOther
  for (size_t town = 0; town < example.towns; ++town) {
    EXPECT_EQ(tables.statuses()[CellOf(tables, "municipality-kind", {other, town})],
              CellStatus::kHidden);
  }
  EXPECT_TRUE(table::HasNumber(tables.statuses()[CellOf(tables, "kind", {other})]));
}

TEST(CellRules, SensitiveKindsHaveTheirOwnThreshold) {
  LinkedTables tables = tests::RandomTables({});
  const size_t health = CellOf(tables, "municipality-kind", {5, 0});
  const size_t absolute = CellOf(tables, "municipality-kind", {0, 0});
  for (const int64_t value : {4, 5, 9, 10}) {
    LinkedTables changed = tables;
    // Keeps every table adding up: what is put in one town is taken from another.
    const auto set = [&](size_t cell, size_t other) {
      changed.values()[other] += changed.values()[cell] - value;
      changed.values()[cell] = value;
    };
    set(health, CellOf(tables, "municipality-kind", {5, 1}));
    set(absolute, CellOf(tables, "municipality-kind", {0, 1}));
    std::vector<LinkedTables> measures = {changed};
    Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), tests::SchoolYear(),
             tests::Delivered(tests::Towns(11)), {});
    EXPECT_EQ(table::HasNumber(measures[0].statuses()[absolute]), value >= 5) << value;
    if (value < 10) {
      EXPECT_EQ(measures[0].statuses()[health], CellStatus::kHidden) << value;
    }
  }
}

TEST(CellRules, AMissingDeliveryIsSaidAndCarriesNoNumber) {
  auto members = tests::Delivered(tests::Towns(11));
  members[3].delivered = false;
  Example example;
  example.scale = 5;
  const LinkedTables tables = Suppressed(example, members);
  for (size_t kind = 0; kind < 8; ++kind) {
    EXPECT_EQ(tables.statuses()[CellOf(tables, "municipality-kind", {kind, 3})],
              CellStatus::kMissingDelivery);
  }
  EXPECT_EQ(tables.statuses()[CellOf(tables, "municipality", {3})], CellStatus::kMissingDelivery);
}

TEST(CellRules, ADeclaredConversionBreaksTheMunicipalSeriesOnly) {
  auto members = tests::Delivered(tests::Towns(11));
  members[2].conversion = true;
  Example example;
  example.scale = 5;
  const LinkedTables tables = Suppressed(example, members);
  EXPECT_EQ(tables.statuses()[CellOf(tables, "municipality-kind", {1, 2})], CellStatus::kBreak);
  EXPECT_EQ(tables.statuses()[CellOf(tables, "municipality-kind", {1, 1})], CellStatus::kValue);
  EXPECT_EQ(tables.statuses()[CellOf(tables, "kind", {1})], CellStatus::kValue);
}

TEST(CellRules, WhatTheLawExcludesIsNotApplicable) {
  // Nobody under 18 has a case of absence 18+.
  const LinkedTables tables = Suppressed({});
  const size_t adult = 4;
  EXPECT_EQ(tables.statuses()[CellOf(tables, "kind-ageBand", {adult, 0})],
            CellStatus::kNotApplicable);
  EXPECT_NE(tables.statuses()[CellOf(tables, "kind-ageBand", {adult, 3})],
            CellStatus::kNotApplicable);
  // The group of displaced Ukrainians began on 24 February 2022.
  const LinkedTables before = Suppressed({}, {}, tests::SchoolYear(2020));
  EXPECT_EQ(before.statuses()[CellOf(before, "kind-group", {1, 0})], CellStatus::kNotApplicable);
}

TEST(CellRules, AWideIntervalIsImprecise) {
  Example example;
  example.scale = 3;
  example.spokes = false;
  LinkedTables tables = tests::RandomTables(example);
  std::vector<LinkedTables> measures = {tables};
  Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), tests::SchoolYear(),
           tests::Delivered(tests::Towns(11)), {});
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    const CellStatus status = measures[0].statuses()[cell];
    if (!table::HasNumber(status)) continue;
    const double sd = std::sqrt(tables.Variance(tables.TableOf(cell)).get_d());
    const double width = std::ceil(1.96 * sd + 0.9 - 1);
    EXPECT_EQ(status == CellStatus::kImprecise,
              width > 0.5 * static_cast<double>(tables.values()[cell]));
  }
}

TEST(ComplementarySuppression, AWholeCountryTakesSeconds) {
  Example example;
  example.towns = 342;
  example.scale = 0.5;
  const auto begin = std::chrono::steady_clock::now();
  const LinkedTables tables = Suppressed(example);
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_THAT(DeterminedCells(tables), ::testing::IsEmpty());
  EXPECT_LT(seconds, 30);
}

}  // namespace
}  // namespace polder::stats::suppress
