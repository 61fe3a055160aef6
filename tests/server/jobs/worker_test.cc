#include "server/jobs/worker.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/log/log_policy.h"
#include "crypto/log/merkle.h"
#include "crypto/log/proof.h"
#include "server/govern/ledger.h"
#include "server/jobs/release_inputs.h"
#include "server/jobs/release_job.h"
#include "stats/table/published_release.h"
#include "tests/server/jobs/worker_region.h"

namespace polder::server::jobs {
namespace {

constexpr char kRelease[] = "2022SJ-Q1-monitor-1";

std::string NameOfTest() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

// What an undisturbed worker makes of the standard region.
const store::ReleaseRecord& Undisturbed() {
  static const store::ReleaseRecord record = [] {
    WorkerRegion region(WorkerRegion::FreshDirectory("undisturbed"));
    region.Prepare();
    Worker(region.Context()).RunOnce();
    return region.Release(kRelease).value();
  }();
  return record;
}

int64_t Spent(WorkerRegion& region) {
  int64_t nano = 0;
  region.store->Read([&](const store::Reader& reader) {
    nano = govern::LoadLedger(reader)
               .Spent("RMC10", base::Year(base::Calendar::kAbsence, 2022))
               .nano();
  });
  return nano;
}

TEST(Worker, MakesASignedLoggedReleaseUnderEmbargo) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  EXPECT_TRUE(Worker(region.Context()).RunOnce());
  EXPECT_EQ(region.Job(kRelease).message, "");
  ASSERT_EQ(region.Job(kRelease).state, store::JobState::kDone);
  const auto record = region.Release(kRelease).value();
  EXPECT_EQ(record.state, store::ReleaseState::kEmbargoed);
  EXPECT_EQ(record.public_at.seconds - record.made_at.seconds, TestPolicy().embargo_seconds());
  const auto release = stats::table::PublishedRelease::Parse(record.canonical);
  EXPECT_EQ(release.header().release_id, kRelease);
  EXPECT_EQ(release.header().origin, "region");
  EXPECT_FALSE(release.header().demo);
  EXPECT_EQ(release.header().seed_commitments.size(), 2u);

  const auto note = crypto::log::VerifyNote(record.note, region.signer.verifier());
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, ReleaseNoteText(kRelease, record.digest));
  const auto proof = crypto::log::ParseProof(record.proof);
  ASSERT_TRUE(proof && proof->extra);
  EXPECT_TRUE(crypto::log::VerifyProof(record.proof, crypto::log::LeafHash(*proof->extra),
                                       crypto::log::LogPolicy::ForLog(region.signer.verifier()))
                  .ok);
  const auto leaf = base::ParseJson(base::AsText(*proof->extra));
  EXPECT_EQ(leaf["kind"], "release");
  EXPECT_EQ(leaf["digest"], record.digest);
}

TEST(Worker, NothingToDoIsNotWork) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  EXPECT_FALSE(Worker(region.Context()).RunOnce());
}

// How many cells of the table by kind are the same as those of the undisturbed release.
size_t SameCells(const store::ReleaseRecord& record) {
  const auto one = stats::table::PublishedRelease::Parse(Undisturbed().canonical);
  const auto two = stats::table::PublishedRelease::Parse(record.canonical);
  const auto& cells = one.FindMeasure("persons")->FindTable("kind")->cells;
  const auto& others = two.FindMeasure("persons")->FindTable("kind")->cells;
  size_t same = 0;
  for (size_t i = 0; i < cells.size(); ++i) same += cells[i].value == others[i].value;
  return same;
}

TEST(Worker, TheSameSeedsGiveTheSameNoise) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  Worker(region.Context()).RunOnce();
  EXPECT_EQ(region.Release(kRelease)->canonical, Undisturbed().canonical);
}

class OtherNoiseTest : public testing::TestWithParam<RegionOptions> {};

