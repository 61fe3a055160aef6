// The ledger under fire: workers killed at any moment, many who reserve at once in threads and in
// processes, and a store put back from an old backup.
//
// POLDER_KILLS says how many workers are killed (25 unless it is set; the long run kills 500).
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "server/govern/ledger.h"
#include "server/jobs/replay.h"
#include "tests/server/jobs/worker_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using stats::budget::Ledger;
using stats::budget::Stage;
using testing_support::CodeOf;

constexpr char kRelease[] = "2022SJ-Q1-monitor-1";
const base::Year kYear(base::Calendar::kAbsence, 2022);

std::string NameOfTest() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

Ledger LedgerOf(const store::Store& store) {
  Ledger ledger;
  store.Read([&](const store::Reader& reader) { ledger = govern::LoadLedger(reader); });
  return ledger;
}

size_t Reservations(const Ledger& ledger) {
  size_t count = 0;
  for (const auto& entry : ledger.entries()) count += entry.stage == Stage::kReserved;
  return count;
}

void CopyAll(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

// A region whose release can be made, ready to be copied.
std::string PreparedDirectory() {
  const std::string directory = WorkerRegion::FreshDirectory("fire-prepared");
  WorkerRegion region(directory);
  region.Prepare();
  return directory;
}

// Everything but the moment of making, which a late retry takes anew.
base::Json Timeless(const std::string& canonical) {
  base::Json json = base::ParseJson(canonical);
  json["header"].erase("madeAt");
  json["header"].erase("publicAt");
  return json;
}

WorkerContext Hurried(WorkerRegion& region, int64_t attempt) {
  region.clock.now = region.clock.now.Plus(2 * attempt);  // the last one's lease is over
  auto context = region.Context();
  context.lease_seconds = 1;
  context.max_attempts = 100;
  return context;
}

// A worker of its own process. `at`: where it kills itself, or nowhere when empty.
pid_t StartWorker(const std::string& directory, int64_t attempt, const std::string& at) {
  const pid_t child = fork();
  if (child == 0) {
    WorkerRegion region(directory);
    auto context = Hurried(region, attempt);
    context.begins = [&](std::string_view, std::string_view step) {
      if (step == at) ::kill(::getpid(), SIGKILL);
    };
    Worker(context).RunOnce();
    _exit(0);
  }
  return child;
}

bool WasKilled(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(Fire, AKilledWorkerCostsNothingButTime) {
  const char* asked = std::getenv("POLDER_KILLS");
  const int kills = asked == nullptr ? 25 : std::atoi(asked);
  ASSERT_GT(kills, 0);
  const std::string prepared = PreparedDirectory();
  const std::string directory = testing::TempDir() + "/polder-jobs-fire";

  CopyAll(prepared, directory);
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_FALSE(WasKilled(StartWorker(directory, 1, "")));
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begun);
  base::Json expected;
  int64_t charge = 0;
  {
    WorkerRegion region(directory);
    expected = Timeless(region.Release(kRelease).value().canonical);
    charge = LedgerOf(*region.store).Spent("RMC10", kYear).nano();
  }
  ASSERT_GT(charge, 0);
  ASSERT_LE(charge, TestPolicy().yearly_cap().nano());

  Lot lot(20221120);
  const auto& steps = ReleaseSteps();
  for (int killed = 0; killed < kills;) {
    CopyAll(prepared, directory);
    // one to three deaths in a row, at the beginning of a step or at any moment
    const int64_t deaths = 1 + static_cast<int64_t>(lot.Below(3));
    int64_t attempt = 1;
    for (; attempt <= deaths; ++attempt) {
      const bool at_step = lot.Below(2) == 0;
      const std::string step = at_step ? steps[lot.Below(steps.size())] : "";
      const pid_t child = StartWorker(directory, attempt, step);
      ASSERT_GT(child, 0);
      if (!at_step) {
        ::usleep(static_cast<useconds_t>(lot.Below(static_cast<uint64_t>(took.count()))));
        ::kill(child, SIGKILL);
      }
      killed += WasKilled(child);
      WorkerRegion region(directory);
      ASSERT_LE(Reservations(LedgerOf(*region.store)), 1u);
    }
    WorkerRegion region(directory);
    Worker(Hurried(region, attempt)).RunOnce();
    const auto release = region.Release(kRelease);
    ASSERT_TRUE(release) << region.Job(kRelease).message;
    ASSERT_EQ(Timeless(release->canonical), expected);
    const Ledger ledger = LedgerOf(*region.store);
    ASSERT_EQ(ledger.Spent("RMC10", kYear).nano(), charge);
    ASSERT_EQ(Reservations(ledger), 1u);
    ASSERT_EQ(ledger.StageOf(release->reservation_id), Stage::kCommitted);
    ASSERT_THAT(region.store->Check(), testing::IsEmpty());
    ASSERT_EQ(Replay(region.Context().Access(), kRelease).verdict, Verdict::kMatch);
  }
}

stats::budget::Reservation Asking(const std::string& release, int64_t nano) {
  stats::budget::Reservation reservation;
  reservation.population = "RMC10";
  reservation.period = base::Period(kYear, 1);
  reservation.kind = policies::disclosure::ReleaseKind::kMonitor;
  reservation.binding = {release,
                         std::string(64, 'a'),
                         std::string(64, 'b'),
                         {std::string(64, 'c'), std::string(64, 'd')}};
  reservation.cost = base::NanoRho(nano);
  return reservation;
}

stats::budget::Limits CapOf(int64_t nano) {
  stats::budget::Limits limits;
  limits.yearly_cap = base::NanoRho(nano);
  return limits;
}

// Whether it was granted. A store that is busy is asked again, as a worker does.
bool Reserve(store::Store& store, const stats::budget::Reservation& reservation, int64_t cap,
             std::string_view time = "2022-11-20T10:00:00Z") {
  const TestClock clock(time);
  for (;;) {
    const std::string code = CodeOf([&] {
      store.Write([&](store::Transaction& transaction) {
        govern::Reserve(transaction, reservation, CapOf(cap), clock);
      });
    });
    if (code == "store-unavailable") continue;
    return code.empty();
  }
}

// No time gives budget back, and no time makes a reservation another one.
TEST(Fire, AClockThatJumpsGivesNothingBackAndChargesNothingTwice) {
  const std::string path = WorkerRegion::FreshDirectory(NameOfTest()) + "/region.db";
  auto store = store::Store::Open(path);
  EXPECT_TRUE(Reserve(*store, Asking("spent", 100), 100));
  for (const char* time :
       {"1970-01-01T00:00:00Z", "2022-11-20T10:00:01Z", "2099-12-31T23:59:59Z"}) {
    EXPECT_FALSE(Reserve(*store, Asking(std::string("more at ") + time, 1), 100, time));
    EXPECT_TRUE(Reserve(*store, Asking("spent", 100), 100, time));  // the same, again
  }
  EXPECT_EQ(LedgerOf(*store).Spent("RMC10", kYear).nano(), 100);
  EXPECT_EQ(Reservations(LedgerOf(*store)), 1u);
}

// 25 processes and then 25 threads beside them, all on one file; how many were granted.
int Besiege(const std::string& path, const std::function<bool(store::Store&, int)>& ask) {
  std::vector<pid_t> children;
  for (int i = 0; i < 25; ++i) {  // before any thread: a fork copies only the one that calls it
    const pid_t child = fork();
    if (child == 0) {
      auto store = store::Store::Open(path);
      _exit(ask(*store, i) ? 0 : 1);
    }
    children.push_back(child);
  }
  std::atomic<int> granted = 0;
  {
    auto store = store::Store::Open(path);
    std::vector<std::thread> threads;
    for (int i = 25; i < 50; ++i) {
      threads.emplace_back([&, i] { granted += ask(*store, i); });
    }
    for (auto& thread : threads) thread.join();
  }
  for (const pid_t child : children) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    granted += WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return granted;
}

TEST(Fire, FiftyWhoReserveAtOnceNeverPassTheCap) {
  const std::string path = WorkerRegion::FreshDirectory(NameOfTest()) + "/region.db";
  store::Store::Open(path);
  const int granted = Besiege(path, [](store::Store& store, int i) {
    return Reserve(store, Asking("release-" + std::to_string(i), 3), 100);
  });
  EXPECT_EQ(granted, 33);
  auto store = store::Store::Open(path);
  EXPECT_EQ(LedgerOf(*store).Spent("RMC10", kYear).nano(), 99);
  EXPECT_EQ(Reservations(LedgerOf(*store)), 33u);
  // the last billionth is there for one, once
  EXPECT_FALSE(Reserve(*store, Asking("two-more", 2), 100));
  EXPECT_TRUE(Reserve(*store, Asking("one-more", 1), 100));
  EXPECT_FALSE(Reserve(*store, Asking("one-too-many", 1), 100));
  EXPECT_THAT(store->Check(), testing::IsEmpty());
}

TEST(Fire, FiftyWhoReserveTheSameAreChargedOnce) {
  const std::string path = WorkerRegion::FreshDirectory(NameOfTest()) + "/region.db";
  store::Store::Open(path);
  const int granted = Besiege(
      path, [](store::Store& store, int) { return Reserve(store, Asking("the-one", 60), 100); });
  EXPECT_EQ(granted, 50);
  auto store = store::Store::Open(path);
  EXPECT_EQ(LedgerOf(*store).Spent("RMC10", kYear).nano(), 60);
  EXPECT_EQ(Reservations(LedgerOf(*store)), 1u);
}

TEST(Fire, AnAmountAtTheEndOfTheRangeNeitherFitsNorWraps) {
  const std::string path = WorkerRegion::FreshDirectory(NameOfTest()) + "/region.db";
  auto store = store::Store::Open(path);
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(Reserve(*store, Asking("small", 1), 100));
  EXPECT_FALSE(Reserve(*store, Asking("most", most), 100));
  EXPECT_FALSE(Reserve(*store, Asking("most", most), most));
  EXPECT_FALSE(Reserve(*store, Asking("zero", 0), 100));
  EXPECT_EQ(LedgerOf(*store).Spent("RMC10", kYear).nano(), 1);
  EXPECT_EQ(Reservations(LedgerOf(*store)), 1u);
}

class RestoredTest : public testing::TestWithParam<std::string> {};

// A backup from before the reservation comes back after the worker died at a step: nothing is
// reserved from it and nothing drawn, because the checkpoint of the reservation was given out.
TEST_P(RestoredTest, AnOldBackupIsRefusedBeforeAnythingIsReserved) {
  const std::string directory = WorkerRegion::FreshDirectory("restored-" + GetParam());
  const std::string backup = directory + "/backup.db";
  {
    WorkerRegion region(directory);
    region.Prepare();
    region.store->BackupTo(backup);
  }
  ASSERT_TRUE(WasKilled(StartWorker(directory, 1, GetParam())));
  for (const std::string end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(directory + "/region.db" + end);
  }
  std::filesystem::rename(backup, directory + "/region.db");

  WorkerRegion region(directory);
  std::vector<std::string> begun;
  auto context = Hurried(region, 2);
  context.begins = [&](std::string_view, std::string_view step) { begun.emplace_back(step); };
  Worker(context).RunOnce();
  EXPECT_EQ(region.Job(kRelease).state, store::JobState::kFailed);
  EXPECT_THAT(region.Job(kRelease).message, testing::HasSubstr("log-behind"));
  EXPECT_THAT(begun, testing::ElementsAre("check", "reserve"));
  EXPECT_EQ(LedgerOf(*region.store).Spent("RMC10", kYear).nano(), 0);
  EXPECT_FALSE(region.Release(kRelease));
}

INSTANTIATE_TEST_SUITE_P(AfterADeathAt, RestoredTest,
                         testing::Values("draw", "measure", "seal", "commit", "log", "done"),
                         [](const auto& step) { return step.param; });

}  // namespace
}  // namespace polder::server::jobs
