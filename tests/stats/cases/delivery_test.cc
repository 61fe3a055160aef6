#include "stats/cases/delivery.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/cases/forbidden_fields.h"
#include "tests/stats/cases/delivery_fixture.h"

namespace polder::stats::cases {
namespace {

using base::Json;

static_assert(!std::is_copy_constructible_v<Case> && !std::is_copy_assignable_v<Case>);
static_assert(!std::is_copy_constructible_v<Delivery> && !std::is_copy_assignable_v<Delivery>);
static_assert(std::is_move_constructible_v<Case> && std::is_move_constructible_v<Delivery>);

TEST(ReadDelivery, ReadsEveryFieldOfEveryCase) {
  auto lines = Lines(3);
  Json second = CaseJson(1);
  second["kind"] = "LRV";
  second["closed"] = nullptr;
  second["opened"] = "2022-W40";  // open throughout the quarter: it may have changed in it
  second["repeat"] = true;
  lines[2] = second.dump();
  const Delivery delivery = ReadDelivery(Join(lines), Book());
  EXPECT_EQ(delivery.manifest.municipality, "GM0148");
  EXPECT_EQ(delivery.manifest.period, *base::Period::Parse("2022SJ-Q3"));
  EXPECT_EQ(delivery.manifest.token_domain, "RMC10/absence/2022SJ");
  ASSERT_EQ(delivery.cases.size(), 3U);
  EXPECT_EQ(base::ToBase64Url(delivery.cases[1].case_key), Key(1, 16));
  EXPECT_EQ(base::ToBase64Url(delivery.cases[2].pupil.bytes()), Key(1, 32));
  EXPECT_EQ(delivery.cases[0].pupil, delivery.cases[1].pupil);
  EXPECT_EQ(Book().kinds().at(delivery.cases[1].kind).code.code, "LRV");
  EXPECT_EQ(delivery.cases[1].opened, base::IsoWeek::Parse("2022-W40"));
  EXPECT_FALSE(delivery.cases[1].closed);
  EXPECT_EQ(delivery.cases[0].closed, base::IsoWeek::Parse("2023-W15"));
  EXPECT_TRUE(delivery.cases[1].repeat);
  EXPECT_EQ(Book().age_bands().at(delivery.cases[0].age_band).code.code, "12-15");
  EXPECT_EQ(Book().levels().at(delivery.cases[0].level).code, "none");
  EXPECT_EQ(Book().groups().at(delivery.cases[0].group).code, "displacedUkraine");
  EXPECT_EQ(Book().opened_by().at(delivery.cases[0].opened_by).code, "auto4w");
  EXPECT_EQ(Book().outcomes().at(delivery.cases[0].outcome).code, "adminOnly");
  EXPECT_EQ(Book().durations().at(delivery.cases[0].duration).code, "4w-3m");
}

TEST(ReadDelivery, ATokenMayHoldEveryCharacterOfItsAlphabetAndNoOther) {
  for (int character = 1; character < 256; ++character) {
    if (character == '"' || character == '\\') continue;  // these end the text, or change the next
    auto lines = Lines(1);
    const std::string pupil = static_cast<char>(character) + Key(0, 32).substr(1);
    lines[1].replace(lines[1].find(Key(0, 32)), pupil.size(), pupil);
    const auto expected = base::FromBase64Url(pupil);
    if (!expected) {
      EXPECT_FALSE(FaultsOf(Join(lines)).empty()) << character;
      continue;
    }
    const Delivery delivery = ReadDelivery(Join(lines), Book());
    ASSERT_EQ(delivery.cases.size(), 1U) << character;
    EXPECT_TRUE(std::equal(expected->begin(), expected->end(),
                           delivery.cases[0].pupil.bytes().begin(),
                           delivery.cases[0].pupil.bytes().end()))
        << character;
  }
}

TEST(ReadDelivery, AWeekThatStraddlesTheQuarterIsAcceptedAtBothEnds) {
  auto lines = Lines(2);
  Json first = CaseJson(0);  // 2022SJ-Q3 runs from Wednesday 1 February to Sunday 30 April 2023
  first["opened"] = "2023-W05";
  first["closed"] = "2023-W05";
  lines[1] = first.dump();
  Json last = CaseJson(1);
  last["opened"] = "2023-W17";
  last["closed"] = nullptr;
  lines[2] = last.dump();
  EXPECT_TRUE(FaultsOf(Join(lines)).empty());
  last["opened"] = "2023-W18";
  lines[2] = last.dump();
  EXPECT_EQ(FaultsOf(Join(lines)), (std::set<Fault>{{3, "/opened", "outside-period"}}));
}

TEST(ReadDelivery, WhatIsWrittenIsReadBack) {
  const Delivery delivery = ReadDelivery(Join(Lines(20)), Book());
  std::string text = WriteManifest(delivery.manifest) + "\n";
  for (const Case& item : delivery.cases) text += WriteCaseLine(item, Book()) + "\n";
  const Delivery again = ReadDelivery(text, Book());
  std::string twice = WriteManifest(again.manifest) + "\n";
  for (const Case& item : again.cases) twice += WriteCaseLine(item, Book()) + "\n";
  EXPECT_EQ(twice, text);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(Json::parse(WriteCaseLine(again.cases[i], Book())),
              CaseJson(static_cast<unsigned>(i)));
  }
}

TEST(ReadDelivery, SpacesEscapesAndTheOrderOfFieldsDoNotMatter) {
  auto lines = Lines(2);
  const Delivery plain = ReadDelivery(Join(lines), Book());
  Json json = Json::parse(lines[1]);
  std::string spelled = "{ ";
  for (auto item = json.rbegin(); item != json.rend(); ++item) {
    if (spelled.size() > 2) spelled += " , ";
    spelled += Json(item.key()).dump() + "\t:" + item.value().dump();
  }
  spelled += "}\r";
  spelled.replace(spelled.find("\"AV\""), 4, "\"\\u0041V\"");
  lines[1] = spelled;
  const Delivery other = ReadDelivery(Join(lines), Book());
  EXPECT_EQ(WriteCaseLine(plain.cases[0], Book()), WriteCaseLine(other.cases[0], Book()));
}

TEST(ReadDelivery, TheLastNewlineMayBeMissing) {
  std::string text = Join(Lines(2));
  text.pop_back();
  EXPECT_EQ(ReadDelivery(text, Book()).cases.size(), 2U);
  EXPECT_TRUE(ReadDelivery(Join(Lines(0)), Book()).cases.empty());
}

TEST(ReadManifest, ReadsOnlyTheFirstLine) {
  auto lines = Lines(1);
  lines[1] = "\xFF not a case";
  const Manifest manifest = ReadManifest(Join(lines));
  EXPECT_EQ(manifest.delivery_id, "dalfsen-2022SJ-Q3-1");
  EXPECT_EQ(manifest.cases, 1U);
  EXPECT_EQ(base::ParseJson(WriteManifest(manifest)), ManifestJson(1));
}

TEST(ReadManifest, RefusesEachMissingField) {
  const Json whole = ManifestJson(1);
  for (const auto& item : whole.items()) {
    Json json = whole;
    json.erase(item.key());
    try {
      ReadManifest(json.dump());
      ADD_FAILURE() << item.key();
    } catch (const base::ProblemError& error) {
      ASSERT_EQ(error.problems().size(), 1U) << item.key();
      EXPECT_EQ(error.problems()[0].pointer, "/" + item.key());
      EXPECT_EQ(error.problems()[0].line, 1U);
    }
  }
}

TEST(PupilToken, LeavesNothingBehindWhenItDies) {
  std::array<uint8_t, 32> bytes{};
  bytes.fill(0xA5);
  alignas(PupilToken) std::array<unsigned char, sizeof(PupilToken)> memory{};
  auto* token = new (memory.data()) PupilToken(bytes);
  EXPECT_EQ(token->bytes()[31], 0xA5);
  token->~PupilToken();
  for (const unsigned char byte : memory) EXPECT_EQ(byte, 0);
}

TEST(Case, LeavesNoKeyBehindWhenItDies) {
  alignas(Case) std::array<unsigned char, sizeof(Case)> memory{};
  auto* item = new (memory.data()) Case();
  item->case_key.fill(0xA5);
  item->~Case();
  for (const unsigned char byte : memory) EXPECT_NE(byte, 0xA5);
}

TEST(ForbiddenFields, KnowDutchAndEnglishNamesHoweverSpelled) {
  for (const char* name : {"bsn", "BSN", "birth_date", "Geboorte-Datum", "e-mail", "First Name",
                           "zipcode", "achternaam", "zaaknummer"}) {
    EXPECT_TRUE(WhyForbidden(name)) << name;
  }
  for (const char* name : {"kind", "pupil", "group", "", "bsnx", "level"}) {
    EXPECT_FALSE(WhyForbidden(name)) << name;
  }
}

}  // namespace
}  // namespace polder::stats::cases
