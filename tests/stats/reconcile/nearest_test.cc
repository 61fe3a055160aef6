// Whole numbers for tables of any shape add up, and none that add up come nearer.
#include "stats/reconcile/nearest.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "stats/noise/psi.h"
#include "stats/reconcile/reconcile.h"
#include "stats/reconcile/star_rounding.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;
using testing_support::Mix;

table::Dimension Codes(const std::string& name, size_t codes) {
  table::Dimension dimension{name, {}};
  for (size_t c = 0; c < codes; ++c) dimension.codes.push_back(std::to_string(c));
  return dimension;
}

Schema Plain(const std::vector<size_t>& sizes) {
  std::vector<table::Dimension> dimensions;
  for (size_t i = 0; i < sizes.size(); ++i) {
    dimensions.push_back(Codes("d" + std::to_string(i), sizes[i]));
  }
  return Schema(dimensions);
}

using Tables = std::map<AttributeSet, std::vector<Rational>>;

// Every marginal of a cross.
Tables MarginalsOf(const Schema& schema, const std::vector<Rational>& cross) {
  const AttributeSet all = (AttributeSet{1} << schema.size()) - 1;
  Tables tables;
  for (AttributeSet set = 0; set <= all; ++set) {
    std::vector<Rational>& sums = tables[set];
    sums.resize(schema.CellCount(set));
    for (size_t cell = 0; cell < cross.size(); ++cell) {
      sums[schema.Project(all, cell, set)] += cross[cell];
    }
  }
  return tables;
}

Tables RandomTables(const Schema& schema, uint64_t seed, uint64_t denominator) {
  std::vector<Rational> cross(schema.CellCount((AttributeSet{1} << schema.size()) - 1));
  for (size_t cell = 0; cell < cross.size(); ++cell) {
    const auto above = static_cast<long>(Mix(seed * 1009 + cell) % (9 * denominator));
    cross[cell] = Rational(above, denominator) - 3;
    cross[cell].canonicalize();
  }
  return MarginalsOf(schema, cross);
}

NearestWholes Find(const Schema& schema, const std::vector<AttributeSet>& sets,
                   const Tables& tables, Aim aim = Aim::kLeast, const NearestLimits& limits = {}) {
  return FindNearest(
      schema, sets, [&](AttributeSet set) { return tables.at(set); }, aim, limits);
}

Rational LargestDistance(const std::vector<Integer>& wholes, const std::vector<Rational>& exact) {
  Rational largest = 0;
  for (size_t cell = 0; cell < exact.size(); ++cell) {
    largest = std::max(largest, Rational(abs(Rational(wholes[cell] - exact[cell]))));
  }
  return largest;
}

// The least largest deviation among all whole crosses whose cells lie within 2 of the estimates.
Rational LeastByTryingAll(const Schema& schema, const Tables& tables) {
  const AttributeSet all = (AttributeSet{1} << schema.size()) - 1;
  const std::vector<Rational>& cross = tables.at(all);
  std::optional<Rational> least;
  for (size_t choice = 0; choice < size_t{1} << (2 * cross.size()); ++choice) {
    std::map<AttributeSet, std::vector<Integer>> sums;
    Rational largest = 0;
    for (AttributeSet set = 0; set <= all && (!least || largest < *least); ++set) {
      std::vector<Integer> wholes(schema.CellCount(set));
      for (size_t cell = 0; cell < cross.size(); ++cell) {
        const auto step = static_cast<long>(choice >> (2 * cell) & 3) - 1;
        wholes[schema.Project(all, cell, set)] += base::Floor(cross[cell]) + step;
      }
      largest = std::max(largest, LargestDistance(wholes, tables.at(set)));
    }
    if (!least || largest < *least) least = largest;
  }
  return *least;
}

