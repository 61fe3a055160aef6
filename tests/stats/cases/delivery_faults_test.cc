// Every fault of a delivery is found in one pass, by line and field, and its message gives nothing
// away.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/stats/cases/delivery_fixture.h"

namespace polder::stats::cases {
namespace {

using base::Json;

struct Spoiled {
  std::string pointer;
  std::string code;
  std::function<void(Json&)> spoil;
};

Spoiled Set(const std::string& field, const Json& value, const std::string& code) {
  return {"/" + field, code, [=](Json& json) { json[field] = value; }};
}

Spoiled Erase(const std::string& field) {
  return {"/" + field, "missing-field", [=](Json& json) { json.erase(field); }};
}

// One fault per case line, all different.
std::vector<Spoiled> CaseFaults() {
  std::vector<Spoiled> faults = {
      Erase("caseKey"),
      Set("caseKey", "c2hvcnQ", "wrong-token"),
      Set("caseKey", Key(1, 16) + "==", "wrong-token"),
      Set("caseKey", "WlpaWlpaWlpaWlpaWlpaWh", "wrong-token"),  // a second spelling of its bytes
      Set("caseKey", 12, "wrong-type"),
      Erase("pupil"),
      Set("pupil", Key(5, 16), "wrong-token"),
      Set("pupil", nullptr, "wrong-type"),
      Erase("kind"),
      Set("kind", "XYZ", "unknown-code"),
      Set("kind", "av", "unknown-code"),
      Set("kind", "VSVN", "kind-of-other-calendar"),
      Set("kind", Json::array({"AV"}), "wrong-type"),
      Erase("opened"),
      Set("opened", "2022-W53", "wrong-week"),
      Set("opened", "2023-03-06", "wrong-week"),
      Erase("closed"),
      Set("closed", "2023-W00", "wrong-week"),
      Set("closed", "2023-W09", "closed-before-opened"),
      Set("closed", false, "wrong-type"),
      Erase("ageBand"),
      Set("ageBand", "13", "unknown-code"),
      Set("ageBand", "18-22", "age-impossible"),
      Erase("level"),
      Set("level", "university", "unknown-code"),
      Erase("group"),
      Set("group", "martian", "unknown-code"),
      Erase("openedBy"),
      Set("openedBy", "neighbour", "unknown-code"),
      Erase("outcome"),
      Set("outcome", "halt", "unknown-code"),
      Erase("duration"),
      Set("duration", "<4w", "unknown-code"),
      Erase("repeat"),
      Set("repeat", "yes", "wrong-type"),
      Set("bsn", "999990019", "forbidden-field"),
      Set("birthDate", "2009-05-05", "forbidden-field"),
      Set("name", "Jan Jansen", "forbidden-field"),
      Set("Post_Code", "7721 AB", "forbidden-field"),
      Set("nationality", "UA", "forbidden-field"),
      Set("toelichting", "moeder belde", "forbidden-field"),
      Set("email", "a@b.nl", "forbidden-field"),
      Set("colour", "red", "unknown-field"),
  };
  faults.push_back({"/opened", "outside-period", [](Json& json) {
                      json["opened"] = "2023-W20";
                      json["closed"] = nullptr;
                    }});
  faults.push_back({"/closed", "outside-period", [](Json& json) {
                      json["opened"] = "2022-W40";
                      json["closed"] = "2022-W50";
                    }});
  return faults;
}

TEST(ReadDelivery, FindsEveryOneOfFortyDistinctFaultsByLineAndField) {
  const auto faults = CaseFaults();
  ASSERT_GE(faults.size(), 40U);
  auto lines = Lines(static_cast<unsigned>(faults.size()));
  std::set<Fault> expected;
  for (size_t i = 0; i < faults.size(); ++i) {
    Json json = Json::parse(lines[i + 1]);
    faults[i].spoil(json);
    lines[i + 1] = json.dump();
    expected.emplace(i + 2, faults[i].pointer, faults[i].code);
  }
  EXPECT_EQ(FaultsOf(Join(lines)), expected);
}

TEST(ReadDelivery, FindsTheFaultsOfFormAndOfTheManifestInTheSamePass) {
  auto lines = Lines(8);
  Json manifest = ManifestJson(99);
  manifest["format"] = "polder-delivery-0";
  manifest["municipality"] = "GM1773";
  manifest["codebookVersion"] = "2020.1";
  manifest["tokenDomain"] = "RMC10/absence/2021SJ";
  manifest["replaces"] = manifest["deliveryId"];
  manifest["sender"] = "me";
  manifest["phone"] = "0529";
  manifest.erase("mappingId");
  lines[0] = manifest.dump();
  lines[1].pop_back();                                     // cut off
  lines[2].insert(1, "\"kind\":\"AV\",");                  // a name twice
  lines[3] = "";                                           // empty
  lines[4] = "[]";                                         // no object
  lines[5] = CaseJson(7).dump();                           // the case of line 9
  lines[6].insert(1, std::string(5000, ' '));              // too long
  lines[7].replace(lines[7].find("none"), 4, "n\xC3(ne");  // broken UTF-8
  EXPECT_EQ(FaultsOf(Join(lines)), (std::set<Fault>{{1, "/format", "wrong-format"},
                                                    {1, "/municipality", "unknown-code"},
                                                    {1, "/codebookVersion", "other-codebook"},
                                                    {1, "/tokenDomain", "wrong-token-domain"},
                                                    {1, "/replaces", "replaces-itself"},
                                                    {1, "/sender", "unknown-field"},
                                                    {1, "/phone", "forbidden-field"},
                                                    {1, "/mappingId", "missing-field"},
                                                    {1, "/cases", "count-mismatch"},
                                                    {2, "", "malformed-json"},
                                                    {3, "", "malformed-json"},
                                                    {4, "", "empty-line"},
                                                    {5, "", "not-an-object"},
                                                    {7, "", "line-too-long"},
                                                    {8, "", "malformed-json"},
                                                    {9, "/caseKey", "duplicate-case"}}));
}

TEST(ReadDelivery, SeveralFaultsOfOneLineAreAllFound) {
  auto lines = Lines(1);
  lines[1] = R"({"caseKey":1,"bsn":"9","kind":"?","opened":"x","repeat":0})";
  EXPECT_EQ(FaultsOf(Join(lines)), (std::set<Fault>{{2, "/caseKey", "wrong-type"},
                                                    {2, "/bsn", "forbidden-field"},
                                                    {2, "/pupil", "missing-field"},
                                                    {2, "/kind", "unknown-code"},
                                                    {2, "/opened", "wrong-week"},
                                                    {2, "/closed", "missing-field"},
                                                    {2, "/ageBand", "missing-field"},
                                                    {2, "/level", "missing-field"},
                                                    {2, "/group", "missing-field"},
                                                    {2, "/openedBy", "missing-field"},
                                                    {2, "/outcome", "missing-field"},
                                                    {2, "/duration", "missing-field"},
                                                    {2, "/repeat", "wrong-type"}}));
}

TEST(ReadDelivery, ACodeBeforeItsTimeIsAFault) {
  auto lines = Lines(1);
  Json manifest = ManifestJson(1);
  manifest["period"] = "2021SJ-Q1";
  manifest["tokenDomain"] = "RMC10/absence/2021SJ";
  lines[0] = manifest.dump();
  Json item = CaseJson(1);
  item["opened"] = "2021-W40";
  item["closed"] = nullptr;
  lines[1] = item.dump();
  EXPECT_EQ(FaultsOf(Join(lines)), (std::set<Fault>{{2, "/group", "code-not-valid"}}));
}

TEST(ReadDelivery, AYearIsNotAPeriodOfADelivery) {
  auto lines = Lines(1);
  Json manifest = ManifestJson(1);
  manifest["period"] = "2022SJ";
  lines[0] = manifest.dump();
  EXPECT_EQ(FaultsOf(Join(lines)), (std::set<Fault>{{1, "/period", "period-not-a-quarter"}}));
  manifest["period"] = "2010SJ-Q1";
  manifest["tokenDomain"] = "RMC10/absence/2010SJ";
  lines[0] = manifest.dump();
  EXPECT_TRUE(FaultsOf(Join(lines)).contains({1, "/municipality", "not-a-member"}));
}

TEST(ReadDelivery, NoMessageRepeatsATokenAKeyOrWhatMayBeAPerson) {
  const std::vector<std::string> secrets = {"999990019", "Jan Jansen",   "Jansen",   "7721",
                                            "20090505",  "moeder belde", Key(3, 16), Key(1, 32)};
  auto lines = Lines(8);
  for (size_t i = 1; i <= 8; ++i) {
    Json json = Json::parse(lines[i]);
    json[secrets[i - 1]] = secrets[i - 1];
    for (const char* field : {"kind", "opened", "level", "ageBand", "caseKey", "pupil"}) {
      json[field] = i == 3 ? "999990019" : i == 6 ? "20090505" : secrets[i - 1] + " 1234567";
    }
    lines[i] = json.dump();
  }
  const auto problems = ProblemsOf(Join(lines));
  ASSERT_GE(problems.size(), 48U);
  for (const auto& problem : problems) {
    for (const std::string& secret : secrets) {
      EXPECT_THAT(problem.detail, testing::Not(testing::HasSubstr(secret)));
    }
    for (const char* secret : {"Jan ", "9999", "2009", "moeder"}) {
      EXPECT_THAT(problem.pointer, testing::Not(testing::HasSubstr(secret)));
    }
    EXPECT_LT(problem.pointer.size(), 22U);
  }
}

TEST(ReadDelivery, AForbiddenFieldIsRefusedWithItsReason) {
  auto lines = Lines(1);
  lines[1].insert(1, R"("geloof":"x",)");
  const auto problems = ProblemsOf(Join(lines));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].detail, testing::HasSubstr("must not leave the municipality"));
  EXPECT_THAT(problems[0].detail, testing::HasSubstr("GDPR art. 9"));
}

