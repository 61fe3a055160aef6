#include <gmock/gmock.h>

#include "server/govern/documents.h"
#include "server/govern/ledger.h"
#include "server/govern/release_name.h"
#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char* const kMonitor = "2022SJ-Q3-monitor-1";

TEST(Policies, AreApprovedByTwoOthersAndNeverByTheirAuthor) {
  Region region;
  const auto proposed = region.Send("petra", "POST", "/v1/policies", PolicyJson());
  ASSERT_EQ(proposed.status, 201) << base::AsText(proposed.body);
  const std::string digest = BodyOf(proposed)["digest"];
  const std::string approvals = "/v1/policies/" + digest + "/approvals";
  EXPECT_EQ(ProblemOf(region.Send("petra", "POST", approvals)), "own-policy");
  const auto first = region.Send("paul", "POST", approvals);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(BodyOf(first)["approved"], false);
  EXPECT_EQ(ProblemOf(region.Send("paul", "POST", approvals)), "approved-already");
  EXPECT_EQ(region.Send("carla", "POST", approvals).status, 403);
  EXPECT_EQ(region.Send("", "POST", approvals).status, 403);
  const auto second = region.Send("pien", "POST", approvals);
  EXPECT_EQ(BodyOf(second)["approved"], true);
  const base::Json leaf = region.Leaf(BodyOf(second)["logIndex"].get<uint64_t>());
  EXPECT_EQ(leaf["kind"], "approval");
  EXPECT_EQ(leaf["digest"], digest);
  EXPECT_EQ(leaf["officer"], "pien");
  EXPECT_EQ(leaf["at"], "2023-05-01T08:00:00Z");
  EXPECT_FALSE(leaf.contains("demo"));
}

TEST(Policies, RefusedActsLeaveNoLeaf) {
  Region region;
  const uint64_t before = region.LogSize();
  base::Json wrong = PolicyJson();
  wrong["maxKinds"] = 0;
  wrong["approvalsNeeded"] = 1;
  const auto refused = region.Send("petra", "POST", "/v1/policies", wrong);
  EXPECT_EQ(refused.status, 400);
  EXPECT_GE(BodyOf(refused)["errors"].size(), 2u);
  EXPECT_EQ(region.Send("carla", "POST", "/v1/policies", PolicyJson()).status, 403);
  const std::string nowhere = "/v1/policies/" + std::string(64, 'a') + "/approvals";
  EXPECT_EQ(region.Send("paul", "POST", nowhere).status, 404);
  EXPECT_EQ(
      region.Send("paul", "POST", "/v1/policies/" + region.codebook_digest + "/approvals").status,
      404);
  EXPECT_EQ(region.LogSize(), before);
}

TEST(Policies, OneVersionHasOneContent) {
  Region region;
  EXPECT_EQ(region.Send("petra", "POST", "/v1/policies", PolicyJson()).status, 201);
  EXPECT_EQ(ProblemOf(region.Send("paul", "POST", "/v1/policies", PolicyJson())), "policy-exists");
  base::Json other = PolicyJson();
  other["author"] = "somebody else";
  EXPECT_EQ(ProblemOf(region.Send("paul", "POST", "/v1/policies", other)), "version-used");
  other["version"] = "2026.2";
  EXPECT_EQ(region.Send("paul", "POST", "/v1/policies", other).status, 201);
}

