#include "stats/table/published_release.h"

#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "stats/table/csv.h"
#include "tests/support/places.h"

namespace polder::stats::table {
namespace {

using base::Json;
using ::testing::HasSubstr;

// Two towns, two kinds; one rectangle hidden, one town converted.
Json Small() {
  const std::string digest(64, '0');
  Json json = {{"format", "polder-release-1"},
               {"header",
                {{"releaseId", "r-1"},
                 {"region", "RMC10"},
                 {"period", "2022SJ"},
                 {"kind", "definitive"},
                 {"origin", "region"},
                 {"demo", false},
                 {"policy", {{"id", "p"}, {"version", "1"}, {"digest", digest}}},
                 {"codebook", {{"id", "c"}, {"version", "1"}, {"digest", digest}}},
                 {"freezeDigest", digest},
                 {"planDigest", digest},
                 {"reservationId", "x"},
                 {"seedCommitments", Json::array({digest, digest})},
                 {"rho", "0.25"},
                 {"epsilon", "3.5"},
                 {"delta", "0.000001"},
                 {"madeAt", "2023-09-01T00:00:00Z"},
                 {"publicAt", "2023-09-08T00:00:00Z"},
                 {"members", Json::array({{{"municipality", "GM1"},
                                           {"delivered", true},
                                           {"conversion", true},
                                           {"deliveriesDigest", digest}},
                                          {{"municipality", "GM2"},
                                           {"delivered", true},
                                           {"conversion", false},
                                           {"deliveriesDigest", ""}}})},
                 {"auditDigest", digest},
                 {"minHiddenSd", "2.5"}}},
               {"measures", Json::array()}};
  Json measure = {
      {"id", "persons"},
      {"unit", "persons"},
      {"clamp", 1},
      {"maxKinds", 2},
      {"dimensions", Json::array({{{"name", "municipality"}, {"codes", {"GM1", "GM2"}}},
                                  {{"name", "kind"}, {"codes", {"a", "b"}}}})},
      {"residuals", Json::array({{{"attributes", Json::array()}, {"gammaSquared", "16"}},
                                 {{"attributes", {"kind"}}, {"gammaSquared", "64"}}})},
      {"roundingDeviation", "1/2"},
      {"tables", Json::array()}};
  // 16 over both; kind: 16/4 + 64/8 = 12.
  measure["tables"].push_back({{"id", "total"},
                               {"attributes", Json::array()},
                               {"sd", "4.000000"},
                               {"variance", "16"},
                               {"cells", Json::array({{{"codes", Json::array()},
                                                       {"status", "value"},
                                                       {"value", 70},
                                                       {"low", 62},
                                                       {"high", 78}}})}});
  measure["tables"].push_back(
      {{"id", "kind"},
       {"attributes", {"kind"}},
       {"sd", "3.464102"},
       {"variance", "12"},
       {"cells",
        Json::array(
            {{{"codes", {"a"}}, {"status", "value"}, {"value", 30}, {"low", 24}, {"high", 36}},
             {{"codes", {"b"}},
              {"status", "imprecise"},
              {"value", 40},
              {"low", 34},
              {"high", 46}}})}});
  json["measures"].push_back(measure);
  return json;
}

std::set<std::string> FaultsOf(const Json& json) {
  try {
    PublishedRelease::Parse(base::CanonicalJson(json));
  } catch (const base::ProblemError& error) {
    std::set<std::string> codes;
    for (const auto& problem : error.problems()) codes.insert(problem.code + " " + problem.pointer);
    return codes;
  }
  return {};
}

TEST(PublishedRelease, ReadsWhatIsRight) {
  const PublishedRelease release = PublishedRelease::Parse(base::CanonicalJson(Small()));
  EXPECT_EQ(release.header().period.Text(), "2022SJ");
  EXPECT_TRUE(release.header().members[0].conversion);
  ASSERT_NE(release.FindMeasure("persons"), nullptr);
  EXPECT_EQ(release.FindMeasure("reports"), nullptr);
  const PublishedTable* kind = release.FindMeasure("persons")->FindTable("kind");
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->cells[1].status, CellStatus::kImprecise);
  EXPECT_EQ(*kind->cells[1].value, 40);
  EXPECT_EQ(kind->cells[1].interval->high, 46);
}

struct Fault {
  const char* what;
  std::function<void(Json&)> change;
  const char* expected;
};

TEST(PublishedRelease, EveryFaultIsFoundAtItsPlace) {
  const auto cell = [](Json& json, size_t table, size_t number) -> Json& {
    return json["measures"][0]["tables"][table]["cells"][number];
  };
  const std::vector<Fault> faults = {
      {"format", [](Json& j) { j["format"] = "polder-release-2"; }, "unknown-format /format"},
      {"extra field", [](Json& j) { j["extra"] = 1; }, "unknown-field /extra"},
      {"period", [](Json& j) { j["header"]["period"] = "2022"; },
       "malformed-period /header/period"},
      {"kind", [](Json& j) { j["header"]["kind"] = "yearly"; }, "unknown-code /header/kind"},
      {"origin", [](Json& j) { j["header"]["origin"] = "x"; }, "unknown-code /header/origin"},
      {"digest", [](Json& j) { j["header"]["planDigest"] = "00"; },
       "malformed-digest /header/planDigest"},
      {"rho", [](Json& j) { j["header"]["rho"] = "-1"; }, "malformed-number /header/rho"},
      {"two identifiers",
       [](Json& j) {
         j["header"]["twoIdentifiers"] = {{"rho", "0.5"}, {"epsilon", "7"}};
       },
       "wrong-charge /header/twoIdentifiers/rho"},
      {"dates", [](Json& j) { j["header"]["publicAt"] = "2023-08-01T00:00:00Z"; },
       "reversed-dates /header/publicAt"},
      {"member twice", [](Json& j) { j["header"]["members"][1]["municipality"] = "GM1"; },
       "repeated-code /header/members/1/municipality"},
      {"deliveries' digest", [](Json& j) { j["header"]["members"][0]["deliveriesDigest"] = "d-1"; },
       "malformed-digest /header/members/0/deliveriesDigest"},
      {"deliveries left out", [](Json& j) { j["header"]["members"][0].erase("deliveriesDigest"); },
       "missing-field /header/members/0/deliveriesDigest"},
      {"deliveries of who did not deliver",
       [](Json& j) { j["header"]["members"][0]["delivered"] = false; },
       "digest-without-delivery /header/members/0/deliveriesDigest"},
      {"member unknown", [](Json& j) { j["header"]["members"][1]["municipality"] = "GM9"; },
       "unknown-member /measures/0/dimensions"},
      {"hidden with number", [&](Json& j) { cell(j, 1, 0)["status"] = "hidden"; },
       "number-without-status /measures/0/tables/1/cells/0/status"},
      {"hidden with interval only",
       [&](Json& j) {
         cell(j, 1, 0)["status"] = "hidden";
         cell(j, 1, 0).erase("value");
         cell(j, 1, 0).erase("high");
       },
       "number-without-status /measures/0/tables/1/cells/0/status"},
      {"value without number", [&](Json& j) { cell(j, 1, 0).erase("value"); },
       "status-without-number /measures/0/tables/1/cells/0/status"},
      {"value without interval", [&](Json& j) { cell(j, 1, 0).erase("low"); },
       "status-without-number /measures/0/tables/1/cells/0/status"},
      {"value outside", [&](Json& j) { cell(j, 1, 0)["low"] = 31; },
       "value-outside-interval /measures/0/tables/1/cells/0/value"},
      {"unknown status", [&](Json& j) { cell(j, 1, 0)["status"] = "secret"; },
       "unknown-code /measures/0/tables/1/cells/0/status"},
      {"float value", [&](Json& j) { cell(j, 1, 0)["codes"] = Json::array({"b"}); },
       "wrong-codes /measures/0/tables/1/cells/0/codes"},
      {"incomplete", [](Json& j) { j["measures"][0]["tables"][1]["cells"].erase(1); },
       "incomplete-table /measures/0/tables/1/cells"},
      {"sum", [&](Json& j) { cell(j, 0, 0)["value"] = 71; },
       "does-not-add-up /measures/0/tables/0/cells/0"},
      {"variance", [](Json& j) { j["measures"][0]["tables"][1]["variance"] = "11"; },
       "wrong-variance /measures/0/tables/1/variance"},
      {"sd", [](Json& j) { j["measures"][0]["tables"][1]["sd"] = "3.464101"; },
       "wrong-sd /measures/0/tables/1/sd"},
      {"residual gone", [](Json& j) { j["measures"][0]["residuals"].erase(1); },
       "missing-residual /measures/0/tables/1/variance"},
      {"residual twice",
       [](Json& j) { j["measures"][0]["residuals"].push_back(j["measures"][0]["residuals"][1]); },
       "repeated-residual /measures/0/residuals/2/attributes"},
      {"attribute", [](Json& j) { j["measures"][0]["tables"][1]["attributes"] = {"school"}; },
       "unknown-attribute /measures/0/tables/1/attributes"},
      {"measure twice", [](Json& j) { j["measures"].push_back(j["measures"][0]); },
       "repeated-measure /measures/1/id"},
      {"break of nobody", [&](Json& j) { cell(j, 1, 0)["status"] = "break"; },
       "status-against-header /measures/0/tables/1/cells/0/status"},
      {"missing of nobody",
       [&](Json& j) {
         cell(j, 1, 0) = {{"codes", {"a"}}, {"status", "missing-delivery"}};
       },
       "status-against-header /measures/0/tables/1/cells/0/status"},
  };
  for (const Fault& fault : faults) {
    Json json = Small();
    fault.change(json);
    EXPECT_THAT(FaultsOf(json), ::testing::Contains(fault.expected)) << fault.what;
  }
}

TEST(PublishedRelease, AllFaultsComeAtOnce) {
  Json json = Small();
  json["header"]["kind"] = "yearly";
  json["header"].erase("rho");
  json["measures"][0]["tables"][1]["sd"] = "1";
  EXPECT_EQ(FaultsOf(json).size(), 3U);
}

TEST(PublishedRelease, TheDocumentedExampleIsARelease) {
  std::ifstream file(polder::tests::SourceDir() + "/docs/formats/examples/release.json");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_THAT(FaultsOf(base::ParseJson(text.str())), ::testing::IsEmpty());
}

TEST(PublishedRelease, TextThatIsNotCanonicalIsRefused) {
  const Json json = Small();
  try {
    PublishedRelease::Parse(json.dump(1));
    FAIL() << "accepted";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "not-canonical");
  }
}