// Whether some choice of floors and ceilings makes all tables agree on everything they share.
bool WithinOneByTryingAll(const Schema& schema, const std::vector<AttributeSet>& sets,
                          const Tables& tables) {
  std::vector<std::pair<AttributeSet, size_t>> open;  // cells with a choice
  std::map<AttributeSet, std::vector<Integer>> wholes;
  for (const AttributeSet set : sets) {
    for (size_t cell = 0; cell < tables.at(set).size(); ++cell) {
      wholes[set].push_back(base::Floor(tables.at(set)[cell]));
      if (tables.at(set)[cell] != wholes[set].back()) open.emplace_back(set, cell);
    }
  }
  for (size_t choice = 0; choice < size_t{1} << open.size(); ++choice) {
    auto tried = wholes;
    for (size_t i = 0; i < open.size(); ++i) {
      if ((choice >> i & 1) != 0) tried[open[i].first][open[i].second] += 1;
    }
    bool agree = true;
    for (const AttributeSet a : sets) {
      for (const AttributeSet b : sets) {
        std::vector<Integer> left(schema.CellCount(a & b)), right(schema.CellCount(a & b));
        for (size_t cell = 0; cell < tried[a].size(); ++cell) {
          left[schema.Project(a, cell, a & b)] += tried[a][cell];
        }
        for (size_t cell = 0; cell < tried[b].size(); ++cell) {
          right[schema.Project(b, cell, a & b)] += tried[b][cell];
        }
        agree = agree && left == right;
      }
    }
    if (agree) return true;
  }
  return false;
}

TEST(Nearest, IsTheLeastDeviationOfAllWholeCubesThatThereAre) {
  const Schema schema = Plain({2, 2, 2});
  const std::vector<AttributeSet> sets = {0, 1, 2, 4, 3, 5, 6, 7};
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const Tables tables = RandomTables(schema, seed, 2 + seed % 5 * 7);
    const NearestWholes nearest = Find(schema, sets, tables);
    EXPECT_EQ(nearest.deviation, LeastByTryingAll(schema, tables)) << seed;
    EXPECT_EQ(nearest.at_least, nearest.deviation);
  }
}

// Half a count in every other corner of a cube: the totals by each attribute are whole, and no
// two corners have them. Nothing under 1 adds up, and 1 does.
TEST(Nearest, SaysOneWhereNothingUnderOneAddsUp) {
  const Schema schema = Plain({2, 2, 2});
  std::vector<Rational> cross(8, 0);
  for (const size_t even : {0U, 3U, 5U, 6U}) cross[even] = Rational(1, 2);
  const Tables tables = MarginalsOf(schema, cross);
  const NearestWholes nearest = Find(schema, {0, 1, 2, 4, 3, 5, 6, 7}, tables);
  EXPECT_EQ(nearest.deviation, 1);
  EXPECT_EQ(nearest.at_least, 1);
  EXPECT_EQ(LeastByTryingAll(schema, tables), 1);
}

// Three tables around a cycle, and a star with three published spokes: whether floors and ceilings
// suffice is tried out, and the search says the same.
TEST(Nearest, IsUnderOneExactlyWhenSomeFloorsAndCeilingsAgree) {
  struct Case {
    std::vector<size_t> sizes;
    std::vector<AttributeSet> sets;
  };
  int within = 0, beyond = 0;
  for (const Case& shape : {Case{{2, 2, 2}, {3, 5, 6}}, Case{{2, 2, 2}, {0, 1, 2, 3, 5, 6}},
                            Case{{2, 2, 2}, {0, 2, 4, 3, 5}}}) {
    const Schema schema = Plain(shape.sizes);
    for (uint64_t seed = 0; seed < 24; ++seed) {
      const Tables tables = RandomTables(schema, 100 + seed, 2 + seed % 2);
      const bool exists = WithinOneByTryingAll(schema, shape.sets, tables);
      const NearestWholes least = Find(schema, shape.sets, tables);
      EXPECT_EQ(least.deviation < 1, exists) << seed;
      EXPECT_EQ(least.at_least, least.deviation);
      EXPECT_EQ(Find(schema, shape.sets, tables, Aim::kBelowOne).deviation < 1, exists);
      (exists ? within : beyond)++;
    }
  }
  EXPECT_GT(within, 30);
  EXPECT_GT(beyond, 0);
}

