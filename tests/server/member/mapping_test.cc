#include "server/member/mapping.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/server/member/support.h"

namespace polder::server::member {
namespace {

std::set<std::string> CodesOf(const base::Json& json) {
  std::set<std::string> codes;
  try {
    Mapping::FromJson(json, TheCodebook());
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) codes.insert(problem.code + " " + problem.pointer);
  }
  return codes;
}

TEST(Mapping, ShippedOnesAreReadWhole) {
  EXPECT_EQ(JvsMapping().id(), "jvs-csv");
  EXPECT_EQ(JvsMapping().delimiter(), ';');
  EXPECT_EQ(JvsMapping().encoding(), Encoding::kWindows1252);
  EXPECT_EQ(JvsMapping().date_format(), DateFormat::kDayFirst);
  EXPECT_EQ(JvsMapping().Of(Field::kGroup).codes.at("Oekraïense ontheemde"), "displacedUkraine");
  EXPECT_EQ(RegisterMapping().encoding(), Encoding::kUtf8);
  EXPECT_EQ(RegisterMapping().Of(Field::kOutcome).empty, "stillOpen");
}

TEST(Mapping, EveryKindOfTheCodebookCanBeDelivered) {
  for (const Mapping* mapping : {&JvsMapping(), &RegisterMapping()}) {
    std::set<std::string> reached;
    for (const auto& [cell, code] : mapping->Of(Field::kKind).codes) reached.insert(code);
    for (const auto& kind : TheCodebook().kinds()) {
      EXPECT_TRUE(reached.contains(kind.code.code)) << mapping->id() << " " << kind.code.code;
    }
  }
}

TEST(Mapping, TellsEveryFaultAtOnce) {
  base::Json json = ReadJson("policies/data/mappings/register-csv-1.json");
  json["format"] = "polder-mapping-9";
  json["delimiter"] = "x";
  json["encoding"] = "utf-16";
  json["dateFormat"] = "mm/dd/yyyy";
  json["fields"]["kind"]["codes"]["99"] = "NOPE";
  json["fields"]["group"]["empty"] = "NOPE";
  json["fields"]["opened"]["empty"] = "x";
  json["fields"]["level"]["column"] = "case_type";
  json["fields"].erase("closed");
  json["fields"]["shoeSize"] = {{"column", "shoe"}};
  json["drop"].push_back("bsn");
  json["surprise"] = 1;
  const auto codes = CodesOf(json);
  for (const char* expected :
       {"unknown-format /format", "bad-delimiter /delimiter", "bad-encoding /encoding",
        "bad-date-format /dateFormat", "unknown-code /fields/kind/codes",
        "unknown-code /fields/group/empty", "column-twice /fields", "column-twice /drop"}) {
    EXPECT_TRUE(codes.contains(expected)) << expected;
  }
  const auto mentions = [&](const std::string& pointer) {
    return std::any_of(codes.begin(), codes.end(),
                       [&](const std::string& code) { return code.ends_with(" " + pointer); });
  };
  EXPECT_TRUE(mentions("/fields/opened"));
  EXPECT_TRUE(mentions("/fields/closed"));
  EXPECT_TRUE(mentions("/fields/shoeSize"));
  EXPECT_TRUE(mentions("/surprise"));
}

TEST(Mapping, NeedsAtLeastOneIdentifier) {
  base::Json json = ReadJson("policies/data/mappings/register-csv-1.json");
  for (const char* field : {"bsn", "educationNumber", "localPerson"}) json["fields"].erase(field);
  EXPECT_EQ(CodesOf(json), (std::set<std::string>{"no-identifier /fields"}));
}

}  // namespace
}  // namespace polder::server::member
