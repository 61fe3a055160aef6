// One cube, a cube per kind, or kinds and pupils apart: what each would come to, and which is
// taken.
#include "stats/noise/weigh.h"

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "stats/noise/pattern.h"
#include "tests/stats/noise/requests.h"
#include "tests/support/places.h"

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Json;
using base::Rational;
using policies::codebook::Codebook;
using policies::disclosure::Policy;
using table::AttributeSet;
using testing_support::RequestOf;

// Kind 10, municipality 11, level 5, age 4, group 3; every table counts alike.
constexpr AttributeSet k = 1, m = 2, l = 4, a = 8, g = 16;
const std::vector<AttributeSet> kLean = {k, m | k, k | a, k | g};
const std::vector<AttributeSet> kRich = {0, k, m | k, k | l, k | a, k | g, m, k | l | a};

PlanRequest Note(const std::vector<AttributeSet>& sets, int kinds, const char* rho) {
  PlanRequest request = RequestOf({10, 11, 5, 4, 3}, sets, base::ParseRational(rho).value());
  for (PlannedTable& planned : request.tables) {
    planned.weight =
        Rational(1, static_cast<unsigned long>(request.schema.CellCount(planned.shape.attributes)));
  }
  request.contribution = {0, kinds, 1, {}};
  request.to_be_drawn = false;
  return request;
}

PlanRequest WithKind(PlanRequest request) {
  std::erase_if(request.tables,
                [](const PlannedTable& planned) { return (planned.shape.attributes & k) == 0; });
  return request;
}

double SdJoint(const PlanRequest& request, AttributeSet set) {
  const Plan plan = Plan::Make(request);
  for (size_t t = 0; t < request.tables.size(); ++t) {
    if (request.tables[t].shape.attributes == set) {
      return std::sqrt(plan.optimum().table_variance[t]);
    }
  }
  return 0;
}

// Of a municipality in the cube of one kind.
double SdPerKind(const PlanRequest& request) {
  const PlanRequest with_kind = WithKind(request);
  const Optimum optimum = OptimumPerKind(with_kind);
  for (size_t t = 0; t < with_kind.tables.size(); ++t) {
    if (with_kind.tables[t].shape.attributes == (m | k)) {
      return std::sqrt(optimum.table_variance[t]);
    }
  }
  return 0;
}

// The table of what a budget buys, to the digits in which it is printed.
TEST(Weigh, WhatABudgetBuysIsWhatTheNoteSaysForOneCubeAndForACubePerKind) {
  struct Row {
    const char* rho;
    const std::vector<AttributeSet>* workload;
    double joint1, joint2, joint3, per_kind2, per_kind3;
  };
  for (const Row& row : {Row{"0.35", &kRich, 2.80, 4.05, 4.95, 3.57, 4.37},
                         Row{"0.35", &kLean, 2.11, 2.96, 3.54, 2.99, 3.66},
                         Row{"0.5", &kRich, 2.35, 3.39, 4.14, 2.99, 3.66},
                         Row{"0.5", &kLean, 1.77, 2.48, 2.96, 2.50, 3.06},
                         Row{"1.0", &kLean, 1.25, 1.75, 2.09, 1.77, 2.17}}) {
    const auto joint = [&](int kinds) {
      return SdJoint(Note(*row.workload, kinds, row.rho), m | k);
    };
    const auto per_kind = [&](int kinds) { return SdPerKind(Note(*row.workload, kinds, row.rho)); };
    EXPECT_NEAR(joint(1), row.joint1, 0.005) << row.rho;
    EXPECT_NEAR(joint(2), row.joint2, 0.005) << row.rho;
    EXPECT_NEAR(joint(3), row.joint3, 0.005) << row.rho;
    EXPECT_NEAR(per_kind(2), row.per_kind2, 0.005) << row.rho;
    EXPECT_NEAR(per_kind(3), row.per_kind3, 0.005) << row.rho;
  }
  EXPECT_NEAR(SdJoint(Note(kRich, 2, "0.35"), 0), 5.39, 0.005);
  EXPECT_NEAR(SdJoint(Note(kRich, 2, "0.5"), 0), 4.51, 0.005);
}