TEST(Seeds, AreCommittedBeforeTheFreezeAndRevealedAfterIt) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  EXPECT_EQ(ProblemOf(region.Send("carla", "POST", "/v1/freezes",
                                  {{"releaseId", kMonitor}, {"policy", policy}})),
            "seeds-missing");
  EXPECT_EQ(region.AnnounceDeadline(kMonitor).status, 201);
  EXPECT_EQ(region.CommitSeed("otto", "operator", kMonitor, 1).status, 201);
  EXPECT_EQ(ProblemOf(region.CommitSeed("otto", "operator", kMonitor, 9)), "committed-already");
  EXPECT_EQ(ProblemOf(region.Send("carla", "POST", "/v1/freezes",
                                  {{"releaseId", kMonitor}, {"policy", policy}})),
            "seeds-missing");
  EXPECT_EQ(region.CommitSeed("carla", "operator", kMonitor, 1).status, 403);
  const auto committed = region.CommitSeed("ada", "auditor", kMonitor, 2);
  EXPECT_EQ(BodyOf(committed)["role"], "auditor");
  EXPECT_EQ(ProblemOf(region.RevealSeed("otto", kMonitor, 1)), "not-frozen");
  EXPECT_EQ(
      region.Send("otto", "POST", "/v1/freezes", {{"releaseId", kMonitor}, {"policy", policy}})
          .status,
      403);
  const auto frozen =
      region.Send("carla", "POST", "/v1/freezes", {{"releaseId", kMonitor}, {"policy", policy}});
  ASSERT_EQ(frozen.status, 201) << base::AsText(frozen.body);
  EXPECT_EQ(BodyOf(frozen)["deliveries"].size(), 1u);
  EXPECT_EQ(ProblemOf(region.CommitSeed("otto", "operator", kMonitor, 3)), "frozen-already");
  EXPECT_EQ(ProblemOf(region.Send("carla", "POST", "/v1/freezes",
                                  {{"releaseId", kMonitor}, {"policy", policy}})),
            "frozen-already");
  EXPECT_EQ(ProblemOf(region.Send("carla", "POST", "/v1/releases", {{"releaseId", kMonitor}})),
            "seeds-missing");
  EXPECT_EQ(ProblemOf(region.RevealSeed("otto", kMonitor, 9)), "seed-mismatch");
  EXPECT_EQ(region.RevealSeed("otto", kMonitor, 1).status, 201);
  EXPECT_EQ(ProblemOf(region.RevealSeed("otto", kMonitor, 1)), "revealed-already");
  EXPECT_EQ(region.RevealSeed("ada", kMonitor, 2).status, 201);
  region.store->Read([&](const store::Reader& reader) {
    const std::string seed(base::AsText(Region::Seed(1).view()));
    for (const auto& reveal : reader.SeedReveals(kMonitor)) {
      EXPECT_THAT(std::string(base::AsText(reveal.sealed)), Not(HasSubstr(seed)));
    }
    for (const auto& leaf : reader.Leaves(0, 1'000)) {
      EXPECT_THAT(leaf.canonical, Not(HasSubstr(base::ToHex(Region::Seed(1).view()))));
    }
  });
}

TEST(Deadlines, SeedsComeBeforeAndTheFreezeAfter) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  const auto freeze = [&] {
    return region.Send("carla", "POST", "/v1/freezes",
                       {{"releaseId", kMonitor}, {"policy", policy}});
  };
  const base::Instant start = region.clock.now;
  EXPECT_EQ(region.CommitSeed("otto", "operator", kMonitor, 1).status, 201);
  EXPECT_EQ(region.CommitSeed("ada", "auditor", kMonitor, 2).status, 201);
  EXPECT_EQ(ProblemOf(freeze()), "deadline-missing");
  EXPECT_EQ(ProblemOf(region.AnnounceDeadline(kMonitor, start.Plus(-1).Text())), "deadline-passed");
  EXPECT_EQ(region.AnnounceDeadline(kMonitor, start.Plus(3600).Text()).status, 201);
  EXPECT_EQ(ProblemOf(freeze()), "deadline-ahead");
  EXPECT_EQ(ProblemOf(region.AnnounceDeadline(kMonitor, start.Plus(1800).Text())),
            "deadline-stands");
  EXPECT_EQ(region.AnnounceDeadline(kMonitor, start.Plus(7200).Text()).status, 201);
  region.clock.now = start.Plus(3600);
  EXPECT_EQ(ProblemOf(freeze()), "deadline-ahead");
  region.clock.now = start.Plus(7200);
  EXPECT_EQ(freeze().status, 201);
  EXPECT_EQ(ProblemOf(region.AnnounceDeadline(kMonitor, start.Plus(9000).Text())),
            "frozen-already");
  EXPECT_EQ(region
                .Send("otto", "POST", "/v1/deadlines",
                      {{"releaseId", kMonitor}, {"deliverBy", "2023-05-02T00:00:00Z"}})
                .status,
            403);
}

