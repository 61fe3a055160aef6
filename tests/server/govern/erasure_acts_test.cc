// Who may ask for erasure, of what, and what a freeze does with what was erased.
#include <gmock/gmock.h>

#include "server/govern/erasures.h"
#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

class ErasureActs : public ::testing::Test {
 protected:
  ErasureActs() {
    GovernContext context = region_.Context();
    context.random_salt = [] { return base::Bytes(32, 0x42); };
    AddGovernRoutes(router_, context);
    region_.Deliver("GM0148", "d1", "2022SJ-Q1");
    region_.Deliver("GM0160", "h1", "2022SJ-Q1");
  }
  http::Response Ask(const http::Peer& peer, const std::vector<base::Json>& items,
                     const std::string& reason = "a mistake") {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/erasures";
    request.peer = peer;
    request.headers["Content-Type"] = "application/json";
    request.body = base::ToBytes(base::Json{{"items", items}, {"reason", reason}}.dump());
    return router_.Handle(request);
  }
  http::Response End(const std::string& person, const std::string& digest, const std::string& how) {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/erasures/" + digest + "/" + how;
    request.peer = PeerOf(person);
    return router_.Handle(request);
  }
  std::string Proposed(const std::string& person, const std::vector<base::Json>& items) {
    const auto answer = Ask(PeerOf(person), items);
    EXPECT_EQ(answer.status, 201) << base::AsText(answer.body);
    return BodyOf(answer)["digest"];
  }
  size_t Jobs() {
    size_t jobs = 0;
    region_.store->Read([&](const store::Reader& reader) { jobs = reader.Jobs().size(); });
    return jobs;
  }
  static http::Peer MemberPeer(const std::string& oin) {
    http::Peer peer;
    peer.oin = oin;
    peer.fingerprint = FingerprintOf("member " + oin);
    return peer;
  }
  static base::Json Delivery(const std::string& municipality, const std::string& id) {
    return {{"municipality", municipality}, {"deliveryId", id}};
  }
  static base::Json OfYear(const std::string& municipality, const std::string& year) {
    return {{"municipality", municipality}, {"year", year}};
  }

  Region region_;
  http::Router router_;
};

constexpr char kDalfsen[] = "00000001999000000148";

TEST_F(ErasureActs, APrivacyOfficerAsksForAnybodyAndAMunicipalityForItself) {
  for (const char* person : {"carla", "otto", "ada"}) {
    EXPECT_EQ(Ask(PeerOf(person), {Delivery("GM0148", "d1")}).status, 403) << person;
  }
  EXPECT_EQ(Ask(MemberPeer(kDalfsen), {Delivery("GM0160", "h1")}).status, 403);
  EXPECT_EQ(Ask(MemberPeer(kDalfsen), {Delivery("GM0148", "d1"), Delivery("GM0160", "h1")}).status,
            403);
  EXPECT_EQ(Ask(MemberPeer("00000009999000000000"), {Delivery("GM0148", "d1")}).status, 403);
  EXPECT_EQ(Ask(MemberPeer(kDalfsen), {Delivery("GM0148", "d1")}).status, 202);
  const auto asked = Ask(PeerOf("petra"), {Delivery("GM0160", "h1")});
  EXPECT_EQ(asked.status, 201) << base::AsText(asked.body);
  EXPECT_EQ(BodyOf(asked)["digest"].get<std::string>().size(), 64u);
}

TEST_F(ErasureActs, WhatIsNotThereOrWasErasedIsSaid) {
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "none")}).status, 404);
  EXPECT_EQ(Ask(PeerOf("petra"), {OfYear("GM0148", "2021SJ")}).status, 404);
  EXPECT_EQ(Ask(PeerOf("petra"), {OfYear("GM0148", "2022")}).status, 400);
  EXPECT_EQ(Ask(PeerOf("petra"), {}).status, 400);
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "d1")}, "").status, 400);
  EXPECT_EQ(Ask(MemberPeer(kDalfsen), {OfYear("GM0148", "2022SJ")}).status, 202);
  EXPECT_EQ(ProblemOf(Ask(PeerOf("petra"), {Delivery("GM0148", "d1")})), "erased-already")
      << "with its year";
}

TEST_F(ErasureActs, OneItemThatCannotRefusesThemAll) {
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "d1"), Delivery("GM0160", "none")}).status,
            404);
  region_.store->Read([](const store::Reader& reader) { EXPECT_TRUE(reader.Jobs().empty()); });
}

TEST_F(ErasureActs, WhatAReleaseIsMadeFromStaysUntilItIsPublic) {
  const std::string policy = region_.ApprovedPolicy();
  ASSERT_EQ(region_.CommitAndFreeze("2022SJ-Q1-monitor-1", policy).status, 201);
  const auto refused = Ask(PeerOf("petra"), {Delivery("GM0148", "d1")});
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(ProblemOf(refused), "still-needed");
  region_.clock.now = region_.clock.now.Plus(kReplaySeconds);
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "d1")}).status, 201)
      << "a freeze from which nothing came does not hold it for ever";
}

TEST_F(ErasureActs, AFreezePinsNothingThatWasErased) {
  const std::string policy = region_.ApprovedPolicy();
  const std::string digest = Proposed("petra", {Delivery("GM0148", "d1")});
  ASSERT_EQ(End("paul", digest, "approvals").status, 202);
  const auto frozen = region_.CommitAndFreeze("2022SJ-Q1-monitor-1", policy);
  ASSERT_EQ(frozen.status, 201);
  const base::Json pinned = BodyOf(frozen)["deliveries"];
  ASSERT_EQ(pinned.size(), 1u);
  EXPECT_EQ(pinned[0]["municipality"], "GM0160");
}

