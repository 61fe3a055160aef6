#include "stats/combine/combine.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/table/interval.h"

namespace polder::stats::combine {
namespace {

using base::Json;
using base::Rational;
using table::PublishedRelease;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kTowns = {"GM0148", "GM0160"};
const std::vector<std::string> kKinds = {"absolute", "relative"};
constexpr int64_t kThreshold = 5;

// One release of two towns and two kinds. Cells under the threshold are hidden as by rule alone.
struct Spec {
  std::string id = "2022SJ-definitive-1";
  std::vector<int64_t> figures = {20, 72, 40, 150};  // town, then kind
  std::vector<int64_t> gamma_squared = {9, 36, 81, 324};
  std::vector<std::string> deliveries = {std::string(64, 'd'), std::string(64, 'e')};
  std::string rounding = "1/2";
  std::function<void(Json&)> change = {};
  bool kinds_only = false;  // no other table
};

Spec Provisional() {
  Spec spec;
  spec.id = "2022SJ-provisional-1";
  spec.figures = {26, 70, 43, 139};
  spec.gamma_squared = {18, 72, 162, 648};
  return spec;
}

Json Cell(const std::vector<std::string>& codes, int64_t value, const Rational& variance,
          const Rational& rounding) {
  Json cell = {{"codes", codes}};
  cell["status"] = value < kThreshold ? "hidden" : "value";
  if (value < kThreshold) return cell;
  const auto interval = table::IntervalOf(value, variance, rounding, kThreshold);
  cell["value"] = value;
  cell["low"] = interval.low;
  cell["high"] = interval.high;
  return cell;
}

PublishedRelease Release(const Spec& spec) {
  const std::string digest(64, '0');
  const table::Schema schema({{"municipality", kTowns}, {"kind", kKinds}});
  std::vector<table::MeasuredResidual> residuals;
  Json measured = Json::array();
  for (table::AttributeSet set = 0; set < 4; ++set) {
    residuals.push_back({set, Rational(base::ToInteger(spec.gamma_squared[set]))});
    measured.push_back({{"attributes", schema.Names(set)},
                        {"gammaSquared", std::to_string(spec.gamma_squared[set])}});
  }
  Json members = Json::array();
  for (size_t t = 0; t < kTowns.size(); ++t) {
    members.push_back({{"municipality", kTowns[t]},
                       {"delivered", true},
                       {"conversion", false},
                       {"deliveriesDigest", spec.deliveries[t]}});
  }
  const Rational rounding = *base::ParseRational(spec.rounding);
  const auto table = [&](const std::string& id, table::AttributeSet set) {
    const Rational variance = table::CellVariance(schema, residuals, set);
    Json cells = Json::array();
    for (size_t c = 0; c < schema.CellCount(set); ++c) {
      int64_t value = 0;
      for (size_t all = 0; all < 4; ++all) {
        if (schema.Project(3, all, set) == c) value += spec.figures[all];
      }
      std::vector<std::string> codes;
      const auto members_of = schema.Members(set);
      const auto place = schema.Place(set, c);
      for (size_t i = 0; i < place.size(); ++i) {
        codes.push_back(schema.dimensions()[members_of[i]].codes[place[i]]);
      }
      cells.push_back(Cell(codes, value, variance, rounding));
    }
    return Json{{"id", id},
                {"attributes", schema.Names(set)},
                {"sd", table::DeviationText(variance)},
                {"variance", base::ToText(variance)},
                {"cells", cells}};
  };
  const Json tables =
      spec.kinds_only
          ? Json::array({table("kind", 2)})
          : Json::array({table("total", 0), table("kind", 2), table("municipality-kind", 3)});
  Json json = {
      {"format", "polder-release-1"},
      {"header",
       {{"releaseId", spec.id},
        {"region", "RMC10"},
        {"period", "2022SJ"},
        {"kind", spec.id.find("prov") == std::string::npos ? "definitive" : "provisional"},
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
        {"madeAt", "2023-10-01T00:00:00Z"},
        {"publicAt", "2023-10-01T00:00:00Z"},
        {"members", members},
        {"auditDigest", digest},
        {"minHiddenSd", "2.5"}}},
      {"measures",
       Json::array({{{"id", "persons"},
                     {"unit", "persons"},
                     {"clamp", 1},
                     {"maxKinds", 2},
                     {"dimensions", Json::array({{{"name", "municipality"}, {"codes", kTowns}},
                                                 {{"name", "kind"}, {"codes", kKinds}}})},
                     {"residuals", measured},
                     {"roundingDeviation", spec.rounding},
                     {"tables", tables}}})}};
  if (spec.change) spec.change(json);
  return PublishedRelease::Parse(base::CanonicalJson(json));
}

CombinedRelease Combined(const Spec& leading, const std::vector<Spec>& others) {
  std::vector<PublishedRelease> releases;
  for (const Spec& other : others) releases.push_back(Release(other));
  std::vector<const PublishedRelease*> pointers;
  for (const PublishedRelease& release : releases) pointers.push_back(&release);
  return CombinedRelease(Release(leading), pointers);
}

TEST(CombinedRelease, IsTheInverseVarianceMeanWithTheVarianceOfBothNoises) {
  // Cell variance of kind: 9/4 + 81/8 = 12.375 and twice that; rounding adds (1/2)^2 / 3.
  const Rational first = Rational(99, 8) + Rational(1, 12);
  const Rational second = Rational(99, 4) + Rational(1, 12);
  const auto combined = Combined(Spec(), {Provisional()});
  const CombinedCell* cell = combined.Find("persons", "kind", {"absolute"});
  ASSERT_NE(cell, nullptr);
  EXPECT_EQ(cell->value, 60);
  EXPECT_EQ(cell->estimate, (60 / first + 69 / second) / (1 / first + 1 / second));
  EXPECT_EQ(cell->variance, 1 / (1 / first + 1 / second));
  EXPECT_LT(cell->variance, first);
  EXPECT_EQ(cell->rounding, Rational(1, 2));
  EXPECT_THAT(cell->releases, ElementsAre("2022SJ-definitive-1", "2022SJ-provisional-1"));
}

TEST(CombinedRelease, TheVarianceIsThatOfTheEstimateAndCountsTheRounding) {
  // Straight from the definition of the weights, without the formula of the sum of precisions.
  Spec wide = Provisional();
  wide.rounding = "3/2";
  const auto combined = Combined(Spec(), {wide});
  const CombinedCell* cell = combined.Find("persons", "kind", {"relative"});
  ASSERT_NE(cell, nullptr);
  const Rational weight = (cell->estimate - 209) / (222 - 209);  // of the definitive value
  const Rational noise =
      weight * weight * Rational(99, 8) + (1 - weight) * (1 - weight) * Rational(99, 4);
  const Rational rounding = weight * weight / 12 + (1 - weight) * (1 - weight) * Rational(3, 4);
  EXPECT_EQ(cell->noise_variance, noise);
  EXPECT_EQ(cell->variance, noise + rounding);
  EXPECT_EQ(cell->rounding, weight / 2 + (1 - weight) * Rational(3, 2));
}

TEST(CombinedRelease, AnyNumberOfReleasesMayTakePartInAnyOrder) {
  Spec third = Provisional();
  third.id = "2022SJ-provisional-2";
  const auto one = Combined(Spec(), {Provisional(), third});
  const auto other = Combined(Spec(), {third, Provisional()});
  const CombinedCell* cell = one.Find("persons", "total", {});
  ASSERT_NE(cell, nullptr);
  EXPECT_THAT(cell->releases,
              ElementsAre("2022SJ-definitive-1", "2022SJ-provisional-1", "2022SJ-provisional-2"));
  EXPECT_EQ(cell->estimate, other.Find("persons", "total", {})->estimate);
  EXPECT_LT(cell->variance, Combined(Spec(), {third}).Find("persons", "total", {})->variance);
}

TEST(CombinedRelease, ACorrectionInBetweenStopsTheTownAndTheRegion) {
  Spec corrected = Provisional();
  corrected.deliveries[1] = std::string(64, 'f');
  const auto combined = Combined(Spec(), {corrected});
  EXPECT_NE(combined.Find("persons", "municipality-kind", {"GM0148", "absolute"}), nullptr);
  EXPECT_EQ(combined.Find("persons", "municipality-kind", {"GM0160", "absolute"}), nullptr);
  EXPECT_EQ(combined.Find("persons", "kind", {"absolute"}), nullptr);
  EXPECT_EQ(combined.Find("persons", "total", {}), nullptr);
}

TEST(CombinedRelease, WhatIsNotStatedIsNotTheSame) {
  Spec one;
  Spec two = Provisional();
  one.deliveries[0] = two.deliveries[0] = "";
  const auto combined = Combined(one, {two});
  EXPECT_EQ(combined.Find("persons", "municipality-kind", {"GM0148", "absolute"}), nullptr);
  EXPECT_NE(combined.Find("persons", "municipality-kind", {"GM0160", "absolute"}), nullptr);
  EXPECT_EQ(combined.Find("persons", "kind", {"absolute"}), nullptr);
}

TEST(CombinedRelease, ACellHiddenInOneOfThemStaysWhatItWas) {
  Spec hides = Provisional();
  hides.figures[0] = 3;
  EXPECT_EQ(Combined(Spec(), {hides}).Find("persons", "municipality-kind", {"GM0148", "absolute"}),
            nullptr);
  Spec leads;
  leads.figures[0] = 3;
  EXPECT_EQ(
      Combined(leads, {Provisional()}).Find("persons", "municipality-kind", {"GM0148", "absolute"}),
      nullptr);
}

TEST(CombinedRelease, OneThatHidesTheCellStopsTheOthersToo) {
  Spec hides = Provisional();
  hides.id = "2022SJ-provisional-2";
  hides.figures[0] = 3;
  hides.deliveries[0] = std::string(64, 'f');  // and may not even speak about it
  const auto combined = Combined(Spec(), {Provisional(), hides});
  EXPECT_EQ(combined.Find("persons", "municipality-kind", {"GM0148", "absolute"}), nullptr);
  EXPECT_NE(combined.Find("persons", "municipality-kind", {"GM0160", "absolute"}), nullptr);
}

TEST(CombinedRelease, OnlyWhatPublicActsDeclareComparableIsCombined) {
  struct Case {
    const char* obstacle;
    std::function<void(Json&)> change;
  };
  const std::string other(64, '1');
  const std::vector<Case> cases = {
      {"other-region", [](Json& j) { j["header"]["region"] = "RMC11"; }},
      {"other-period", [](Json& j) { j["header"]["period"] = "2021SJ"; }},
      {"other-policy", [&](Json& j) { j["header"]["policy"]["digest"] = other; }},
      {"other-codebook", [&](Json& j) { j["header"]["codebook"]["digest"] = other; }},
      {"not-of-the-service", [](Json& j) { j["header"]["origin"] = "office"; }},
      {"demo", [](Json& j) { j["header"]["demo"] = true; }},
      {"same-release", [](Json& j) { j["header"]["releaseId"] = Spec().id; }},
  };
  const PublishedRelease leading = Release(Spec());
  for (const Case& item : cases) {
    Spec spec = Provisional();
    spec.change = item.change;
    const PublishedRelease release = Release(spec);
    EXPECT_EQ(Obstacle(leading.header(), release.header()), item.obstacle);
    EXPECT_EQ(CombinedRelease(leading, {&release}).size(), 0U) << item.obstacle;
  }
  EXPECT_EQ(Obstacle(leading.header(), Release(Provisional()).header()), "");
  EXPECT_EQ(Combined(Spec(), {Provisional()}).size(), 7U);
}

TEST(CombinedRelease, AMeasureThatCountsOtherwiseIsPassedOver) {
  for (const char* field : {"clamp", "maxKinds"}) {
    Spec spec = Provisional();
    spec.change = [&](Json& json) { json["measures"][0][field] = 5; };
    EXPECT_EQ(Combined(Spec(), {spec}).size(), 0U) << field;
  }
  Spec spec = Provisional();
  spec.change = [](Json& json) { json["measures"][0]["unit"] = "reports"; };
  EXPECT_EQ(Combined(Spec(), {spec}).size(), 0U);
}

TEST(CombinedRelease, ATableThatTheOtherLacksIsLeftAsItIs) {
  Spec lean = Provisional();
  lean.change = [](Json& json) { json["measures"][0]["tables"].erase(2); };
  const auto combined = Combined(Spec(), {lean});
  EXPECT_NE(combined.Find("persons", "kind", {"absolute"}), nullptr);
  EXPECT_EQ(combined.Find("persons", "municipality-kind", {"GM0148", "absolute"}), nullptr);
}

TEST(CombinedRelease, TheIntervalIsNarrowerAndNeverWithoutThePublishedValue) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  size_t narrower = 0;
  for (int i = 0; i < 60; ++i) {
    Spec one;
    Spec two = Provisional();
    for (size_t cell = 0; cell < 4; ++cell) {
      const double truth = 60 + static_cast<double>(random() % 40);
      one.figures[cell] = std::llround(truth + 3.5 * normal(random));
      two.figures[cell] = std::llround(truth + 5 * normal(random));
    }
    const PublishedRelease leading = Release(one);
    const PublishedRelease other = Release(two);
    const CombinedRelease combined(leading, {&other});
    for (const auto& table : leading.measures()[0].tables) {
      for (const auto& cell : table.cells) {
        const CombinedCell* found = combined.Find("persons", table.id, cell.codes);
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->value, *cell.value);
        EXPECT_LE(found->interval.low, *cell.value);
        EXPECT_GE(found->interval.high, *cell.value);
        EXPECT_LT(found->variance, table.variance);
        const auto width = [](const table::Interval& interval) {
          return interval.high - interval.low;
        };
        narrower += width(found->interval) < width(*cell.interval) ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(narrower, 380U);  // of 420: the others hold two values far apart
}

// Normal noise, rounded at random, and shown only from the threshold on: what the interval promises
// is counted among cells that were shown in both.
double ShareCovered(double truth, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> rounding(-0.5, 0.5);
  const double sd = std::sqrt(9.0 / 4 + 81.0 / 8);
  size_t shown = 0;
  size_t covered = 0;
  while (shown < 250) {
    const auto draw = [&](double deviation) {
      return std::llround(truth + deviation * normal(random) + rounding(random) * 0.5);
    };
    Spec one;
    Spec two = Provisional();
    one.figures = {draw(sd), 0, 0, 0};
    two.figures = {draw(sd * std::sqrt(2.0)), 0, 0, 0};
    one.kinds_only = two.kinds_only = true;
    if (one.figures[0] < kThreshold || two.figures[0] < kThreshold) continue;
    const PublishedRelease leading = Release(one);
    const PublishedRelease other = Release(two);
    const CombinedRelease combined(leading, {&other});
    const CombinedCell* cell = combined.Find("persons", "kind", {"absolute"});
    if (cell == nullptr) return 0;
    ++shown;
    covered += static_cast<double>(cell->interval.low) <= truth &&
                       truth <= static_cast<double>(cell->interval.high)
                   ? 1U
                   : 0U;
  }
  return static_cast<double>(covered) / static_cast<double>(shown);
}

TEST(CombinedRelease, TheIntervalCoversTheTruthFarFromAndNearToTheThreshold) {
  // 250 draws: four binomial deviations under 95 % is 89.5 %.
  for (const double truth : {6.0, 80.0}) {
    EXPECT_GE(ShareCovered(truth, 11), 0.895) << truth;
  }
}

TEST(SameDeliveries, AreThoseThatBothHeadersStateAlike) {
  const auto a = Release(Spec()).header();
  auto b = Release(Provisional()).header();
  EXPECT_THAT(SameDeliveries(a, b), ElementsAre("GM0148", "GM0160"));
  b.members[0].delivered = false;
  EXPECT_THAT(SameDeliveries(a, b), ElementsAre("GM0160"));
  auto c = a;
  c.members[0].delivered = b.members[0].delivered = false;
  c.members[0].deliveries_digest = b.members[0].deliveries_digest = "";
  EXPECT_THAT(SameDeliveries(c, b), ElementsAre("GM0148", "GM0160"));
  b.members.clear();
  EXPECT_THAT(SameDeliveries(a, b), IsEmpty());
}

}  // namespace
}  // namespace polder::stats::combine