TEST(Deadlines, ASeedAfterTheDeadlineWaitsForALaterOne) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  EXPECT_EQ(region.CommitSeed("otto", "operator", kMonitor, 1).status, 201);
  EXPECT_EQ(region.AnnounceDeadline(kMonitor).status, 201);
  region.clock.now = region.clock.now.Plus(60);
  EXPECT_EQ(ProblemOf(region.CommitSeed("ada", "auditor", kMonitor, 2)), "deadline-passed");
  EXPECT_EQ(region.AnnounceDeadline(kMonitor).status, 201);
  EXPECT_EQ(region.CommitSeed("ada", "auditor", kMonitor, 2).status, 201);
  EXPECT_EQ(
      region.Send("carla", "POST", "/v1/freezes", {{"releaseId", kMonitor}, {"policy", policy}})
          .status,
      201);
}

// A region with a replay auditor, whose envelopes are kept by something that can forget.
struct EscrowRegion : Region {
  EscrowRegion() {
    people = People({{"carla", {Role::kCoordinator}, FingerprintOf("carla")},
                     {"petra", {Role::kPrivacyOfficer}, FingerprintOf("petra")},
                     {"paul", {Role::kPrivacyOfficer}, FingerprintOf("paul")},
                     {"pien", {Role::kPrivacyOfficer}, FingerprintOf("pien")},
                     {"otto", {Role::kOperator}, FingerprintOf("otto")},
                     {"ada", {Role::kAuditor}, FingerprintOf("ada")},
                     {"rosa", {Role::kReplayAuditor}, FingerprintOf("rosa")}});
    GovernContext context = Context();
    context.escrow.seal = [](base::ByteView escrow, std::string_view about) {
      base::Bytes sealed = base::ToBytes(about);
      for (const uint8_t byte : escrow) sealed.push_back(static_cast<uint8_t>(byte ^ 0x33));
      return sealed;
    };
    context.escrow.open = [this](base::ByteView sealed, std::string_view about) {
      if (erased) throw base::ProblemError("key-destroyed", "", "erased");
      base::Bytes escrow(sealed.begin() + static_cast<long>(about.size()), sealed.end());
      for (uint8_t& byte : escrow) byte ^= 0x33;
      return escrow;
    };
    router = http::Router();
    AddGovernRoutes(router, context);
  }
  http::Response Reveal(const std::string& person, uint8_t byte, const base::Json& escrow) {
    base::Json body{{"releaseId", kMonitor}, {"seed", base::ToHex(Seed(byte).view())}};
    if (!escrow.is_null()) body["escrow"] = escrow;
    return Send(person, "POST", "/v1/seed-reveals", body);
  }
  bool erased = false;
};

