#include "server/config/config.h"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"

namespace polder::server::config {
namespace {

base::Json Good() {
  return base::ParseJson(R"({
    "format": "polder-config-1",
    "listen": {"address": "127.0.0.1", "port": 8443, "certificate": "tls/server.pem", "privateKey": "tls/server.key",
               "clientAuthority": "/etc/polder/ca.pem",
               "revocationLists": "revoked.pem"},
    "dataDirectory": "data", "keyDirectory": "keys",
    "keys": {"root": "keys/root", "rekey": "keys/rekey", "log": "keys/log.pem", "recipientPrivateKey": "keys/recipient.key",
             "recipientCertificate": "keys/recipient.pem", "signerAuthority": "ca.pem",
             "signerRevocationLists": "revoked.pem"},
    "codebook": "codebook.json", "logOrigin": "polder.example/rmc10",
    "officers": [
      {"name": "Coordinator", "roles": ["coordinator"], "fingerprint":
       "0000000000000000000000000000000000000000000000000000000000000001"},
      {"name": "Auditor", "roles": ["auditor"], "fingerprint":
       "0000000000000000000000000000000000000000000000000000000000000002"}]})");
}

std::set<std::string> FaultsOf(const base::Json& json) {
  std::set<std::string> faults;
  try {
    ReadConfig(json, "/srv/polder");
  } catch (const base::ProblemError& error) {
    for (const base::Problem& problem : error.problems())
      faults.insert(problem.code + problem.pointer);
  }
  return faults;
}

TEST(Config, RelativePathsStartAtTheFolderOfTheFileAndAbsoluteOnesStay) {
  const Config config = ReadConfig(Good(), "/srv/polder");
  EXPECT_EQ(config.tls.certificate, "/srv/polder/tls/server.pem");
  EXPECT_EQ(config.tls.client_ca, "/etc/polder/ca.pem");
  EXPECT_EQ(config.StorePath(), "/srv/polder/data/polder.db");
  EXPECT_EQ(config.port, 8443);
  EXPECT_FALSE(config.demo_clock.has_value());
}

TEST(Config, ASimulatedClockIsOnlyUnderDemo) {
  base::Json json = Good();
  json["demo"] = {{"clockFile", "clock"}};
  EXPECT_EQ(ReadConfig(json, "/srv/polder").demo_clock, "/srv/polder/clock");
  json.erase("demo");
  json["clockFile"] = "clock";
  EXPECT_EQ(FaultsOf(json), std::set<std::string>{"unknown-field/clockFile"});
}

TEST(Config, AKeyHolderIsAnOfficerOfThatNameAndNotTheOperator) {
  base::Json json = Good();
  json["officers"][0] = {
      {"name", "North"}, {"roles", {"keyHolder"}}, {"fingerprint", std::string(63, '0') + "3"}};
  json["keyHolders"] = {{{"name", "North"}, {"url", "https://north"}, {"authority", "ca.pem"}}};
  const Config config = ReadConfig(json, "/srv/polder");
  ASSERT_EQ(config.key_holders.size(), 1U);
  EXPECT_EQ(config.key_holders[0].authority, "/srv/polder/ca.pem");
  json["keyHolders"][0]["name"] = "Auditor";
  json["officers"][0]["roles"] = {"keyHolder", "operator"};
  EXPECT_EQ(FaultsOf(json), (std::set<std::string>{"unknown-holder/keyHolders/0/name",
                                                   "role-conflict/officers/0/roles"}));
}

TEST(Config, TellsEveryFaultAtOnce) {
  base::Json json = Good();
  json["format"] = "polder-config-9";
  json["listen"]["port"] = 70000;
  json["keys"].erase("root");
  json["keyDirectory"] = "data";
  json["logOrigin"] = "two words";
  json["officers"][0]["roles"] = {"coordinator", "king"};
  json["officers"][1]["fingerprint"] = "short";
  EXPECT_EQ(FaultsOf(json).size(), 7u);
}

TEST(Config, OnePersonCannotBeTwoPairsOfEyes) {
  base::Json json = Good();
  json["officers"][1]["fingerprint"] = json["officers"][0]["fingerprint"];
  EXPECT_TRUE(FaultsOf(json).contains("duplicate/officers/1/fingerprint"));
  json = Good();
  json["officers"][1]["name"] = "Coordinator";
  EXPECT_TRUE(FaultsOf(json).contains("duplicate/officers/1/name"));
  json = Good();
  json["officers"][1]["roles"] = {"auditor", "operator"};
  EXPECT_TRUE(FaultsOf(json).contains("role-conflict/officers/1/roles"));
  json["officers"][1]["roles"] = {"replayAuditor", "operator"};
  EXPECT_TRUE(FaultsOf(json).contains("role-conflict/officers/1/roles"));
  json["officers"][1]["roles"] = {"replayAuditor", "auditor"};
  EXPECT_FALSE(FaultsOf(json).contains("role-conflict/officers/1/roles"));
}

TEST(Config, PeopleMaySignInAndOnePersonIsOneEntry) {
  base::Json json = Good();
  json["signIn"] = {{"issuer", "https://id.example"},
                    {"audience", "https://polder.example"},
                    {"keys", "https://id.example/jwks"},
                    {"authority", "tls/id.pem"},
                    {"roleClaim", "roles"},
                    {"roles", {{{"value", "coordinators"}, {"role", "coordinator"}}}}};
  json["officers"][0]["subject"] = "s-1";
  json["officers"][1] = {{"name", "Auditor"}, {"roles", {"auditor"}}, {"subject", "s-2"}};
  const Config config = ReadConfig(json, "/srv/polder");
  EXPECT_EQ(config.sign_in->authority, "/srv/polder/tls/id.pem");
  EXPECT_EQ(config.sign_in->roles.at("coordinators"), "coordinator");
  EXPECT_EQ(config.officers[1].subject, "s-2");
  json["officers"][1]["subject"] = "s-1";
  json["signIn"]["roles"] = {{{"value", "x"}, {"role", "keyHolder"}},
                             {{"value", "x"}, {"role", "auditor"}}};
  EXPECT_EQ(FaultsOf(json),
            (std::set<std::string>{"duplicate/officers/1/subject", "duplicate/signIn/roles/1/value",
                                   "unknown-code/signIn/roles/0/role"}));
  json.erase("signIn");
  EXPECT_TRUE(FaultsOf(json).contains("missing/signIn"));
}

}  // namespace
}  // namespace polder::server::config
