// Whole numbers by descent: they add up at any size, and come under 1.
#include "stats/reconcile/descent.h"

#include <algorithm>
#include <bit>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/reconcile/estimate.h"
#include "stats/reconcile/nearest.h"
#include "stats/reconcile/reconcile.h"
#include "tests/stats/noise/requests.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;
using testing_support::Mix;

// The cells of all tables up to `most` attributes, every marginal of one cross of fractions.
struct Marginals {
  std::vector<AttributeSet> sets;
  std::map<AttributeSet, std::vector<Rational>> exact;

  Marginals(const Schema& schema, size_t most, uint64_t seed, long denominator) {
    const AttributeSet all = table::WholeSet(schema);
    const AttributeSet whole = schema.Closed(all);
    std::vector<Rational> cross(schema.CellCount(whole));
    for (size_t cell = 0; cell < cross.size(); ++cell) {
      const auto above = static_cast<long>(Mix(seed * 7919 + cell) % 9);
      cross[cell] = Rational(above * denominator + static_cast<long>(Mix(seed + cell) % 997) - 400,
                             denominator);
      cross[cell].canonicalize();
    }
    for (AttributeSet set = 0; set <= whole; ++set) {
      if (!schema.IsClosed(set) || schema.Members(set).size() > most) continue;
      sets.push_back(set);
      std::vector<Rational>& sums = exact[set];
      sums.resize(schema.CellCount(set));
      for (size_t cell = 0; cell < cross.size(); ++cell) {
        sums[schema.Project(whole, cell, set)] += cross[cell];
      }
    }
  }
};

struct Outcome {
  std::map<AttributeSet, std::vector<Integer>> wholes;
  Rational deviation = 0;
  bool adds_up = true;
};

Outcome Descended(const Schema& schema, const Marginals& of, uint64_t effort = kDescentEffort) {
  Outcome outcome;
  outcome.wholes = Descend(
      schema, of.sets,
      [&](AttributeSet set) -> const std::vector<Rational>& { return of.exact.at(set); }, effort);
  for (const AttributeSet set : of.sets) {
    for (size_t cell = 0; cell < of.exact.at(set).size(); ++cell) {
      outcome.deviation =
          std::max(outcome.deviation,
                   Rational(abs(Rational(outcome.wholes.at(set)[cell] - of.exact.at(set)[cell]))));
    }
    for (const AttributeSet coarser : of.sets) {
      if ((coarser & ~set) != 0) continue;
      std::vector<Integer> sums(schema.CellCount(coarser));
      for (size_t cell = 0; cell < of.exact.at(set).size(); ++cell) {
        sums[schema.Project(set, cell, coarser)] += outcome.wholes.at(set)[cell];
      }
      outcome.adds_up = outcome.adds_up && sums == outcome.wholes.at(coarser);
    }
  }
  return outcome;
}

Schema WithClasses() {
  std::vector<table::Dimension> dimensions = testing_support::SchemaOf({17, 3, 4, 3}).dimensions();
  dimensions[0].grouped_by = "d1";
  for (size_t code = 0; code < 17; ++code) dimensions[0].groups.push_back(code * code % 3 % 3);
  for (size_t code = 0; code < 3; ++code) dimensions[0].groups[code] = code;
  return Schema(dimensions);
}

TEST(Descent, TablesOfUpToThreeAttributesAddUpAndComeUnderOne) {
  const Schema schema = testing_support::SchemaOf({40, 5, 4, 3, 6});
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const Outcome outcome =
        Descended(schema, Marginals(schema, 3, seed, 64 + 37 * static_cast<long>(seed)));
    EXPECT_TRUE(outcome.adds_up);
    EXPECT_LT(outcome.deviation, 1) << seed;
  }
}

TEST(Descent, ClassesAddUpLikeEveryOtherTotal) {
  const Schema schema = WithClasses();
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const Outcome outcome = Descended(schema, Marginals(schema, 2, seed, 720));
    EXPECT_TRUE(outcome.adds_up);
    EXPECT_LT(outcome.deviation, 1) << seed;
  }
}