TEST(Nearest, TwoWayTablesAndChainsOfThemAreWithinOne) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Schema two = Plain({2 + seed % 4, 3 + seed % 5});
    EXPECT_LT(Find(two, {0, 1, 2, 3}, RandomTables(two, seed, 3 + seed % 50)).deviation, 1);
    const Schema chain = Plain({3, 2 + seed % 3, 4, 2});
    const Tables tables = RandomTables(chain, seed, 3 + seed % 50);
    const NearestWholes nearest = Find(chain, {0, 1, 2, 4, 8, 3, 6, 12}, tables);
    EXPECT_LT(nearest.deviation, 1);
    EXPECT_EQ(nearest.at_least, nearest.deviation);
  }
}

TEST(Nearest, WithoutEffortItStillAddsUpAndSaysWhatIsProven) {
  const Schema schema = Plain({4, 3, 3});
  const std::vector<AttributeSet> sets = {0, 1, 2, 4, 3, 5, 6, 7};
  const Tables tables = RandomTables(schema, 5, 101);
  NearestLimits limits;
  limits.effort = 0;
  const NearestWholes nearest = Find(schema, sets, tables, Aim::kLeast, limits);
  const NearestWholes best = Find(schema, sets, tables);
  EXPECT_GT(nearest.deviation, best.deviation);
  EXPECT_LT(nearest.at_least, best.deviation);
  Rational largest = 0;
  for (const AttributeSet set : sets) {
    largest = std::max(largest, LargestDistance(nearest.wholes.at(set), tables.at(set)));
  }
  EXPECT_EQ(largest, nearest.deviation);
  limits.cells = 20;
  EXPECT_THROW(Find(schema, sets, tables, Aim::kLeast, limits), base::ProblemError);
  limits = {};
  limits.coefficients = 20;
  EXPECT_THROW(Find(schema, sets, tables, Aim::kLeast, limits), base::ProblemError);
}

// --- From noisy answers

noise::Plan PlanOf(const Schema& schema, const std::vector<AttributeSet>& sets,
                   const Rational& rho) {
  noise::PlanRequest request;
  request.measure = "persons";
  request.schema = schema;
  for (const AttributeSet set : sets) request.tables.push_back({{std::to_string(set), set}, 1});
  request.rho = rho;
  return noise::Plan::Make(request);
}

noise::NoisyAnswers Draw(const noise::Plan& plan, uint64_t seed) {
  const Schema& schema = plan.request().schema;
  std::vector<size_t> sizes;
  for (const size_t i : schema.Base()) sizes.push_back(schema.dimensions()[i].codes.size());
  tabulate::Cube cube(sizes);
  for (size_t i = 0; i < 40; ++i) {
    std::vector<size_t> place;
    for (const size_t size : sizes) place.push_back(Mix(seed * 64 + i + place.size() * 977) % size);
    cube.Add(place, 1);
  }
  return noise::NoisyAnswers::Measure(
      cube, plan, noise::Noise::Draw(plan, testing_support::SeededSource(seed)));
}