TEST(SeedEscrow, GoesToTheReplayAuditorAloneLeavesALeafAndIsErasedWithTheSeed) {
  EscrowRegion region;
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  ASSERT_EQ(region.CommitAndFreeze(kMonitor, region.ApprovedPolicy()).status, 201);
  const base::Bytes envelope(700, 0x41);
  const std::string path = std::string("/v1/seed-escrows/") + kMonitor + "/operator";
  EXPECT_EQ(region.Reveal("otto", 1, nullptr).status, 400) << "a replay auditor needs the seeds";
  EXPECT_EQ(ProblemOf(region.Reveal("otto", 1, "QUJD")), "wrong-escrow");
  ASSERT_EQ(region.Reveal("otto", 1, base::ToBase64(envelope)).status, 201);
  EXPECT_EQ(region.Leaf(region.LogSize() - 1)["escrow"], crypto::digest::Sha256Hex(envelope));
  region.store->Read([&](const store::Reader& reader) {
    EXPECT_NE(reader.FindSeedEscrow(kMonitor, "operator")->sealed, envelope);
  });
  for (const char* person : {"otto", "ada", "carla", "petra", ""}) {
    EXPECT_EQ(region.Send(person, "GET", path).status, 403) << person;
  }
  const auto given = region.Send("rosa", "GET", path);
  ASSERT_EQ(given.status, 200);
  EXPECT_EQ(given.body, envelope);
  const base::Json leaf = region.Leaf(region.LogSize() - 1);
  EXPECT_EQ(leaf["kind"], "seed-handed-out");
  EXPECT_EQ(leaf["officer"], "rosa");
  EXPECT_EQ(
      region.Send("rosa", "GET", std::string("/v1/seed-escrows/") + kMonitor + "/auditor").status,
      404);
  region.erased = true;
  const uint64_t size = region.LogSize();
  EXPECT_EQ(ProblemOf(region.Send("rosa", "GET", path)), "key-destroyed");
  EXPECT_EQ(region.LogSize(), size);
}

// A seed committed for one release must not serve another: its context is part of the commitment.
TEST(Seeds, ACommitmentIsBoundToItsReleaseAndRole) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  EXPECT_EQ(region.AnnounceDeadline(kMonitor).status, 201);
  const std::string elsewhere = store::SeedContext("2022SJ-Q3-monitor-2", "operator");
  EXPECT_EQ(region
                .Send("otto", "POST", "/v1/seed-commitments",
                      {{"releaseId", kMonitor},
                       {"commitment", base::ToHex(crypto::random::SeedCommitment(
                                          Region::Seed(1), base::AsBytes(elsewhere)))}})
                .status,
            201);
  EXPECT_EQ(region.CommitSeed("ada", "auditor", kMonitor, 2).status, 201);
  EXPECT_EQ(
      region.Send("carla", "POST", "/v1/freezes", {{"releaseId", kMonitor}, {"policy", policy}})
          .status,
      201);
  EXPECT_EQ(ProblemOf(region.RevealSeed("otto", kMonitor, 1)), "seed-mismatch");
}