// What the note's table leaves out: kinds in one cube, without the tables that lack the kind, are
// more precise still than a cube per kind.
TEST(Weigh, KindsTogetherAreAtLeastAsPreciseAsEachByItself) {
  EXPECT_LT(SdJoint(WithKind(Note(kRich, 2, "0.35")), m | k), SdPerKind(Note(kRich, 2, "0.35")));
  uint64_t state = 11;
  const auto below = [&](uint64_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % bound;
  };
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<size_t> sizes;
    for (uint64_t i = 0, n = 2 + below(3); i < n; ++i) sizes.push_back(2 + below(6));
    std::vector<AttributeSet> sets;
    for (AttributeSet set = 1; set < AttributeSet{1} << sizes.size(); set += 2) {
      if (below(2) == 0) sets.push_back(set);
    }
    if (sets.empty()) sets.push_back(1);
    PlanRequest request = RequestOf(sizes, sets, 1);
    request.to_be_drawn = false;
    for (PlannedTable& planned : request.tables) {
      planned.weight = Rational(static_cast<unsigned long>(1 + below(30)), 7);
      planned.weight.canonicalize();
    }
    request.contribution = {
        0, static_cast<int>(1 + below(3)), static_cast<int64_t>(1 + below(3)), {}};
    if (below(2) == 0) request.contribution.case_dimensions = {sizes.size() - 1};
    request.contribution.partly_kept = request.contribution.max_kinds == 1 && below(2) == 0;
    const double joint = Plan::Make(request).optimum().loss;
    EXPECT_LE(joint, OptimumPerKind(request).loss * (1 + 1e-8)) << trial;
  }
}

// A pupil who counts in k kinds is charged k times in cubes per kind: in every such cube the pupil
// is one unit. Exhaustively, over everything that bounding allows.
TEST(Weigh, APupilCostsOncePerKindWhenEveryKindHasItsOwnCube) {
  const std::vector<size_t> sizes = {3, 2, 2};  // kind, pupil attribute, case attribute
  const PlanRequest request = RequestOf(sizes, {0b001, 0b011, 0b101, 0b111}, 1);
  const auto brute = [&](const std::map<std::vector<size_t>, int64_t>& cube,
                         AttributeSet residual) {
    Integer sum = 0;  // over kinds, of |Psi of the kind's own marginal|^2
    for (size_t kind = 0; kind < 3; ++kind) {
      for (size_t i = 0; i < ((residual & 2) != 0 ? 2 : 1); ++i) {
        for (size_t j = 0; j < ((residual & 4) != 0 ? 2 : 1); ++j) {
          int64_t entry = 0;
          for (const auto& [place, count] : cube) {
            if (place[0] != kind) continue;
            int64_t factor = count;
            if ((residual & 2) != 0) factor *= place[1] == i ? 1 : -1;  // 2 I - J
            if ((residual & 4) != 0) factor *= place[2] == j ? 1 : -1;
            entry += factor;
          }
          sum += base::ToInteger(entry * entry);
        }
      }
    }
    return sum;
  };
  for (int kinds = 1; kinds <= 3; ++kinds) {
    const Contribution contribution{0, kinds, 2, {2}};
    for (const AttributeSet residual : {0b000U, 0b010U, 0b100U, 0b110U}) {
      Integer worst = 0;
      for (const Pattern& pattern : ExtremePatterns(request.schema, contribution)) {
        worst = std::max<Integer>(
            worst, SquaredNorm(request.schema, contribution, pattern, residual | AttributeSet{1},
                               AlongKind::kEachByItself));
      }
      Integer most = 0;
      for (int choice = 0; choice < 125; ++choice) {  // per kind: none, or a case code and 1 or 2
        std::map<std::vector<size_t>, int64_t> cube;
        int rest = choice;
        for (size_t kind = 0; kind < 3; ++kind, rest /= 5) {
          const auto what = static_cast<size_t>(rest % 5);
          if (what > 0) cube[{kind, 0, (what - 1) % 2}] = static_cast<int64_t>(1 + (what - 1) / 2);
        }
        if (cube.size() <= static_cast<size_t>(kinds)) {
          most = std::max<Integer>(most, brute(cube, residual));
        }
      }
      EXPECT_EQ(worst, most) << kinds << " " << residual;
    }
  }
}

Json Load(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/policies/data/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return base::ParseJson(text.str());
}

const Codebook& Book() {
  static const Codebook book = Codebook::FromJson(Load("codebooks/nl-leerplicht-2026.1.json"));
  return book;
}

Policy PolicyWith(const char* any_kind, int kinds) {
  Json json = Load("policies/default.json");
  json["measures"][0]["anyKind"] = any_kind;
  json["maxKinds"] = kinds;
  return Policy::FromJson(json, Book());
}

std::vector<PlanRequest> Made(const Policy& policy, policies::disclosure::ReleaseKind kind,
                              const base::Period& period) {
  const auto* line = policy.FindBudget(kind);
  const auto& content = line->content.front();
  return MakePlanRequests(policy, Book(), period, content, line->per_release.rho() * content.share,
                          Book().MembersIn(period));
}

