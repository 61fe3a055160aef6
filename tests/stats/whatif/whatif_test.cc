#include "stats/whatif/whatif.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stats/noise/accounting.h"
#include "stats/noise/design.h"
#include "stats/table/interval.h"
#include "stats/whatif/picture.h"
#include "tests/support/example_tables.h"
#include "tests/support/problem_code.h"

namespace polder::stats::whatif {
namespace {

using base::Json;
using base::Rational;
using policies::disclosure::ReleaseKind;
using policies::disclosure::Unit;
using tests::ShippedCodebook;

const base::Period kYear(base::Year(base::Calendar::kAbsence, 2022));

Json Document(const std::string& name = "default") {
  return base::ParseJson(tests::ReadText("policies/data/policies/" + name + ".json"));
}

table::PublishedRelease ExampleRelease() {
  const Json json = base::ParseJson(tests::ReadText("docs/formats/examples/release.json"));
  return table::PublishedRelease::Parse(base::CanonicalJson(json));
}

Question Ask(int draws = 0) {
  Question question;
  question.policies = {Document()};
  question.period = kYear;
  question.draws = draws;
  return question;
}

const TableFigures& Find(const ScenarioReport& scenario, const std::string& measure,
                         const std::string& table) {
  const auto found = std::find_if(
      scenario.tables.begin(), scenario.tables.end(),
      [&](const auto& figures) { return figures.measure == measure && figures.table == table; });
  if (found == scenario.tables.end()) throw std::runtime_error("no table " + table);
  return *found;
}

TEST(Scenario, AnotherBudgetMovesCapAndLinesByOneFactorAndNeverAboveTheCap) {
  const Json varied = Vary(Document(), {Rational(1), std::nullopt});
  EXPECT_EQ(varied["budget"]["yearlyCap"], "1");
  EXPECT_EQ(varied["budget"]["lines"][2]["perRelease"], "0.5");
  EXPECT_EQ(varied["maxKinds"], 2);
  for (const Rational& budget : {Rational(1, 8), Rational(37, 100), Rational(1), Rational(3)}) {
    const Scenario scenario = MakeScenario(Document(), ShippedCodebook(), {budget, std::nullopt});
    ASSERT_TRUE(scenario.read) << budget.get_d();
    base::NanoRho year;
    for (const auto& line : scenario.read->budget()) year = year + line.PerSchoolYear();
    EXPECT_EQ(scenario.read->yearly_cap().rho(), budget);
    EXPECT_LE(year.rho(), budget);
    EXPECT_GE(year.rho() * 1'000'000, budget * 999'999);
  }
}

TEST(Scenario, WhatThePolicyReaderRefusesIsRefusedWithItsReason) {
  const auto refusal = [](const Json& policy, const Variation& variation) {
    const Scenario scenario = MakeScenario(policy, ShippedCodebook(), variation);
    EXPECT_FALSE(scenario.read);
    return scenario.refused.empty() ? "" : scenario.refused.front().pointer;
  };
  EXPECT_EQ(refusal(Document(), {std::nullopt, 9}), "/maxKinds");
  EXPECT_EQ(refusal(Document(), {Rational(50), std::nullopt}), "/budget/yearlyCap");
  EXPECT_EQ(refusal(Document(), {Rational(1, 3), std::nullopt}), "/budget/yearlyCap");
  Json exact = Document();
  exact["mechanism"] = "suppression";
  exact["suppression"] = {{"width", 5}, {"zerosPublished", true}, {"insiders", true}};
  exact["measures"].erase(3);  // what bounding left out, which is noisy always
  for (Json& measure : exact["measures"]) measure.erase("clamp");
  for (Json& line : exact["budget"]["lines"]) {
    line["perRelease"] = "0";
    Json content = Json::array();
    for (const Json& item : line["content"]) {
      if (item["measure"] == "dropped") continue;
      content.push_back(item);
      content.back().erase("share");
    }
    line["content"] = std::move(content);
  }
  EXPECT_EQ(refusal(exact, {}), "/mechanism");
  EXPECT_FALSE(MakeScenario(Json::array(), ShippedCodebook(), {Rational(1), 2}).refused.empty());
  Json named = Document();
  named["id"] = "\x1b[31m";
  EXPECT_EQ(MakeScenario(named, ShippedCodebook(), {}).label, "?");
}

TEST(Expect, ValuesComeFromTheReleaseAndHiddenOnesGetAnEvenPartOfWhatIsLeft) {
  const auto policy = tests::ShippedPolicy();
  const auto* line = policy.FindBudget(ReleaseKind::kDefinitive);
  const auto request =
      noise::MakePlanRequest(policy, ShippedCodebook(), kYear, line->content.front(),
                             Rational(1, 4), ShippedCodebook().MembersIn(kYear));
  const auto expected = Expect(request, policy, ShippedCodebook(), kYear, {ExampleRelease()});
  ASSERT_EQ(expected.size(), request.tables.size());
  EXPECT_EQ(expected[0].origin, Origin::kRelease);
  EXPECT_EQ(expected[0].counts, std::vector<double>{2094});
  EXPECT_EQ(expected[1].counts[0], 436);
  EXPECT_EQ(expected[1].counts[1], 1403);
  // exemptionHealth: hidden; 2094 - 436 - 1403 is left for two
  EXPECT_EQ(expected[1].counts[5], 127.5);
  // The release has no municipalities.
  EXPECT_EQ(expected[2].origin, Origin::kRates);
  // A release of another calendar or length says nothing.
  const base::Period quarter(kYear.year(), 1);
  EXPECT_EQ(LastWith({ExampleRelease()}, quarter, "persons"), nullptr);
}

TEST(ExpectedCount, IsPublicPupilCountsTimesNationalRatesAndItsPartsAddUp) {
  const auto members = ShippedCodebook().MembersIn(kYear);
  const auto count = [&](const std::map<std::string, std::string, std::less<>>& codes,
                         Unit unit = Unit::kPersons) {
    return ExpectedCount(ShippedCodebook(), kYear, unit, members, codes);
  };
  EXPECT_NEAR(count({{"municipality", "GM0148"}, {"kind", "absolute"}}), 4650 * 0.0063, 1e-9);
  EXPECT_NEAR(count({{"municipality", "GM0148"}, {"kind", "relative"}}), 4650 * 0.027, 1e-9);
  EXPECT_GT(count({{"kind", "relative"}}, Unit::kReports), count({{"kind", "relative"}}));
  double towns = 0;
  for (const std::string& town : members) {
    towns += count({{"municipality", town}, {"kind", "absolute"}});
  }
  EXPECT_NEAR(towns, count({{"kind", "absolute"}}), 1e-6);
  for (const auto& [attribute, codes] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"ageBand", {"5-11", "12-15", "16-17", "18-22"}},
           {"group", {"displacedUkraine", "otherNewcomer", "none", "unknown"}},
           {"administrative", {"yes", "no"}}}) {
    double sum = 0;
    for (const std::string& code : codes) sum += count({{"kind", "absolute"}, {attribute, code}});
    EXPECT_NEAR(sum, count({{"kind", "absolute"}}), 1e-6) << attribute;
  }
  EXPECT_EQ(testing_support::CodeOf([&] {
              ExpectedCount(ShippedCodebook(),
                            base::Period(base::Year(base::Calendar::kAbsence, 1990)),
                            Unit::kPersons, members, {});
            }),
            "no-public-count");
}

TEST(Rehearsal, IsAReleaseThatAddsUpAndTheSameDrawIsTheSameRelease) {
  const auto policy = tests::ShippedPolicy();
  const auto* line = policy.FindBudget(ReleaseKind::kDefinitive);
  const auto plan = noise::Plan::Make(
      noise::MakePlanRequest(policy, ShippedCodebook(), kYear, line->content.front(),
                             Rational(21, 100), ShippedCodebook().MembersIn(kYear)));
  const auto expected = Expect(plan.request(), policy, ShippedCodebook(), kYear, {});
  const auto once = Rehearse(plan, expected, policy, ShippedCodebook(), kYear, 3);
  const auto again = Rehearse(plan, expected, policy, ShippedCodebook(), kYear, 3);
  const auto other = Rehearse(plan, expected, policy, ShippedCodebook(), kYear, 4);
  EXPECT_TRUE(once.AddsUp());
  EXPECT_EQ(once.values(), again.values());
  EXPECT_EQ(once.statuses(), again.statuses());
  EXPECT_NE(once.values(), other.values());
  // The noise has the stated size: mean square error of the cells of a table over 30 draws.
  const double variance = once.Variance(3).get_d();
  double square = 0;
  size_t cells = 0;
  for (uint64_t draw = 0; draw < 30; ++draw) {
    const auto drawn = Rehearse(plan, expected, policy, ShippedCodebook(), kYear, draw);
    for (size_t cell = 0; cell < expected[3].counts.size(); ++cell, ++cells) {
      const double error =
          static_cast<double>(drawn.values()[drawn.Number(3, cell)]) - expected[3].counts[cell];
      square += error * error;
    }
  }
  EXPECT_NEAR(square / static_cast<double>(cells) / variance, 1, 0.1);
}

// A monitor has few cells and no company to hide with: what is hidden follows from the threshold.
TEST(ExpectedShares, AreTheChanceToFallUnderTheThreshold) {
  const auto policy = tests::ChangedPolicy([](Json& json) {
    json["measures"][0]["tables"] =
        Json::array({{{"id", "total"}, {"attributes", Json::array()}, {"weight", "1"}}});
    for (Json& line : json["budget"]["lines"]) {
      line["content"] = Json::array({{{"measure", "persons"}, {"share", "1"}}});
    }
    json["kindRules"]["default"]["threshold"] = 100;
  });
  const auto* line = policy.FindBudget(ReleaseKind::kDefinitive);
  const auto plan = noise::Plan::Make(noise::MakePlanRequest(policy, ShippedCodebook(), kYear,
                                                             line->content.front(), Rational(1, 50),
                                                             ShippedCodebook().MembersIn(kYear)));
  const double sd =
      std::sqrt(table::CellVariance(plan.request().schema, plan.residuals(), 0).get_d());
  for (const double count : {90.0, 100.0, 115.0}) {
    ExpectedTable expected{Origin::kRelease, "r", {count}};
    int steps = 0;
    const auto shares =
        ExpectedShares(plan, {expected}, policy, ShippedCodebook(), kYear, 2000, [&] { ++steps; });
    ASSERT_TRUE(shares);
    const double chance = 0.5 * std::erfc((count - 99.5) / sd / std::sqrt(2.0));
    EXPECT_NEAR(shares->front().hidden, chance, 0.056) << count;  // five standard errors
    EXPECT_EQ(shares->front().hidden, shares->front().by_rule);
    EXPECT_EQ(steps, 2000);
  }
  EXPECT_FALSE(ExpectedShares(plan, {ExpectedTable{}}, policy, ShippedCodebook(), kYear, 5, [] {}));
}

TEST(Simulate, CostsAreThoseOfTheAccountantForReleaseYearAndCareers) {
  const Report report = Simulate(Ask(), ShippedCodebook());
  ASSERT_EQ(report.scenarios.size(), 1u);
  const Costs& costs = *report.scenarios[0].costs;
  const Rational delta(1, 1'000'000);
  EXPECT_EQ(costs.year.rho, "0.5");
  EXPECT_EQ(costs.cap.epsilon, noise::EpsilonOf(Rational(1, 2), delta));
  EXPECT_EQ(costs.career_13.rho, "6.5");
  EXPECT_EQ(costs.career_13.epsilon, noise::EpsilonOf(Rational(13, 2), delta));
  EXPECT_EQ(costs.career_19.rho, "9.5");
  const Rational release = *base::ParseRational(costs.release.rho);
  EXPECT_LE(release, Rational(1, 4));
  EXPECT_GE(release * 1000, Rational(999, 4));
}

TEST(Simulate, MoreBudgetIsMorePreciseAndMoreKindsPerPupilIsLess) {
  Question question = Ask();
  question.budgets = {Rational(1, 4), Rational(1)};
  question.kinds_per_pupil = {1, 2, 7};
  const Report report = Simulate(question, ShippedCodebook());
  ASSERT_EQ(report.scenarios.size(), 6u);
  const auto sd = [&](size_t scenario) {
    return std::stod(Find(report.scenarios[scenario], "persons", "municipality-kind").sd);
  };
  EXPECT_NEAR(sd(0) / sd(3), 2, 1e-3);  // four times the budget halves the noise
  EXPECT_GT(sd(1), sd(0));
  EXPECT_EQ(report.scenarios[2].refused.front().pointer, "/maxKinds");
  EXPECT_TRUE(report.scenarios[2].tables.empty());
  const auto& table = Find(report.scenarios[1], "persons", "municipality-kind");
  EXPECT_EQ(table.cells, 88u);
  EXPECT_LT(*table.named_by_noise, *table.named);
  EXPECT_LT(*table.named, *table.found);
  // The provisional figures have less budget, so a correction must be larger than the change that
  // two definitive figures tell apart.
  EXPECT_GT(*table.correction, *table.named_by_noise);
  EXPECT_FALSE(Find(report.scenarios[1], "reports", "kind").correction);
}

// One cube beside kinds and pupils apart, and what "better" would take.
TEST(Simulate, SaysHowPersonsAreMeasuredAndWhatTheOtherWaysWouldComeTo) {
  Question question = Ask(1);
  Json better = Document();
  better["id"] = "better";
  better["measures"][0]["anyKind"] = "better";
  question.policies.push_back(better);
  size_t last = 0, of = 0;
  const Report report = Simulate(question, ShippedCodebook(), [&](size_t done, size_t all) {
    EXPECT_LE(done, all);
    last = done;
    of = all;
  });
  EXPECT_EQ(last, of);
  ASSERT_EQ(report.scenarios.size(), 2u);
  const auto persons = [&](size_t scenario) {
    const auto& measured = report.scenarios[scenario].measured;
    EXPECT_EQ(std::count_if(measured.begin(), measured.end(),
                            [](const auto& one) { return one.measure == "persons"; }),
              1);
    EXPECT_EQ(measured.front().measure, "persons");
    return measured.front().weighing;
  };
  EXPECT_EQ(persons(0).taken, "joint");
  EXPECT_EQ(persons(1).taken, "apart");
  EXPECT_EQ(persons(0).apart, persons(1).apart);
  EXPECT_LT(*base::ParseRational(persons(0).apart), *base::ParseRational(persons(0).joint));
  EXPECT_GE(*base::ParseRational(persons(0).per_kind), *base::ParseRational(persons(0).apart));
  // The row moves to the measure of pupils, and is more precise there.
  EXPECT_LT(std::stod(Find(report.scenarios[1], "persons.pupils", "total").sd),
            std::stod(Find(report.scenarios[0], "persons", "total").sd));
  EXPECT_THROW(Find(report.scenarios[1], "persons", "total"), std::runtime_error);
  const std::string text = ReportText(report);
  EXPECT_THAT(text, testing::HasSubstr(persons(0).per_kind));
  // In the picture it stands with the other tables of persons.
  const std::string picture = Picture(report);
  EXPECT_LT(picture.find(">persons.pupils/total</text>"), picture.find(">reports/kind</text>"));
  EXPECT_NE(picture.find(">a cell is about "), std::string::npos);
  EXPECT_EQ(ReportJson(report)["scenarios"][1]["measured"][0]["taken"], "apart");
}

TEST(Simulate, APupilUnderTwoIdentifiersCostsAtMostFourTimesAsMuchAndItIsSaid) {
  const Report report = Simulate(Ask(), ShippedCodebook());
  const Costs& costs = *report.scenarios[0].costs;
  EXPECT_EQ(costs.cap_two_tokens.rho, "2");
  EXPECT_EQ(costs.cap_two_tokens.epsilon, noise::EpsilonOf(Rational(2), Rational(1, 1'000'000)));
  EXPECT_THAT(ReportText(report), testing::HasSubstr("two identifiers"));
}

TEST(Simulate, BiasComesFromTheLastReleaseThatMeasuresIt) {
  Question question = Ask();
  question.releases.push_back(ExampleRelease());
  EXPECT_FALSE(Simulate(question, ShippedCodebook()).scenarios[0].bounding);
}

TEST(Simulate, TheWrongPeriodIsRefusedBeforeAnythingIsCalculated) {
  Question question = Ask();
  question.kind = ReleaseKind::kMonitor;
  const auto code = [&] {
    return testing_support::CodeOf([&] { Simulate(question, ShippedCodebook()); });
  };
  EXPECT_EQ(code(), "wrong-period");
  question.kind = ReleaseKind::kVsv;
  EXPECT_EQ(code(), "wrong-period");
  question.policies.clear();
  EXPECT_EQ(code(), "no-policy");
}

TEST(Simulate, ProgressEndsAtAllOfItAndTheSameQuestionGivesTheSameReport) {
  Question question = Ask(2);
  question.kinds_per_pupil = {1, 9};
  size_t done = 0;
  size_t of = 1;
  const Report report = Simulate(question, ShippedCodebook(), [&](size_t now, size_t all) {
    EXPECT_GE(now, done);
    done = now;
    of = all;
  });
  EXPECT_EQ(done, of);
  EXPECT_EQ(ReportJson(report), ReportJson(Simulate(question, ShippedCodebook())));
}

TEST(Reports, EveryScenarioAndTableStandsInTextCsvAndPicture) {
  Question question = Ask(1);
  question.policies.push_back(Document("strict"));
  question.kinds_per_pupil = {1, 9};
  const Report report = Simulate(question, ShippedCodebook());
  const std::string text = ReportText(report);
  const std::string csv = ReportCsv(report);
  const std::string picture = Picture(report);
  size_t marks = 0;
  for (const ScenarioReport& scenario : report.scenarios) {
    EXPECT_THAT(text, testing::HasSubstr(scenario.label));
    EXPECT_THAT(csv, testing::HasSubstr(scenario.label));
    EXPECT_THAT(picture, testing::HasSubstr(scenario.label));
    marks += scenario.tables.size() + 1;  // one in the legend
    for (const TableFigures& table : scenario.tables) {
      EXPECT_THAT(picture,
                  testing::HasSubstr(table.measure + "/" + table.table + ", " + scenario.label +
                                     ": plus or minus " + std::to_string(table.half_width) + "<"));
    }
  }
  size_t found = 0;
  for (size_t at = picture.find("fill=\"#0"); at != std::string::npos;
       at = picture.find("fill=\"#0", at + 1)) {
    ++found;
  }
  for (const char* colour : {"fill=\"#D55E00", "fill=\"#CC79A7"}) {
    for (size_t at = picture.find(colour); at != std::string::npos;
         at = picture.find(colour, at + 1)) {
      ++found;
    }
  }
  EXPECT_EQ(found, marks);
  EXPECT_THAT(picture, testing::StartsWith("<svg"));
  EXPECT_THAT(picture, testing::HasSubstr("role=\"img\" aria-labelledby=\"title description\""));
  EXPECT_THAT(picture, testing::HasSubstr("<desc id=\"description\">"));
  EXPECT_THAT(text, testing::HasSubstr("national rates"));
  EXPECT_THAT(text, testing::HasSubstr("/maxKinds"));
}

// Size classes: measured side by side with the policy that has none.
TEST(Simulate, AClassIsOneOfTheTablesWithItsOwnMembersAndPrecision) {
  Question question = Ask(4);
  question.policies = {Document(), Document("peer-classes")};
  const Report report = Simulate(question, ShippedCodebook());
  ASSERT_EQ(report.scenarios.size(), 2U);
  ASSERT_TRUE(report.scenarios[1].refused.empty());
  const TableFigures& classes = Find(report.scenarios[1], "persons", "sizeClass-kind");
  const TableFigures& towns = Find(report.scenarios[1], "persons", "municipality-kind");
  const TableFigures& region = Find(report.scenarios[1], "persons", "kind");
  EXPECT_EQ(classes.attributes, (std::vector<std::string>{"sizeClass", "kind"}));
  EXPECT_EQ(classes.cells, 2 * region.cells);
  // The expected counts are of the class: more than a municipality's, less than the region's.
  EXPECT_GT(*classes.expected, *towns.expected);
  EXPECT_LT(*classes.expected, *region.expected);
  EXPECT_EQ(classes.typical.size(), 2U);
  ASSERT_TRUE(classes.found && towns.found && classes.shares);
  EXPECT_LT(classes.shares->hidden, towns.shares->hidden);
  // What it costs the municipalities is little, and the rest of the report is of the same tables.
  const TableFigures& before = Find(report.scenarios[0], "persons", "municipality-kind");
  EXPECT_LT(std::stod(towns.sd), 1.1 * std::stod(before.sd));
  // A policy whose classes are no peer groups is refused with its reason.
  question.policies = {Document("peer-classes")};
  question.policies[0]["peers"]["classLimits"] = {4000, 7000};
  const Report refused = Simulate(question, ShippedCodebook());
  ASSERT_EQ(refused.scenarios[0].refused.size(), 1U);
  EXPECT_EQ(refused.scenarios[0].refused[0].code, "class-too-small");
}

}  // namespace
}  // namespace polder::stats::whatif