TEST(Seeds, AllFaultsOfARequestAreSaidAtOnce) {
  Region region;
  const auto answer =
      region.Send("otto", "POST", "/v1/seed-commitments",
                  {{"releaseId", "2022SJ-monitor-1"}, {"commitment", "ff"}, {"x", 1}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(BodyOf(answer)["errors"].size(), 3u) << base::AsText(answer.body);
}

TEST(Releases, AreNumberedWithoutGaps) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  EXPECT_EQ(ProblemOf(region.CommitSeed("otto", "operator", "2022SJ-Q3-monitor-2", 1)),
            "wrong-number");
  EXPECT_EQ(region.CommitAndFreeze(kMonitor, policy).status, 201);
  EXPECT_EQ(region.CommitSeed("otto", "operator", "2022SJ-Q3-monitor-2", 3).status, 201);
  EXPECT_EQ(region.CommitSeed("otto", "operator", "2022SJ-provisional-1", 4).status, 201);
}

TEST(Freezes, PinTheDeliveriesOfTheirMomentAndAnApprovedPolicy) {
  Region region;
  EXPECT_EQ(region.AnnounceDeadline(kMonitor).status, 201);
  EXPECT_EQ(region.CommitSeed("otto", "operator", kMonitor, 1).status, 201);
  EXPECT_EQ(region.CommitSeed("ada", "auditor", kMonitor, 2).status, 201);
  const auto proposed = region.Send("petra", "POST", "/v1/policies", PolicyJson());
  const std::string policy = BodyOf(proposed)["digest"];
  const auto freeze = [&] {
    return region.Send("carla", "POST", "/v1/freezes",
                       {{"releaseId", kMonitor}, {"policy", policy}});
  };
  EXPECT_EQ(ProblemOf(freeze()), "not-approved");
  region.Send("paul", "POST", "/v1/policies/" + policy + "/approvals");
  EXPECT_EQ(ProblemOf(freeze()), "not-approved");
  region.Send("pien", "POST", "/v1/policies/" + policy + "/approvals");
  EXPECT_EQ(ProblemOf(freeze()), "nothing-delivered");
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  region.Deliver("GM0518", "d2", "2022SJ-Q3", "d1");
  region.Deliver("GM0599", "other-quarter", "2022SJ-Q2");
  const auto frozen = freeze();
  ASSERT_EQ(frozen.status, 201);
  region.Deliver("GM0518", "d3", "2022SJ-Q3", "d2");
  region.store->Read([&](const store::Reader& reader) {
    const auto stored = reader.FindFreeze(kMonitor);
    ASSERT_EQ(stored->deliveries.size(), 1u);
    EXPECT_EQ(stored->deliveries[0].id, "d2");
    EXPECT_EQ(stored->digest, store::testing::DigestOf(stored->canonical));
    EXPECT_EQ(BodyOf(frozen)["digest"], stored->digest);
    const base::Json document = base::ParseJson(stored->canonical);
    EXPECT_EQ(document["policy"], policy);
    EXPECT_EQ(document["codebook"], region.codebook_digest);
    EXPECT_EQ(document["deliveries"][0]["digest"], store::testing::DigestOf("GM0518d2"));
    EXPECT_EQ(document["seedCommitments"].size(), 2u);
  });
}

// An operator alone could otherwise move a sensitive kind into a group with a lower threshold: a
// codebook of the same id, a new version, and the old approvals.
TEST(Freezes, ApprovalsGivenUnderAnotherCodebookDoNotCount) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  const auto approved_under = [&](std::string_view codebook_digest) {
    bool approved = false;
    region.store->Read([&](const store::Reader& reader) {
      approved = IsApproved(reader, *reader.FindDocument(policy),
                            ReadPolicy(reader, policy, Book()), codebook_digest);
    });
    return approved;
  };
  EXPECT_TRUE(approved_under(region.codebook_digest));
  base::Json changed = DataJson("codebooks/nl-leerplicht-2026.1.json");
  changed["version"] = "2026.2";
  const auto other = policies::codebook::Codebook::FromJson(changed);
  const std::string other_digest = InstallCodebook(*region.store, other, "otto", region.clock);
  EXPECT_FALSE(approved_under(other_digest));
  EXPECT_TRUE(approved_under(region.codebook_digest));
  EXPECT_FALSE(approved_under(std::string(64, 'a')));
}

TEST(Releases, StartAsOneJobThatOnlyPeopleSee) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  EXPECT_EQ(ProblemOf(region.Send("carla", "POST", "/v1/releases", {{"releaseId", kMonitor}})),
            "not-frozen");
  region.CommitAndFreeze(kMonitor, policy);
  region.RevealSeed("otto", kMonitor, 1);
  region.RevealSeed("ada", kMonitor, 2);
  EXPECT_EQ(region.Send("paul", "POST", "/v1/releases", {{"releaseId", kMonitor}}).status, 403);
  const auto started = region.Send("carla", "POST", "/v1/releases", {{"releaseId", kMonitor}});
  ASSERT_EQ(started.status, 202) << base::AsText(started.body);
  const std::string job = BodyOf(started)["jobId"];
  const auto again = region.Send("carla", "POST", "/v1/releases", {{"releaseId", kMonitor}});
  EXPECT_EQ(BodyOf(again)["jobId"], job);
  const auto seen = region.Send("ada", "GET", "/v1/jobs/" + job);
  EXPECT_EQ(BodyOf(seen)["state"], "queued");
  EXPECT_EQ(BodyOf(seen)["releaseId"], kMonitor);
  EXPECT_EQ(region.Send("", "GET", "/v1/jobs/" + job).status, 403);
  EXPECT_EQ(region.Send("stranger", "GET", "/v1/jobs/" + job).status, 403);
  EXPECT_EQ(region.Send("ada", "GET", "/v1/jobs/job-99").status, 404);
}