TEST(PublishedRelease, AHiddenPartFreesItsTotalFromTheCheck) {
  Json json = Small();
  auto& cells = json["measures"][0]["tables"][1]["cells"];
  for (auto& cell : cells) cell = {{"codes", cell["codes"]}, {"status", "hidden"}};
  json["measures"][0]["tables"][0]["cells"][0]["value"] = 71;
  EXPECT_TRUE(FaultsOf(json).empty());
}

TEST(CsvField, QuotesWhatNeedsIt) {
  EXPECT_EQ(CsvField("GM0148"), "GM0148");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(CsvField("=1+1"), "\"'=1+1\"");
  EXPECT_EQ(CsvLine({"a", "", "b"}), "a,,b\r\n");
}

TEST(CellsCsv, OneRowPerCellWithTheColumnsOfAllMeasures) {
  const auto release = PublishedRelease::Parse(base::CanonicalJson(Small()));
  EXPECT_EQ(CellsCsv(release),
            "measure,table,municipality,kind,status,value,low,high,sd\r\n"
            "persons,total,,,value,70,62,78,4.000000\r\n"
            "persons,kind,,a,value,30,24,36,3.464102\r\n"
            "persons,kind,,b,imprecise,40,34,46,3.464102\r\n");
  const auto& measure = release.measures().front();
  EXPECT_THAT(TableCsv(measure, measure.tables[1]), HasSubstr("measure,table,kind,status"));
}

}  // namespace
}  // namespace polder::stats::table
