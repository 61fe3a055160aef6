#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/json_reader.h"
#include "policies/base/nano_rho.h"
#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "policies/base/random_bits.h"
#include "policies/base/rational.h"

namespace polder::base {
namespace {

TEST(Bytes, EveryFormReadsBackWhatItWrote) {
  for (size_t length = 0; length < 40; ++length) {
    Bytes bytes;
    for (size_t i = 0; i < length; ++i) bytes.push_back(static_cast<uint8_t>(i * 37 + length * 11));
    EXPECT_EQ(FromHex(ToHex(bytes)), bytes);
    EXPECT_EQ(FromBase64(ToBase64(bytes)), bytes);
    EXPECT_EQ(FromBase64Url(ToBase64Url(bytes)), bytes);
  }
}

// Source: RFC 4648 §10.
TEST(Bytes, Base64MatchesThePublishedVectors) {
  EXPECT_EQ(ToBase64(AsBytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(ToBase64(AsBytes("fooba")), "Zm9vYmE=");
  EXPECT_EQ(ToBase64(AsBytes("foob")), "Zm9vYg==");
}

TEST(Bytes, DecodersRefuseWhatHasAnotherSpelling) {
  EXPECT_FALSE(FromBase64("Zm9vYh=="));  // non-zero trailing bits
  EXPECT_FALSE(FromBase64("Zm9vYg"));
  EXPECT_FALSE(FromBase64("Zm9v Yg="));
  EXPECT_FALSE(FromBase64("===="));
  EXPECT_FALSE(FromBase64Url("Zm9vYg=="));
  EXPECT_FALSE(FromBase64Url("Zm9vY"));
  EXPECT_FALSE(FromHex("abc"));
  EXPECT_FALSE(FromHex("zz"));
}

TEST(Bytes, Utf8RefusesOverlongSurrogateAndCutOff) {
  EXPECT_TRUE(IsUtf8("Súdwest-Fryslân €😀"));
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xE2\x82"));
  EXPECT_FALSE(IsUtf8("\xF5\x80\x80\x80"));
}

TEST(Json, RefusesWhatProgramsDisagreeAbout) {
  EXPECT_THROW(ParseJson(R"({"a":1,"a":2})"), ProblemError);
  EXPECT_THROW(ParseJson("{} {}"), ProblemError);
  EXPECT_THROW(ParseJson("\xEF\xBB\xBF{}"), ProblemError);
  EXPECT_THROW(ParseJson("[1,]"), ProblemError);
  EXPECT_THROW(ParseJson("\"\xFF\""), ProblemError);
  EXPECT_THROW(ParseJson(std::string(40, '[') + std::string(40, ']')), ProblemError);
  EXPECT_NO_THROW(ParseJson(R"({"a":{"x":1},"b":{"x":2}})"));
}

TEST(Json, NamesTheLineAndColumnOfTheFault) {
  try {
    ParseJson("{\n  \"a\": tru\n}");
    FAIL();
  } catch (const ProblemError& error) {
    EXPECT_EQ(error.code(), "malformed-json");
    EXPECT_EQ(error.problems().front().line, 2U);
  }
}

// Source: RFC 8785 §3.2.3, with the literals and integers that Polder signs.
TEST(Json, CanonicalFormSortsByUtf16AndEscapesMinimally) {
  const Json value =
      ParseJson(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})");
  EXPECT_EQ(
      CanonicalJson(value),
      "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\uFB33\":3}");
  EXPECT_EQ(CanonicalJson(ParseJson(R"([ "\u000f\n/" , true, null, -7 ])")),
            "[\"\\u000f\\n/\",true,null,-7]");
}

TEST(Json, CanonicalFormRefusesInexactNumbers) {
  EXPECT_THROW(CanonicalJson(Json(0.5)), ProblemError);
  EXPECT_THROW(CanonicalJson(Json(uint64_t{1} << 53)), ProblemError);
  EXPECT_THROW(CanonicalJson(Json(-(int64_t{1} << 53))), ProblemError);
  EXPECT_EQ(CanonicalJson(Json((int64_t{1} << 53) - 1)), "9007199254740991");
}

TEST(ObjectReader, NotesEveryFaultWithItsPointer) {
  const Json json = ParseJson(
      R"({"id":"Bad code!","k":9,"rho":0.5,"extra":1,"nested":{"x":"y"},"list":[1,"a"]})");
  Problems problems;
  ObjectReader object(json, "", problems);
  object.Code("id");
  object.Integer("k", 1, 8);
  object.Fraction("rho");
  object.Boolean("missing");
  object.Object("nested", [](ObjectReader& nested) { nested.Integer("x", 0, 1); });
  object.Texts("list");
  object.Finish();
  std::vector<std::string> pointers;
  for (const Problem& problem : problems.found())
    pointers.push_back(problem.pointer + " " + problem.code);
  EXPECT_EQ(pointers,
            (std::vector<std::string>{"/id wrong-code", "/k out-of-range", "/rho wrong-number",
                                      "/missing missing-field", "/nested/x out-of-range",
                                      "/list/0 wrong-type", "/extra unknown-field"}));
}

TEST(Problems, KeepsALimitAndCountsTheRest) {
  Problems problems(2);
  for (int i = 0; i < 5; ++i) problems.Add("x", "/" + std::to_string(i), "wrong");
  try {
    problems.ThrowIfAny();
    FAIL();
  } catch (const ProblemError& error) {
    ASSERT_EQ(error.problems().size(), 3U);
    EXPECT_EQ(error.problems().back().code, "too-many-problems");
  }
}

TEST(Rational, ReadsExactNumbersAndRefusesTheRest) {
  EXPECT_EQ(ParseRational("0.25"), Rational(1, 4));
  EXPECT_EQ(ParseRational("-3/6"), Rational(-1, 2));
  for (const char* bad : {"", "1e3", "+1", " 1", "1/0", "1.", ".5", "0x10", "1/-2", "1,5", "--1"}) {
    EXPECT_FALSE(ParseRational(bad)) << bad;
  }
}

TEST(Rational, RoundsTowardsTheSideAskedFor) {
  EXPECT_EQ(Floor(Rational(-3, 2)), -2);
  EXPECT_EQ(Ceil(Rational(-3, 2)), -1);
  EXPECT_EQ(Round(Rational(5, 2)), 2);
  EXPECT_EQ(Round(Rational(7, 2)), 4);
  EXPECT_EQ(Round(Rational(-5, 2)), -2);
  EXPECT_EQ(ToDecimal(Rational(1, 3), 3, Rounding::kDown), "0.333");
  EXPECT_EQ(ToDecimal(Rational(1, 3), 3, Rounding::kUp), "0.334");
  EXPECT_EQ(ToDecimal(Rational(-1, 8), 2), "-0.12");
  EXPECT_EQ(CeilSqrt(Integer(17)), 5);
}

TEST(NanoRho, CostsRoundUpAndAllowancesDown) {
  const Rational third(1, 3);
  EXPECT_EQ(NanoRho::CostOf(third).nano(), 333333334);
  EXPECT_EQ(NanoRho::AllowanceOf(third).nano(), 333333333);
  EXPECT_EQ(NanoRho(250000000).Text(), "0.25");
  EXPECT_THROW(NanoRho(-1), std::domain_error);
  EXPECT_THROW(NanoRho(1) - NanoRho(2), std::domain_error);
  EXPECT_THROW(NanoRho(INT64_MAX) + NanoRho(1), std::overflow_error);
}

TEST(Period, YearsRunFromAugustAndFromOctober) {
  const Year school(Calendar::kAbsence, 2022);
  EXPECT_EQ(school.First().Text(), "2022-08-01");
  EXPECT_EQ(school.Last().Text(), "2023-07-31");
  EXPECT_EQ(school.Label(), "2022/'23");
  EXPECT_EQ(Year(Calendar::kAbsence, 2099).Label(), "2099/'00");
  EXPECT_EQ(Year::Of(Calendar::kVsv, *Date::Parse("2023-09-30")).Text(), "2022VSV");
  EXPECT_EQ(Year::Of(Calendar::kAbsence, *Date::Parse("2023-07-31")).Text(), "2022SJ");
}

TEST(Period, QuartersTileTheYear) {
  for (const Calendar calendar : {Calendar::kAbsence, Calendar::kVsv}) {
    const Year year(calendar, 2023);
    Date next = year.First();
    for (int quarter = 1; quarter <= 4; ++quarter) {
      const Period period(year, quarter);
      EXPECT_EQ(period.First(), next);
      EXPECT_EQ(Period::Parse(period.Text()), period);
      next = period.Last().Plus(1);
    }
    EXPECT_EQ(next, year.Next().First());
  }
}

TEST(Period, RefusesOtherSpellings) {
  for (const char* bad :
       {"", "2022", "2022SJ-Q0", "2022SJ-Q5", "2022SJ-Q12", "2022sj", "22SJ", "2022SJ-Q"}) {
    EXPECT_FALSE(Period::Parse(bad)) << bad;
  }
}

TEST(Date, KnowsWhichDaysExist) {
  EXPECT_TRUE(Date::Parse("2024-02-29"));
  EXPECT_FALSE(Date::Parse("2023-02-29"));
  EXPECT_FALSE(Date::Parse("2023-13-01"));
  EXPECT_FALSE(Date::Parse("2023-1-01"));
  EXPECT_EQ(Date::Parse("2023-02-28")->AgeOf(*Date::Parse("2008-02-29")), 14);
  EXPECT_EQ(Date::Parse("2023-03-01")->AgeOf(*Date::Parse("2008-02-29")), 15);
}

// Source: ISO 8601; the years' ends are where weeks go wrong.
TEST(IsoWeek, FollowsTheThursday) {
  EXPECT_EQ(IsoWeek::Of(*Date::Parse("2021-01-03")).Text(), "2020-W53");
  EXPECT_EQ(IsoWeek::Of(*Date::Parse("2021-01-04")).Text(), "2021-W01");
  EXPECT_EQ(IsoWeek::Of(*Date::Parse("2024-12-30")).Text(), "2025-W01");
  EXPECT_FALSE(IsoWeek::Parse("2021-W53"));
  EXPECT_FALSE(IsoWeek::Parse("2021-W00"));
  for (int64_t day = 18000; day < 21000; ++day) {
    const IsoWeek week = IsoWeek::Of(Date::FromDays(day));
    EXPECT_EQ(IsoWeek::Parse(week.Text()), week);
    EXPECT_LE(week.Monday().days(), day);
    EXPECT_GE(week.Sunday().days(), day);
  }
}

TEST(Instant, ReadsBackWhatItWrites) {
  EXPECT_EQ(Instant::Parse("2022-10-01T06:30:59Z")->Text(), "2022-10-01T06:30:59Z");
  EXPECT_EQ(Instant{-1}.Text(), "1969-12-31T23:59:59Z");
  EXPECT_FALSE(Instant::Parse("2022-10-01T24:00:00Z"));
  EXPECT_FALSE(Instant::Parse("2022-10-01 06:30:59"));
}

class CountingLane : public RandomLane {
 public:
  void Block(uint64_t position, uint64_t block, RandomBlock& out) override {
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<uint8_t>(i + 64 * block + position);
  }
};

TEST(BitStream, ReadsBlocksInOrderFromTheMostSignificantWord) {
  CountingLane lane;
  BitStream stream(lane, 0);
  EXPECT_EQ(stream.Bits(64), 0x0001020304050607U);
  EXPECT_EQ(stream.Bits(8), 0x0FU);  // the low end of the next word first
  BitStream again(lane, 0);
  uint64_t total = 0;
  for (int i = 0; i < 128; ++i) total += again.Bits(8);
  EXPECT_EQ(total, 128U * 127U / 2);
}

}  // namespace
}  // namespace polder::base