// Reserves and stores a release of the frozen monitor, as the worker does.
std::string MakeRelease(Region& region, const std::string& policy) {
  stats::budget::Outcome outcome;
  region.store->Write([&](store::Transaction& transaction) {
    const auto freeze = *transaction.FindFreeze(kMonitor);
    stats::budget::Reservation reservation;
    reservation.population = Book().region();
    reservation.period = freeze.period;
    reservation.kind = policies::disclosure::ReleaseKind::kMonitor;
    reservation.binding = {kMonitor,
                           freeze.digest,
                           std::string(64, 'b'),
                           {std::string(64, 'c'), std::string(64, 'd')}};
    reservation.cost = base::NanoRho(12'500'000);
    const auto read = ReadPolicy(transaction, policy, Book());
    outcome = Reserve(transaction, reservation,
                      stats::budget::LimitsOf(read, policies::disclosure::ReleaseKind::kMonitor),
                      region.clock);
    store::ReleaseRecord release;
    release.id = kMonitor;
    release.period = freeze.period;
    release.kind = freeze.kind;
    release.canonical = "{}";
    release.digest = store::testing::DigestOf(release.canonical);
    release.policy_digest = freeze.policy_digest;
    release.codebook_digest = freeze.codebook_digest;
    release.freeze_digest = freeze.digest;
    release.reservation_id = outcome.entry.reservation_id;
    release.made_at = region.clock.now;
    release.public_at = region.clock.now.Plus(7 * 86'400);
    release.log_index = store::testing::AddLeaf(transaction, "{\"release\":1}");
    transaction.AddRelease(release);
  });
  return outcome.entry.reservation_id;
}

TEST(Vetoes, WithholdUnderEmbargoAndTheBudgetStaysSpent) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  region.CommitAndFreeze(kMonitor, policy);
  const std::string reservation = MakeRelease(region, policy);
  const std::string path = std::string("/v1/releases/") + kMonitor + "/vetoes";
  const base::Json reason{{"reason", "a member asked for it"}};
  EXPECT_EQ(region.Send("carla", "POST", path, reason).status, 403);
  EXPECT_EQ(region.Send("paul", "POST", path, base::Json::object()).status, 400);
  EXPECT_EQ(region.Send("paul", "POST", "/v1/releases/none/vetoes", reason).status, 404);
  const auto vetoed = region.Send("paul", "POST", path, reason);
  ASSERT_EQ(vetoed.status, 201) << base::AsText(vetoed.body);
  EXPECT_EQ(region.Leaf(BodyOf(vetoed)["logIndex"].get<uint64_t>())["kind"], "veto");
  EXPECT_EQ(ProblemOf(region.Send("pien", "POST", path, reason)), "embargo-over");
  region.store->Read([&](const store::Reader& reader) {
    EXPECT_EQ(reader.FindRelease(kMonitor)->state, store::ReleaseState::kWithheld);
    const auto ledger = LoadLedger(reader);
    EXPECT_EQ(ledger.StageOf(reservation), stats::budget::Stage::kWithheld);
    EXPECT_EQ(ledger.Spent(Book().region(), *base::Year::Parse("2022SJ")),
              base::NanoRho(12'500'000));
  });
  const base::Json budget = BodyOf(region.Send("", "GET", "/v1/budget"));
  EXPECT_EQ(budget["policy"], policy);
  EXPECT_EQ(budget["yearlyCap"], "0.5");
  ASSERT_EQ(budget["schoolYears"].size(), 1u);
  EXPECT_EQ(budget["schoolYears"][0]["schoolYear"], "2022SJ");
  EXPECT_EQ(budget["schoolYears"][0]["spent"], "0.0125");
  EXPECT_EQ(budget["schoolYears"][0]["remaining"], "0.4875");
  EXPECT_EQ(budget["schoolYears"][0]["boundOfTwoIdentifiers"], "0.05");
  EXPECT_EQ(budget["reservations"][0]["stage"], "withheld");
}

