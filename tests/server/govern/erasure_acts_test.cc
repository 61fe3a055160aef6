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
  EXPECT_EQ(asked.status, 202) << base::AsText(asked.body);
  EXPECT_EQ(BodyOf(asked)["digest"].get<std::string>().size(), 64u);
}

TEST_F(ErasureActs, WhatIsNotThereOrWasErasedIsSaid) {
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "none")}).status, 404);
  EXPECT_EQ(Ask(PeerOf("petra"), {OfYear("GM0148", "2021SJ")}).status, 404);
  EXPECT_EQ(Ask(PeerOf("petra"), {OfYear("GM0148", "2022")}).status, 400);
  EXPECT_EQ(Ask(PeerOf("petra"), {}).status, 400);
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "d1")}, "").status, 400);
  EXPECT_EQ(Ask(PeerOf("petra"), {OfYear("GM0148", "2022SJ")}).status, 202);
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
  EXPECT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "d1")}).status, 202)
      << "a freeze from which nothing came does not hold it for ever";
}

TEST_F(ErasureActs, AFreezePinsNothingThatWasErased) {
  const std::string policy = region_.ApprovedPolicy();
  ASSERT_EQ(Ask(PeerOf("petra"), {Delivery("GM0148", "d1")}).status, 202);
  const auto frozen = region_.CommitAndFreeze("2022SJ-Q1-monitor-1", policy);
  ASSERT_EQ(frozen.status, 201);
  const base::Json pinned = BodyOf(frozen)["deliveries"];
  ASSERT_EQ(pinned.size(), 1u);
  EXPECT_EQ(pinned[0]["municipality"], "GM0160");
}

}  // namespace
}  // namespace polder::server::govern::testing