TEST_P(OtherNoiseTest, TheNoiseDependsOnEachSeedAndOnTheRelease) {
  const RegionOptions& options = GetParam();
  WorkerRegion region(
      WorkerRegion::FreshDirectory("noise-" + options.other_seed_of + options.release_id));
  region.Prepare(options);
  Worker(region.Context()).RunOnce();
  const auto record = region.Release(options.release_id);
  ASSERT_TRUE(record);
  EXPECT_LT(SameCells(*record), SameCells(Undisturbed()) - 2);
}

INSTANTIATE_TEST_SUITE_P(OfEach, OtherNoiseTest,
                         testing::Values(RegionOptions{.release_id = "2022SJ-Q1-monitor-2"},
                                         RegionOptions{.other_seed_of = "operator"},
                                         RegionOptions{.other_seed_of = "auditor"}));

class CrashTest : public testing::TestWithParam<std::string> {};

// A process that dies the moment a step begins (or after the last) leaves a store from which
// another makes the very same release, charged once.
TEST_P(CrashTest, ARetryIsBitIdenticalAndChargedOnce) {
  const auto expected = Undisturbed();
  const std::string directory = WorkerRegion::FreshDirectory("crash-" + GetParam());
  {
    WorkerRegion region(directory);
    region.Prepare();
  }
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    WorkerRegion region(directory);
    auto context = region.Context();
    context.begins = [](std::string_view, std::string_view step) {
      if (step == GetParam()) _exit(42);
    };
    Worker(context).RunOnce();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 42) << "the step never began";

  WorkerRegion region(directory);
  EXPECT_EQ(region.Release(kRelease).has_value(), GetParam() == "done");
  region.clock.now = region.clock.now.Plus(1000);  // the dead worker's lease is over
  Worker(region.Context()).RunOnce();
  EXPECT_EQ(region.Job(kRelease).message, "");
  ASSERT_EQ(region.Job(kRelease).state, store::JobState::kDone);
  const auto release = stats::table::PublishedRelease::Parse(region.Release(kRelease)->canonical);
  auto json = base::ParseJson(release.canonical());
  const auto undisturbed = base::ParseJson(expected.canonical);
  EXPECT_EQ(json["measures"], undisturbed["measures"]);
  // once the answers are sealed, the moment of making stands too
  const std::set<std::string> sealed{"commit",  "reconcile", "suppress", "audit",
                                     "release", "log",       "done"};
  if (sealed.contains(GetParam())) {
    EXPECT_EQ(release.canonical(), expected.canonical);
  }
  EXPECT_EQ(Spent(region), PlanRelease({&TestCodebook(), &TestPolicy(), release.header().period,
                                        policies::disclosure::ReleaseKind::kMonitor})
                               .charge.nano());
  EXPECT_TRUE(region.store->Check().empty());
  EXPECT_FALSE(Worker(region.Context()).RunOnce());
}

INSTANTIATE_TEST_SUITE_P(AtEveryStep, CrashTest, testing::ValuesIn(ReleaseSteps()),
                         [](const auto& step) { return step.param; });

TEST(Worker, AWorkerThatLostItsLeaseChangesNothing) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  auto slow = region.Context();
  bool taken = false;
  slow.begins = [&](std::string_view, std::string_view step) {
    if (step != "suppress" || taken) return;
    taken = true;
    region.clock.now = region.clock.now.Plus(1000);
    auto fast = region.Context();
    fast.name = "fast";
    Worker(fast).RunOnce();
  };
  Worker(slow).RunOnce();
  EXPECT_EQ(region.Job(kRelease).state, store::JobState::kDone);
  EXPECT_EQ(region.Job(kRelease).worker, "fast");
  EXPECT_EQ(region.Release(kRelease)->canonical, Undisturbed().canonical);
}

struct Refusal {
  std::string name;
  RegionOptions options;
  std::string code;
};

class RefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, EndsWithoutAReleaseAndWithoutACharge) {
  WorkerRegion region(WorkerRegion::FreshDirectory("refusal-" + GetParam().name));
  region.Prepare(GetParam().options);
  EXPECT_TRUE(Worker(region.Context()).RunOnce());
  const auto job = region.Job(GetParam().options.release_id);
  EXPECT_EQ(job.state, store::JobState::kFailed);
  EXPECT_THAT(job.message, testing::HasSubstr(GetParam().code));
  EXPECT_FALSE(region.Release(GetParam().options.release_id));
  EXPECT_EQ(Spent(region), 0);
}

