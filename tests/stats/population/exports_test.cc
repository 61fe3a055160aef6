#include "stats/population/exports.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "tests/stats/population/support.h"

namespace polder::stats::population {
namespace {

std::string AllBytes(uint64_t seed) {
  const World world = MakeWorld(0.1, seed);
  const Exports exports = PlanExports(world, UsualMishaps(), seed);
  std::string bytes;
  for (const auto* files : {&exports.files, &exports.corrections}) {
    for (const ExportFile& file : *files) bytes += WriteExport(world, file, seed);
  }
  return bytes;
}

TEST(Exports, AreTheSameBytesForTheSameSeedAndOthersForAnother) {
  const std::string bytes = AllBytes(5);
  EXPECT_GT(bytes.size(), 100'000U);
  EXPECT_EQ(bytes, AllBytes(5));
  EXPECT_NE(bytes, AllBytes(6));
}

TEST(Exports, EveryCaseIsInTheQuarterItOpenedAndTheQuarterItClosed) {
  const World world = MakeWorld(0.2, 8);
  const Exports exports = PlanExports(world, {}, 8);
  std::map<uint32_t, std::vector<const ExportFile*>> seen;
  for (const ExportFile& file : exports.files) {
    EXPECT_FALSE(file.conversion);
    for (const ExportRow& row : file.rows) {
      const Episode& episode = world.episodes[row.episode];
      const auto decides = [](base::Date day) { return base::IsoWeek::Of(day).Monday().Plus(3); };
      EXPECT_TRUE(file.period.Contains(decides(episode.opened)) ||
                  (row.closed && file.period.Contains(decides(episode.closed))));
      EXPECT_EQ(file.municipality, episode.municipality);
      EXPECT_EQ(row.outcome, row.closed ? episode.outcome : Outcome::kStillOpen);
      seen[row.episode].push_back(&file);
    }
  }
  EXPECT_TRUE(exports.corrections.empty());
  size_t twice = 0;
  for (size_t i = 0; i < world.episodes.size(); ++i) {
    const auto& files = seen[static_cast<uint32_t>(i)];
    // Arrivals of the last summer wait into a year that is not made.
    const bool after = base::IsoWeek::Of(world.episodes[i].opened).Monday().Plus(3) >
                       base::Year(base::Calendar::kAbsence, 2023).Last();
    if (after && CalendarOf(world.episodes[i].kind) == base::Calendar::kAbsence) {
      EXPECT_TRUE(files.empty());
      continue;
    }
    ASSERT_GE(files.size(), 1U);
    ASSERT_LE(files.size(), 2U);
    twice += files.size() == 2 ? 1U : 0U;
  }
  EXPECT_GT(twice, world.episodes.size() / 10);
}

TEST(Exports, AConversionDuplicatesLosesAndSwapsWithinItsStatedShares) {
  const World world = MakeWorld(4, 11);  // large, so that shares can be told from chance
  const Mishaps mishaps = UsualMishaps();
  const Exports exports = PlanExports(world, mishaps, 11);
  EXPECT_GE(exports.duplicate_share, 0.05);
  EXPECT_LE(exports.duplicate_share, 0.12);
  std::map<std::pair<uint16_t, base::Period>, const ExportFile*> clean;
  for (const ExportFile& file : exports.undistorted)
    clean[{file.municipality, file.period}] = &file;
  double rows = 0, duplicates = 0, closings = 0, kept_closings = 0, swaps = 0, swappable = 0;
  size_t converted = 0, breaks = 0;
  for (const ExportFile& file : exports.files) {
    if (!file.converted) continue;
    EXPECT_EQ(file.municipality, mishaps.conversion);
    EXPECT_EQ(file.dialect, Dialect::kJvs);
    ++converted;
    breaks += file.conversion ? 1U : 0U;
    std::map<uint32_t, const ExportRow*> before;
    for (const ExportRow& row : clean.at({file.municipality, file.period})->rows) {
      before[row.episode] = &row;
      closings += row.closed ? 1U : 0U;
    }
    for (const ExportRow& row : file.rows) {
      if (row.duplicate) {
        ++duplicates;
        continue;
      }
      ++rows;
      kept_closings += row.closed ? 1U : 0U;
      const Kind original = before.at(row.episode)->kind;
      if (original == Kind::kR16 || original == Kind::kOvr) {
        ++swappable;
        swaps += row.kind != original ? 1U : 0U;
      }
    }
  }
  EXPECT_EQ(converted, 6U);  // November 2022 to the end of both years: three quarters each
  EXPECT_EQ(breaks, 2U);
  ASSERT_GT(rows, 2000);
  EXPECT_NEAR(duplicates / rows, exports.duplicate_share, 0.02);
  EXPECT_NEAR(1 - kept_closings / closings, 0.08, 0.02);
  EXPECT_NEAR(swaps / swappable, 0.06, 0.02);
}

TEST(Exports, TheCorrectedFileHasRowsThatTheFirstLacked) {
  const World world = MakeWorld(1, 12);
  const Exports exports = PlanExports(world, UsualMishaps(), 12);
  ASSERT_EQ(exports.corrections.size(), 1U);
  const ExportFile& correction = exports.corrections.front();
  EXPECT_EQ(correction.period.Text(), "2022SJ-Q3");
  for (const ExportFile& file : exports.files) {
    if (file.municipality != correction.municipality || file.period != correction.period) continue;
    EXPECT_LT(file.rows.size(), correction.rows.size());
    EXPECT_GT(file.rows.size(), correction.rows.size() / 2);
  }
}

TEST(Exports, TheTwoDialectsAreWhatTheirMappingsSay) {
  const World world = MakeWorld(0.3, 13);
  const Exports exports = PlanExports(world, {}, 13);
  size_t jvs = 0, other = 0;
  for (const ExportFile& file : exports.files) {
    const std::string bytes = WriteExport(world, file, 13);
    if (file.dialect == Dialect::kJvs) {
      ++jvs;
      EXPECT_TRUE(bytes.starts_with("Zaaknummer;Persoonsnummer;BSN;"));
      if (bytes.find('\xEB') != std::string::npos) {
        EXPECT_FALSE(base::IsUtf8(bytes));  // ë in Windows-1252
      }
    } else {
      ++other;
      EXPECT_TRUE(
          bytes.starts_with("\xEF\xBB\xBF"
                            "case_id,person_id,bsn,"));
      EXPECT_TRUE(base::IsUtf8(bytes));
    }
  }
  EXPECT_GT(jvs, 0U);
  EXPECT_GT(other, 0U);
}

TEST(Exports, SomeNewcomersHaveNoServiceNumberYet) {
  const World world = MakeWorld(1, 14);
  const Exports exports = PlanExports(world, {}, 14);
  std::map<Numbering, size_t> rows;
  std::map<uint32_t, std::set<Identity>> identities;
  for (const ExportFile& file : exports.files) {
    for (const ExportRow& row : file.rows) {
      const Identity identity = IdentityOf(world, world.episodes[row.episode], file.period);
      ++rows[identity.type];
      identities[world.episodes[row.episode].person].insert(identity);
    }
  }
  EXPECT_GT(rows[Numbering::kEducationNumber], 10U);
  EXPECT_GT(rows[Numbering::kLocalOnly], 10U);
  size_t changed = 0;
  for (const auto& [person, set] : identities) changed += set.size() > 1 ? 1U : 0U;
  EXPECT_GT(changed, 5U);  // known by another number later, as happens
}

TEST(Populate, RefusesYearsItCannotMake) {
  EXPECT_THROW(MakeWorld(0.1, 1, 0), base::ProblemError);
  EXPECT_THROW(MakeWorld(0.1, 1, 11), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::population
