// Counting follows the bounding rules, whatever the order in which cases arrive.

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/stats/tabulate/counted.h"

namespace polder::stats::tabulate::testing {
namespace {

TEST(Tabulate, APupilCountsOncePerKindGroup) {
  auto counts = Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2",
                                            {{.pupil = 1, .key = 1},
                                             {.pupil = 1, .key = 2, .opened = "2022-W46"},
                                             {.pupil = 1, .key = 3, .kind = "R16"},
                                             {.pupil = 1, .key = 4, .kind = "LRV"},
                                             {.pupil = 2, .key = 5}})),
                      MeasureOf(Unit::kPersons), kKind);
  EXPECT_EQ(counts, (Counts{{"absolute", 2}, {"relative", 1}}));
}

// Where pupils are counted apart from kinds: once, at the attributes of the first case, however
// many kinds and cases there are and whatever bounding leaves out.
TEST(Tabulate, InTheMeasureOfPupilsEveryPupilIsOneWhateverTheKinds) {
  const auto deliveries = [] {
    std::vector<Delivery> both;
    both.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                              {{.pupil = 1, .key = 1, .kind = "AV", .opened = "2022-W46"},
                               {.pupil = 1, .key = 2, .kind = "R16", .opened = "2022-W47"},
                               {.pupil = 1, .key = 3, .kind = "LUX", .opened = "2022-W48"},
                               {.pupil = 2, .key = 4, .kind = "R16", .opened = "2022-W46"}}));
    both.push_back(DeliveryOf("GM0193", "2022SJ-Q2",
                              {{.pupil = 1, .key = 5, .kind = "EX5A", .opened = "2022-W49"}}));
    return both;
  };
  Measure pupils = MeasureOf(Unit::kPersons);
  pupils.counts_pupils = true;
  for (int kinds = 1; kinds <= 3; ++kinds) {
    EXPECT_EQ(Count(deliveries(), pupils, {}, kinds), (Counts{{"", 2}}));
    EXPECT_EQ(Count(deliveries(), pupils, {Attribute::kMunicipality}, kinds),
              (Counts{{"GM0148", 2}}));
    EXPECT_EQ(Count(deliveries(), MeasureOf(Unit::kPersons), {}, kinds),
              (Counts{{"", kinds + 1}}));  // a pupil once per kind
  }
}

TEST(Tabulate, OnlyTheFirstKindGroupsInBoundingOrderAreKept) {
  const std::vector<Spec> specs = {{.pupil = 1, .key = 1, .kind = "LUX", .opened = "2022-W40"},
                                   {.pupil = 1, .key = 2, .kind = "R16", .opened = "2022-W45"},
                                   {.pupil = 1, .key = 3, .kind = "AV", .opened = "2022-W45"},
                                   {.pupil = 1, .key = 4, .kind = "OVR", .opened = "2022-W39"}};
  const auto count = [&](const Measure& measure, int kinds) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), measure, kKind, kinds);
  };
  const Measure persons = MeasureOf(Unit::kPersons);
  EXPECT_EQ(count(persons, 1), (Counts{{"other", 1}}));
  EXPECT_EQ(count(persons, 2), (Counts{{"other", 1}, {"holiday", 1}}));
  // In the same week the codebook's order of kinds decides: AV before R16.
  EXPECT_EQ(count(persons, 3), (Counts{{"other", 1}, {"holiday", 1}, {"absolute", 1}}));
  EXPECT_EQ(count(persons, 4).size(), 4U);
}

TEST(Tabulate, PupilAttributesAreThoseOfTheFirstCase) {
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf(
      "GM0160", "2022SJ-Q2",
      {{.pupil = 1, .key = 1, .kind = "R16", .opened = "2022-W44", .age_band = 2, .level = 5}}));
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                                  {{.pupil = 1, .key = 1, .opened = "2022-W45", .age_band = 1}}));
  const auto persons = MeasureOf(Unit::kPersons);
  EXPECT_EQ(Count(std::move(deliveries), persons, {Attribute::kMunicipality, Attribute::kAgeBand}),
            (Counts{{"GM0160 16-17", 2}}));
  // In the same week: municipality order, then kind, age band, level, group.
  std::vector<Delivery> tied;
  tied.push_back(DeliveryOf("GM0160", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "AV"}}));
  tied.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                            {{.pupil = 1, .key = 1, .kind = "R16", .age_band = 2},
                             {.pupil = 1, .key = 2, .kind = "R16", .age_band = 1, .level = 4},
                             {.pupil = 1, .key = 3, .kind = "R16", .age_band = 1, .level = 3}}));
  EXPECT_EQ(Count(std::move(tied), persons,
                  {Attribute::kMunicipality, Attribute::kAgeBand, Attribute::kLevel}, 1),
            (Counts{{"GM0148 12-15 " + Book().levels().at(3).code, 1}}));
}