INSTANTIATE_TEST_SUITE_P(
    OfEveryKind, RefusalTest,
    testing::Values(Refusal{"OneApproval", {.approved = false}, "policy-not-approved"},
                    Refusal{"NotRevealed", {.revealed = false}, "seed-not-revealed"},
                    Refusal{"OtherSeed", {.wrong_reveal = true}, "seed-mismatch"},
                    Refusal{"CommittedLate", {.commit_late = true}, "committed-after-freeze"},
                    Refusal{"OtherRowsThanFrozen", {.pin_another = true}, "freeze-damaged"},
                    Refusal{"WrongKind",
                            {.release_id = "2022SJ-Q1-definitive-1", .kind = "definitive"},
                            "wrong-period"}),
    [](const auto& refusal) { return refusal.param.name; });

TEST(Worker, AJobWithoutAFreezeFails) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Enqueue("2022SJ-Q2-monitor-1");
  EXPECT_TRUE(Worker(region.Context()).RunOnce());
  EXPECT_THAT(region.Job("2022SJ-Q2-monitor-1").message, testing::HasSubstr("not-frozen"));
}

TEST(Worker, AFailedReleaseCanBeAskedForAgainOnceItsReasonIsGone) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare({.revealed = false});
  Worker(region.Context()).RunOnce();
  region.Reveal({});
  region.Enqueue(kRelease);
  Worker(region.Context()).RunOnce();
  EXPECT_EQ(region.Release(kRelease)->canonical, Undisturbed().canonical);
}

TEST(Worker, ADestroyedDeliveryKeyMeansNoRelease) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  region.keys->Shred(region.keys->Ids("delivery/").front(), region.clock.now);
  Worker(region.Context()).RunOnce();
  EXPECT_EQ(region.Job(kRelease).state, store::JobState::kFailed);
  EXPECT_FALSE(region.Release(kRelease));
}

TEST(Worker, MessagesCarryNoNumbersOfPupils) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  auto context = region.Context();
  context.begins = [](std::string_view, std::string_view step) {
    if (step == "audit") throw std::runtime_error("cell 17 of GM0518 holds 3 pupils");
  };
  Worker(context).RunOnce();
  const auto job = region.Job(kRelease);
  EXPECT_EQ(job.state, store::JobState::kFailed);
  EXPECT_EQ(job.message.find_first_of("0123456789"), std::string::npos);
  EXPECT_GT(Spent(region), 0);  // what was drawn stays spent
}

TEST(Worker, AMachineThatWasInTheWayIsTriedAgainButNotForEver) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  auto context = region.Context();
  context.max_attempts = 3;
  context.begins = [](std::string_view, std::string_view step) {
    if (step == "draw") throw base::ProblemError("store-unavailable", "", "the disk is full");
  };
  Worker worker(context);
  EXPECT_TRUE(worker.RunOnce());
  EXPECT_EQ(region.Job(kRelease).state, store::JobState::kQueued);
  EXPECT_TRUE(worker.RunOnce());
  EXPECT_TRUE(worker.RunOnce());
  EXPECT_EQ(region.Job(kRelease).state, store::JobState::kFailed);
  EXPECT_FALSE(worker.RunOnce());
}

TEST(Worker, AJobThatKillsItsWorkersIsNotHandedOutForEver) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  auto context = region.Context();
  context.max_leases = 3;
  bool dies = true;
  int begun = 0;
  context.begins = [&](std::string_view, std::string_view step) {
    if (step != "tabulate" || !dies) return;
    ++begun;
    throw base::ProblemError("lease-lost", "", "gone without a word");
  };
  Worker worker(context);
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(region.Job(kRelease).state,
              i == 0 ? store::JobState::kQueued : store::JobState::kRunning);
    EXPECT_TRUE(worker.RunOnce());
    region.clock.now = region.clock.now.Plus(context.lease_seconds + 1);
  }
  EXPECT_EQ(begun, 3);
  EXPECT_EQ(region.Job(kRelease).state, store::JobState::kFailed);
  EXPECT_THAT(region.Job(kRelease).message, testing::HasSubstr("worker-died"));
  EXPECT_FALSE(worker.RunOnce());
}

