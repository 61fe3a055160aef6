// Comparisons of size classes: the class's own cell, its own members, and nothing said when they
// are not the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stats/combine/combine.h"
#include "stats/compare/compare.h"
#include "stats/compare/decompose.h"
#include "stats/compare/yearly_series.h"
#include "stats/table/covariance.h"
#include "stats/table/interval.h"
#include "tests/support/example_tables.h"

namespace polder::stats::compare {
namespace {

using base::Json;
using table::PublishedRelease;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kTowns = {"GM0148", "GM0160", "GM0166", "GM0175", "GM0177"};
const std::vector<table::MeasuredResidual> kResiduals = {{0, 9},  {2, 40},  {4, 36},
                                                         {6, 50}, {3, 300}, {7, 900}};

struct YearSpec {
  int start = 2022;
  std::vector<std::vector<int64_t>> figures;     // town -> kind
  std::vector<size_t> groups = {0, 0, 0, 1, 1};  // of under-5000 and 5000-up
  std::vector<std::string> converted = {}, missing = {}, hidden = {}, corrected = {};
  std::string kind = "definitive";
};

bool Has(const std::vector<std::string>& list, const std::string& code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

table::Schema SchemaOf(const YearSpec& spec) {
  return table::Schema({{"municipality", kTowns, "sizeClass", spec.groups},
                        {"sizeClass", {"under-5000", "5000-up"}},
                        {"kind", {"absolute", "relative"}}});
}

PublishedRelease Release(const YearSpec& spec) {
  const std::string digest(64, '0');
  const table::Schema schema = SchemaOf(spec);
  const std::string period = std::to_string(spec.start) + "SJ";
  Json members = Json::array();
  for (const auto& town : kTowns) {
    const bool missing = Has(spec.missing, town);
    members.push_back({{"municipality", town},
                       {"delivered", !missing},
                       {"conversion", Has(spec.converted, town)},
                       {"deliveriesDigest",
                        missing ? "" : std::string(64, Has(spec.corrected, town) ? 'c' : 'd')}});
  }
  const std::string made = std::to_string(spec.start + 1) + "-10-01T00:00:00Z";
  Json json = {{"format", "polder-release-1"}};
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
                    {"madeAt", made},
                    {"publicAt", made},
                    {"members", members},
                    {"auditDigest", digest},
                    {"minHiddenSd", "2.5"}};
  Json tables = Json::array();
  for (const auto& [id, set] : {std::pair<const char*, table::AttributeSet>{"kind", 4},
                                {"sizeClass-kind", 6},
                                {"municipality-kind", 7}}) {
    const auto variance = table::CellVariances(schema, kResiduals, set);
    std::vector<int64_t> values(schema.CellCount(set), 0);
    for (size_t cell = 0; cell < 10; ++cell) {
      values[schema.Project(7, cell, set)] += spec.figures[cell / 2][cell % 2];
    }
    Json cells = Json::array();
    for (size_t cell = 0; cell < values.size(); ++cell) {
      const auto place = schema.Place(set, cell);
      Json codes = Json::array();
      const auto dimensions = schema.Members(set);
      for (size_t j = 0; j < place.size(); ++j) {
        codes.push_back(schema.dimensions()[dimensions[j]].codes[place[j]]);
      }
      Json one = {{"codes", codes}, {"status", "value"}};
      const std::string town = set == 7 ? codes[0].get<std::string>() : "";
      if (Has(spec.converted, town)) one["status"] = "break";
      if (Has(spec.hidden, town)) one["status"] = "hidden";
      if (Has(spec.missing, town)) one["status"] = "missing-delivery";
      if (!Has(spec.hidden, town) && !Has(spec.missing, town)) {
        one["value"] = values[cell];
        one["low"] = std::max<int64_t>(0, values[cell] - 9);
        one["high"] = values[cell] + 9;
      }
      if (!variance.cells.empty()) {
        one["sd"] = table::DeviationText(variance.Of(cell));
        one["variance"] = base::ToText(variance.Of(cell));
      }
      cells.push_back(one);
    }
    tables.push_back({{"id", id},
                      {"attributes", schema.Names(set)},
                      {"sd", table::DeviationText(variance.largest)},
                      {"variance", base::ToText(variance.largest)},
                      {"cells", cells}});
  }
  Json dimensions = Json::array();
  for (const auto& dimension : schema.dimensions()) {
    dimensions.push_back({{"name", dimension.name}, {"codes", dimension.codes}});
    if (dimension.groups.empty()) continue;
    dimensions.back()["groupedBy"] = dimension.grouped_by;
    dimensions.back()["groups"] = dimension.groups;
  }
  Json residuals = Json::array();
  for (const auto& residual : kResiduals) {
    residuals.push_back({{"attributes", schema.Names(residual.attributes)},
                         {"gammaSquared", base::ToText(residual.gamma_squared)}});
  }
  json["measures"] = Json::array({{{"id", "persons"},
                                   {"unit", "persons"},
                                   {"clamp", 1},
                                   {"maxKinds", 2},
                                   {"dimensions", dimensions},
                                   {"residuals", residuals},
                                   {"roundingDeviation", "1/2"},
                                   {"tables", tables}}});
  return PublishedRelease::Parse(base::CanonicalJson(json));
}

YearSpec Year(int start, int64_t more = 0) {
  YearSpec spec{start, {{40, 90}, {50, 80}, {60, 70}, {300, 400}, {350, 500}}};
  for (size_t town = 0; town < 3; ++town) spec.figures[town][0] += more;
  return spec;
}

Comparison Of(const std::vector<Comparison>& all, const std::vector<std::string>& codes) {
  for (const Comparison& one : all) {
    if (one.codes == codes) return one;
  }
  throw std::out_of_range(codes.front());
}

const std::vector<std::string> kSmall = {"under-5000", "absolute"};
const std::vector<std::string> kLarge = {"5000-up", "absolute"};

TEST(CompareClasses, AClassHasItsOwnFigureAndItsMembersDenominatorAlsoWhenAMemberIsHidden) {
  YearSpec first = Year(2022), second = Year(2023, 60);
  first.hidden = second.hidden = {"GM0148", "GM0160"};
  const auto a = Release(first), b = Release(second);
  const Comparison small = Of(CompareYears({&a, &b}, tests::ShippedCodebook()), kSmall);
  EXPECT_EQ(small.years[0].value, 150);
  EXPECT_EQ(small.years[1].value, 330);
  EXPECT_EQ(small.changes.at(0).word, Word::kRose);
  int64_t pupils = 0;
  for (size_t town = 0; town < 3; ++town) {
    pupils +=
        tests::ShippedCodebook().FindPublicCount("inhabitants5to17", kTowns[town], 2022)->count;
  }
  EXPECT_EQ(small.years[0].denominator, pupils);
  EXPECT_THAT(Sentence(small, tests::ShippedCodebook(), Language::kDutch),
              HasSubstr("gemeenten met minder dan 5000 leerlingen"));
}

TEST(CompareClasses, AConvertedMemberIsLeftOutOfItsOwnClassOnly) {
  YearSpec first = Year(2022), second = Year(2023, 60);
  second.converted = {"GM0160"};
  const auto a = Release(first), b = Release(second);
  const auto all = CompareYears({&a, &b}, tests::ShippedCodebook());
  const Change small = Of(all, kSmall).changes.at(0);
  EXPECT_THAT(small.left_out, ElementsAre("GM0160"));
  EXPECT_EQ(small.from_value, 100);
  EXPECT_EQ(small.to_value, 220);
  const Change large = Of(all, kLarge).changes.at(0);
  EXPECT_THAT(large.left_out, IsEmpty());
  EXPECT_EQ(large.word, Word::kComparable);
  // The noise of what is left is that of the two other members, whatever the class was measured at.
  const CellIndex index(b);
  const auto total = index.Find("persons", "sizeClass-kind", kSmall);
  const auto part = index.Find("persons", "municipality-kind", {"GM0160", "absolute"});
  const table::LinearQuery rest = {{7, 0, 1}, {7, 4, 1}};
  EXPECT_EQ(VarianceOfRest(*total, {*part}),
            table::Covariance(SchemaOf(second), kResiduals, rest, rest));
}

TEST(CompareClasses, AClassOfOtherMembersIsNotCompared) {
  YearSpec first = Year(2022), second = Year(2023, 60);
  second.groups = {0, 0, 1, 1, 1};
  const auto a = Release(first), b = Release(second);
  const auto all = CompareYears({&a, &b}, tests::ShippedCodebook());
  for (const auto& codes : {kSmall, kLarge}) {
    const Comparison one = Of(all, codes);
    EXPECT_EQ(one.changes.at(0).word, Word::kUndetermined);
    EXPECT_EQ(one.changes.at(0).reason, "other-members");
    EXPECT_THAT(Sentence(one, tests::ShippedCodebook(), Language::kEnglish),
                HasSubstr("same municipalities"));
  }
  EXPECT_NE(Of(all, {"absolute"}).changes.at(0).word, Word::kUndetermined) << "the region is";
}

TEST(CombineClasses, AClassIsCombinedWhenNothingInItWasCorrected) {
  YearSpec first = Year(2022), second = Year(2022);
  first.kind = "provisional";
  second.corrected = {"GM0160"};
  const auto provisional = Release(first), definitive = Release(second);
  const combine::CombinedRelease combined(definitive, {&provisional});
  EXPECT_EQ(combined.Find("persons", "sizeClass-kind", kSmall), nullptr);
  const auto* large = combined.Find("persons", "sizeClass-kind", kLarge);
  ASSERT_NE(large, nullptr);
  const auto* table = definitive.FindMeasure("persons")->FindTable("sizeClass-kind");
  EXPECT_EQ(large->noise_variance * 2, table->VarianceOf(table->cells[2]));
  // Municipalities of uneven classes by their own variances.
  const auto* town = combined.Find("persons", "municipality-kind", {"GM0175", "absolute"});
  ASSERT_NE(town, nullptr);
  const auto* towns = definitive.FindMeasure("persons")->FindTable("municipality-kind");
  EXPECT_EQ(town->noise_variance * 2, *towns->cells[6].variance);
  EXPECT_NE(*towns->cells[6].variance, *towns->cells[0].variance);
}

TEST(DecomposeClasses, APartByClassLeavesTheRestOfTheRegion) {
  const auto a = Release(Year(2022)), b = Release(Year(2023, 60));
  for (const auto& [attribute, code] :
       {std::pair{"sizeClass", "under-5000"}, std::pair{"municipality", "GM0160"}}) {
    const Decomposition split = DecomposeChange(a, b, "persons", "absolute", attribute, code);
    ASSERT_TRUE(split.possible) << attribute << " " << split.reason;
    EXPECT_EQ(split.total.difference, 180);
    EXPECT_EQ(split.part.difference + split.rest.difference, 180);
  }
}

}  // namespace
}  // namespace polder::stats::compare