TEST(Tabulate, ACaseBelongsToThePeriodOfTheThursdayOfItsWeek) {
  // 2022-08-01 is a Monday; week 30 ends on Sunday 31 July. 2023-W31: Thursday 3 August.
  // First quarter of 2022SJ ends on Monday 31 October: week 44 has its Thursday on 3 November.
  const std::vector<Spec> specs = {{.pupil = 1, .key = 1, .opened = "2022-W30"},
                                   {.pupil = 2, .key = 2, .opened = "2022-W31"},
                                   {.pupil = 3, .key = 3, .opened = "2022-W44"},
                                   {.pupil = 4, .key = 4, .opened = "2023-W30"},
                                   {.pupil = 5, .key = 5, .opened = "2023-W31"}};
  const auto count = [&](const char* period) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q1", specs)), MeasureOf(Unit::kPersons),
                 kKind, 2, Period::Parse(period).value());
  };
  EXPECT_EQ(count("2022SJ"), (Counts{{"absolute", 3}}));
  EXPECT_EQ(count("2022SJ-Q1"), (Counts{{"absolute", 1}}));
  EXPECT_EQ(count("2022SJ-Q2"), (Counts{{"absolute", 1}}));
  EXPECT_EQ(count("2022SJ-Q4"), (Counts{{"absolute", 1}}));
}

TEST(Tabulate, ReportsAndProcessesAreClampedPerKindGroup) {
  std::vector<Spec> specs;
  for (int i = 0; i < 9; ++i) {
    specs.push_back(
        {.pupil = 1, .key = i, .kind = "R16", .opened_by = i < 8 ? "school" : "officer"});
  }
  specs.push_back({.pupil = 1, .key = 20, .kind = "LRV", .opened_by = "duoSignal"});
  specs.push_back({.pupil = 1, .key = 21, .kind = "LUX", .opened_by = "school"});
  specs.push_back({.pupil = 1, .key = 22, .kind = "AV", .opened_by = "auto4w"});
  const auto count = [&](const Measure& measure, const std::vector<Attribute>& attributes,
                         int kinds) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), measure, attributes, kinds);
  };
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 6), kKind, 3),
            (Counts{{"relative", 6}, {"holiday", 1}}));
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 20), kKind, 3),
            (Counts{{"relative", 9}, {"holiday", 1}}));
  EXPECT_EQ(count(MeasureOf(Unit::kProcesses, 3), kKind, 3),
            (Counts{{"absolute", 1}, {"relative", 3}, {"holiday", 1}}));
  // Dropped: one kind group beyond two, and 9 - 6 reports.
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 9, true), {}, 2), (Counts{{"", 4}}));
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 2, true), {}, 2), (Counts{{"", 2}}));
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 9, true), {}, 3), (Counts{{"", 3}}));
}

TEST(Tabulate, AdministrativeOnlyWhenAllCasesOfTheKindGroupAre) {
  const auto counts =
      Count(Deliveries(DeliveryOf(
                "GM0148", "2022SJ-Q2",
                {{.pupil = 1, .key = 1, .opened_by = "auto4w", .outcome = "adminOnly"},
                 {.pupil = 1, .key = 2, .opened_by = "auto4w", .outcome = "adminOnly"},
                 {.pupil = 1, .key = 3, .kind = "LUX", .opened_by = "school"},
                 {.pupil = 2, .key = 4, .opened_by = "auto4w", .outcome = "adminOnly"},
                 {.pupil = 2, .key = 5, .opened_by = "auto4w", .outcome = "returned"},
                 {.pupil = 3, .key = 6, .opened_by = "officer", .outcome = "adminOnly"}})),
            MeasureOf(Unit::kPersons), {Attribute::kKind, Attribute::kAdministrative});
  EXPECT_EQ(counts, (Counts{{"absolute yes", 1}, {"absolute no", 2}, {"holiday no", 1}}));
}

TEST(Tabulate, ACodeWithoutAPlaceStopsEverything) {
  const LinkedCases linked =
      Link(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}})), Book(), kYear);
  const auto persons = MeasureOf(Unit::kPersons);
  EXPECT_THROW(Tabulate(linked, persons, {2, 6}, {{Attribute::kMunicipality, {"GM0160"}}}, Book()),
               base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::tabulate::testing