TEST(ReadDelivery, ProblemsComeInLineOrder) {
  auto lines = Lines(6);
  lines[2] = lines[1];
  lines[4] = "x";
  lines[6] = lines[5];
  std::vector<uint64_t> order;
  for (const auto& problem : ProblemsOf(Join(lines))) order.push_back(problem.line);
  EXPECT_THAT(order, testing::ElementsAre(3, 5, 7));
}

TEST(ReadDelivery, TooManyFaultsAreCountedAndNotKept) {
  auto lines = Lines(50);
  for (size_t i = 1; i < lines.size(); ++i) lines[i] = "{}";
  const auto problems = ProblemsOf(Join(lines), {.max_problems = 10});
  ASSERT_EQ(problems.size(), 11U);
  EXPECT_EQ(problems.back().code, "too-many-problems");
  EXPECT_THAT(problems.back().detail, testing::HasSubstr(std::to_string(50 * 12 - 10)));
}

TEST(ReadDelivery, SizesAreLimited) {
  const std::string text = Join(Lines(3));
  EXPECT_EQ(FaultsOf(text, {.max_bytes = 100}), (std::set<Fault>{{0, "", "too-large"}}));
  EXPECT_EQ(FaultsOf(text, {.max_cases = 2}), (std::set<Fault>{{4, "", "too-many-cases"}}));
  EXPECT_TRUE(FaultsOf(text, {.max_cases = 3}).empty());
  const auto faults = FaultsOf(ManifestJson(0).dump() + std::string(100, '\n'), {.max_cases = 5});
  EXPECT_EQ(faults.size(), 6U);  // five empty lines, then the end
}

TEST(ReadDelivery, NothingAtAllIsAMalformedManifest) {
  for (const std::string text : {"", "\n", "x", "\xEF\xBB\xBF{}", "[]\n"}) {
    EXPECT_FALSE(FaultsOf(text).empty()) << text;
  }
  EXPECT_TRUE(FaultsOf("\xEF\xBB\xBF{}\n").contains({1, "", "malformed-manifest"}));
}

}  // namespace
}  // namespace polder::stats::cases
