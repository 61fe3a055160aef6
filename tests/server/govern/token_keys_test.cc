// Publishing the public keys of key holders: by whom, once, in the log, and what members fetch.
#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

std::string PublicKey(char first) {
  base::Bytes bytes(33, static_cast<uint8_t>(first));
  bytes[0] = 2;
  return base::ToBase64Url(bytes);
}

class TokenKeys : public ::testing::Test {
 protected:
  TokenKeys()
      : people_({{"north", {Role::kKeyHolder}, FingerprintOf("north")},
                 {"south", {Role::kKeyHolder}, FingerprintOf("south")},
                 {"third", {Role::kKeyHolder}, FingerprintOf("third")},
                 {"otto", {Role::kOperator}, FingerprintOf("otto")}}) {
    AddGovernRoutes(router_, {*region_.store,
                              region_.clock,
                              Book(),
                              people_,
                              region_.checkpoints,
                              {},
                              {},
                              {},
                              {},
                              {{"north", "https://north.example", "PEM of north"},
                               {"south", "https://south.example:9443", "PEM of south"}}});
  }

  http::Response Send(const std::string& method, const std::string& path, const std::string& person,
                      const std::string& oin, const base::Json& body = nullptr) {
    http::Request request;
    request.method = method;
    request.path = path;
    if (!person.empty()) request.peer = PeerOf(person);
    request.peer.oin = oin;
    if (!body.is_null()) {
      request.headers["Content-Type"] = "application/json";
      request.body = base::ToBytes(body.dump());
    }
    return router_.Handle(request);
  }
  http::Response Publish(const std::string& person, const std::string& oin, char key,
                         const std::string& domain = "RMC10/absence/2022SJ") {
    return Send("POST", "/v1/token-keys", person, oin,
                {{"domain", domain},
                 {"keyId", "RMC10.absence.2022SJ." + std::string(16, key)},
                 {"publicKey", PublicKey(key)}});
  }
  base::Json Sheet() {
    return base::ParseJson(base::AsText(Send("GET", "/v1/token-keys", "", "").body));
  }
  static std::string CodeOf(const http::Response& response) {
    const base::Json json = base::ParseJson(base::AsText(response.body));
    const std::string type = json.value("type", "");
    return type.substr(type.rfind(':') + 1);
  }

  const std::string north_ = "00000001999900000001", south_ = "00000001999900000002";
  Region region_;
  People people_;
  http::Router router_;
};

TEST_F(TokenKeys, ADomainIsHandedOutWhenBothHoldersHavePublished) {
  const auto first = Publish("north", north_, 'a');
  EXPECT_EQ(first.status, 201);
  EXPECT_FALSE(base::ParseJson(base::AsText(first.body)).at("complete").get<bool>());
  EXPECT_TRUE(Sheet().at("domains").empty()) << "with half a key nobody can deliver";
  const auto second = Publish("south", south_, 'b');
  EXPECT_TRUE(base::ParseJson(base::AsText(second.body)).at("complete").get<bool>());
  const base::Json sheet = Sheet();
  EXPECT_EQ(sheet.at("format"), "polder-tokens-1");
  EXPECT_EQ(sheet.at("region"), "RMC10");
  EXPECT_EQ(sheet.at("holders").at(1).at("url"), "https://south.example:9443");
  const base::Json& keys = sheet.at("domains").at(0).at("keys");
  EXPECT_EQ(keys.at(0).at("publicKey"), PublicKey('a'));
  EXPECT_EQ(keys.at(1).at("holder"), "south");
}

TEST_F(TokenKeys, APublishedKeyIsALeafWithEverythingThatMembersUse) {
  const auto answer = base::ParseJson(base::AsText(Publish("north", north_, 'a').body));
  region_.store->Read([&](const store::Reader& reader) {
    const auto index = answer.at("logIndex").get<uint64_t>();
    const base::Json leaf = base::ParseJson(reader.Leaves(index, index + 1).at(0).canonical);
    EXPECT_EQ(leaf.at("kind"), "token-key");
    EXPECT_EQ(leaf.at("state"), "published");
    EXPECT_EQ(leaf.at("holder"), "north");
    EXPECT_EQ(leaf.at("oin"), north_);
    EXPECT_EQ(leaf.at("domain"), "RMC10/absence/2022SJ");
    EXPECT_EQ(leaf.at("keyId"), answer.at("keyId"));
    EXPECT_EQ(leaf.at("publicKey"), PublicKey('a'));
  });
}

TEST_F(TokenKeys, OnlyAKeyHolderPublishesAndWithAnOrganisationsCertificate) {
  EXPECT_EQ(Publish("otto", north_, 'a').status, 403);
  EXPECT_EQ(Publish("", "", 'a').status, 403);
  EXPECT_EQ(CodeOf(Publish("north", "", 'a')), "no-organisation");
}

TEST_F(TokenKeys, TwoHoldersAreTwoOrganisationsWithTwoKeysAndNothingChangesLater) {
  ASSERT_EQ(Publish("north", north_, 'a').status, 201);
  EXPECT_EQ(CodeOf(Publish("south", south_, 'a')), "key-published") << "one key for both halves";
  EXPECT_EQ(CodeOf(Publish("south", north_, 'b')), "one-organisation");
  EXPECT_EQ(CodeOf(Publish("north", north_, 'c')), "domain-used");
  ASSERT_EQ(Publish("south", south_, 'b').status, 201);
  EXPECT_EQ(CodeOf(Publish("third", "00000001999900000003", 'd')), "domain-complete");
}

TEST_F(TokenKeys, WhatIsNoKeyOfThisRegionIsToldCompletely) {
  const auto refused = Send(
      "POST", "/v1/token-keys", "north", north_,
      {{"domain", "RMC11/absence/2022SJ"}, {"keyId", "a/b"}, {"publicKey", "AAAA"}, {"more", 1}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(base::ParseJson(base::AsText(refused.body)).at("errors").size(), 4U);
}

TEST_F(TokenKeys, ADestroyedKeyIsALeafAndIsHandedOutNoMore) {
  Publish("north", north_, 'a');
  Publish("south", south_, 'b');
  const std::string path = "/v1/token-keys/RMC10.absence.2022SJ." + std::string(16, 'a') + "/ends";
  EXPECT_EQ(Send("POST", path, "south", south_).status, 403);
  EXPECT_EQ(Send("POST", path, "north", north_).status, 201);
  EXPECT_EQ(Send("POST", path, "north", north_).status, 409);
  EXPECT_EQ(Send("POST", "/v1/token-keys/none/ends", "north", north_).status, 404);
  EXPECT_TRUE(Sheet().at("domains").empty());
  region_.store->Read([](const store::Reader& reader) {
    const uint64_t size = reader.LogSize();
    const base::Json leaf = base::ParseJson(reader.Leaves(size - 1, size).at(0).canonical);
    EXPECT_EQ(leaf.at("state"), "destroyed");
  });
}

TEST(KeyHolderRole, IsNotTheOperators) {
  EXPECT_THROW(People({{"otto", {Role::kOperator, Role::kKeyHolder}, FingerprintOf("otto")}}),
               base::ProblemError);
}

}  // namespace
}  // namespace polder::server::govern::testing