// Else a store restored from before the veto would pass for sound and publish what was withheld.
TEST(Vetoes, AStoreRestoredFromBeforeAVetoIsBehindItsWitness) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  region.CommitAndFreeze(kMonitor, policy);
  MakeRelease(region, policy);
  const std::string before = store::testing::FreshPath("before.db");
  region.store->BackupTo(before);
  ASSERT_EQ(region
                .Send("paul", "POST", std::string("/v1/releases/") + kMonitor + "/vetoes",
                      {{"reason", "a member asked for it"}})
                .status,
            201);
  const auto restored = store::Store::Open(before);
  EXPECT_EQ(store::testing::CodeOf([&] {
              restored->Read([&](const store::Reader& r) { region.checkpoints.Check(r); });
            }),
            "log-behind");
}

TEST(Vetoes, ComeTooLateAtTheAnnouncedHour) {
  Region region;
  const std::string policy = region.ApprovedPolicy();
  region.Deliver("GM0518", "d1", "2022SJ-Q3");
  region.CommitAndFreeze(kMonitor, policy);
  MakeRelease(region, policy);
  region.clock.now = region.clock.now.Plus(7 * 86'400);
  EXPECT_EQ(
      ProblemOf(region.Send("paul", "POST", std::string("/v1/releases/") + kMonitor + "/vetoes",
                            {{"reason", "late"}})),
      "embargo-over");
}

TEST(Demo, WhateverIsMadeUnderASimulatedClockSaysSo) {
  Region region;
  region.clock.made_up = true;
  const auto proposed = region.Send("petra", "POST", "/v1/policies", PolicyJson());
  EXPECT_EQ(region.Leaf(BodyOf(proposed)["logIndex"].get<uint64_t>())["demo"], true);
  EXPECT_EQ(BodyOf(region.Send("", "GET", "/v1/health"))["demo"], true);
}

TEST(ReleaseNames, ReadBackWhatTheyWroteAndNothingElse) {
  for (const char* text : {"2022SJ-Q3-monitor-1", "2022SJ-provisional-2", "2022VSV-vsv-999"}) {
    const auto name = ReleaseName::Parse(text);
    ASSERT_TRUE(name.has_value()) << text;
    EXPECT_EQ(name->Text(), text);
    EXPECT_EQ(name->Mismatch(), "");
  }
  for (const char* text :
       {"", "-", "1", "--", "2022SJ-Q3-monitor", "2022SJ-Q3-monitor-0", "2022SJ-Q3-monitor-01",
        "2022SJ-Q3-monitor-1000", "2022SJ-Q3-monitor-+1", "2022SJ-Q3-monitor-1 ", "2022-monitor-1",
        "2022SJ-Q3-other-1", "2022SJ-Q3-monitor--1"}) {
    EXPECT_FALSE(ReleaseName::Parse(text).has_value()) << text;
  }
  for (const char* text : {"2022SJ-monitor-1", "2022SJ-Q1-definitive-1", "2022SJ-vsv-1",
                           "2022VSV-Q1-vsv-1", "2022VSV-Q1-monitor-1"}) {
    EXPECT_NE(ReleaseName::Parse(text)->Mismatch(), "") << text;
  }
}

}  // namespace
}  // namespace polder::server::govern::testing
