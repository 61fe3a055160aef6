// What the shipped policies ask for can be planned, and is bounded as the tabulation counts.
#include "stats/noise/design.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "stats/noise/answers.h"
#include "tests/stats/noise/seeded_source.h"
#include "tests/support/places.h"

namespace polder::stats::noise {
namespace {

using base::Period;
using policies::codebook::Codebook;
using policies::disclosure::BudgetLine;
using policies::disclosure::Policy;
using policies::disclosure::ReleaseKind;

base::Json Load(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/policies/data/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return base::ParseJson(text.str());
}

const Codebook& Book() {
  static const Codebook book = Codebook::FromJson(Load("codebooks/nl-leerplicht-2026.1.json"));
  return book;
}

Policy PolicyOf(const std::string& name) {
  return Policy::FromJson(Load("policies/" + name + ".json"), Book());
}

const Period kYear = Period::Parse("2022SJ").value();

PlanRequest RequestOf(const Policy& policy, const BudgetLine& line,
                      const BudgetLine::Content& content, const Period& period) {
  return MakePlanRequest(policy, Book(), period, content, line.per_release.rho() * content.share,
                         Book().MembersIn(period));
}

TEST(MakePlanRequest, EveryLineOfTheShippedPoliciesIsPlannedWithinItsBudget) {
  for (const char* name : {"default", "strict"}) {
    const Policy policy = PolicyOf(name);
    for (const BudgetLine& line : policy.budget()) {
      const Period period = line.kind == ReleaseKind::kVsv ? Period::Parse("2022VSV").value()
                            : line.kind == ReleaseKind::kMonitor
                                ? Period::Parse("2022SJ-Q3").value()
                                : kYear;
      base::Rational sum = 0;
      for (const auto& content : line.content) {
        const PlanRequest request = RequestOf(policy, line, content, period);
        const Plan plan = Plan::Make(request);
        EXPECT_LE(plan.cost(), request.rho);
        EXPECT_GE(plan.cost() * 1000, request.rho * 999);
        EXPECT_EQ(plan.request().tables.size(),
                  content.tables.empty() ? policy.FindMeasure(content.measure)->tables.size()
                                         : content.tables.size());
        sum += plan.cost();
      }
      EXPECT_LE(base::NanoRho::CostOf(sum), line.per_release);
    }
  }
}

TEST(MakePlanRequest, DimensionsComeFromCodebookAndPeriodInAFixedOrder) {
  const Policy policy = PolicyOf("default");
  const BudgetLine& line = *policy.FindBudget(ReleaseKind::kProvisional);
  const PlanRequest request = RequestOf(policy, line, line.content.front(), kYear);
  std::vector<std::string> names;
  for (const auto& dimension : request.schema.dimensions()) names.push_back(dimension.name);
  EXPECT_EQ(names, (std::vector<std::string>{"municipality", "kind", "ageBand", "group",
                                             "administrative"}));
  EXPECT_EQ(request.schema.dimensions()[0].codes, Book().MembersIn(kYear));
  EXPECT_EQ(request.schema.dimensions()[1].codes, Book().KindGroupsIn(kYear));
  EXPECT_EQ(request.contribution.kind_dimension, 1);
  EXPECT_EQ(request.contribution.max_kinds, policy.max_kinds());
  EXPECT_EQ(request.contribution.max_per_kind, 1);
  EXPECT_EQ(request.contribution.case_dimensions, (std::vector<size_t>{4}));
  const auto cube = CubeDimensions(request.schema);
  ASSERT_EQ(cube.size(), 5U);
  EXPECT_EQ(cube[4].attribute, policies::disclosure::Attribute::kAdministrative);
}

TEST(MakePlanRequest, AVsvReleaseHasTheVsvKinds) {
  const Policy policy = PolicyOf("default");
  const BudgetLine& line = *policy.FindBudget(ReleaseKind::kVsv);
  const PlanRequest request =
      RequestOf(policy, line, line.content.front(), Period::Parse("2022VSV").value());
  const auto kind = request.schema.IndexOf("kind");
  ASSERT_TRUE(kind);
  EXPECT_EQ(request.schema.dimensions()[*kind].codes,
            (std::vector<std::string>{"earlyLeaverNew", "earlyLeaverOld"}));
}

// The worst pupil that tabulation lets through, in each measure, costs no more than was planned.
TEST(MakePlanRequest, TheWorstPupilThatTabulationLetsThroughIsWithinTheStatedCost) {
  const Policy policy = PolicyOf("default");
  const BudgetLine& line = *policy.FindBudget(ReleaseKind::kDefinitive);
  const testing_support::SeededSource source(3);
  for (const auto& content : line.content) {
    const Plan plan = Plan::Make(RequestOf(policy, line, content, kYear));
    // One pupil, 4 kind groups of 12 cases each, opened by school; every second kind
    // administrative.
    base::Rational worst = 0;
    for (int pattern = 0; pattern < 8; ++pattern) {
      std::vector<cases::Delivery> deliveries(1);
      deliveries[0].manifest.municipality = "GM0148";
      deliveries[0].manifest.period = Period::Parse("2022SJ-Q2").value();
      const std::vector<uint16_t> kinds = {0, 1, 3, 4};
      uint8_t key = 0;
      for (size_t k = 0; k < kinds.size(); ++k) {
        for (int i = 0; i < 12; ++i) {
          cases::Case item;
          item.case_key[0] = ++key;
          item.opened = base::IsoWeek::Parse("2022-W47").value();
          item.kind = kinds[k];
          const bool administrative = (pattern >> k & 1) != 0;
          item.opened_by = static_cast<uint8_t>(
              Book().opened_by().IndexOf(administrative ? "auto4w" : "school").value());
          item.outcome = static_cast<uint8_t>(Book().outcomes().IndexOf("adminOnly").value());
          deliveries[0].cases.push_back(std::move(item));
        }
      }
      const auto linked = tabulate::Link(std::move(deliveries), Book(), kYear);
      const auto dimensions = CubeDimensions(plan.request().schema);
      const auto* measure = policy.FindMeasure(content.measure);
      const auto bounds = tabulate::BoundsOf(policy);
      const auto with = tabulate::Tabulate(linked, *measure, bounds, dimensions, Book());
      const tabulate::Cube without(with.sizes());
      const auto a = NoisyAnswers::Measure(with, plan, Noise::Draw(plan, source));
      const auto b = NoisyAnswers::Measure(without, plan, Noise::Draw(plan, source));
      base::Rational cost = 0;
      for (size_t r = 0; r < plan.residuals().size(); ++r) {
        base::Integer norm = 0;
        for (size_t cell = 0; cell < a.values()[r].size(); ++cell) {
          const base::Integer change = base::ToInteger(a.values()[r][cell] - b.values()[r][cell]);
          norm += change * change;
        }
        cost += base::Rational(norm) / (2 * plan.residuals()[r].gamma_squared);
      }
      worst = std::max(worst, cost);
    }
    EXPECT_GT(worst, 0) << content.measure;
    EXPECT_LE(worst, plan.cost()) << content.measure;
    // And the statement is not idle: this pupil reaches it, but for the patterns not tried.
    EXPECT_GE(worst * 2, plan.cost()) << content.measure;
  }
}

// A vsv year lies in two school years. Without the records of one of them a pupil may count
// elsewhere by those of the other: that change, too, costs no more than was planned.
TEST(MakePlanRequest, TakingOneSchoolYearOutOfAVsvYearIsWithinTheStatedCost) {
  const Policy policy = PolicyOf("default");
  const BudgetLine& line = *policy.FindBudget(ReleaseKind::kVsv);
  const Period year = Period::Parse("2022VSV").value();
  const auto& content = line.content.front();
  const Plan plan = Plan::Make(RequestOf(policy, line, content, year));
  const testing_support::SeededSource source(3);
  const auto vsv = [](const char* municipality, const char* period, const char* opened, int kinds) {
    cases::Delivery delivery;
    delivery.manifest.municipality = municipality;
    delivery.manifest.period = Period::Parse(period).value();
    for (int i = 0; i < kinds; ++i) {
      cases::Case item;
      item.case_key[0] = static_cast<uint8_t>(i);
      item.opened = base::IsoWeek::Parse(opened).value();
      const auto* kind = Book().FindKind(i == 0 ? "VSVN" : "VSVO");
      item.kind = static_cast<uint16_t>(kind - Book().kinds().data());
      delivery.cases.push_back(std::move(item));
    }
    return delivery;
  };
  const auto measured = [&](int earlier, int later) {
    std::vector<cases::Delivery> deliveries;
    deliveries.push_back(vsv("GM0148", "2022VSV-Q1", "2022-W47", earlier));
    deliveries.push_back(vsv("GM0160", "2022VSV-Q4", "2023-W36", later));
    const auto linked = tabulate::Link(std::move(deliveries), Book(), year);
    const auto cube =
        tabulate::Tabulate(linked, *policy.FindMeasure(content.measure), tabulate::BoundsOf(policy),
                           CubeDimensions(plan.request().schema), Book());
    return NoisyAnswers::Measure(cube, plan, Noise::Draw(plan, source)).values();
  };
  base::Rational worst = 0;
  for (int earlier = 1; earlier <= 2; ++earlier) {
    for (int later = 0; later <= 2; ++later) {
      const auto with = measured(earlier, later);
      const auto without = measured(0, later);
      base::Rational cost = 0;
      for (size_t r = 0; r < plan.residuals().size(); ++r) {
        base::Integer norm = 0;
        for (size_t cell = 0; cell < with[r].size(); ++cell) {
          const base::Integer change = base::ToInteger(with[r][cell] - without[r][cell]);
          norm += change * change;
        }
        cost += base::Rational(norm) / (2 * plan.residuals()[r].gamma_squared);
      }
      worst = std::max(worst, cost);
    }
  }
  EXPECT_LE(worst, plan.cost()) << worst.get_d() / plan.cost().get_d();
  EXPECT_EQ(worst, plan.cost());  // the bound is met, not only kept
}

TEST(MakePlanRequest, UnknownMeasuresTablesAndEmptyRegionsAreNamed) {
  const Policy policy = PolicyOf("default");
  const auto code = [&](const BudgetLine::Content& content, std::vector<std::string> members) {
    try {
      MakePlanRequest(policy, Book(), kYear, content, 1, members);
    } catch (const base::ProblemError& error) {
      return error.code();
    }
    return std::string();
  };
  EXPECT_EQ(code({"pupils", {}, 1}, {"GM0148"}), "unknown-measure");
  EXPECT_EQ(code({"persons", {"kind", "nowhere"}, 1}, {"GM0148"}), "unknown-table");
  EXPECT_EQ(code({"persons", {}, 1}, {}), "no-members");
  EXPECT_EQ(code({"persons", {}, 1}, {"GM0148"}), "");
}

}  // namespace
}  // namespace polder::stats::noise