TEST(Worker, ALongDelayBeforePublishingDoesNotEatTheEmbargo) {
  WorkerRegion region(WorkerRegion::FreshDirectory(NameOfTest()));
  region.Prepare();
  auto context = region.Context();
  bool stopped = false;
  context.begins = [&](std::string_view, std::string_view step) {
    if (step == "reconcile" && !stopped) {
      stopped = true;
      throw base::ProblemError("store-unavailable", "", "stopped");
    }
  };
  Worker worker(context);
  worker.RunOnce();
  region.clock.now = region.clock.now.Plus(30 * 24 * 3600);
  worker.RunOnce();
  const auto record = region.Release(kRelease).value();
  EXPECT_EQ(record.public_at.seconds, region.clock.now.seconds + TestPolicy().embargo_seconds());
  EXPECT_EQ(base::ParseJson(record.canonical)["measures"],
            base::ParseJson(Undisturbed().canonical)["measures"]);
}

TEST(PublishDue, OpensAtTheAnnouncedHourAndNotBefore) {
  WorkerRegion region(WorkerRegion::FreshDirectory("due"));
  region.Prepare();
  Worker(region.Context()).RunOnce();
  const auto public_at = region.Release(kRelease)->public_at;
  const auto publish = [&](base::Instant now) {
    region.clock.now = now;
    return PublishDue(*region.store, region.clock, region.checkpoints);
  };
  EXPECT_THAT(publish(public_at.Plus(-1)), testing::IsEmpty());
  EXPECT_THAT(publish(public_at), testing::ElementsAre(kRelease));
  EXPECT_EQ(region.Release(kRelease)->state, store::ReleaseState::kPublic);
  // The log says when, in the transaction that made it so.
  std::vector<base::Json> leaves;
  region.store->Read([&](const store::Reader& reader) {
    for (const auto& leaf : reader.Leaves(0, 1000)) {
      leaves.push_back(base::ParseJson(leaf.canonical));
    }
  });
  EXPECT_EQ(leaves.back()["kind"], "public");
  EXPECT_EQ(leaves.back()["releaseId"], kRelease);
  EXPECT_EQ(leaves.back()["digest"], region.Release(kRelease)->digest);
  EXPECT_EQ(leaves.back()["at"], public_at.Text());
  EXPECT_THAT(publish(public_at.Plus(5)), testing::IsEmpty());
}

TEST(PublishDue, AWithheldReleaseStaysWithheld) {
  WorkerRegion region(WorkerRegion::FreshDirectory("withheld"));
  region.Prepare();
  Worker(region.Context()).RunOnce();
  region.store->Write([&](store::Transaction& transaction) {
    const uint64_t index =
        govern::AppendLeaf(transaction, "veto", region.clock, base::Json{{"releaseId", kRelease}});
    transaction.AddVeto({kRelease, "bert", "wrong period", region.clock.now, index});
  });
  region.clock.now = region.Release(kRelease)->public_at;
  EXPECT_THAT(PublishDue(*region.store, region.clock, region.checkpoints), testing::IsEmpty());
  EXPECT_EQ(region.Release(kRelease)->state, store::ReleaseState::kWithheld);
}

TEST(Translate, PositionsFollowTheirCodes) {
  auto json = base::ParseJson(TestCodebook().canonical());
  std::reverse(json["levels"].begin(), json["levels"].end());
  std::reverse(json["groups"].begin(), json["groups"].end());
  const auto other = policies::codebook::Codebook::FromJson(json);
  auto delivery =
      MakeDelivery("GM0518", base::Period(base::Year(base::Calendar::kAbsence, 2022), 1), 30, 1);
  const auto before = NdjsonOf(delivery);
  Translate(delivery, TestCodebook(), other);
  std::string after = stats::cases::WriteManifest(delivery.manifest) + "\n";
  for (const auto& item : delivery.cases) after += stats::cases::WriteCaseLine(item, other) + "\n";
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace polder::server::jobs