// The exact search knows the least deviation there is: the descent is never under it, and close.
TEST(Descent, IsNeverNearerThanTheNearestAndSeldomFar) {
  const Schema schema = testing_support::SchemaOf({3, 3, 2});
  double excess = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Marginals of(schema, 3, seed, 101);
    const Outcome outcome = Descended(schema, of, 2'000'000);
    const NearestWholes nearest = FindNearest(
        schema, of.sets, [&](AttributeSet set) { return of.exact.at(set); }, Aim::kLeast);
    ASSERT_EQ(nearest.at_least, nearest.deviation);
    EXPECT_TRUE(outcome.adds_up);
    EXPECT_GE(outcome.deviation, nearest.deviation);
    excess += Rational(outcome.deviation - nearest.deviation).get_d() / 20;
  }
  std::printf("on average %.3f further than the nearest\n", excess);
  EXPECT_LT(excess, 0.1);
}

TEST(Descent, WithoutEffortItStillAddsUp) {
  const Schema schema = testing_support::SchemaOf({30, 5, 4});
  const Marginals of(schema, 3, 3, 360);
  const Outcome none = Descended(schema, of, 0);
  EXPECT_TRUE(none.adds_up);
  EXPECT_GT(none.deviation, 1);
  EXPECT_LT(Descended(schema, of).deviation, 1);
}

TEST(Descent, IsTheSameEveryTime) {
  const Schema schema = testing_support::SchemaOf({30, 5, 4});
  const Marginals of(schema, 3, 4, 360);
  EXPECT_EQ(Descended(schema, of, 3'000'000).wholes, Descended(schema, of, 3'000'000).wholes);
}

TEST(Descent, TablesOfWhichTheTotalsAreNotPublishedComeUnderOneToo) {
  const Schema schema = testing_support::SchemaOf({30, 6, 5});
  Marginals of(schema, 2, 5, 360);
  of.sets = {3, 5, 6};
  const Outcome outcome = Descended(schema, of);
  EXPECT_LT(outcome.deviation, 1);
}

TEST(Descent, EstimatesThatAreTooLargeAreRefused) {
  const Schema schema = testing_support::SchemaOf({2});
  const std::vector<Rational> exact = {Rational(Integer(1) << 39)};
  EXPECT_THROW(
      Descend(schema, {0}, [&](AttributeSet) -> const std::vector<Rational>& { return exact; }),
      base::ProblemError);
}

// A country: 342 municipalities, 5 levels, 4 age bands, 3 groups, 10 kinds, every table of up to
// three of them, from noise to whole numbers.
TEST(Descent, ACountryInAllTablesOfThreeComesUnderOne) {
  const std::vector<size_t> sizes = {342, 5, 4, 3, 10};
  std::vector<AttributeSet> sets;
  for (AttributeSet set = 0; set < 32; ++set) {
    if (std::popcount(set) <= 3) sets.push_back(set);
  }
  auto request = testing_support::RequestOf(sizes, sets, Rational(1, 2));
  request.contribution = {4, 2, 1, {}};
  const auto plan = noise::Plan::Make(request);
  const tabulate::Cube cube(sizes);
  const auto answers = noise::NoisyAnswers::Measure(
      cube, plan, noise::Noise::Draw(plan, testing_support::SeededSource(342)));
  const table::LinkedTables tables = Reconcile(answers, plan);
  EXPECT_TRUE(tables.AddsUp());
  EXPECT_EQ(tables.cell_count(), 65'700u);
  EXPECT_LT(tables.rounding_deviation, 1);
  EXPECT_GT(tables.rounding_at_least, Rational(49, 100));
  std::printf("largest deviation %.4f, at least %.4f\n", tables.rounding_deviation.get_d(),
              tables.rounding_at_least.get_d());
}

}  // namespace
}  // namespace polder::stats::reconcile
