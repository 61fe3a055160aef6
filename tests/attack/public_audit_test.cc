// The public part of an audit, altered on its way to the reader.
#include "stats/table/public_audit.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/suppress/suppress.h"
#include "tests/support/example_release.h"
#include "tests/support/region_tables.h"

namespace polder::tests {
namespace {

using nlohmann::json;
using policies::disclosure::ReleaseKind;
using stats::table::PublishedRelease;

struct Published {
  PublishedRelease release;
  std::string audit;
};

Published Publish(ReleaseKind kind, const std::vector<PublishedRelease>& earlier) {
  const auto policy = ShippedPolicy();
  auto measures = RegionTables(policy, kind, SchoolYear(), 3, 40 + static_cast<uint64_t>(kind));
  const auto members = Delivered(Towns(11));
  stats::suppress::Suppress(measures, policy, ShippedCodebook(), SchoolYear(), members, earlier);
  const auto made = MakeExampleRelease(std::move(measures), SchoolYear(), members, earlier,
                                       std::string(policies::disclosure::ToText(kind)), policy);
  return {PublishedRelease::Parse(made.text), made.certificate};
}

const Published& Provisional() {
  static const Published published = Publish(ReleaseKind::kProvisional, {});
  return published;
}
const Published& Definitive() {
  static const Published published = Publish(
      ReleaseKind::kDefinitive, {PublishedRelease::Parse(Provisional().release.canonical())});
  return published;
}

std::vector<std::string> FaultsOf(const std::string& audit) {
  base::Problems problems;
  stats::table::CheckPublicAudit(audit, Definitive().release, {&Provisional().release}, problems);
  std::vector<std::string> faults;
  for (const auto& problem : problems.found()) faults.push_back(problem.code);
  return faults;
}

template <typename Change>
std::vector<std::string> FaultsAfter(const Change& change) {
  json document = json::parse(Definitive().audit);
  change(document);
  return FaultsOf(base::CanonicalJson(document));
}

TEST(PublicAudit, TheOneThatWasMadeFits) {
  EXPECT_THAT(FaultsOf(Definitive().audit), testing::IsEmpty());
  EXPECT_THAT(Definitive().audit, testing::HasSubstr("\"earlierReleases\":1"));
}

TEST(PublicAudit, NoClaimCanBeChanged) {
  const auto contradicts = testing::Contains("audit-contradicts");
  EXPECT_THAT(FaultsAfter([](json& audit) { audit["hiddenCells"] = 1; }), contradicts);
  EXPECT_THAT(FaultsAfter([](json& audit) { audit["determinedCells"] = 1; }), contradicts);
  EXPECT_THAT(FaultsAfter([](json& audit) { audit["period"] = "2021SJ"; }), contradicts);
  EXPECT_THAT(FaultsAfter([](json& audit) { audit["minHiddenSd"] = "50"; }), contradicts);
  for (size_t attacker = 0; attacker < 4; ++attacker) {
    EXPECT_THAT(FaultsAfter([&](json& audit) {
                  audit["attackers"][attacker]["smallestStandardError"] = "0.5";
                }),
                contradicts)
        << attacker;
  }
  // Better protection than there is: the header's error, or the residuals, say otherwise.
  for (const size_t attacker : {size_t{2}, size_t{3}}) {
    EXPECT_THAT(FaultsAfter([&](json& audit) {
                  for (size_t other = 0; other < 4; ++other) {
                    if (attacker == 3 && other < 3) continue;
                    auto& error = audit["attackers"][other]["smallestStandardError"];
                    error = base::ToText(base::Rational(
                        *base::ParseRational(error.get<std::string>()) * base::Rational(101, 100)));
                  }
                }),
                contradicts)
        << attacker;
  }
  EXPECT_THAT(FaultsAfter([](json& audit) { audit["attackers"].erase(1); }), contradicts);
  EXPECT_THAT(FaultsAfter([](json& audit) {
                std::swap(audit["attackers"][0]["class"], audit["attackers"][2]["class"]);
              }),
              contradicts);
  EXPECT_THAT(
      FaultsAfter([](json& audit) {
        audit["counts"] = {{{"measure", "persons"},
                            {"width", 5},
                            {"earlierReleases", 0},
                            {"knownFigures", 0},
                            {"countsTheyGiveAway", 0},
                            {"certificate", std::string(64, 'a')},
                            {"attackers", {{{"class", "outsider"}, {"smallestWidth", 4}}}}}};
      }),
      contradicts);
}

TEST(PublicAudit, AnotherFormIsNone) {
  EXPECT_THAT(FaultsOf("{}"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(FaultsOf("nonsense"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(FaultsOf(Definitive().audit + " "), testing::Contains("not-canonical"));
  EXPECT_THAT(FaultsAfter([](json& audit) { audit["surprise"] = 1; }),
              testing::Not(testing::IsEmpty()));
}

}  // namespace
}  // namespace polder::tests
