// The region with two witnesses: what they cosign, what waits for them, and what they notice.
#include "server/govern/witnesses.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crypto/log/checkpoint.h"
#include "crypto/log/log_walk.h"
#include "crypto/log/proof.h"
#include "crypto/log/witness.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"
#include "server/govern/static_log.h"
#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

using store::testing::CodeOf;

crypto::log::NoteSigner WitnessKey(const std::string& name, uint8_t seed) {
  return {name,
          crypto::keys::PrivateKey::FromEd25519Seed(
              crypto::digest::SecretBytes::CopyOf(base::ByteView(base::Bytes(32, seed)))),
          crypto::log::SignatureKind::kCosignature};
}

// A witness in memory. It decides as the program does.
struct Witness {
  Witness(const std::string& name, uint8_t seed, const crypto::log::VerifierKey& followed)
      : signer(WitnessKey(name, seed)), log(followed) {}

  WitnessReply Answer(const std::string& body) {
    const std::scoped_lock lock(mutex);
    ++asked;
    if (away) throw base::ProblemError("connect-failed", "", "away");
    const auto decision =
        crypto::log::Decide(body, std::span(&log, 1), [&](const std::string&) { return seen; });
    if (decision.status != 200) return {decision.status, decision.body};
    seen = decision.now_seen;
    if (lies) return {200, WitnessKey("other.example/w", 99).CosignLine(decision.text, {1'000})};
    return {200, signer.CosignLine(decision.text, now)};
  }

  crypto::log::NoteSigner signer;
  crypto::log::VerifierKey log;
  crypto::log::SeenCheckpoint seen;
  bool away = false, lies = false;
  base::Instant now{1'600'000'000};
  int asked = 0;
  std::mutex mutex;
};

class WitnessedTest : public ::testing::Test {
 protected:
  WitnessedTest() {
    region.router = http::Router();
    AddGovernRoutes(region.router, Context());
  }
  GovernContext Context() {
    GovernContext context = region.Context();
    return {context.store,
            context.clock,
            context.codebook,
            context.people,
            checkpoints,
            context.seed_commitment,
            context.seal_seed,
            context.plan_reservation,
            {}};
  }
  std::string PolicyText(const std::string& quorum = "all") const {
    return "log " + region.signer.verifier().Text() + "\nwitness one " +
           one.signer.verifier().Text() + "\nwitness two " + two.signer.verifier().Text() +
           "\ngroup members " + quorum + " one two\nquorum members\n";
  }
  uint64_t AddLeaf(int number) {
    uint64_t index = 0;
    region.store->Write([&](store::Transaction& transaction) {
      index = AppendLeaf(transaction, "erasure", region.clock, base::Json{{"number", number}});
    });
    return index;
  }

  Region region;
  Witness one{"one.example/w", 21, region.signer.verifier()};
  Witness two{"two.example/w", 22, region.signer.verifier()};
  Witnesses witnesses{crypto::log::LogPolicy::Parse(PolicyText()),
                      {[this](const std::string& body) { return one.Answer(body); },
                       [this](const std::string& body) { return two.Answer(body); }}};
  Checkpoints checkpoints{"polder.example/rmc10", region.signer, region.witness_path, &witnesses};
};

TEST_F(WitnessedTest, WhatIsShownIsCosignedByTheQuorum) {
  for (int i = 0; i < 5; ++i) {
    AddLeaf(i);
    const auto answer = region.Send("", "GET", "/v1/log/checkpoint");
    ASSERT_EQ(answer.status, 200) << base::AsText(answer.body);
    const auto trusted = witnesses.policy().Check(base::AsText(answer.body));
    ASSERT_TRUE(trusted.has_value());
    EXPECT_EQ(trusted->checkpoint.size, region.LogSize());
    EXPECT_EQ(trusted->witnesses.size(), 2u);
  }
  const int before = one.asked;
  region.Send("", "GET", "/v1/log/checkpoint");
  EXPECT_EQ(one.asked, before) << "a checkpoint that is cosigned is not asked about again";
  const auto proof = region.Send("", "GET", "/v1/log/proofs/3");
  base::Json leaf;
  region.store->Read([&](const store::Reader& reader) {
    const auto stored = reader.Leaves(3, 4).at(0);
    EXPECT_TRUE(
        crypto::log::VerifyProof(base::AsText(proof.body), stored.hash, witnesses.policy()).ok);
  });
}

TEST_F(WitnessedTest, WhileOneIsAwayTheLastCosignedCheckpointStands) {
  AddLeaf(1);
  const auto before = region.Send("", "GET", "/v1/log/checkpoint");
  two.away = true;
  const uint64_t fresh = AddLeaf(2);
  const auto after = region.Send("", "GET", "/v1/log/checkpoint");
  EXPECT_EQ(after.body, before.body);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/proofs/" + std::to_string(fresh)).status, 404);
  const int asked = two.asked;
  for (int i = 0; i < 20; ++i) region.Send("", "GET", "/v1/log/checkpoint");
  EXPECT_EQ(two.asked, asked) << "readers do not make the region ask a witness that is away";
  two.away = false;
  checkpoints.RequireWitnessed(*region.store, fresh, region.clock.now);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/proofs/" + std::to_string(fresh)).status, 200);
}

TEST_F(WitnessedTest, WithoutAnyCosignatureNothingIsShown) {
  two.away = true;
  const auto answer = region.Send("", "GET", "/v1/log/checkpoint");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(ProblemOf(answer), "not-witnessed");
}

TEST_F(WitnessedTest, ALineOfAnotherKeyIsNoCosignature) {
  two.lies = true;
  EXPECT_EQ(CodeOf([&] { checkpoints.RequireWitnessed(*region.store, 0, region.clock.now); }),
            "not-witnessed");
}

TEST_F(WitnessedTest, AStoreOlderThanAWitnessRefusesEvenWithoutItsOwnFile) {
  AddLeaf(1);
  const std::string backup = store::testing::FreshPath("backup.db");
  region.store->BackupTo(backup);
  AddLeaf(2);
  checkpoints.Published(*region.store, region.clock.now);
  // Whoever restores the backup also restores, or removes, the file beside the keys.
  std::filesystem::remove(region.witness_path);
  auto restored = store::Store::Open(backup);
  EXPECT_EQ(CodeOf([&] { checkpoints.AskAtStart(*restored, region.clock.now); }), "log-behind");
  EXPECT_EQ(CodeOf([&] { checkpoints.Published(*restored, region.clock.now); }), "log-behind");
  // Growing past what they saw is another history, and they say so.
  std::filesystem::remove(region.witness_path);
  restored->Write([&](store::Transaction& transaction) {
    for (int i = 0; i < 3; ++i) {
      AppendLeaf(transaction, "erasure", region.clock, base::Json{{"number", 70 + i}});
    }
  });
  EXPECT_EQ(CodeOf([&] { checkpoints.AskAtStart(*restored, region.clock.now); }), "log-behind");
  EXPECT_EQ(CodeOf([&] { checkpoints.RequireWitnessed(*restored, 0, region.clock.now); }),
            "log-behind");
}

TEST_F(WitnessedTest, OneWitnessThatIsAheadIsEnoughToStop) {
  AddLeaf(1);
  const std::string backup = store::testing::FreshPath("backup.db");
  region.store->BackupTo(backup);
  AddLeaf(2);
  two.away = true;
  EXPECT_EQ(CodeOf([&] { checkpoints.RequireWitnessed(*region.store, 2, region.clock.now); }),
            "not-witnessed");
  std::filesystem::remove(region.witness_path);
  auto restored = store::Store::Open(backup);
  EXPECT_EQ(CodeOf([&] { checkpoints.AskAtStart(*restored, region.clock.now); }), "log-behind");
}

TEST_F(WitnessedTest, WitnessesThatAreAwayDoNotStopTheStart) {
  one.away = two.away = true;
  checkpoints.AskAtStart(*region.store, region.clock.now);
  EXPECT_EQ(one.asked, 1);
}

TEST_F(WitnessedTest, TheOrderAroundAFreezeIsWitnessed) {
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "D1", "2022SJ-Q3");
  const std::string release = "2022SJ-Q3-monitor-1";
  const auto freezes = [&] {
    return region.Send("carla", "POST", "/v1/freezes",
                       {{"releaseId", release}, {"policy", policy}});
  };
  const auto later = [&](int64_t seconds) {
    region.clock.now = one.now = two.now = region.clock.now.Plus(seconds);
  };
  later(0);
  two.away = true;
  const auto early = region.CommitAndFreeze(release, policy);
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(ProblemOf(early), "not-witnessed");
  // They see the commitments only after the deadline: whether these came before, nobody can say.
  later(60);
  two.away = false;
  EXPECT_EQ(ProblemOf(freezes()), "not-witnessed-in-time");
  EXPECT_EQ(region.AnnounceDeadline(release).status, 201);
  ASSERT_EQ(freezes().status, 201);
  // Both commitments were under a cosigned checkpoint when it froze.
  region.store->Read([&](const store::Reader& reader) {
    const auto freeze = reader.FindFreeze(release);
    for (const auto& commitment : reader.SeedCommitments(release)) {
      const auto cosigned = reader.CosignedOver(commitment.log_index);
      ASSERT_TRUE(cosigned.has_value());
      EXPECT_LE(cosigned->size, freeze->log_index);
    }
  });
  two.away = true;
  EXPECT_EQ(ProblemOf(region.RevealSeed("otto", release, 1)), "not-witnessed");
  two.away = false;
  EXPECT_EQ(region.RevealSeed("otto", release, 1).status, 201);
  region.store->Read([&](const store::Reader& reader) {
    EXPECT_TRUE(reader.CosignedOver(reader.FindFreeze(release)->log_index).has_value());
  });
}

TEST_F(WitnessedTest, ACommitmentIsShownToTheWitnessesAtOnce) {
  EXPECT_EQ(region.CommitSeed("otto", "operator", "2022SJ-Q3-monitor-1", 1).status, 201);
  EXPECT_EQ(one.seen.size, region.LogSize());
}

// One quorum member's clock that runs ahead is enough to say no; that one is behind is not.
TEST_F(WitnessedTest, TheTimeThatCountsIsThatOfAWholeQuorum) {
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "D1", "2022SJ-Q3");
  const std::string release = "2022SJ-Q3-monitor-1";
  one.now = region.clock.now.Plus(-1000);
  two.now = region.clock.now.Plus(1);
  EXPECT_EQ(ProblemOf(region.CommitAndFreeze(release, policy)), "not-witnessed-in-time");
  region.clock.now = region.clock.now.Plus(1);
  EXPECT_EQ(region.AnnounceDeadline(release).status, 201);
  EXPECT_EQ(
      region.Send("carla", "POST", "/v1/freezes", {{"releaseId", release}, {"policy", policy}})
          .status,
      201);
}

TEST_F(WitnessedTest, TheLogAsFilesIsTheLogThatWasServed) {
  const std::string earlier = region.checkpoints.Latest(*region.store, region.clock.now).note;
  for (int i = 0; i < 300; ++i) AddLeaf(i);
  const auto checkpoint = checkpoints.Published(*region.store, region.clock.now);
  const std::string directory = store::testing::FreshPath("static");
  region.store->Read(
      [&](const store::Reader& reader) { ExportLog(reader, checkpoint, directory); });
  EXPECT_EQ(ReadFile(directory + "/checkpoints/1"), earlier);
  const crypto::log::LogFiles served{
      .read = [&](const std::string& path) -> std::optional<base::Bytes> {
        const auto answer = region.Send("", "GET", "/v1/log/" + path);
        EXPECT_EQ(base::AsText(answer.body), ReadFile(directory + "/" + path));
        return answer.status == 200 ? std::optional(answer.body) : std::nullopt;
      },
      .earlier_checkpoints = {earlier},
      .entry = {}};
  const auto walk = crypto::log::WalkLog(served, witnesses.policy());
  EXPECT_TRUE(walk.problems.empty()) << walk.problems.front().detail;
  EXPECT_EQ(walk.size, 301u);
  for (const char* path : {"tile/0/002", "tile/0/001.p/46", "tile/1/000", "tile/1/000.p/2",
                           "tile/2/000.p/1", "tile/entries/001.p/46", "tile/0/x", "tile/0/000.p/0",
                           "tile/7/000.p/1", "tile/8/000", "tile/0/x999/x999/x999/x999/999"}) {
    EXPECT_EQ(region.Send("", "GET", std::string("/v1/log/") + path).status, 404) << path;
  }
}

TEST(SecondReveal, TakesTheBudgetItself) {
  Region region;
  bool refuse = false;
  GovernContext context = region.Context();
  context.plan_reservation = [&](const std::string& release_id) {
    stats::budget::Reservation reservation;
    reservation.population = "RMC10";
    reservation.period = *base::Period::Parse("2022SJ-Q3");
    reservation.kind = policies::disclosure::ReleaseKind::kMonitor;
    reservation.binding = {release_id,
                           std::string(64, 'a'),
                           std::string(64, 'b'),
                           {std::string(64, 'c'), std::string(64, 'd')}};
    reservation.cost = base::NanoRho(refuse ? 200 : 20);
    stats::budget::Limits limits;
    limits.yearly_cap = base::NanoRho(100);
    return PlannedReservation{reservation, limits};
  };
  region.router = http::Router();
  AddGovernRoutes(region.router, context);
  region.Deliver("GM0518", "D1", "2022SJ-Q3");
  const std::string release = "2022SJ-Q3-monitor-1";
  ASSERT_EQ(region.CommitAndFreeze(release, region.ApprovedPolicy()).status, 201);
  ASSERT_EQ(region.RevealSeed("otto", release, 1).status, 201);
  const auto spent = [&] {
    base::NanoRho total(0);
    region.store->Read([&](const store::Reader& reader) {
      total = LoadLedger(reader).Spent("RMC10", *base::Year::Parse("2022SJ"));
    });
    return total;
  };
  EXPECT_EQ(spent(), base::NanoRho(0));
  refuse = true;
  const uint64_t size = region.LogSize();
  EXPECT_GE(region.RevealSeed("ada", release, 2).status, 400);
  EXPECT_EQ(region.LogSize(), size) << "a reveal that the budget cannot bear is not stored";
  refuse = false;
  EXPECT_EQ(region.RevealSeed("ada", release, 2).status, 201);
  EXPECT_EQ(spent(), base::NanoRho(20));
  EXPECT_EQ(region.Leaf(region.LogSize() - 1)["kind"], "reservation");
}

}  // namespace
}  // namespace polder::server::govern::testing
