#include "stats/population/profile.h"

#include <array>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "stats/population/country.h"
#include "stats/population/truth.h"
#include "tests/stats/population/support.h"

namespace polder::stats::population {
namespace {

// Region totals in persons per kind group, before bounding, averaged over a few seeds.
class Region : public testing::Test {
 protected:
  static constexpr int kSeeds = 4;

  static void SetUpTestSuite() {
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) worlds_.push_back(MakeWorld(1, seed));
  }
  static void TearDownTestSuite() { worlds_.clear(); }

  // Persons with a case of one of these kinds in the year, per municipality or (-1) in the region.
  static double Persons(std::set<Kind> kinds, base::Calendar calendar, int start,
                        int municipality = -1) {
    double sum = 0;
    const base::Year year(calendar, start);
    for (const World& world : worlds_) {
      std::set<uint32_t> persons;
      for (const Episode& episode : world.episodes) {
        if (!kinds.contains(episode.kind)) continue;
        if (municipality >= 0 && episode.municipality != municipality) continue;
        if (year.Contains(base::IsoWeek::Of(episode.opened).Monday().Plus(3))) {
          persons.insert(episode.person);
        }
      }
      sum += static_cast<double>(persons.size());
    }
    return sum / kSeeds;
  }

  static std::vector<World> worlds_;
};
std::vector<World> Region::worlds_;

constexpr auto kAbsence = base::Calendar::kAbsence;
const std::set<Kind> kRelativeKinds = {Kind::kR16, Kind::kLrv};

TEST_F(Region, HasTheReferenceYearsPersonsPerMunicipality) {
  const auto& municipalities = TheCodebook().municipalities();
  const std::map<std::string, std::array<double, 3>> expected = {
      {"GM0148", {29, 94, 32}},    {"GM0160", {60, 194, 87}}, {"GM0166", {57, 184, 82}},
      {"GM0175", {18, 56, 25}},    {"GM0177", {36, 116, 45}}, {"GM0180", {22, 71, 18}},
      {"GM0193", {122, 392, 234}}, {"GM0244", {12, 38, 14}},  {"GM0246", {16, 52, 22}},
      {"GM1708", {38, 122, 70}},   {"GM1896", {26, 84, 25}}};
  for (size_t m = 0; m < municipalities.size(); ++m) {
    const auto& row = expected.at(municipalities[m].code.code);
    const auto place = static_cast<int>(m);
    const auto tolerance = [](double mean) { return 4.5 * std::sqrt(mean / kSeeds) + 0.06 * mean; };
    EXPECT_NEAR(Persons({Kind::kAv}, kAbsence, 2022, place), row[0], tolerance(row[0])) << m;
    EXPECT_NEAR(Persons(kRelativeKinds, kAbsence, 2022, place), row[1], tolerance(row[1])) << m;
    EXPECT_NEAR(Persons({Kind::kVsvn}, base::Calendar::kVsv, 2022, place), row[2],
                tolerance(row[2]))
        << m;
  }
}

TEST_F(Region, RisesFrom2021To2022AsTheReportsSay) {
  const auto ratio = [](const std::set<Kind>& kinds) {
    return Persons(kinds, kAbsence, 2022) / Persons(kinds, kAbsence, 2021);
  };
  EXPECT_NEAR(ratio(kRelativeKinds), 1.30, 0.10);
  EXPECT_NEAR(ratio({Kind::kOvr}), 1.52, 0.15);
  EXPECT_NEAR(ratio({Kind::kLux}), 1.14, 0.12);
  EXPECT_GT(ratio({Kind::kAv}), 1.34);
  EXPECT_LT(ratio({Kind::kAv}), 2.2);
}

TEST_F(Region, DisplacedPersonsExplainTheRiseOfAbsoluteAbsence) {
  std::map<std::pair<int, bool>, double> cases;  // (year, displaced)
  double administrative = 0, closed = 0;
  for (const World& world : worlds_) {
    for (const Episode& episode : world.episodes) {
      if (episode.kind != Kind::kAv) continue;
      const bool displaced = world.persons[episode.person].group == Group::kDisplacedUkraine;
      if (displaced) {
        EXPECT_GE(episode.opened, *base::Date::Of(2022, 3, 1));
      }
      const auto year =
          base::Year::Of(kAbsence, base::IsoWeek::Of(episode.opened).Monday().Plus(3));
      cases[{year.start(), displaced}] += 1;
      if (year.start() == 2022) {
        closed += 1;
        administrative += episode.outcome == Outcome::kAdminOnly ? 1U : 0U;
      }
    }
  }
  EXPECT_GT((cases[{2022, true}] - cases[{2021, true}]),
            0.8 * (cases[{2022, true}] + cases[{2022, false}] - cases[{2021, true}] -
                   cases[{2021, false}]));
  EXPECT_NEAR(administrative / closed, 0.78, 0.06);  // 399 of 510 in Zuid-Holland Zuid
}

TEST_F(Region, PersonsRecurOverYearsKindsAndMunicipalities) {
  const World& world = worlds_.front();
  std::map<uint32_t, std::set<int>> years;
  std::map<uint32_t, std::set<Kind>> kinds;
  std::map<uint32_t, std::set<uint16_t>> municipalities;
  for (const Episode& episode : world.episodes) {
    years[episode.person].insert(base::Year::Of(kAbsence, episode.opened).start());
    kinds[episode.person].insert(episode.kind);
    municipalities[episode.person].insert(episode.municipality);
  }
  const auto share = [&](const auto& map) {
    size_t several = 0;
    for (const auto& [person, set] : map) several += set.size() > 1 ? 1U : 0U;
    return static_cast<double>(several) / static_cast<double>(map.size());
  };
  EXPECT_GT(share(years), 0.15);
  EXPECT_GT(share(kinds), 0.15);
  EXPECT_GT(share(municipalities), 0.002);
  EXPECT_LT(share(municipalities), 0.03);
}

TEST_F(Region, RelativeAbsenceIsOfTeenagersInSecondaryAndVocationalEducation) {
  double all = 0, typical = 0;
  for (const World& world : worlds_) {
    for (const Episode& episode : world.episodes) {
      if (episode.kind != Kind::kR16) continue;
      const int age = episode.opened.AgeOf(world.persons[episode.person].born);
      const auto level = CodebookCode(episode.level);
      ++all;
      if (age >= 14 && age <= 17 && (level == "vo" || level.starts_with("mbo"))) ++typical;
    }
  }
  EXPECT_NEAR(typical / all, 0.70, 0.05);
}

TEST_F(Region, EveryCaseIsPossibleUnderTheCodebook) {
  for (const World& world : worlds_) {
    for (const Episode& episode : world.episodes) {
      const auto& person = world.persons[episode.person];
      const auto* kind = TheCodebook().FindKind(CodebookCode(episode.kind));
      const auto* band = TheCodebook().BandOfAge(episode.opened.AgeOf(person.born));
      ASSERT_NE(kind, nullptr);
      ASSERT_NE(band, nullptr);
      const base::Period year(base::Year::Of(kind->calendar, episode.opened));
      ASSERT_TRUE(TheCodebook().AgePossible(*kind, *band, year)) << kind->code.code;
      ASSERT_EQ(kind->calendar, CalendarOf(episode.kind));
      if (episode.ends) {
        ASSERT_LE(episode.opened, episode.closed);
      }
    }
  }
}

TEST(Country, HasTheCountrysSizeAndAValidCodebook) {
  const auto codebook = policies::codebook::Codebook::FromJson(CountryCodebook(CodebookJson()));
  ASSERT_EQ(codebook.municipalities().size(), 342U);
  EXPECT_EQ(codebook.region(), "NL");
  const auto pupils = codebook.FindPublicCount("inhabitants5to17", "NL", 2022);
  ASSERT_TRUE(pupils.has_value());
  EXPECT_NEAR(static_cast<double>(pupils->count), 2'400'000, 400);
  const Profile profile = ProfileOf(codebook, 1);
  double displaced = 0;
  for (const auto& municipality : profile.municipalities) displaced += municipality.displaced;
  EXPECT_NEAR(displaced, 20'600, 20);
}

TEST(Country, ScalingACodebookScalesItsDenominators) {
  const auto scaled = policies::codebook::Codebook::FromJson(ScaledCodebook(CodebookJson(), 0.5));
  EXPECT_EQ(scaled.FindPublicCount("inhabitants5to17", "GM0148", 2022)->count, 2325);
}

}  // namespace
}  // namespace polder::stats::population
