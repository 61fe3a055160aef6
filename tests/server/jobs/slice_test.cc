// Slice revisions from freeze to release: a budget line of their own, the tables that it lists and
// nothing more, charged to the year like everything else.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/govern/ledger.h"
#include "server/govern/release_name.h"
#include "server/jobs/release_inputs.h"
#include "stats/table/published_release.h"
#include "tests/server/jobs/worker_region.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::PublishedRelease;

RegionOptions Slice(int number = 1) {
  RegionOptions options;
  options.release_id = "2022SJ-Q1-slice-" + std::to_string(number);
  options.kind = "slice";
  return options;
}

base::NanoRho Spent(WorkerRegion& region) {
  base::NanoRho spent;
  region.store->Read([&](const store::Reader& reader) {
    spent = govern::LoadLedger(reader).Spent("RMC10", base::Year(base::Calendar::kAbsence, 2022));
  });
  return spent;
}

TEST(SliceRelease, IsNamedForAQuarterOrAYearOfTheAbsenceCalendar) {
  for (const char* name : {"2022SJ-slice-1", "2022SJ-Q3-slice-2"}) {
    const auto parsed = govern::ReleaseName::Parse(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->kind, ReleaseKind::kSlice);
    EXPECT_EQ(parsed->Mismatch(), "");
  }
  EXPECT_NE(govern::ReleaseName::Parse("2022VSV-slice-1")->Mismatch(), "");
}

TEST(SliceRelease, HoldsTheTablesOfItsLineAndCostsNoMoreThanTheLine) {
  WorkerRegion region(WorkerRegion::FreshDirectory("slice"));
  region.Prepare(Slice());
  ASSERT_TRUE(Worker(region.Context()).RunOnce());
  ASSERT_EQ(region.Job(Slice().release_id).message, "");
  const auto record = region.Release(Slice().release_id);
  ASSERT_TRUE(record);
  const auto release = PublishedRelease::Parse(record->canonical);
  EXPECT_EQ(release.header().kind, "slice");
  ASSERT_EQ(release.measures().size(), 1U);
  EXPECT_EQ(release.measures()[0].id, "persons");
  std::vector<std::string> tables;
  for (const auto& table : release.measures()[0].tables) tables.push_back(table.id);
  EXPECT_THAT(tables, testing::ElementsAre("kind", "kind-group"));
  const auto line = TestPolicy().FindBudget(ReleaseKind::kSlice)->per_release;
  EXPECT_EQ(release.header().rho, Spent(region).Text());
  EXPECT_LE(Spent(region), line);
  EXPECT_GE(Spent(region).rho(), line.rho() * base::Rational(999, 1000));
}

TEST(SliceRelease, IsAuditedWithWhatWasReleasedOfTheQuarterAndOfItsYear) {
  WorkerRegion region(WorkerRegion::FreshDirectory("slice-audit"));
  region.Prepare();  // the quarter's monitor
  ASSERT_TRUE(Worker(region.Context()).RunOnce());
  const auto before = [&](const char* period) {
    size_t count = 0;
    region.store->Read([&](const store::Reader& reader) {
      count = ReleasesBefore(reader, *base::Period::Parse(period), 1'000'000).size();
    });
    return count;
  };
  EXPECT_EQ(before("2022SJ-Q1"), 1U);
  EXPECT_EQ(before("2022SJ"), 1U);
  EXPECT_EQ(before("2022SJ-Q2"), 1U);  // with the year, three quarters tell the fourth
  EXPECT_EQ(before("2021SJ"), 0U);
  EXPECT_EQ(before("2022VSV"), 0U);
}

TEST(SliceRelease, TheSecondOfAYearIsRefusedWithoutACharge) {
  WorkerRegion region(WorkerRegion::FreshDirectory("slice-twice"));
  region.Prepare(Slice());
  ASSERT_TRUE(Worker(region.Context()).RunOnce());
  const base::NanoRho spent = Spent(region);
  const RegionOptions again = Slice(2);
  region.Commit(again);
  region.Freeze(again);
  region.Reveal(again);
  region.Enqueue(again.release_id);
  Worker(region.Context()).RunOnce();
  EXPECT_EQ(region.Job(again.release_id).state, store::JobState::kFailed);
  EXPECT_FALSE(region.Release(again.release_id));
  EXPECT_EQ(Spent(region), spent);
}

}  // namespace
}  // namespace polder::server::jobs
