// Grouped attributes, and any workload: the cost is the worst over every place in uneven classes,
// within the budget, and the optimum is certified.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"
#include "stats/noise/psi.h"
#include "tests/stats/noise/requests.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using testing_support::SchemaOf;
using testing_support::SeededSource;

// kind; municipality in size class in province; size class; province. Classes of 3, 1 and 2.
table::Schema Uneven() {
  return table::Schema(
      {{"kind", {"x", "y"}},
       {"municipality", {"a", "b", "c", "d", "e", "f"}, "class", {0, 0, 1, 2, 0, 2}},
       {"class", {"large", "middle", "small"}, "province", {0, 1, 0}},
       {"province", {"north", "south"}}});
}

PlanRequest UnevenRequest() {
  PlanRequest request;
  request.measure = "persons";
  request.schema = Uneven();
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"kind", "municipality"}, {"class"}, {"kind", "province"}, {}}) {
    const AttributeSet set = request.schema.SetOf(names).value();
    request.tables.push_back({{"t" + std::to_string(set), set}, 1});
  }
  request.rho = Rational(1, 2);
  request.contribution = {0, 2, 1, {}};
  return request;
}

TEST(Hierarchy, AClassIsImpliedByTheFinerCodeAndOnlyClosedSetsAreMeasured) {
  const table::Schema schema = Uneven();
  EXPECT_EQ(schema.SetOf({"municipality"}), AttributeSet{0b1110});
  EXPECT_EQ(schema.SetOf({"municipality", "class"}), std::nullopt);
  EXPECT_EQ(schema.CellCount(0b1110), 6U);
  EXPECT_EQ(schema.Project(0b1111, 1 * 6 + 3, 0b1101), 1U * 3 + 2);
  EXPECT_EQ(schema.Project(0b1110, 2, 0b1000), 1U);
  EXPECT_EQ(schema.Base(), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(schema.Residuals({0b1110}), (std::vector<AttributeSet>{0, 0b1000, 0b1100, 0b1110}));
  EXPECT_EQ(schema.Scale(1), 6);
  EXPECT_THROW(table::Schema({{"m", {"a", "b"}, "s", {0, 0}}, {"s", {"x", "y"}}}),
               base::ProblemError);
  EXPECT_THROW(table::Schema({{"m", {"a"}, "m", {0}}}), base::ProblemError);
  EXPECT_THROW(table::Schema({{"m", {"a"}, "s", {0}}, {"s", {"b"}, "m", {0}}}), base::ProblemError);
}

// What one pupil does to the answers, by measuring with and without; and its exact cost.
Rational CostOfChange(const Plan& plan, const tabulate::Cube& cube, bool& as_the_linear_map) {
  const SeededSource source(7);
  const tabulate::Cube none(cube.sizes());
  const auto with = NoisyAnswers::Measure(cube, plan, Noise::Draw(plan, source)).values();
  const auto without = NoisyAnswers::Measure(none, plan, Noise::Draw(plan, source)).values();
  const table::Schema& schema = plan.request().schema;
  const std::vector<size_t> all = {0, 1};
  const std::vector<int64_t> finest = tabulate::CubeReader(cube).Marginal(all);
  Rational cost = 0;
  for (size_t a = 0; a < plan.residuals().size(); ++a) {
    const auto& residual = plan.residuals()[a];
    // Psi written out: L (delta - [same class] / class size) per mode.
    std::vector<int64_t> marginal(schema.CellCount(residual.attributes), 0);
    for (size_t cell = 0; cell < finest.size(); ++cell) {
      marginal[schema.Project(0b1111, cell, residual.attributes)] += finest[cell];
    }
    const std::vector<Axis> axes = AxesOf(schema, residual.attributes);
    for (size_t i = 0; i < marginal.size(); ++i) {
      const auto to = schema.Place(residual.attributes, i);
      int64_t expected = 0;
      for (size_t j = 0; j < marginal.size(); ++j) {
        const auto from = schema.Place(residual.attributes, j);
        int64_t entry = 1;
        for (size_t d = 0; d < axes.size(); ++d) {
          const Axis& axis = axes[d];
          const size_t group = axis.groups[to[d]];
          int64_t factor = to[d] == from[d] ? axis.scale : 0;
          if (axis.groups[from[d]] == group) {
            factor -= axis.scale / static_cast<int64_t>(axis.group_sizes[group]);
          }
          entry *= factor;
        }
        expected += entry * marginal[j];
      }
      const int64_t moved = with[a][i] - without[a][i];
      as_the_linear_map = as_the_linear_map && moved == expected;
      cost += Rational(base::ToInteger(moved * moved)) / (2 * residual.gamma_squared);
    }
  }
  return cost;
}

TEST(Hierarchy, EveryAllowedContributionMovesTheAnswersLinearlyAndTheWorstIsTheCharge) {
  for (const bool partly_kept : {false, true}) {
    PlanRequest request = UnevenRequest();
    request.contribution.partly_kept = partly_kept;
    const Plan plan = Plan::Make(request);
    std::vector<std::vector<int64_t>> contributions;  // cells kind x municipality
    for (size_t place = 0; place < 6; ++place) {
      for (int kinds = 1; kinds < 4; ++kinds) {
        std::vector<int64_t> cells(12, 0);
        for (size_t kind = 0; kind < 2; ++kind) cells[kind * 6 + place] = kinds >> kind & 1;
        contributions.push_back(cells);
      }
    }
    // What stays elsewhere is of no other kind than the pupil counted for, as no kind was dropped.
    Rational worst = 0;
    bool linear = true;
    for (const auto& from : contributions) {
      for (const auto& to : contributions) {
        if (!partly_kept && &to != &contributions[0]) continue;
        tabulate::Cube cube({2, 6});
        bool allowed = true;
        for (size_t kind = 0; kind < 2; ++kind) {
          int64_t before = 0, after = 0;
          for (size_t m = 0; m < 6; ++m) {
            before += from[kind * 6 + m];
            after += to[kind * 6 + m];
            const int64_t kept = partly_kept ? to[kind * 6 + m] : 0;
            cube.Add({kind, m}, from[kind * 6 + m] - kept);
          }
          allowed = allowed && after <= before;
        }
        if (partly_kept && !allowed) continue;
        worst = std::max(worst, CostOfChange(plan, cube, linear));
      }
    }
    EXPECT_TRUE(linear);
    EXPECT_EQ(plan.cost(), worst) << partly_kept;
    EXPECT_LE(plan.cost(), request.rho);
    EXPECT_GE(plan.cost() * 1000, request.rho * 999);
  }
}

TEST(Hierarchy, TheKindCannotHaveClasses) {
  PlanRequest request = UnevenRequest();
  request.contribution.kind_dimension = 1;
  EXPECT_THROW(Plan::Make(request), base::ProblemError);
}

// The same with random classes, even and uneven, one level or two.
TEST(Plan, OfAnyHierarchyUsesTheBudgetWithACertifiedGap) {
  uint64_t state = 77;
  const auto below = [&](uint64_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % bound;
  };
  const auto codes = [](size_t count) {
    std::vector<std::string> list;
    for (size_t i = 0; i < count; ++i) list.push_back("c" + std::to_string(i));
    return list;
  };
  // Every class has a code, the others go anywhere.
  const auto grouping = [&](size_t count, size_t classes) {
    std::vector<size_t> groups;
    for (size_t i = 0; i < count; ++i) groups.push_back(i < classes ? i : below(classes));
    return groups;
  };
  for (int trial = 0; trial < 200; ++trial) {
    const size_t towns = 4 + below(9), sizes = 2 + below(3);
    table::Dimension town{"town", codes(towns), "size", grouping(towns, sizes)};
    table::Dimension size{"size", codes(sizes)};
    std::vector<table::Dimension> dimensions{town, size, {"kind", codes(2 + below(5))}};
    if (below(2) == 0) {  // classes of classes
      dimensions[1].grouped_by = "half";
      dimensions[1].groups = grouping(sizes, 2);
      dimensions.push_back({"half", codes(2)});
    }
    PlanRequest request;
    request.measure = "persons";
    request.schema = table::Schema(dimensions);
    for (AttributeSet set = 0; set < AttributeSet{1} << dimensions.size(); ++set) {
      if (!request.schema.IsClosed(set) || below(2) == 0) continue;
      Rational weight(static_cast<unsigned long>(1 + below(20)),
                      static_cast<unsigned long>(1 + below(20)));
      weight.canonicalize();
      request.tables.push_back({{"t" + std::to_string(set), set}, weight});
    }
    if (request.tables.empty()) request.tables.push_back({{"total", 0}, 1});
    request.rho = Rational(static_cast<unsigned long>(1 + below(1000)), 997);
    request.contribution = {2, static_cast<int>(1 + below(2)), 1, {}};
    request.objective = below(2) == 0 ? Objective::kTotal : Objective::kMax;
    const Plan plan = Plan::Make(request);
    EXPECT_LE(plan.cost(), request.rho) << trial;
    EXPECT_GE(plan.cost() * 1000, request.rho * 999) << trial;
    EXPECT_LE(plan.optimum().relative_gap, 1e-9) << trial;
    EXPECT_EQ(plan.cost(), ExactCost(request, plan.residuals()));
  }
}

// Random workloads, weights, patterns and budgets.
TEST(Plan, OfAnyWorkloadUsesTheBudgetWithACertifiedGap) {
  uint64_t state = 5;
  const auto below = [&](uint64_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % bound;
  };
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<size_t> sizes;
    for (uint64_t i = 0, n = 2 + below(4); i < n; ++i) sizes.push_back(1 + below(7));
    PlanRequest request;
    request.measure = "persons";
    request.schema = SchemaOf(sizes);
    for (AttributeSet set = 0; set < AttributeSet{1} << sizes.size(); ++set) {
      if (below(3) != 0) continue;
      Rational weight(static_cast<unsigned long>(1 + below(20)),
                      static_cast<unsigned long>(1 + below(20)));
      weight.canonicalize();
      request.tables.push_back({{"t" + std::to_string(set), set}, weight});
    }
    if (request.tables.empty()) request.tables.push_back({{"total", 0}, 1});
    request.rho = Rational(static_cast<unsigned long>(1 + below(1000)), 997);
    request.contribution = {below(2) == 0 ? 0 : -1,
                            static_cast<int>(1 + below(3)),
                            static_cast<int64_t>(1 + below(4)),
                            {}};
    if (below(2) == 0) request.contribution.case_dimensions = {sizes.size() - 1};
    request.objective = below(2) == 0 ? Objective::kTotal : Objective::kMax;
    const Plan plan = Plan::Make(request);
    EXPECT_LE(plan.cost(), request.rho) << trial;
    EXPECT_GE(plan.cost() * 1000, request.rho * 999) << trial;
    EXPECT_LE(plan.optimum().relative_gap, 1e-9) << trial;
    EXPECT_EQ(plan.cost(), ExactCost(request, plan.residuals()));
  }
}

}  // namespace
}  // namespace polder::stats::noise
