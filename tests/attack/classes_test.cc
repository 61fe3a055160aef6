// Size classes in regions of any size, up to the country's: noise, whole numbers, hiding and audit
// over all of it at once.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/suppress/determined.h"
#include "stats/suppress/suppress.h"
#include "tests/support/example_release.h"
#include "tests/support/region_tables.h"

namespace polder::tests {
namespace {

using stats::table::CellStatus;
using stats::table::LinkedTables;

// Lean tables by kind of `towns` municipalities in four classes, the last of them twice as large.
stats::noise::PlanRequest RequestOf(size_t towns) {
  stats::table::Dimension municipality{"municipality", Towns(towns), "sizeClass", {}};
  for (size_t i = 0; i < towns; ++i) {
    municipality.groups.push_back(std::min<size_t>(i * 5 / towns, 3));
  }
  stats::noise::PlanRequest request;
  request.measure = "persons";
  request.schema = stats::table::Schema({municipality,
                                         {"sizeClass", {"a", "b", "c", "d"}},
                                         {"kind", ShippedCodebook().KindGroupsIn(SchoolYear())},
                                         {"ageBand", {"5-11", "12-15", "16-17", "18-22"}}});
  const std::vector<std::vector<std::string>> tables = {{},
                                                        {"kind"},
                                                        {"municipality"},
                                                        {"municipality", "kind"},
                                                        {"sizeClass"},
                                                        {"sizeClass", "kind"},
                                                        {"kind", "ageBand"}};
  for (const auto& names : tables) {
    std::string id;
    for (const auto& name : names) id += (id.empty() ? "" : "-") + name;
    request.tables.push_back({{id.empty() ? "total" : id, request.schema.SetOf(names).value()}, 1});
  }
  request.contribution.kind_dimension = static_cast<int>(*request.schema.IndexOf("kind"));
  request.contribution.max_kinds = 2;
  request.rho = base::Rational(1, 4);
  return request;
}

TEST(ClassesAtScale, FromElevenMunicipalitiesToTheCountryNothingFollowsAndEverythingAddsUp) {
  for (const size_t towns : {size_t{11}, size_t{40}, size_t{342}}) {
    const auto plan = stats::noise::Plan::Make(RequestOf(towns));
    const size_t kinds = plan.request().schema.dimensions()[2].codes.size();
    stats::tabulate::Cube cube({towns, kinds, 4});
    std::mt19937_64 random(towns);
    for (size_t pupil = 0; pupil < 250 * towns; ++pupil) {
      cube.Add({random() % towns, random() % (1 + random() % kinds), random() % 4}, 1);
    }
    std::vector<LinkedTables> measures = {stats::reconcile::Reconcile(
        stats::noise::NoisyAnswers::Measure(cube, plan,
                                            stats::noise::Noise::Draw(plan, SeededSource(towns))),
        plan)};
    ASSERT_TRUE(measures[0].AddsUp()) << towns;
    EXPECT_LT(measures[0].rounding_deviation, 1) << "a tree of tables around the kind, like a star";
    const auto members = Delivered(Towns(towns));
    stats::suppress::Suppress(measures, ShippedPolicy(), ShippedCodebook(), SchoolYear(), members,
                              {});
    EXPECT_THAT(stats::suppress::DeterminedCells(measures[0]), ::testing::IsEmpty()) << towns;
    stats::audit::Candidate candidate{SchoolYear(), measures};
    candidate.members = members;
    const auto audited = stats::audit::Audit(std::move(candidate), ShippedPolicy(), {});
    EXPECT_GT(audited.certificate().hidden_cells, 2 * towns);
  }
}

}  // namespace
}  // namespace polder::tests