// Municipalities in classes, crossed with kinds and ages, and kinds with ages: no star. A thousand
// draws: every equation holds exactly before and after rounding, no value is further from its
// estimate than stated, and nothing could be nearer.
TEST(Reconcile, HierarchicalTablesThatAreNoStarAgreeExactly) {
  table::Dimension town = Codes("municipality", 5);
  town.grouped_by = "class";
  town.groups = {0, 1, 0, 1, 1};
  const Schema schema({town, Codes("class", 2), Codes("kind", 3), Codes("age", 2)});
  std::vector<AttributeSet> sets;
  for (AttributeSet set = 0; set < 16; ++set) {
    if (schema.IsClosed(set) && schema.Members(set).size() <= 2) sets.push_back(set);
  }
  const noise::Plan plan = PlanOf(schema, sets, Rational(1, 8));
  Rational largest = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const noise::NoisyAnswers answers = Draw(plan, seed);
    const auto exact = Estimates(answers, plan, sets);
    const table::LinkedTables tables = Reconcile(answers, plan);
    ASSERT_TRUE(tables.AddsUp()) << seed;
    for (const table::Equation& equation : tables.Equations()) {
      const auto estimate = [&](size_t cell) {
        const size_t t = tables.TableOf(cell);
        return exact[t][cell - tables.FirstCell(t)];
      };
      Rational sum = 0;
      for (const size_t part : equation.parts) sum += estimate(part);
      ASSERT_EQ(sum, estimate(equation.total)) << seed;
    }
    Rational deviation = 0;
    for (size_t t = 0; t < sets.size(); ++t) {
      std::vector<Integer> wholes;
      for (size_t cell = 0; cell < exact[t].size(); ++cell) {
        wholes.push_back(base::ToInteger(tables.values()[tables.Number(t, cell)]));
      }
      deviation = std::max(deviation, LargestDistance(wholes, exact[t]));
    }
    ASSERT_EQ(deviation, tables.rounding_deviation) << seed;
    ASSERT_EQ(tables.rounding_at_least, tables.rounding_deviation) << seed;
    largest = std::max(largest, deviation);
  }
  EXPECT_LT(largest, 1);
}

TEST(Reconcile, ATwoWayTableIsAlwaysWithinOne) {
  const Schema schema = Plain({3, 2});
  const noise::Plan plan = PlanOf(schema, {0, 1, 2, 3}, Rational(1, 6));
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const table::LinkedTables tables = Reconcile(Draw(plan, seed), plan);
    ASSERT_TRUE(tables.AddsUp());
    ASSERT_LT(tables.rounding_deviation, 1) << seed;
    ASSERT_LE(tables.rounding_at_least, tables.rounding_deviation);
  }
}

// Halves in two columns, one in each row. The quick rounding of a star fixes the row totals before
// it looks at the columns, both to the rows of the first column, and then a cell is 1 off.
TEST(Reconcile, ATwoWayTableIsWithinOneWhereTheQuickRoundingIsNot) {
  const Schema schema = Plain({4, 4});
  const std::vector<AttributeSet> sets = {0, 1, 2, 3};
  std::vector<int64_t> doubled(16, 0);
  for (const size_t cell : {0U, 4U, 9U, 13U}) doubled[cell] = 1;
  const Tables exact = MarginalsOf(schema, [&] {
    std::vector<Rational> cross;
    for (const int64_t half : doubled) cross.push_back(base::ToInteger(half) / Rational(2));
    return cross;
  }());
  const ExactTable lookup = [&](AttributeSet set) -> const std::vector<Rational>& {
    return exact.at(set);
  };
  StarRounding quick(schema, sets, lookup);
  EXPECT_EQ(LargestDistance(quick.Rounded(3), exact.at(3)), 1);

  const noise::Plan plan = PlanOf(schema, sets, Rational(1, 6));
  base::Json residuals = base::Json::array();
  for (const table::MeasuredResidual& residual : plan.residuals()) {
    std::vector<int64_t> sums(schema.CellCount(residual.attributes), 0);
    for (size_t cell = 0; cell < doubled.size(); ++cell) {
      sums[schema.Project(3, cell, residual.attributes)] += doubled[cell];
    }
    noise::ApplyPsi(sums, noise::AxesOf(schema, residual.attributes));
    for (int64_t& sum : sums) sum /= 2;
    residuals.push_back(sums);
  }
  const auto answers = noise::NoisyAnswers::FromJson(
      {{"format", "polder-answers-1"}, {"residuals", residuals}}, plan);
  for (const AttributeSet set : sets) ASSERT_EQ(Estimate(answers, plan, set), exact.at(set));
  const table::LinkedTables tables = Reconcile(answers, plan);
  EXPECT_TRUE(tables.AddsUp());
  EXPECT_EQ(tables.rounding_deviation, Rational(1, 2));
}

}  // namespace
}  // namespace polder::stats::reconcile
