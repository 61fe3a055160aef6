#include "stats/population/truth.h"

#include <gtest/gtest.h>

#include "tests/stats/population/recount.h"

namespace polder::stats::population {
namespace {

constexpr uint64_t kSeed = 20221101;

struct Made {
  World world = MakeWorld(0.25, kSeed);
  Exports exports = PlanExports(world, UsualMishaps(), kSeed);

  void Deliver(const ExportFile& file, Recount& recount) const {
    recount.Deliver(world.profile.municipalities[file.municipality].code, file.period.Text(),
                    file.dialect == Dialect::kJvs, WriteExport(world, file, kSeed));
  }
};

const Made& TheRegion() {
  static const Made made;
  return made;
}

std::vector<base::Period> AllPeriods() {
  std::vector<base::Period> periods;
  for (int start = 2021; start <= 2023; ++start) {
    for (const auto calendar : {base::Calendar::kAbsence, base::Calendar::kVsv}) {
      for (int quarter = 0; quarter <= 4; ++quarter) {
        periods.emplace_back(base::Year(calendar, start), quarter);
      }
    }
  }
  return periods;
}

TEST(Truth, EqualsARecountOfTheReparsedExportsBeforeAndAfterTheCorrection) {
  const Made& made = TheRegion();
  Recount recount;
  for (const ExportFile& file : made.exports.files) made.Deliver(file, recount);
  const auto files = Replace(made.exports.files, {});
  int64_t counted = 0;
  for (const base::Period& period : AllPeriods()) {
    const auto truth = CountTruth(made.world, files, TheCodebook(), period, DefaultRules());
    if (period.IsYear()) {
      EXPECT_EQ(truth, recount.Count(period)) << period.Text();
    }
    if (period.IsYear()) counted += truth["persons"]["total"].value("", 0);
  }
  EXPECT_GT(counted, 1500);

  ASSERT_EQ(made.exports.corrections.size(), 1U);
  const base::Period corrected(made.exports.corrections[0].period.year());
  const auto before = recount.Count(corrected);
  for (const ExportFile& file : made.exports.corrections) made.Deliver(file, recount);
  const auto after = CountTruth(made.world, Replace(made.exports.files, made.exports.corrections),
                                TheCodebook(), corrected, DefaultRules());
  EXPECT_EQ(after, recount.Count(corrected));
  EXPECT_NE(after, before);  // a correction that changes nothing would prove nothing
}

TEST(Truth, OfAQuarterIsWhatHadBeenDeliveredWhenItEnded) {
  const Made& made = TheRegion();
  Recount recount;
  for (const base::Period& period : AllPeriods()) {
    if (period.IsYear()) continue;
    for (const ExportFile& file : made.exports.files) {
      if (file.period == period) made.Deliver(file, recount);
    }
    EXPECT_EQ(CountTruth(made.world, Replace(made.exports.files, {}), TheCodebook(), period,
                         DefaultRules()),
              recount.Count(period))
        << period.Text();
  }
}

TEST(Truth, LosesOnePersonWithTheOnlyRowOfThatPerson) {
  const Made& made = TheRegion();
  const base::Period year(base::Year(base::Calendar::kAbsence, 2021));
  std::map<uint32_t, size_t> cases_of;
  for (const Episode& episode : made.world.episodes) ++cases_of[episode.person];
  std::vector<ExportFile> files = made.exports.files;
  const auto persons = [&] {
    return CountTruth(made.world, Replace(files, {}), TheCodebook(), year,
                      DefaultRules())["persons"]["total"][""]
        .get<int64_t>();
  };
  const int64_t whole = persons();
  bool lost = false;
  for (ExportFile& file : files) {
    if (file.period.Text() != "2021SJ-Q2") continue;
    std::erase_if(file.rows, [&](const ExportRow& row) {
      const Episode& episode = made.world.episodes[row.episode];
      const bool only = !lost && row.closed && cases_of[episode.person] == 1 &&
                        file.period.Contains(base::IsoWeek::Of(episode.opened).Monday().Plus(3));
      lost = lost || only;
      return only;
    });
  }
  ASSERT_TRUE(lost);
  EXPECT_EQ(persons(), whole - 1);
}

TEST(Truth, BoundsPupilsWithSeveralKinds) {
  const Made& made = TheRegion();
  const base::Period year(base::Year(base::Calendar::kAbsence, 2022));
  const auto files = Replace(made.exports.files, {});
  TruthRules loose = DefaultRules();
  loose.max_kinds = 99;
  const auto bounded = CountTruth(made.world, files, TheCodebook(), year, DefaultRules());
  const auto unbounded = CountTruth(made.world, files, TheCodebook(), year, loose);
  EXPECT_GT(bounded["dropped"]["total"].value("", 0), 0);
  EXPECT_LT(bounded["persons"]["total"].value("", 0), unbounded["persons"]["total"].value("", 0));
}

TEST(Truth, CountsByTheShippedDefaultPolicy) {
  const auto policy = policies::disclosure::Policy::FromJson(
      ReadJson("policies/data/policies/default.json"), TheCodebook());
  const TruthRules shipped = RulesOf(policy);
  const TruthRules rules = DefaultRules();
  EXPECT_EQ(shipped.max_kinds, rules.max_kinds);
  EXPECT_EQ(shipped.report_clamp, rules.report_clamp);
  ASSERT_EQ(shipped.measures.size(), rules.measures.size());
  for (size_t i = 0; i < rules.measures.size(); ++i) {
    const auto& ours = rules.measures[i];
    const auto& theirs = shipped.measures[i];
    EXPECT_EQ(theirs.id, ours.id);
    EXPECT_EQ(theirs.unit, ours.unit);
    EXPECT_EQ(theirs.clamp, ours.clamp);
    EXPECT_EQ(theirs.counts_dropped, ours.counts_dropped);
    ASSERT_EQ(theirs.tables.size(), ours.tables.size());
    for (size_t t = 0; t < ours.tables.size(); ++t) {
      EXPECT_EQ(theirs.tables[t].id, ours.tables[t].id);
      EXPECT_EQ(theirs.tables[t].attributes, ours.tables[t].attributes);
    }
  }
}

}  // namespace
}  // namespace polder::stats::population
