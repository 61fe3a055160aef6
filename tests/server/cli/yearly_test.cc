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

PublishedRelease ReleaseOf(int year) {
  const base::Period period(base::Year(base::Calendar::kAbsence, year));
  auto measures = tests::RegionTables(tests::ShippedPolicy(), ReleaseKind::kDefinitive, period, 1,
                                      static_cast<uint64_t>(year));
  std::vector<stats::table::Member> members;
  for (const std::string& code : tests::ShippedCodebook().MembersIn(period)) {
    members.push_back({code, true, false});
  }
  stats::suppress::Suppress(measures, tests::ShippedPolicy(), tests::ShippedCodebook(), period,
                            members, {});
  return PublishedRelease::Parse(
      tests::MakeExampleRelease(std::move(measures), period, members).text);
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
