#include "server/cli/yearly.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stats/suppress/suppress.h"
#include "tests/support/example_release.h"
#include "tests/support/region_tables.h"

namespace polder::server::cli {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::PublishedRelease;

PublishedRelease ReleaseOf(int year, const std::string& policy_name = "default") {
  const base::Period period(base::Year(base::Calendar::kAbsence, year));
  const auto policy = tests::ShippedPolicy(policy_name);
  auto measures =
      tests::RegionTables(policy, ReleaseKind::kDefinitive, period, 1, static_cast<uint64_t>(year));
  std::vector<stats::table::Member> members;
  for (const std::string& code : tests::ShippedCodebook().MembersIn(period)) {
    members.push_back({code, true, false});
  }
  stats::suppress::Suppress(measures, policy, tests::ShippedCodebook(), period, members, {});
  return PublishedRelease::Parse(
      tests::MakeExampleRelease(std::move(measures), period, members, {}, "definitive", policy)
          .text);
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Yearly, EveryMunicipalityHasALineForEveryKindAndAMarkForEveryYear) {
  std::vector<PublishedRelease> releases;
  for (int year : {2021, 2022, 2023}) releases.push_back(ReleaseOf(year));
  const std::string page =
      YearlyPage(releases, tests::ShippedCodebook(), {.kinds = {"absolute", "relative"}});
  for (const auto& municipality : tests::ShippedCodebook().municipalities()) {
    EXPECT_NE(page.find("\n" + municipality.code.label.nl + "\n"), std::string::npos);
  }
  EXPECT_NE(page.find("2021/'22"), std::string::npos);
  EXPECT_EQ(Count(page, "geen publicatie"), 0U);
  // Two kinds, eleven municipalities and the region, three years: a number or a word for each.
  EXPECT_EQ(Count(page, " [") + Count(page, "verborgen  "), 2U * 12U * 3U);
}

TEST(Yearly, SizeClassesStandBetweenTheirMunicipalitiesAndTheRegion) {
  const std::string page =
      YearlyPage({ReleaseOf(2022, "peer-classes"), ReleaseOf(2023, "peer-classes")},
                 tests::ShippedCodebook(), {.kinds = {"absolute", "relative"}});
  const size_t small = page.find("\ngemeenten met minder dan 5000 leerlingen\n");
  const size_t large = page.find("\ngemeenten met 5000 of meer leerlingen\n");
  const size_t region = page.find("\n" + tests::ShippedCodebook().region_label().nl + "\n");
  ASSERT_NE(small, std::string::npos);
  EXPECT_LT(small, large);
  EXPECT_LT(large, region);
  EXPECT_EQ(page.find("geen publicatie"), std::string::npos);
}

TEST(Yearly, AHiddenCellHasNoNumberOnThePage) {
  const PublishedRelease release = ReleaseOf(2021);
  const std::string page =
      YearlyPage({release}, tests::ShippedCodebook(), {.kinds = {"exemptionOther"}});
  EXPECT_NE(page.find("verborgen"), std::string::npos);
}

TEST(Yearly, AYearWithoutAReleaseIsSaidAndNotSkipped) {
  const std::string page =
      YearlyPage({ReleaseOf(2021)}, tests::ShippedCodebook(), {.kinds = {"earlyLeaverNew"}});
  EXPECT_EQ(Count(page, "geen publicatie"), 12U);
  EXPECT_EQ(YearlyPage({}, tests::ShippedCodebook(), {}), "Er zijn nog geen jaarpublicaties.\n");
}

}  // namespace
}  // namespace polder::server::cli