TEST_F(ErasureActs, OnePrivacyOfficerAloneErasesNothing) {
  const std::string digest = Proposed("petra", {OfYear("GM0148", "2022SJ")});
  EXPECT_EQ(Jobs(), 0u) << "a proposal is no job";
  EXPECT_EQ(ProblemOf(End("petra", digest, "approvals")), "own-erasure");
  EXPECT_EQ(ProblemOf(End("petra", digest, "approvals")), "own-erasure") << "nor the second time";
  for (const char* person : {"carla", "otto", "ada"}) {
    EXPECT_EQ(End(person, digest, "approvals").status, 403) << person;
  }
  EXPECT_EQ(Jobs(), 0u);
  region_.store->Write([&](store::Transaction& transaction) {
    EXPECT_THROW(transaction.AddErasureEnd({digest, true, "petra", region_.clock.now, 0}),
                 base::ProblemError)
        << "the store itself refuses it";
  });
  EXPECT_EQ(End("paul", digest, "approvals").status, 202);
  EXPECT_EQ(Jobs(), 1u);
  EXPECT_EQ(ProblemOf(End("pien", digest, "approvals")), "erasure-ended");
  EXPECT_EQ(End("paul", std::string(64, '0'), "approvals").status, 404);
}

TEST_F(ErasureActs, BothPeopleStandInTheLogAndNobodyElse) {
  const uint64_t before = region_.LogSize();
  const std::string digest = Proposed("petra", {OfYear("GM0148", "2022SJ")});
  ASSERT_EQ(End("paul", digest, "approvals").status, 202);
  ASSERT_EQ(region_.LogSize(), before + 2);
  const base::Json proposed = region_.Leaf(before), approved = region_.Leaf(before + 1);
  EXPECT_EQ(proposed["kind"], "erasure-proposal");
  EXPECT_EQ(proposed["officer"], "petra");
  EXPECT_EQ(approved["kind"], "erasure-approval");
  EXPECT_EQ(approved["officer"], "paul");
  for (const base::Json& leaf : {proposed, approved}) {
    EXPECT_EQ(leaf["digest"], digest);
    EXPECT_EQ(leaf.size(), 5u) << leaf.dump();
  }
}

TEST_F(ErasureActs, WhoApprovesReadsWhatWasProposed) {
  const std::string digest = Proposed("petra", {OfYear("GM0148", "2022SJ")});
  http::Request request;
  request.method = "GET";
  request.path = "/v1/erasures";
  request.peer = PeerOf("otto");
  EXPECT_EQ(router_.Handle(request).status, 403);
  request.peer = PeerOf("paul");
  const base::Json listed = BodyOf(router_.Handle(request))["erasures"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["state"], "proposed");
  const std::string text = listed[0]["text"];
  EXPECT_EQ(crypto::digest::Sha256Hex(base::AsBytes(text)), digest);
  EXPECT_EQ(base::ParseJson(text)["items"][0]["municipality"], "GM0148");
  EXPECT_EQ(base::ParseJson(text)["reason"], "a mistake");
}

TEST_F(ErasureActs, AProposalLapses) {
  const std::string digest = Proposed("petra", {OfYear("GM0148", "2022SJ")});
  region_.clock.now = region_.clock.now.Plus(kProposalSeconds);
  EXPECT_EQ(ProblemOf(End("paul", digest, "approvals")), "erasure-lapsed");
}

TEST_F(ErasureActs, AnApprovalCountsWhatHappenedSinceTheProposal) {
  const std::string policy = region_.ApprovedPolicy();
  const std::string digest = Proposed("petra", {Delivery("GM0148", "d1")});
  ASSERT_EQ(region_.CommitAndFreeze("2022SJ-Q1-monitor-1", policy).status, 201);
  EXPECT_EQ(ProblemOf(End("paul", digest, "approvals")), "still-needed");
  EXPECT_EQ(Jobs(), 0u);
}

TEST_F(ErasureActs, ARestoredStoreDoesNotBringBackWhatWasWithdrawn) {
  const std::string digest = Proposed("petra", {OfYear("GM0148", "2022SJ")});
  const std::string older = store::testing::FreshPath("older.db");
  region_.store->BackupTo(older);
  ASSERT_EQ(End("paul", digest, "withdrawals").status, 201);
  EXPECT_EQ(ProblemOf(End("pien", digest, "approvals")), "erasure-ended");
  const auto restored = store::Store::Open(older);
  GovernContext of_region = region_.Context();
  const GovernContext context{*restored,          of_region.clock,       of_region.codebook,
                              of_region.people,   of_region.checkpoints, of_region.seed_commitment,
                              of_region.seal_seed};
  http::Router router;
  AddGovernRoutes(router, context);
  http::Request request;
  request.method = "POST";
  request.path = "/v1/erasures/" + digest + "/approvals";
  request.peer = PeerOf("pien");
  EXPECT_EQ(ProblemOf(router.Handle(request)), "log-behind");
  restored->Read([](const store::Reader& reader) { EXPECT_TRUE(reader.Jobs().empty()); });
}

}  // namespace
}  // namespace polder::server::govern::testing
