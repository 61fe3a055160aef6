// Of a case that was delivered twice, one version counts; of another calendar, none.

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/stats/tabulate/counted.h"

namespace polder::stats::tabulate::testing {
namespace {

TEST(Link, TheVersionOfTheLatestPeriodCountsAndOfEqualPeriodsTheLatestArrival) {
  const auto persons = MeasureOf(Unit::kPersons);
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q3", {{.pupil = 1, .key = 1, .kind = "LUX"}}));
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "R16"}}));
  EXPECT_EQ(Count(std::move(deliveries), persons, kKind), (Counts{{"holiday", 1}}));
  std::vector<Delivery> twice;
  twice.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "LUX"}}));
  twice.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "R16"}}));
  EXPECT_EQ(Count(std::move(twice), persons, kKind), (Counts{{"relative", 1}}));
  // The same key of another municipality is another case.
  std::vector<Delivery> others;
  others.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "LUX"}}));
  others.push_back(DeliveryOf("GM0160", "2022SJ-Q2", {{.pupil = 2, .key = 1, .kind = "R16"}}));
  EXPECT_EQ(Count(std::move(others), persons, kKind), (Counts{{"holiday", 1}, {"relative", 1}}));
  // A version that moves the case out of the period takes it out of the count.
  std::vector<Delivery> moved;
  moved.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}}));
  moved.push_back(
      DeliveryOf("GM0148", "2022SJ-Q3", {{.pupil = 1, .key = 1, .opened = "2021-W45"}}));
  EXPECT_EQ(Count(std::move(moved), persons, kKind), Counts{});
}

TEST(Link, AVersionFromTheNextYearKeepsTheTokenOfItsOwnYear) {
  const auto persons = MeasureOf(Unit::kPersons);
  // Pupil 1 of 2022SJ is pupil 9 in the tokens of 2023SJ.
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q4",
                                  {{.pupil = 1, .key = 1, .kind = "R16", .opened = "2023-W20"},
                                   {.pupil = 1, .key = 2, .kind = "LRV", .opened = "2023-W21"}}));
  deliveries.push_back(DeliveryOf("GM0148", "2023SJ-Q1",
                                  {{.pupil = 9, .key = 1, .kind = "R16", .opened = "2023-W20"},
                                   {.pupil = 8, .key = 3, .kind = "LUX", .opened = "2023-W22"}}));
  EXPECT_EQ(Count(std::move(deliveries), persons, kKind), (Counts{{"relative", 1}}));
}

TEST(Link, TheOtherCalendarIsLeftAlone) {
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}}));
  deliveries.push_back(
      DeliveryOf("GM0148", "2022VSV-Q1", {{.pupil = 1, .key = 2, .kind = "VSVN"}}));
  EXPECT_EQ(Count(std::move(deliveries), MeasureOf(Unit::kPersons), kKind),
            (Counts{{"absolute", 1}}));
}

TEST(Link, AnUnknownMunicipalityIsRefused) {
  EXPECT_THROW(Link(Deliveries(DeliveryOf("GM9999", "2022SJ-Q2", {})), Book(), kYear),
               base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::tabulate::testing