const base::Period kYear = *base::Period::Parse("2022SJ");
constexpr auto kDefinitive = policies::disclosure::ReleaseKind::kDefinitive;

double LossOf(const Plan& plan) {
  double loss = 0;
  for (const PlannedTable& planned : plan.request().tables) {
    const AttributeSet set = planned.shape.attributes;
    const Rational variance =
        table::CellVariance(plan.request().schema, plan.residuals(), set) * planned.weight;
    loss += variance.get_d() * static_cast<double>(plan.request().schema.CellCount(set));
  }
  return loss;
}

double Number(const std::string& figure) { return base::ParseRational(figure).value().get_d(); }

TEST(MakePlanRequests, TakesTheBetterWhereThePolicyAllowsItAndStatesAllFigures) {
  for (int kinds = 1; kinds <= 3; ++kinds) {
    const auto joint = Made(PolicyWith("sum", kinds), kDefinitive, kYear);
    const auto apart = Made(PolicyWith("pupils", kinds), kDefinitive, kYear);
    const auto better = Made(PolicyWith("better", kinds), kDefinitive, kYear);
    ASSERT_EQ(joint.size(), 1U);
    ASSERT_EQ(apart.size(), 2U);
    EXPECT_EQ(apart[0].measure, "persons");
    EXPECT_EQ(apart[1].measure, "persons.pupils");
    EXPECT_EQ(apart[0].rho + apart[1].rho, joint[0].rho);

    // The stated figures are those of the plans that are really made, to rounding of the noise.
    const table::Weighing& stated = joint[0].weighing.value();
    double loss = 0;
    Rational cost = 0;
    for (const PlanRequest& request : apart) {
      const Plan plan = Plan::Make(request);
      EXPECT_LE(plan.cost(), request.rho);
      EXPECT_GE(plan.cost() * 1000, request.rho * 999);
      cost += plan.cost();
      loss += LossOf(plan);
    }
    EXPECT_LE(cost, joint[0].rho);
    EXPECT_NEAR(Number(stated.apart) / loss, 1, 2e-5);
    EXPECT_NEAR(Number(stated.joint) / LossOf(Plan::Make(joint[0])), 1, 2e-5);
    EXPECT_LE(Number(stated.apart), Number(stated.per_kind) * (1 + 1e-5));

    const bool apart_is_better = Number(stated.apart) < Number(stated.joint);
    EXPECT_EQ(apart_is_better, kinds > 1) << "of one kind, the total over kinds counts pupils";
    EXPECT_EQ(better.size(), apart_is_better ? 2U : 1U);
    EXPECT_EQ(better[0].weighing->taken, apart_is_better ? "apart" : "joint");
    EXPECT_EQ(stated.taken, "joint");
    EXPECT_EQ(apart[1].weighing->taken, "apart");
  }
}

// Whatever is taken out of a school year, both cubes together move by what both are charged for.
TEST(MakePlanRequests, InTheCubeOfPupilsAPupilIsOneUnitWhateverTheKinds) {
  for (const char* period : {"2022SJ", "2022VSV"}) {
    const auto kind =
        std::string(period) == "2022SJ" ? kDefinitive : policies::disclosure::ReleaseKind::kVsv;
    for (const PlanRequest& request :
         Made(PolicyWith("pupils", 3), kind, *base::Period::Parse(period))) {
      if (request.measure != "persons.pupils") continue;
      EXPECT_EQ(request.contribution.kind_dimension, -1);
      EXPECT_EQ(request.contribution.max_kinds, 1);
      EXPECT_EQ(request.contribution.max_per_kind, 1);
      EXPECT_EQ(request.contribution.partly_kept, std::string(period) == "2022VSV");
    }
  }
}

TEST(MakePlanRequests, OnlyPersonsUnderNoiseCanBeCountedApart) {
  Json json = Load("policies/default.json");
  json["measures"][1]["anyKind"] = "better";
  EXPECT_THROW(Policy::FromJson(json, Book()), base::ProblemError);
  json = Load("policies/default.json");
  json["measures"][0]["anyKind"] = "perhaps";
  EXPECT_THROW(Policy::FromJson(json, Book()), base::ProblemError);
  // A budget line cannot name what is derived.
  json = Load("policies/default.json");
  json["budget"]["lines"][0]["content"][0]["measure"] = "persons.pupils";
  EXPECT_THROW(Policy::FromJson(json, Book()), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::noise
