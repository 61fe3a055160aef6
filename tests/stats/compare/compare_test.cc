#include "stats/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stats/compare/decompose.h"
#include "stats/compare/yearly_series.h"
#include "stats/table/interval.h"
#include "tests/support/example_tables.h"

namespace polder::stats::compare {
namespace {

using base::Json;
using table::PublishedRelease;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kTowns = {"GM0148", "GM0160",
                                         "GM0193"};  // Dalfsen, Hardenberg, Zwolle

// A year of two kinds in three towns: figures by town, then kind; totals follow.
struct YearSpec {
  int start = 2022;
  std::vector<std::vector<int64_t>> figures;  // town -> kind
  std::string kind = "definitive";
  std::string made_at = "2023-10-01T00:00:00Z";
  std::vector<std::string> converted = {}, missing = {}, hidden = {}, imprecise = {};  // towns
  std::string period = {};
  bool municipal_table = true;
  std::vector<std::string> corrected = {};        // towns that replaced a delivery
  std::string half_width_share = {};              // stated when it is not empty
  std::optional<int64_t> least_denominator = {};  // stated when it is there
};

bool Has(const std::vector<std::string>& list, const std::string& code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

std::string DeliveriesOf(const YearSpec& spec, const std::string& town) {
  return std::string(64, Has(spec.corrected, town) ? 'c' : 'd');
}

PublishedRelease Release(const YearSpec& spec) {
  const std::string digest(64, '0');
  const table::Schema schema({{"municipality", kTowns}, {"kind", {"absolute", "relative"}}});
  const std::vector<table::MeasuredResidual> residuals = {{0, 9}, {1, 36}, {2, 81}, {3, 324}};
  Json json = {{"format", "polder-release-1"}};
  Json members = Json::array();
  for (const auto& town : kTowns) {
    members.push_back(
        {{"municipality", town},
         {"delivered", !Has(spec.missing, town)},
         {"conversion", Has(spec.converted, town)},
         {"deliveriesDigest", Has(spec.missing, town) ? "" : DeliveriesOf(spec, town)}});
  }
  const std::string period = spec.period.empty() ? std::to_string(spec.start) + "SJ" : spec.period;
  json["header"] = {{"releaseId", period + "-" + spec.kind},
                    {"region", "RMC10"},
                    {"period", period},
                    {"kind", spec.kind},
                    {"origin", "region"},
                    {"demo", false},
                    {"policy", {{"id", "p"}, {"version", "1"}, {"digest", digest}}},
                    {"codebook", {{"id", "c"}, {"version", "1"}, {"digest", digest}}},
                    {"freezeDigest", digest},
                    {"planDigest", digest},
                    {"reservationId", "x"},
                    {"seedCommitments", Json::array({digest})},
                    {"rho", "0.25"},
                    {"epsilon", "3.5"},
                    {"delta", "0.000001"},
                    {"madeAt", spec.made_at},
                    {"publicAt", spec.made_at},
                    {"members", members},
                    {"auditDigest", digest},
                    {"minHiddenSd", "2.5"}};
  if (!spec.half_width_share.empty()) {
    json["header"]["halfWidthShare"] = spec.half_width_share;
  }
  if (spec.least_denominator) json["header"]["minRateDenominator"] = *spec.least_denominator;
  const auto number = [](Json cell, int64_t value, const char* status) {
    cell["status"] = status;
    cell["value"] = value;
    cell["low"] = std::max<int64_t>(0, value - 9);
    cell["high"] = value + 9;
    return cell;
  };
  Json crossed = Json::array();
  std::vector<int64_t> totals(2, 0);
  for (size_t t = 0; t < kTowns.size(); ++t) {
    for (size_t k = 0; k < 2; ++k) {
      const std::string code = k == 0 ? "absolute" : "relative";
      Json cell = {{"codes", {kTowns[t], code}}};
      totals[k] += spec.figures[t][k];
      if (Has(spec.missing, kTowns[t])) {
        cell["status"] = "missing-delivery";
      } else if (Has(spec.hidden, kTowns[t])) {
        cell["status"] = "hidden";
      } else {
        cell = number(cell, spec.figures[t][k],
                      Has(spec.converted, kTowns[t])   ? "break"
                      : Has(spec.imprecise, kTowns[t]) ? "imprecise"
                                                       : "value");
      }
      crossed.push_back(cell);
    }
  }
  Json kinds = Json::array();
  kinds.push_back(number({{"codes", {"absolute"}}}, totals[0], "value"));
  kinds.push_back(number({{"codes", {"relative"}}}, totals[1], "value"));
  const auto table = [&](const std::string& id, table::AttributeSet set, const Json& cells) {
    const base::Rational variance = table::CellVariance(schema, residuals, set);
    return Json{{"id", id},
                {"attributes", schema.Names(set)},
                {"sd", table::DeviationText(variance)},
                {"variance", base::ToText(variance)},
                {"cells", cells}};
  };
  Json tables = Json::array({table("kind", 2, kinds)});
  if (spec.municipal_table) tables.push_back(table("municipality-kind", 3, crossed));
  Json measured = Json::array();
  for (const auto& residual : residuals) {
    measured.push_back({{"attributes", schema.Names(residual.attributes)},
                        {"gammaSquared", base::ToText(residual.gamma_squared)}});
  }
  json["measures"] = Json::array(
      {{{"id", "persons"},
        {"unit", "persons"},
        {"clamp", 1},
        {"maxKinds", 2},
        {"dimensions", Json::array({{{"name", "municipality"}, {"codes", kTowns}},
                                    {{"name", "kind"}, {"codes", {"absolute", "relative"}}}})},
        {"residuals", measured},
        {"roundingDeviation", "1/2"},
        {"tables", tables}}});
  return PublishedRelease::Parse(base::CanonicalJson(json));
}

const std::vector<std::vector<int64_t>> kBefore = {{20, 72}, {40, 150}, {80, 300}};
const std::vector<std::vector<int64_t>> kAfter = {{29, 94}, {42, 155}, {160, 420}};

std::vector<Comparison> Compared(const std::vector<YearSpec>& specs) {
  static std::vector<PublishedRelease> kept;
  kept.clear();
  for (const auto& spec : specs) kept.push_back(Release(spec));
  std::vector<const PublishedRelease*> releases;
  for (const auto& release : kept) releases.push_back(&release);
  return CompareYears(releases, tests::ShippedCodebook());
}

const Comparison& Of(const std::vector<Comparison>& all, const std::vector<std::string>& codes) {
  for (const auto& comparison : all) {
    if (comparison.codes == codes) return comparison;
  }
  throw std::out_of_range("no such comparison");
}

TEST(CompareYears, EveryCellHasItsYearsAndWords) {
  const auto all = Compared({{.start = 2021, .figures = kBefore}, {.figures = kAfter}});
  EXPECT_EQ(all.size(), 2U + 6);
  const Comparison& zwolle = Of(all, {"GM0193", "absolute"});
  ASSERT_EQ(zwolle.years.size(), 2U);
  EXPECT_EQ(zwolle.years[0].year.Text(), "2021SJ");
  EXPECT_EQ(zwolle.years[1].value, 160);
  EXPECT_EQ(zwolle.years[1].denominator,
            tests::ShippedCodebook().FindPublicCount("inhabitants5to17", "GM0193", 2022)->count);
  ASSERT_EQ(zwolle.changes.size(), 1U);
  EXPECT_EQ(zwolle.changes[0].word, Word::kRose);
  EXPECT_EQ(zwolle.changes[0].difference, 80);
  // Dalfsen: 72 to 94 lies within chance.
  EXPECT_EQ(Of(all, {"GM0148", "relative"}).changes[0].word, Word::kComparable);
  EXPECT_EQ(Of(all, {"relative"}).changes[0].word, Word::kRose);
  EXPECT_THAT(Of(all, {"relative"}).changes[0].left_out, IsEmpty());
}

// What counts as precise is the policy's to say, and releases state it: with another limit other
// numbers are picked, and the comparison allows for that.
TEST(CompareYears, TheLimitOfPrecisionIsTheOneThatTheReleasesState) {
  const std::vector<std::string> cell = {"GM0160", "relative"};  // 150 to 155, half-width 5
  const auto low = [&](const std::string& share) {
    return Of(Compared({{.start = 2021, .figures = kBefore, .half_width_share = share},
                        {.figures = kAfter, .half_width_share = share}}),
              cell)
        .changes[0]
        .noise->low;
  };
  EXPECT_EQ(low(""), low("1/2"));
  EXPECT_EQ(low("1/2"), low("1/4"));  // 20 is as far off as 10
  EXPECT_NE(low("1/2"), low("1/100"));
  const PublishedRelease before = Release({.start = 2021, .figures = kBefore});
  const PublishedRelease after = Release({.figures = kAfter});
  CompareOptions options;
  options.half_width_share = base::Rational(1, 100);
  const auto unstated = CompareYears({&before, &after}, tests::ShippedCodebook(), options);
  EXPECT_EQ(Of(unstated, cell).changes[0].noise->low, low("1/100"));
}

// No rate and no word under the policy's denominator, which releases state; of two policies the
// stricter counts.
TEST(CompareYears, TheSmallestDenominatorIsTheOneThatTheReleasesState) {
  const std::vector<std::string> cell = {"GM0160", "relative"};
  const auto compared = [&](std::optional<int64_t> before, std::optional<int64_t> after) {
    return Of(Compared({{.start = 2021, .figures = kBefore, .least_denominator = before},
                        {.figures = kAfter, .least_denominator = after}}),
              cell);
  };
  const Comparison plain = compared(std::nullopt, std::nullopt);
  const int64_t pupils = *plain.years[0].denominator;
  ASSERT_GT(pupils, 50);
  EXPECT_TRUE(plain.years[0].per_thousand.has_value());
  EXPECT_NE(plain.changes[0].reason, "no-denominator");
  EXPECT_EQ(compared(pupils, 50).years[0].per_thousand, plain.years[0].per_thousand);
  const Comparison strict = compared(pupils + 1, 50);
  EXPECT_FALSE(strict.years[0].per_thousand.has_value());
  EXPECT_TRUE(strict.years[1].per_thousand.has_value());
  EXPECT_EQ(strict.years[0].denominator, pupils) << "the public count itself is no secret";
  EXPECT_EQ(strict.changes[0].reason, "no-denominator");
  EXPECT_EQ(compared(50, 1'000'000).changes[0].reason, "no-denominator");
}

TEST(CompareYears, TheDefinitiveReleaseSpeaksForItsYear) {
  const auto all = Compared(
      {{.start = 2021, .figures = kBefore, .kind = "definitive", .made_at = "2022-10-01T00:00:00Z"},
       {.start = 2021,
        .figures = kAfter,
        .kind = "provisional",
        .made_at = "2023-10-01T00:00:00Z"}});
  const Comparison& one = Of(all, {"absolute"});
  ASSERT_EQ(one.years.size(), 1U);
  EXPECT_EQ(one.years[0].release_kind, "definitive");
  EXPECT_EQ(one.years[0].value, 140);
  const auto later = Compared(
      {{.start = 2021, .figures = kAfter, .kind = "provisional", .made_at = "2023-10-01T00:00:00Z"},
       {.start = 2021,
        .figures = kBefore,
        .kind = "provisional",
        .made_at = "2022-10-01T00:00:00Z"}});
  EXPECT_EQ(Of(later, {"absolute"}).years[0].value, 231);
}

double Width(const std::optional<ChangeInterval>& interval) {
  return std::stod(interval->high) - std::stod(interval->low);
}

const std::vector<std::vector<int64_t>> kAfterProvisional = {{31, 92}, {40, 158}, {157, 424}};

TEST(CompareYears, TheProvisionalReleaseNarrowsIntervalsAndTheDefinitiveValueStands) {
  const YearSpec before{.start = 2021, .figures = kBefore};
  const auto alone = Compared({before, {.figures = kAfter}});
  const auto both = Compared(
      {before, {.figures = kAfterProvisional, .kind = "provisional"}, {.figures = kAfter}});
  ASSERT_EQ(both.size(), alone.size());
  for (size_t i = 0; i < both.size(); ++i) {
    const YearPoint& point = both[i].years[1];
    EXPECT_EQ(point.value, alone[i].years[1].value);
    EXPECT_EQ(point.interval->low, alone[i].years[1].interval->low);
    ASSERT_TRUE(point.combined);
    EXPECT_THAT(point.combined->releases, ElementsAre("2022SJ-definitive", "2022SJ-provisional"));
    EXPECT_LT(std::stod(point.combined->sd), std::stod(point.sd));
    const Change& change = both[i].changes[0];
    EXPECT_TRUE(change.narrowed);
    EXPECT_EQ(change.difference, alone[i].changes[0].difference);
    EXPECT_EQ(change.rate_difference, alone[i].changes[0].rate_difference);
    EXPECT_LT(Width(change.noise), Width(alone[i].changes[0].noise));
    EXPECT_LE(std::stod(change.noise->low), std::stod(*change.rate_difference));
    EXPECT_GE(std::stod(change.noise->high), std::stod(*change.rate_difference));
    EXPECT_FALSE(both[i].years[0].combined);
    EXPECT_FALSE(alone[i].changes[0].narrowed);
    EXPECT_EQ(ComparisonJson(both[i])["years"][1].count("combined"), 1U);
    EXPECT_EQ(ComparisonJson(both[i])["changes"][0]["narrowed"], true);
  }
}

TEST(CompareYears, ACorrectedTownIsNotCombinedAndNeitherIsTheRegion) {
  const auto all = Compared({{.start = 2021, .figures = kBefore},
                             {.figures = kAfterProvisional, .kind = "provisional"},
                             {.figures = kAfter, .corrected = {"GM0160"}}});
  for (const Comparison& comparison : all) {
    const bool combined = comparison.codes.size() == 2 && comparison.codes[0] != "GM0160";
    EXPECT_EQ(comparison.years[1].combined.has_value(), combined);
    EXPECT_EQ(comparison.changes[0].narrowed, combined);
  }
}

TEST(CompareYears, ACellThatTheProvisionalReleaseHidIsComparedAsIfItHadNotBeen) {
  const auto alone = Compared({{.start = 2021, .figures = kBefore}, {.figures = kAfter}});
  const auto all =
      Compared({{.start = 2021, .figures = kBefore},
                {.figures = kAfterProvisional, .kind = "provisional", .hidden = {"GM0148"}},
                {.figures = kAfter}});
  const std::vector<std::string> codes = {"GM0148", "absolute"};
  EXPECT_EQ(ComparisonJson(Of(all, codes)), ComparisonJson(Of(alone, codes)));
}

TEST(CompareYears, QuartersAndMonitorsMakeNoSeries) {
  EXPECT_THAT(Compared({{.figures = kBefore, .kind = "monitor", .period = "2022SJ-Q1"}}),
              IsEmpty());
  EXPECT_THAT(Compared({{.figures = kBefore, .kind = "slice"}}), IsEmpty());
}

TEST(CompareYears, ADeclaredBreakIsNeverCalledARise) {
  const auto all = Compared({{.start = 2021, .figures = kBefore},
                             {.figures = kAfter, .converted = {"GM0193"}},
                             {.start = 2023, .figures = kBefore}});
  const Comparison& zwolle = Of(all, {"GM0193", "absolute"});
  for (const Change& change : zwolle.changes) {
    EXPECT_EQ(change.word, Word::kUndetermined);
    EXPECT_EQ(change.reason, "break");
  }
  EXPECT_EQ(zwolle.changes[0].difference, 80);  // both numbers may stand there
  EXPECT_FALSE(zwolle.changes[0].combined);
}

TEST(CompareYears, TheRegionLeavesOutWhatBrokeAndSaysSo) {
  const auto all =
      Compared({{.start = 2021, .figures = kBefore}, {.figures = kAfter, .converted = {"GM0193"}}});
  const Change& change = Of(all, {"absolute"}).changes[0];
  EXPECT_THAT(change.left_out, ElementsAre("GM0193"));
  EXPECT_EQ(change.from_value, 60);
  EXPECT_EQ(change.to_value, 71);
  // Without Zwolle the rise is gone: the break had made it.
  EXPECT_EQ(change.word, Word::kComparable);
  EXPECT_THAT(Sentence(Of(all, {"absolute"}), tests::ShippedCodebook(), Language::kDutch),
              HasSubstr("Niet meegeteld: Zwolle"));
  // The published years themselves are untouched.
  EXPECT_EQ(Of(all, {"absolute"}).years[1].value, 231);
}

TEST(CompareYears, AMissingDeliveryIsTakenOutOfTheOtherYear) {
  const auto all = Compared({{.start = 2021, .figures = kBefore},
                             {.figures = {{29, 94}, {42, 155}, {0, 0}}, .missing = {"GM0193"}}});
  const Change& change = Of(all, {"absolute"}).changes[0];
  EXPECT_THAT(change.left_out, ElementsAre("GM0193"));
  EXPECT_EQ(change.from_value, 60);
  EXPECT_EQ(change.to_value, 71);
  EXPECT_EQ(Of(all, {"GM0193", "absolute"}).changes[0].reason, "missing-delivery");
}

TEST(CompareYears, WhatCannotBeTakenOutCannotBeCompared) {
  const auto hidden = Compared({{.start = 2021, .figures = kBefore, .hidden = {"GM0193", "GM0160"}},
                                {.figures = kAfter, .converted = {"GM0193"}}});
  EXPECT_EQ(Of(hidden, {"absolute"}).changes[0].word, Word::kUndetermined);
  EXPECT_EQ(Of(hidden, {"absolute"}).changes[0].reason, "hidden");
  const auto no_table =
      Compared({{.start = 2021, .figures = kBefore, .municipal_table = false},
                {.figures = kAfter, .converted = {"GM0193"}, .municipal_table = false}});
  EXPECT_EQ(Of(no_table, {"absolute"}).changes[0].reason, "break");
}

TEST(CompareYears, HiddenAndImpreciseCellsGetNoWord) {
  const auto all = Compared({{.start = 2021, .figures = kBefore, .imprecise = {"GM0160"}},
                             {.figures = kAfter, .hidden = {"GM0193", "GM0148"}}});
  EXPECT_EQ(Of(all, {"GM0160", "absolute"}).changes[0].reason, "imprecise");
  const Comparison& zwolle = Of(all, {"GM0193", "absolute"});
  EXPECT_EQ(zwolle.changes[0].reason, "hidden");
  EXPECT_FALSE(zwolle.changes[0].difference);
  EXPECT_FALSE(zwolle.years[1].value);
  EXPECT_FALSE(zwolle.years[1].per_thousand);
  const Json json = ComparisonJson(zwolle);
  EXPECT_FALSE(json["years"][1].contains("value"));
  EXPECT_FALSE(json["changes"][0].contains("toValue"));
}

TEST(CompareYears, AYearInBetweenWithoutFiguresStopsTheComparison) {
  const auto all = Compared({{.start = 2020, .figures = kBefore}, {.figures = kAfter}});
  EXPECT_EQ(Of(all, {"absolute"}).changes[0].reason, "year-between");
}

TEST(VarianceOfSum, IsTheCellsForOneAndTheTotalsForAll) {
  const PublishedRelease release = Release({.figures = kBefore});
  const auto& measure = release.measures().front();
  EXPECT_EQ(VarianceOfSum(measure, 3, 0, 1), measure.FindTable("municipality-kind")->variance);
  EXPECT_EQ(VarianceOfSum(measure, 3, 0, 3), measure.FindTable("kind")->variance);
}

// The municipality stands in for the attribute here: the arithmetic does not know its name.
TEST(DecomposeChange, PartAndRestAddUpToTheTotal) {
  const auto from = Release({.start = 2021, .figures = kBefore});
  const auto to = Release({.figures = kAfter});
  const Decomposition split =
      DecomposeChange(from, to, "persons", "absolute", "municipality", "GM0193");
  ASSERT_TRUE(split.possible) << split.reason;
  EXPECT_EQ(split.total.difference, 91);
  EXPECT_EQ(split.part.difference, 80);
  EXPECT_EQ(split.rest.difference, 11);
  EXPECT_EQ(split.rest.from_value, 60);
  // The rest is less certain than the part, being the sum of two cells.
  EXPECT_LT(*base::ParseRational(split.rest.noise.low) - 11,
            *base::ParseRational(split.part.noise.low) - 80);
  EXPECT_EQ(DecompositionJson(split)["total"]["difference"], 91);
}

TEST(DecomposeChange, ProtectedOrBrokenPartsAreNotDecomposed) {
  const auto from = Release({.start = 2021, .figures = kBefore});
  const auto hidden = Release({.figures = kAfter, .hidden = {"GM0193", "GM0148"}});
  const auto broken = Release({.figures = kAfter, .converted = {"GM0160"}});
  const auto reason = [&](const PublishedRelease& to, const std::string& code) {
    const auto split = DecomposeChange(from, to, "persons", "absolute", "municipality", code);
    EXPECT_FALSE(split.possible);
    EXPECT_FALSE(DecompositionJson(split).contains("part"));
    return split.reason;
  };
  EXPECT_EQ(reason(hidden, "GM0193"), "hidden");
  EXPECT_EQ(reason(broken, "GM0193"), "break");
  EXPECT_EQ(reason(from, "GM0193"), "year-between");
  EXPECT_EQ(DecomposeChange(from, Release({.figures = kAfter}), "persons", "absolute", "group", "x")
                .reason,
            "not-released");
}

TEST(Sentence, SaysTheWordTheNumbersAndTheYearsInBothLanguages) {
  const auto all = Compared({{.start = 2021, .figures = kBefore}, {.figures = kAfter}});
  const Comparison& zwolle = Of(all, {"GM0193", "absolute"});
  EXPECT_EQ(Sentence(zwolle, tests::ShippedCodebook(), Language::kDutch),
            "Absoluut verzuim in Zwolle: het aantal leerlingen steeg van 80 in 2021/'22 naar 160 "
            "in 2022/'23.");
  EXPECT_EQ(Sentence(zwolle, tests::ShippedCodebook(), Language::kEnglish),
            "Absolute absence in Zwolle: the number of pupils rose from 80 in 2021/'22 to 160 in "
            "2022/'23.");
  EXPECT_THAT(Sentence(Of(all, {"GM0148", "relative"}), tests::ShippedCodebook(), Language::kDutch),
              HasSubstr("vergelijkbaar met"));
}

TEST(Sentence, GivesTheReasonAndNoNumberWhenNothingCanBeSaid) {
  const auto all = Compared(
      {{.start = 2021, .figures = kBefore}, {.figures = kAfter, .hidden = {"GM0193", "GM0148"}}});
  const std::string text =
      Sentence(Of(all, {"GM0193", "absolute"}), tests::ShippedCodebook(), Language::kDutch);
  EXPECT_THAT(text, HasSubstr("niet vast te stellen, want een aantal is te klein"));
  EXPECT_EQ(text.find("160"), std::string::npos);
}

TEST(ComparisonsCsv, HasARowPerYear) {
  const auto all = Compared({{.start = 2021, .figures = kBefore}, {.figures = kAfter}});
  const std::string csv = ComparisonsCsv({Of(all, {"GM0193", "absolute"})});
  EXPECT_THAT(csv,
              HasSubstr("persons,municipality-kind,municipality kind,GM0193 absolute,2021SJ,"));
  EXPECT_THAT(csv, HasSubstr(",rose,,\r\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
}

}  // namespace
}  // namespace polder::stats::compare
