#include "policies/disclosure/policy.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "policies/disclosure/known.h"
#include "policies/disclosure/lint.h"
#include "tests/support/places.h"

namespace polder::policies::disclosure {
namespace {

using base::Json;
using base::NanoRho;
using base::Rational;
using testing::ElementsAre;

Json Load(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/policies/data/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return base::ParseJson(text.str());
}

const codebook::Codebook& Book() {
  static const auto book =
      codebook::Codebook::FromJson(Load("codebooks/nl-leerplicht-2026.1.json"));
  return book;
}

Json Default() { return Load("policies/default.json"); }

std::multiset<std::string> FaultsOf(const Json& json) {
  std::multiset<std::string> faults;
  try {
    Policy::FromJson(json, Book());
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) {
      faults.insert(problem.code + " " + problem.pointer);
      EXPECT_FALSE(problem.detail.empty());
    }
  }
  return faults;
}

std::multiset<std::string> RemarksOn(const Json& json) {
  std::multiset<std::string> remarks;
  for (const auto& remark : Lint(Policy::FromJson(json, Book()), Book())) {
    remarks.insert(remark.code + " " + remark.pointer);
  }
  return remarks;
}

Json WithKnown(const char* known) {
  Json json = Default();
  json["known"] = base::ParseJson(known);
  return json;
}

TEST(KnownTables, AreExactRoundedOrBanded) {
  const Policy policy =
      Policy::FromJson(WithKnown(R"([{"id":"duo-kinds","source":"DUO open data","measure":"persons",
    "period":"2022SJ","attributes":["administrative","kind"],"figures":[
    {"codes":["yes","absolute"],"count":12},{"codes":["no","absolute"],"count":30,"margin":2},
    {"codes":["yes","relative"],"low":1,"high":4},{"codes":["no","relative"],"low":5}]}])"),
                       Book());
  const auto known = KnownTablesOf(policy);
  ASSERT_EQ(known.size(), 1U);
  EXPECT_THAT(known[0].attributes, ElementsAre(Attribute::kAdministrative, Attribute::kKind));
  const auto& figures = known[0].figures;
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_EQ(figures[0].low, 12);
  EXPECT_EQ(figures[0].high, 12);
  EXPECT_EQ(figures[1].low, 28);
  EXPECT_EQ(figures[1].high, 32);
  EXPECT_EQ(figures[2].high, 4);
  EXPECT_EQ(figures[3].high, std::nullopt);
  EXPECT_TRUE(KnownTablesOf(Policy::FromJson(Default(), Book())).empty());
}

TEST(KnownTables, EveryFaultIsToldAtItsPlace) {
  const Json json = WithKnown(R"([
    {"id":"a","source":"CBS","measure":"pupils","period":"2022SJ","attributes":["kind"],
     "figures":[{"codes":["absolute"],"count":3}]},
    {"id":"a","source":"CBS","measure":"persons","period":"2022","attributes":["kind","size"],
     "figures":[]},
    {"id":"b","source":"CBS","measure":"persons","period":"2022SJ","attributes":["kind"],
     "figures":[{"codes":["nothing"],"count":3},{"codes":["absolute"],"low":5,"high":4},
                {"codes":["absolute"],"count":1},{"codes":[],"count":1}]}])");
  EXPECT_THAT(
      FaultsOf(json),
      testing::UnorderedElementsAre(
          "unknown-measure /known/0/measure", "duplicate-table /known/1/id",
          "wrong-period /known/1/period", "unknown-attribute /known/1/attributes/1",
          "unknown-code /known/2/figures/0/codes/0", "out-of-range /known/2/figures/1/high",
          "duplicate-content /known/2/figures/2/codes", "unknown-code /known/2/figures/3/codes"));
}

TEST(Policy, DefaultSpendsExactlyHalfARhoPerSchoolYear) {
  const Policy policy = Policy::FromJson(Default(), Book());
  NanoRho year;
  for (const BudgetLine& line : policy.budget()) year = year + line.PerSchoolYear();
  EXPECT_EQ(year, NanoRho(500'000'000));
  EXPECT_EQ(policy.yearly_cap(), year);
  EXPECT_EQ(policy.FindBudget(ReleaseKind::kMonitor)->PerSchoolYear(), NanoRho(50'000'000));
  EXPECT_EQ(policy.FindBudget(ReleaseKind::kVsv)->PerSchoolYear(), NanoRho(80'000'000));
  EXPECT_EQ(policy.FindBudget(ReleaseKind::kDefinitive)->per_release, NanoRho(250'000'000));
}

