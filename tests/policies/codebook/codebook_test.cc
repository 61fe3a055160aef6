#include "policies/codebook/codebook.h"

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "tests/support/places.h"

namespace polder::policies::codebook {
namespace {

using base::Json;
using base::Period;
using base::ProblemError;

const Json& Shipped() {
  static const Json json = [] {
    std::ifstream file(polder::tests::SourceDir() +
                       "/policies/data/codebooks/nl-leerplicht-2026.1.json");
    std::stringstream text;
    text << file.rdbuf();
    return base::ParseJson(text.str());
  }();
  return json;
}

const Codebook& Book() {
  static const Codebook book = Codebook::FromJson(Shipped());
  return book;
}

Period In(const char* text) { return *Period::Parse(text); }

std::multiset<std::string> FaultsOf(const Json& json) {
  std::multiset<std::string> faults;
  try {
    Codebook::FromJson(json);
  } catch (const ProblemError& error) {
    for (const auto& problem : error.problems()) {
      faults.insert(problem.code + " " + problem.pointer);
      EXPECT_FALSE(problem.detail.empty());
    }
  }
  return faults;
}

TEST(Codebook, SaysWhereTheCasesOfAMembershipThatEndedWent) {
  Json json = Shipped();
  json["memberships"][0]["validTo"] = "2022-12-31";
  json["memberships"][0]["into"] = json["memberships"][1]["municipality"];
  json["memberships"][2]["validTo"] = "2022-12-31";
  json["memberships"][2]["into"] = "outside";
  const auto redivisions = Codebook::FromJson(json).Redivisions();
  EXPECT_EQ(redivisions.size(), 2u);
  EXPECT_EQ(redivisions.at(json["memberships"][0]["municipality"]),
            json["memberships"][1]["municipality"].get<std::string>());
  EXPECT_EQ(redivisions.at(json["memberships"][2]["municipality"]), kOutside);

  json["memberships"][0]["into"] = json["memberships"][0]["municipality"];
  json["memberships"][2]["into"] = "GM9999";
  json["memberships"][3]["into"] = "outside";
  EXPECT_THAT(FaultsOf(json), testing::IsSupersetOf({"into-itself /memberships/0/into",
                                                     "unknown-reference /memberships/2/into",
                                                     "into-without-end /memberships/3/into"}));
}

TEST(Codebook, ShippedOneHoldsTheRegionOfElevenWithTheirOwnOins) {
  EXPECT_EQ(Book().id(), "nl-leerplicht");
  EXPECT_EQ(Book().region(), "RMC10");
  const auto members = Book().MembersIn(In("2022SJ"));
  EXPECT_EQ(members.size(), 11U);
  EXPECT_TRUE(std::is_sorted(members.begin(), members.end()));
  EXPECT_EQ(Book().FindMunicipality("GM0148")->code.label.nl, "Dalfsen");
  EXPECT_EQ(Book().MunicipalityOfOin("00000001999000000148")->code.code, "GM0148");
  EXPECT_EQ(Book().MunicipalityOfOin("00000001999000000149"), nullptr);
  EXPECT_EQ(Book().FindMunicipality("GM1773"), nullptr);  // Olst-Wijhe belongs to region 11
}

TEST(Codebook, KindsTakeTheCalendarOfTheirGroup) {
  EXPECT_THAT(Book().KindGroupsIn(In("2022SJ-Q1")),
              testing::ElementsAre("absolute", "relative", "holiday", "other", "age18plus",
                                   "exemptionHealth", "exemptionOther", "substitute"));
  EXPECT_THAT(Book().KindGroupsIn(In("2022VSV")),
              testing::ElementsAre("earlyLeaverNew", "earlyLeaverOld"));
  EXPECT_EQ(Book().FindKind("LRV")->group, "relative");
  EXPECT_EQ(Book().FindKind("EX5A")->group, "exemptionHealth");
  EXPECT_EQ(Book().FindKind("VSVO")->calendar, base::Calendar::kVsv);
  EXPECT_EQ(Book().kinds().size(), 15U);
}

TEST(Codebook, EveryAgeFromFiveToTwentyTwoHasOneBand) {
  for (int age = 5; age <= 22; ++age) ASSERT_NE(Book().BandOfAge(age), nullptr) << age;
  EXPECT_EQ(Book().BandOfAge(4), nullptr);
  EXPECT_EQ(Book().BandOfAge(23), nullptr);
  EXPECT_EQ(Book().BandOfAge(15)->code.code, "12-15");
  EXPECT_EQ(Book().BandOfAge(16)->code.code, "16-17");
}

TEST(Codebook, AgeLimitsDecideWhoCanHaveACase) {
  const auto possible = [](const char* kind, size_t band) {
    return Book().AgePossible(*Book().FindKind(kind), Book().age_bands()[band], In("2022SJ"));
  };
  EXPECT_TRUE(possible("AV", 0));
  EXPECT_TRUE(possible("AV", 2));
  EXPECT_FALSE(possible("AV", 3));
  EXPECT_FALSE(possible("P18", 2));
  EXPECT_TRUE(possible("P18", 3));
  EXPECT_FALSE(possible("SUB3A", 0));
  EXPECT_FALSE(possible("VSVN", 0));
}

TEST(Codebook, ACodeIsOnlyValidInItsDays) {
  EXPECT_FALSE(Book().groups().ValidIn("displacedUkraine", In("2021SJ-Q2")));
  EXPECT_TRUE(Book().groups().ValidIn("displacedUkraine", In("2021SJ-Q3")));
  EXPECT_FALSE(Book().groups().ValidIn("nobody", In("2021SJ-Q3")));
}

TEST(Codebook, MembershipAndAgeLimitsHoldOnlyInTheirDays) {
  Json json = Shipped();
  json["memberships"][0]["validTo"] = "2022-10-31";  // Dalfsen leaves after the first quarter
  for (auto& limit : json["ageLimits"]) {
    if (limit["duty"] == "transfer") limit["validTo"] = "2022-10-31";
  }
  json["ageLimits"].push_back({{"duty", "transfer"},
                               {"from", 16},
                               {"to", 26},
                               {"validFrom", "2022-11-01"},
                               {"source", "a bill"}});
  const Codebook book = Codebook::FromJson(json);
  EXPECT_EQ(book.MembersIn(In("2022SJ-Q1")).size(), 11U);
  EXPECT_EQ(book.MembersIn(In("2022SJ-Q2")).size(), 10U);
  EXPECT_EQ(book.MembersIn(In("2022SJ")).size(), 11U);
  EXPECT_TRUE(book.MembersIn(In("2018SJ")).empty());
  const Kind& kind = *book.FindKind("P18");
  EXPECT_FALSE(book.AgePossible(kind, book.age_bands()[2], In("2022SJ-Q1")));
  EXPECT_TRUE(book.AgePossible(kind, book.age_bands()[2], In("2022SJ-Q2")));
}

TEST(Codebook, AdministrativeNeedsBothTheRuleAndTheOutcome) {
  EXPECT_TRUE(Book().IsAdministrative("auto4w", "adminOnly"));
  EXPECT_FALSE(Book().IsAdministrative("auto4w", "enrolled"));
  EXPECT_FALSE(Book().IsAdministrative("school", "adminOnly"));
  EXPECT_TRUE(Book().IsReport("school"));
  EXPECT_TRUE(Book().IsReport("duoSignal"));
  EXPECT_FALSE(Book().IsReport("auto4w"));
}

TEST(Codebook, PublicCountsAreFoundByMeasurePlaceAndYearAndAddUp) {
  EXPECT_EQ(Book().FindPublicCount("inhabitants5to17", "GM0148", 2022)->count, 4650);
  EXPECT_FALSE(Book().FindPublicCount("inhabitants5to17", "GM0148", 2020));
  EXPECT_FALSE(Book().FindPublicCount("inhabitants", "GM0148", 2022));
  for (const char* measure : {"inhabitants5to17", "participants12to22"}) {
    for (int year = 2021; year <= 2025; ++year) {
      int64_t sum = 0;
      for (const auto& place : Book().municipalities()) {
        sum += Book().FindPublicCount(measure, place.code.code, year)->count;
      }
      EXPECT_EQ(Book().FindPublicCount(measure, "RMC10", year)->count, sum);
    }
  }
}

TEST(Codebook, SizeClassesGiveEverySizeThreeOthersOrTheLargestTwo) {
  std::map<std::string, int> members;
  for (const auto& place : Book().municipalities()) {
    ++members[Book().SizeClassOf(place.code.code, 2022)->code.code];
  }
  EXPECT_THAT(members, testing::ElementsAre(testing::Pair("large", 3), testing::Pair("medium", 4),
                                            testing::Pair("small", 4)));
  EXPECT_EQ(Book().SizeClassOf("GM0148", 1999), nullptr);
}

TEST(Codebook, CanonicalFormReadsBackToTheSameCodebook) {
  const Codebook again = Codebook::FromJson(base::ParseJson(Book().canonical()));
  EXPECT_EQ(again.canonical(), Book().canonical());
}

TEST(Codebook, ReportsEveryFaultWithItsPlace) {
  Json json = Shipped();
  json["format"] = "polder-codebook-9";
  json["colour"] = "red";
  json["municipalities"][1]["code"] = "GM0148";
  json["municipalities"][2]["oin"] = json["municipalities"][3]["oin"];
  json["municipalities"][4]["oin"] = "123";
  json["municipalities"][5]["code"] = "XX01";
  json["memberships"][6]["municipality"] = "GM9999";
  json["memberships"][7]["validTo"] = "2019-01-01";
  json["memberships"].push_back({{"municipality", "GM0148"}, {"validFrom", "2021-01-01"}});
  json["kinds"][0]["group"] = "nothing";
  json["kinds"][1]["duties"] = {"compulsory", "fun"};
  json["kinds"][2]["code"] = "R16";
  json["kinds"][3]["label"].erase("en");
  json["kindGroups"][8]["calendar"] = "moon";
  json["ageBands"][1]["from"] = 10;
  json["ageBands"][3]["from"] = 19;
  json["ageLimits"][3]["to"] = 2;
  json["levels"].erase(9);
  json["groups"][0]["validFrom"] = "2022-02-30";
  json["durations"] = Json::array();
  json["units"][2]["code"] = "sighs";
  json["reports"]["openedBy"][0] = "neighbour";
  json["administrative"]["outcome"] = "gone";
  json["publicCounts"][0]["counts"]["GM7777"] = {{"2022", 5}};
  json["publicCounts"][1]["counts"]["GM0148"]["2022"] = -5;
  json["publicCounts"][1]["counts"]["GM0160"]["22"] = 5;
  json["sizeClasses"]["classes"][1]["from"] = 5000;
  json["sizeClasses"]["measure"] = "height";
  json["hierarchies"][0]["levels"] = {"region", "municipality"};
  EXPECT_THAT(FaultsOf(json), testing::IsSupersetOf({
                                  "wrong-format /format",
                                  "unknown-field /colour",
                                  "duplicate-code /municipalities/1/code",
                                  "duplicate-oin /municipalities/3/oin",
                                  "wrong-oin /municipalities/4/oin",
                                  "wrong-code /municipalities/5/code",
                                  "unknown-reference /memberships/6/municipality",
                                  "dates-reversed /memberships/7/validTo",
                                  "overlapping-membership /memberships/11/municipality",
                                  "no-membership /municipalities/5/code",
                                  "no-membership /municipalities/6/code",
                                  "unknown-reference /kinds/0/group",
                                  "unknown-reference /kinds/1/duties/1",
                                  "duplicate-code /kinds/2/code",
                                  "missing-field /kinds/3/label/en",
                                  "empty-group /kindGroups/0/code",
                                  "unknown-calendar /kindGroups/8/calendar",
                                  "overlapping-bands /ageBands/1/from",
                                  "gap-in-bands /ageBands/3/from",
                                  "ages-reversed /ageLimits/3/to",
                                  "missing-code /levels",
                                  "wrong-date /groups/0/validFrom",
                                  "empty-list /durations",
                                  "missing-code /units",
                                  "unknown-unit /units/2/code",
                                  "unknown-reference /reports/openedBy/0",
                                  "unknown-reference /administrative/outcome",
                                  "unknown-reference /publicCounts/0/counts/GM7777",
                                  "out-of-range /publicCounts/1/counts/GM0148/2022",
                                  "wrong-year /publicCounts/1/counts/GM0160/22",
                                  "gap-in-classes /sizeClasses/classes/1/from",
                                  "unknown-reference /sizeClasses/measure",
                                  "wrong-levels /hierarchies/0/levels",
                              }));
}

TEST(Codebook, NoFaultIsFoundInTheShippedOneAndEveryRemovedFieldIsMissed) {
  EXPECT_TRUE(FaultsOf(Shipped()).empty());
  for (const auto& item : Shipped().items()) {
    Json json = Shipped();
    json.erase(item.key());
    EXPECT_TRUE(FaultsOf(json).contains("missing-field /" + item.key())) << item.key();
  }
}

TEST(Codebook, ARegionTotalThatIsNotTheSumIsAFault) {
  Json json = Shipped();
  json["publicCounts"][0]["counts"]["RMC10"]["2023"] = 1;
  EXPECT_THAT(FaultsOf(json), testing::ElementsAre("total-differs /publicCounts"));
}

TEST(Codebook, NothingButAnObjectIsACodebook) {
  EXPECT_FALSE(FaultsOf(Json::array()).empty());
  EXPECT_FALSE(FaultsOf(Json()).empty());
}

TEST(Codebook, AWholeCountryIsReadInWellUnderASecond) {
  Json json = Shipped();
  json["region"]["code"] = "NL";
  json["municipalities"] = Json::array();
  json["memberships"] = Json::array();
  Json counts = Json::object();
  for (int i = 0; i < 2000; ++i) {
    const std::string digits = std::to_string(1000 + i);
    json["municipalities"].push_back({{"code", "GM" + digits},
                                      {"label", {{"nl", "G" + digits}, {"en", "G" + digits}}},
                                      {"oin", "0000000199900000" + digits}});
    json["memberships"].push_back({{"municipality", "GM" + digits}});
    counts["GM" + digits] = {{"2022", i}, {"2023", i}};
  }
  json["publicCounts"][0]["counts"] = counts;
  json["publicCounts"].erase(1);
  const auto start = std::chrono::steady_clock::now();
  const Codebook book = Codebook::FromJson(json);
  const auto spent = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(book.MembersIn(In("2022SJ")).size(), 2000U);
  EXPECT_EQ(book.FindPublicCount("inhabitants5to17", "GM2999", 2023)->count, 1999);
  EXPECT_LT(std::chrono::duration<double>(spent).count(), 2.0);
}

}  // namespace
}  // namespace polder::policies::codebook
