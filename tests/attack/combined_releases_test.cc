// Releases of one year put together, by someone who has all of them: nothing that combining does
// goes beyond what the audit allowed for.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stats/audit/information.h"
#include "stats/combine/combine.h"
#include "stats/suppress/suppress.h"
#include "tests/support/example_release.h"
#include "tests/support/region_tables.h"

namespace polder::tests {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::PublishedRelease;

ExampleRelease Publish(ReleaseKind kind, const base::Period& period, uint64_t noise_seed,
                       const std::vector<PublishedRelease>& earlier) {
  const auto& policy = ShippedPolicy();
  auto measures = RegionTables(policy, kind, period, 7, noise_seed);
  std::vector<stats::table::Member> members;
  for (const auto& code : ShippedCodebook().MembersIn(period)) {
    members.push_back({code, true, false, std::string(64, 'd')});
  }
  stats::suppress::Suppress(measures, policy, ShippedCodebook(), period, members, earlier);
  return MakeExampleRelease(std::move(measures), period, members, earlier,
                            std::string(policies::disclosure::ToText(kind)), policy);
}

struct Year {
  std::vector<PublishedRelease> releases;
  std::string certificate;  // of the last
};

// Everything that the shipped policy grants to one school year, in the order of the year.
const Year& WholeYear() {
  static const Year year = [] {
    const base::Year school(base::Calendar::kAbsence, 2022);
    Year made;
    const auto add = [&](ReleaseKind kind, const base::Period& period) {
      const auto release = Publish(kind, period, 40 + made.releases.size(), made.releases);
      made.releases.push_back(PublishedRelease::Parse(release.text));
      made.certificate = release.certificate;
    };
    for (int quarter = 1; quarter <= 4; ++quarter) {
      add(ReleaseKind::kMonitor, base::Period(school, quarter));
    }
    add(ReleaseKind::kProvisional, base::Period(school));
    add(ReleaseKind::kSlice, base::Period(school));
    add(ReleaseKind::kDefinitive, base::Period(school));
    return made;
  }();
  return year;
}

TEST(AttackOnAYear, AllThatThePolicyGrantsPassesTheAuditTogether) {
  const auto certificate = nlohmann::json::parse(WholeYear().certificate);
  EXPECT_EQ(certificate["earlierReleases"], 6);
  for (const auto& attacker : certificate["attackers"]) {
    EXPECT_GE(*base::ParseRational(attacker["smallestStandardError"].get<std::string>()),
              ShippedPolicy().audit().min_hidden_sd)
        << attacker["class"];
  }
}

TEST(AttackOnAYear, NoCombinationIsCloserThanTheAuditTakesAnyoneToBe) {
  const auto& releases = WholeYear().releases;
  const PublishedRelease& definitive = releases.back();
  std::vector<const PublishedRelease*> others;
  for (const auto& release : releases) others.push_back(&release);
  const stats::combine::CombinedRelease combined(definitive, others);
  const auto* measure = definitive.FindMeasure("persons");
  stats::audit::Information information(measure->schema);
  for (const auto& release : releases) {
    const auto* other = release.FindMeasure("persons");
    if (other->schema == measure->schema) information.Add(other->residuals);
  }
  size_t checked = 0;
  for (const auto& table : measure->tables) {
    const auto best = information.BestVariance(table.attributes, 0);
    ASSERT_TRUE(best);
    for (const auto& cell : table.cells) {
      const auto* found = combined.Find("persons", table.id, cell.codes);
      if (found == nullptr) continue;
      ++checked;
      EXPECT_GE(found->noise_variance, *best);
      EXPECT_LT(found->noise_variance, table.variance);
    }
  }
  EXPECT_GT(checked, 50U);
}

TEST(AttackOnAYear, NoHiddenCellIsCombined) {
  const auto& releases = WholeYear().releases;
  std::vector<const PublishedRelease*> others;
  for (const auto& release : releases) others.push_back(&release);
  const stats::combine::CombinedRelease combined(releases.back(), others);
  size_t hidden = 0;
  for (const auto& release : releases) {
    if (!release.header().period.IsYear()) continue;
    for (const auto& measure : release.measures()) {
      // Where the slice has fewer dimensions it is a table of its own.
      if (measure.schema != releases.back().FindMeasure(measure.id)->schema) continue;
      for (const auto& table : measure.tables) {
        for (const auto& cell : table.cells) {
          if (cell.value) continue;
          ++hidden;
          EXPECT_EQ(combined.Find(measure.id, table.id, cell.codes), nullptr);
        }
      }
    }
  }
  EXPECT_GT(hidden, 10U);
}

}  // namespace
}  // namespace polder::tests