TEST(Policy, DefaultHoldsTheAgreedRules) {
  const Policy policy = Policy::FromJson(Default(), Book());
  EXPECT_FALSE(policy.Suppresses());
  EXPECT_EQ(policy.max_kinds(), 2);
  EXPECT_EQ(policy.RuleOf("absolute").threshold, 5);
  EXPECT_EQ(policy.RuleOf("exemptionHealth").threshold, 10);
  EXPECT_FALSE(policy.RuleOf("exemptionHealth").region_only);
  EXPECT_TRUE(policy.RuleOf("exemptionOther").region_only);
  EXPECT_EQ(policy.audit().min_hidden_sd, Rational(3, 2));
  EXPECT_EQ(policy.precision().half_width_share, Rational(1, 2));
  EXPECT_EQ(policy.precision().min_rate_denominator, 50);
  EXPECT_EQ(policy.embargo_seconds(), 7 * 86'400);
  EXPECT_EQ(policy.approvals_needed(), 2);
  EXPECT_EQ(policy.FindMeasure("reports")->clamp, 6);
  EXPECT_EQ(policy.FindMeasure("processes")->clamp, 3);
  EXPECT_TRUE(policy.FindMeasure("dropped")->counts_dropped);
  EXPECT_EQ(policy.FindMeasure("pupils"), nullptr);
  std::vector<std::string> tables;
  for (const auto& table : policy.FindMeasure("persons")->tables) tables.push_back(table.id);
  EXPECT_THAT(tables, ElementsAre("total", "kind", "municipality", "municipality-kind",
                                  "kind-ageBand", "kind-group", "kind-administrative"));
}

TEST(Policy, StrictIsStricterInEveryRule) {
  const Policy wide = Policy::FromJson(Default(), Book());
  const Policy strict = Policy::FromJson(Load("policies/strict.json"), Book());
  EXPECT_EQ(strict.yearly_cap(), NanoRho(250'000'000));
  EXPECT_GT(strict.audit().min_hidden_sd, wide.audit().min_hidden_sd);
  for (const auto& group : Book().kind_groups()) {
    EXPECT_GE(strict.RuleOf(group.code.code).threshold, 2 * wide.RuleOf(group.code.code).threshold);
  }
  EXPECT_LT(strict.FindMeasure("persons")->tables.size(),
            wide.FindMeasure("persons")->tables.size());
  EXPECT_LT(strict.FindBudget(ReleaseKind::kDefinitive)->per_release,
            wide.FindBudget(ReleaseKind::kDefinitive)->per_release);
}

TEST(Policy, NamesReadBackToWhatTheyName) {
  for (const Unit unit : {Unit::kPersons, Unit::kReports, Unit::kProcesses}) {
    EXPECT_EQ(ParseUnit(ToText(unit)), unit);
  }
  for (const Attribute attribute :
       {Attribute::kKind, Attribute::kMunicipality, Attribute::kLevel, Attribute::kAgeBand,
        Attribute::kGroup, Attribute::kAdministrative}) {
    EXPECT_EQ(ParseAttribute(ToText(attribute)), attribute);
  }
  for (const ReleaseKind kind :
       {ReleaseKind::kMonitor, ReleaseKind::kProvisional, ReleaseKind::kDefinitive,
        ReleaseKind::kVsv, ReleaseKind::kSlice}) {
    EXPECT_EQ(ParseReleaseKind(ToText(kind)), kind);
  }
  EXPECT_FALSE(ParseUnit("pupils"));
  EXPECT_FALSE(IsPupilAttribute(Attribute::kAdministrative));
  EXPECT_TRUE(IsPupilAttribute(Attribute::kGroup));
}

TEST(Policy, AYearThatCostsMoreThanItsCapIsRefusedToTheBillionth) {
  Json json = Default();
  json["budget"]["lines"][4]["perRelease"] = "0.020000001";
  EXPECT_THAT(FaultsOf(json), ElementsAre("over-cap /budget/yearlyCap"));
  json["budget"]["yearlyCap"] = "0.500000001";
  EXPECT_TRUE(FaultsOf(json).empty());
  json["budget"]["yearlyCap"] = "0.5000000011";
  EXPECT_THAT(FaultsOf(json), ElementsAre("not-in-nano-rho /budget/yearlyCap"));
}

TEST(Policy, VsvCountsTwiceInASchoolYear) {
  Json json = Default();
  json["budget"]["lines"][3]["perRelease"] = "0.050000001";  // + 2 x 0.010000001 > slice's 0.02
  json["budget"]["lines"].erase(4);
  EXPECT_THAT(FaultsOf(json), ElementsAre("over-cap /budget/yearlyCap"));
  json["budget"]["lines"][3]["perRelease"] = "0.05";
  EXPECT_TRUE(FaultsOf(json).empty());
}

TEST(Policy, TablesOfAnyShapeButNotTooFine) {
  for (const auto& [attributes, allowed] : std::vector<std::pair<std::vector<std::string>, bool>>{
           {{"level"}, true},
           {{"level", "kind"}, true},
           {{"municipality", "level"}, true},
           {{"administrative", "group"}, true},
           {{"kind", "ageBand", "group"}, true},
           {{"municipality", "kind", "ageBand"}, false},
           {{"kind", "ageBand", "group", "level"}, false}}) {
    Json json = Default();
    json["measures"][0]["tables"].push_back(
        {{"id", "new"}, {"attributes", attributes}, {"weight", "1"}});
    if (allowed) {
      EXPECT_TRUE(FaultsOf(json).empty());
    } else {
      EXPECT_THAT(FaultsOf(json), ElementsAre("table-too-fine /measures/0/tables/7/attributes"));
    }
  }
}

TEST(Policy, ReportsEveryFaultWithItsPlace) {
  Json json = Default();
  json["format"] = "polder-policy-0";
  json["surprise"] = 1;
  json["codebook"] = "be-leerplicht";
  json["mechanism"] = "luck";
  json["maxKinds"] = 0;
  json["measures"][0]["clamp"] = 2;
  json["measures"][0]["tables"][1]["attributes"] = {"colour"};
  json["measures"][0]["tables"][2]["attributes"] = {"kind", "kind"};
  json["measures"][0]["tables"][3]["weight"] = "0";
  json["measures"][0]["tables"][4]["weight"] = 0.5;
  json["measures"][0]["tables"][6]["attributes"] = {"group", "kind"};
  json["measures"][1]["id"] = "persons";
  json["measures"][2]["unit"] = "sighs";
  json["measures"][3]["tables"][0]["attributes"] = {"kind"};
  json["budget"]["delta"] = "0.5";
  json["budget"]["lines"][0]["releasesPerYear"] = 5;
  json["budget"]["lines"][1]["kind"] = "monitor";
  json["budget"]["lines"][2]["content"][0]["share"] = "0.95";
  json["budget"]["lines"][3]["content"][0]["measure"] = "dreams";
  json["budget"]["lines"][4]["content"][0]["tables"] = {"kind", "kind", "moon"};
  json["budget"]["lines"][4]["perRelease"] = "-1";
  json["kindRules"]["groups"][0]["group"] = "nobody";
  json["kindRules"]["groups"].push_back({{"group", "exemptionOther"}, {"threshold", 0}});
  json["kindRules"]["default"]["threshold"] = "5";
  json["precision"]["halfWidthShare"] = "half";
  json["peers"]["minMembers"] = 2;
  json["peers"]["largestShare"] = "1.01";
  json["peers"]["classLimits"] = {4000, 4000, "x"};
  json["audit"].erase("minHiddenSd");
  json["embargoDays"] = -1;
  json["approvalsNeeded"] = 1;
  EXPECT_THAT(FaultsOf(json), testing::IsSupersetOf({
                                  "wrong-format /format",
                                  "unknown-field /surprise",
                                  "unknown-codebook /codebook",
                                  "unknown-mechanism /mechanism",
                                  "out-of-range /maxKinds",
                                  "clamp-of-persons /measures/0/clamp",
                                  "unknown-attribute /measures/0/tables/1/attributes/0",
                                  "duplicate-attribute /measures/0/tables/2/attributes/1",
                                  "out-of-range /measures/0/tables/3/weight",
                                  "wrong-number /measures/0/tables/4/weight",
                                  "duplicate-table /measures/0/tables/6/attributes",
                                  "duplicate-measure /measures/1/id",
                                  "unknown-unit /measures/2/unit",
                                  "dropped-is-a-total /measures/3/tables",
                                  "out-of-range /budget/delta",
                                  "too-many-releases /budget/lines/0/releasesPerYear",
                                  "duplicate-line /budget/lines/1/kind",
                                  "shares-above-one /budget/lines/2/content",
                                  "unknown-measure /budget/lines/3/content/0/measure",
                                  "duplicate-table /budget/lines/4/content/0/tables/1",
                                  "unknown-table /budget/lines/4/content/0/tables/2",
                                  "out-of-range /budget/lines/4/perRelease",
                                  "unknown-code /kindRules/groups/0/group",
                                  "duplicate-rule /kindRules/groups/2/group",
                                  "out-of-range /kindRules/groups/2/threshold",
                                  "out-of-range /kindRules/default/threshold",
                                  "wrong-number /precision/halfWidthShare",
                                  "too-few-members /peers/minMembers",
                                  "out-of-range /peers/largestShare",
                                  "not-ascending /peers/classLimits/1",
                                  "out-of-range /peers/classLimits/2",
                                  "missing-field /audit/minHiddenSd",
                                  "out-of-range /embargoDays",
                                  "four-eyes /approvalsNeeded",
                              }));
}

// The shipped policy with reports and processes as exact counts.
Json WithExactCounts() {
  Json json = Default();
  json["measures"][1]["mechanism"] = "suppression";
  json["measures"][2]["mechanism"] = "suppression";
  json["measures"][1].erase("clamp");
  json["measures"][2].erase("clamp");
  json["suppression"] = {{"width", 5}, {"zerosPublished", true}, {"insiders", false}};
  for (Json& line : json["budget"]["lines"]) {
    for (Json& content : line["content"]) {
      const bool exact = content["measure"] == "reports" || content["measure"] == "processes";
      if (exact) content.erase("share");
    }
  }
  return json;
}

TEST(Policy, AMechanismIsChosenPerMeasure) {
  const Policy policy = Policy::FromJson(WithExactCounts(), Book());
  EXPECT_TRUE(policy.Suppresses());
  EXPECT_EQ(policy.FindMeasure("persons")->mechanism, Mechanism::kNoise);
  EXPECT_EQ(policy.FindMeasure("reports")->mechanism, Mechanism::kSuppression);
  EXPECT_EQ(policy.suppression().width, 5);
  EXPECT_FALSE(policy.suppression().insiders);
  for (const auto& line : policy.budget()) {
    for (const auto& content : line.content) {
      const bool exact = policy.FindMeasure(content.measure)->mechanism == Mechanism::kSuppression;
      EXPECT_EQ(content.share == 0, exact) << content.measure;
    }
  }
  EXPECT_FALSE(Policy::FromJson(Default(), Book()).Suppresses());
}

TEST(Policy, ExactCountsNeedTheirRuleAndNoBudget) {
  Json json = WithExactCounts();
  json.erase("suppression");
  EXPECT_THAT(FaultsOf(json), ElementsAre("suppression-rule /suppression"));
  json = Default();
  json["suppression"] = {{"width", 5}, {"zerosPublished", true}, {"insiders", true}};
  EXPECT_THAT(FaultsOf(json), ElementsAre("suppression-rule /suppression"));
  json = WithExactCounts();
  json["suppression"]["width"] = 1;
  json["suppression"].erase("insiders");
  EXPECT_THAT(FaultsOf(json), testing::UnorderedElementsAre("out-of-range /suppression/width",
                                                            "missing-field /suppression/insiders"));
  json = WithExactCounts();
  for (Json& content : json["budget"]["lines"][2]["content"]) {
    if (content["measure"] == "reports") content["share"] = "0.1";
  }
  EXPECT_THAT(FaultsOf(json), testing::Contains(testing::StartsWith("share-of-exact-counts ")));
  json = WithExactCounts();
  json["measures"][1]["clamp"] = 6;
  EXPECT_THAT(FaultsOf(json), ElementsAre("clamp-of-exact-counts /measures/1/clamp"));
  json = WithExactCounts();
  json["budget"]["lines"][0]["perRelease"] = "0";
  EXPECT_THAT(FaultsOf(json), ElementsAre("out-of-range /budget/lines/0/perRelease"));
  json["budget"]["lines"][0]["content"] = {{{"measure", "reports"}}};
  EXPECT_THAT(FaultsOf(json), ElementsAre());
  json["budget"]["lines"][0]["perRelease"] = "0.1";
  EXPECT_THAT(FaultsOf(json), testing::Contains("out-of-range /budget/lines/0/perRelease"));
}

TEST(Policy, NoisyAndExactFiguresOfOneUnitAreRefused) {
  Json json = WithExactCounts();
  json["measures"][2]["unit"] = "reports";
  json["measures"][2]["mechanism"] = "noise";
  json["measures"][2]["clamp"] = 3;
  for (Json& line : json["budget"]["lines"]) {
    for (Json& content : line["content"]) {
      if (content["measure"] == "processes") content["share"] = "0.01";
    }
  }
  EXPECT_THAT(FaultsOf(json), testing::Contains("mixed-mechanisms /measures/2"));
  json = WithExactCounts();
  json["measures"][3]["mechanism"] = "suppression";
  json["measures"][3].erase("clamp");
  EXPECT_THAT(FaultsOf(json), testing::Contains("dropped-needs-noise /measures/3"));
}

TEST(Policy, EveryRemovedFieldIsMissed) {
  const Json shipped = Default();
  for (const auto& item : shipped.items()) {
    Json json = shipped;
    json.erase(item.key());
    EXPECT_TRUE(FaultsOf(json).contains("missing-field /" + item.key())) << item.key();
  }
}

TEST(Policy, CanonicalFormReadsBackToItself) {
  const Policy policy = Policy::FromJson(Default(), Book());
  EXPECT_EQ(Policy::FromJson(base::ParseJson(policy.canonical()), Book()).canonical(),
            policy.canonical());
}

TEST(Lint, HasNothingToSayAboutTheShippedPolicies) {
  EXPECT_THAT(RemarksOn(Default()), ElementsAre());
  EXPECT_THAT(RemarksOn(Load("policies/strict.json")), ElementsAre());
}

TEST(Lint, NamesWhatExactCountsGiveUp) {
  Json json = WithExactCounts();
  json["suppression"]["width"] = 3;
  EXPECT_THAT(RemarksOn(json), testing::IsSupersetOf({"promise-given-up /measures/1/mechanism",
                                                      "promise-given-up /measures/2/mechanism",
                                                      "late-corrections-show /measures/1/mechanism",
                                                      "members-can-subtract /suppression/insiders",
                                                      "zeros-show /suppression/zerosPublished",
                                                      "narrow-interval /suppression/width"}));
  json["suppression"] = {{"width", 5}, {"zerosPublished", false}, {"insiders", true}};
  const auto remarks = RemarksOn(json);
  EXPECT_THAT(remarks, testing::Contains("promise-given-up /measures/1/mechanism"));
  EXPECT_THAT(remarks, testing::Not(testing::Contains(testing::HasSubstr("/suppression/"))));
}

TEST(Lint, SaysWhatIsAllowedButUnwise) {
  Json json = Default();
  json["budget"]["delta"] = "0.001";
  json["budget"]["yearlyCap"] = "0.6";
  json["budget"]["lines"][4]["content"][0]["share"] = "0.5";
  json["measures"][0]["tables"].push_back(
      {{"id", "level"}, {"attributes", {"level"}}, {"weight", "1"}});
  json["budget"]["lines"][1]["content"][0]["tables"] = {"kind"};
  json["budget"]["lines"][2]["content"][0]["tables"] = {"kind"};
  json["kindRules"]["default"]["threshold"] = 3;
  json["kindRules"]["groups"][0]["threshold"] = 3;
  json["embargoDays"] = 0;
  json["retentionMonths"] = 24;
  EXPECT_THAT(RemarksOn(json),
              testing::IsSupersetOf(
                  {"large-delta /budget/delta", "unspent-budget /budget/yearlyCap",
                   "unspent-share /budget/lines/4/content", "unused-table /measures/0/tables/7",
                   "unused-table /measures/0/tables/4", "low-threshold /kindRules",
                   "sensitive-as-ordinary /kindRules/groups", "no-embargo /embargoDays",
                   "long-retention /retentionMonths"}));
}

}  // namespace
}  // namespace polder::policies::disclosure
