// What one pupil can change in the counts, also who moves, is corrected, or is in two calendars.

#include <numeric>

#include <gtest/gtest.h>

#include "tests/stats/tabulate/counted.h"

namespace polder::stats::tabulate::testing {
namespace {

// What the whole promise rests on: adding a pupil adds that pupil's bounded contribution, no more.
TEST(Tabulate, AddingAPupilChangesTheCubeByThatPupilAlone) {
  const std::vector<Spec> others = {{.pupil = 1, .key = 1}, {.pupil = 2, .key = 2, .kind = "LUX"}};
  std::vector<Spec> own;
  for (int i = 0; i < 12; ++i) {
    const char* kind = i % 3 == 0 ? "R16" : i % 3 == 1 ? "LUX" : "OVR";
    own.push_back({.pupil = 3, .key = 10 + i, .kind = kind, .opened_by = "school"});
  }
  std::vector<Spec> both = others;
  both.insert(both.end(), own.begin(), own.end());
  for (const Measure& measure :
       {MeasureOf(Unit::kPersons), MeasureOf(Unit::kReports, 3), MeasureOf(Unit::kProcesses, 2)}) {
    const auto count = [&](const std::vector<Spec>& specs) {
      return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), measure, kKind);
    };
    Counts sum = count(others);
    int64_t added = 0;
    for (const auto& [cell, value] : count(own)) {
      sum[cell] += value;
      added += value;
    }
    EXPECT_EQ(count(both), sum);
    EXPECT_LE(added, 2 * measure.clamp);
  }
}

// A case that was delivered for the wrong pupil first, and for the right one a quarter later.
TEST(Tabulate, AddingAPupilUnderAnothersCaseKeyTakesNothingFromThatOther) {
  const auto persons = MeasureOf(Unit::kPersons);
  const auto count = [&](bool with_other, bool with_one) {
    const auto quarter = [&](const char* period, bool there, const Spec& spec) {
      return DeliveryOf("GM0148", period, there ? std::vector<Spec>{spec} : std::vector<Spec>{});
    };
    std::vector<Delivery> deliveries;
    deliveries.push_back(
        quarter("2022SJ-Q2", with_one, {.pupil = 1, .key = 1, .kind = "LUX", .age_band = 1}));
    deliveries.push_back(
        quarter("2022SJ-Q3", with_other, {.pupil = 2, .key = 1, .kind = "R16", .age_band = 2}));
    return Count(std::move(deliveries), persons, kKind);
  };
  Counts sum = count(false, true);
  for (const auto& [cell, value] : count(true, false)) sum[cell] += value;
  EXPECT_EQ(sum, (Counts{{"holiday", 1}, {"relative", 1}}));
  EXPECT_EQ(count(true, true), sum);
}

// A year is measured as such: quarters are no parts of it where a pupil counts once.
TEST(Tabulate, TheYearCountsAPupilOnceHoweverManyQuartersItIsIn) {
  const auto deliveries = [] {
    std::vector<Delivery> all;
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q1",
                             {{.pupil = 1, .key = 1, .opened = "2022-W38"},
                              {.pupil = 2, .key = 2, .opened = "2022-W38"}}));
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                             {{.pupil = 1, .key = 3, .opened = "2022-W48"},
                              {.pupil = 3, .key = 4, .opened = "2022-W48"}}));
    all.push_back(
        DeliveryOf("GM0148", "2022SJ-Q3", {{.pupil = 1, .key = 5, .opened = "2023-W10"}}));
    all.push_back(
        DeliveryOf("GM0148", "2022SJ-Q4", {{.pupil = 2, .key = 6, .opened = "2023-W21"}}));
    return all;
  };
  const auto persons = MeasureOf(Unit::kPersons);
  const auto processes = MeasureOf(Unit::kProcesses, 3);
  int64_t quarters = 0;
  int64_t cases_of_quarters = 0;
  for (int quarter = 1; quarter <= 4; ++quarter) {
    const Period period(kYear.year(), quarter);
    quarters += Count(deliveries(), persons, kKind, 2, period)["absolute"];
    cases_of_quarters += Count(deliveries(), processes, kKind, 2, period)["absolute"];
  }
  EXPECT_EQ(quarters, 6);
  EXPECT_EQ(Count(deliveries(), persons, kKind), (Counts{{"absolute", 3}}));  // pupils 1, 2 and 3
  // Cases do add up, below the clamp.
  EXPECT_EQ(cases_of_quarters, 6);
  EXPECT_EQ(Count(deliveries(), processes, kKind), (Counts{{"absolute", 6}}));
}

TEST(Tabulate, AMoverCountsOnceAndInTheMunicipalityOfTheFirstCase) {
  const auto deliveries = [](bool arrival_reversed) {
    std::vector<Delivery> all;
    all.push_back(DeliveryOf("GM0160", "2022SJ-Q1",
                             {{.pupil = 1, .key = 1, .kind = "LUX", .opened = "2022-W38"}}));
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q3",
                             {{.pupil = 1, .key = 1, .kind = "LUX", .opened = "2023-W08"},
                              {.pupil = 1, .key = 2, .kind = "R16", .opened = "2023-W09"},
                              {.pupil = 1, .key = 3, .kind = "OVR", .opened = "2023-W10"}}));
    if (arrival_reversed) std::reverse(all.begin(), all.end());
    return all;
  };
  const auto persons = MeasureOf(Unit::kPersons);
  for (const bool reversed : {false, true}) {
    // All kinds at one place, and no more of them than someone who stays may count for.
    EXPECT_EQ(Count(deliveries(reversed), persons, {Attribute::kMunicipality, Attribute::kKind}),
              (Counts{{"GM0160 holiday", 1}, {"GM0160 relative", 1}}));
    EXPECT_EQ(Count(deliveries(reversed), MeasureOf(Unit::kProcesses, 3),
                    {Attribute::kMunicipality, Attribute::kKind}),
              (Counts{{"GM0160 holiday", 2}, {"GM0160 relative", 1}}));
  }
}

// Without an older delivery, the one that replaced it counts as if it had never been there: what
// left the newer one is gone, also for the pupil whose only case it was.
TEST(Tabulate, OfAReplacedDeliveryNothingIsLeft) {
  const auto old_one = [] {
    return DeliveryOf("GM0148", "2022SJ-Q2",
                      {{.pupil = 1, .key = 1}, {.pupil = 2, .key = 2, .kind = "LUX"}});
  };
  const auto new_one = [] {
    return DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "R16"}});
  };
  const auto persons = MeasureOf(Unit::kPersons);
  EXPECT_EQ(Count(Deliveries(new_one()), persons, kKind), (Counts{{"relative", 1}}));
  // Both in the room at once, which the caller must not let happen, counts what was withdrawn.
  std::vector<Delivery> both = Deliveries(old_one());
  both.push_back(new_one());
  EXPECT_NE(Count(std::move(both), persons, kKind), (Counts{{"relative", 1}}));
}

// The calendars are separate token domains with ledgers' charges of their own: one child can count
// in both, and neither knows of the other.
TEST(Tabulate, OnePupilInBothCalendarsCountsInEachByItself) {
  const auto deliveries = [] {
    std::vector<Delivery> all;
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}}));
    all.push_back(DeliveryOf("GM0148", "2022VSV-Q1",
                             {{.pupil = 1, .key = 1, .kind = "VSVN"}}));  // token and key alike
    return all;
  };
  const auto count = [&](const Period& period) {
    const CubeDimension kinds{Attribute::kKind, Book().KindGroupsIn(period)};
    const Cube cube = Tabulate(Link(deliveries(), Book(), period), MeasureOf(Unit::kPersons),
                               {2, 6}, {kinds}, Book());
    const std::vector<int64_t> cells = CubeReader(cube).Marginal({0});
    return std::accumulate(cells.begin(), cells.end(), int64_t{0});
  };
  EXPECT_EQ(count(kYear), 1);
  EXPECT_EQ(count(Period::Parse("2022VSV").value()), 1);
}

// A child with two identifiers (a provisional number and later a BSN) has two tokens, and nothing
// in the region can tell: it counts as two pupils, each bounded by itself.
TEST(Tabulate, TwoTokensAreTwoPupilsEachBoundedByItself) {
  const auto persons = MeasureOf(Unit::kPersons);
  const std::vector<Spec> under_one = {{.pupil = 1, .key = 1, .kind = "AV"},
                                       {.pupil = 1, .key = 2, .kind = "LUX"},
                                       {.pupil = 1, .key = 3, .kind = "OVR"}};
  std::vector<Spec> under_two = under_one;
  for (const Spec& spec : under_one) {
    under_two.push_back({.pupil = 2, .key = spec.key + 10, .kind = spec.kind});
  }
  const auto count = [&](const std::vector<Spec>& specs) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), persons, kKind);
  };
  EXPECT_EQ(count(under_one), (Counts{{"absolute", 1}, {"holiday", 1}}));
  EXPECT_EQ(count(under_two), (Counts{{"absolute", 2}, {"holiday", 2}}));
}

}  // namespace
}  // namespace polder::stats::tabulate::testing
