// A region in memory and a temporary folder: real store, real keys, real log, a clock that stands
// still until it is moved.
#ifndef POLDER_TESTS_SERVER_GOVERN_REGION_H_
#define POLDER_TESTS_SERVER_GOVERN_REGION_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/keys/key.h"
#include "crypto/log/note.h"
#include "crypto/random/seed.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/govern/checkpoints.h"
#include "server/govern/documents.h"
#include "server/govern/people.h"
#include "server/govern/routes.h"
#include "tests/server/store/samples.h"
#include "tests/support/places.h"

namespace polder::server::govern::testing {

class StandingClock : public base::Clock {
 public:
  base::Instant Now() const override { return now; }
  bool simulated() const override { return made_up; }
  base::Instant now = *base::Instant::Parse("2023-05-01T08:00:00Z");
  bool made_up = false;
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline base::Json DataJson(const std::string& name) {
  return base::ParseJson(ReadFile(polder::tests::SourceDir() + "/policies/data/" + name));
}

inline const policies::codebook::Codebook& Book() {
  static const auto codebook =
      policies::codebook::Codebook::FromJson(DataJson("codebooks/nl-leerplicht-2026.1.json"));
  return codebook;
}

inline base::Json PolicyJson() { return DataJson("policies/default.json"); }

// "petra" → the fingerprint that stands for her certificate.
inline std::string FingerprintOf(const std::string& name) {
  return crypto::digest::Sha256Hex(base::AsBytes("certificate of " + name));
}

inline http::Peer PeerOf(const std::string& name) {
  http::Peer peer;
  peer.common_name = name;
  peer.fingerprint = FingerprintOf(name);
  return peer;
}

inline crypto::log::NoteSigner TestSigner() {
  return {"polder.example/rmc10",
          crypto::keys::PrivateKey::FromEd25519Seed(
              crypto::digest::SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 7))))};
}

class Region {
 public:
  Region()
      : store(store::Store::Open(store::testing::FreshPath("store.db"))),
        witness_path(store::testing::FreshPath("witness")),
        signer(TestSigner()),
        checkpoints("polder.example/rmc10", signer, witness_path),
        people({{"petra", {Role::kPrivacyOfficer}, FingerprintOf("petra")},
                {"paul", {Role::kPrivacyOfficer}, FingerprintOf("paul")},
                {"pien", {Role::kPrivacyOfficer}, FingerprintOf("pien")},
                {"carla", {Role::kCoordinator}, FingerprintOf("carla")},
                {"otto", {Role::kOperator}, FingerprintOf("otto")},
                {"ada", {Role::kAuditor}, FingerprintOf("ada")}}),
        codebook_digest(InstallCodebook(*store, Book(), "otto", clock)) {
    AddGovernRoutes(router, Context());
  }

  GovernContext Context() {
    return {*store, clock, Book(), people, checkpoints,
            [](const crypto::digest::SecretBytes& seed, base::ByteView context) {
              return crypto::random::SeedCommitment(seed, context);
            },
            // Stands for crypto/seal: what is stored must not be the seed.
            [](const crypto::digest::SecretBytes& seed, std::string_view context) {
              base::Bytes sealed = base::ToBytes(context);
              for (uint8_t byte : seed.view()) {
                sealed.push_back(static_cast<uint8_t>(byte ^ 0x5a));
              }
              return sealed;
            }};
  }

  http::Response Send(const std::string& person, const std::string& method, const std::string& path,
                      const base::Json& body = nullptr) {
    http::Request request;
    request.method = method;
    const size_t question = path.find('?');
    request.path = path.substr(0, question);
    if (question != std::string::npos) {
      std::string rest = path.substr(question + 1);
      for (size_t at = 0; at < rest.size();) {
        size_t end = std::min(rest.find('&', at), rest.size());
        size_t equals = rest.find('=', at);
        request.query.emplace(rest.substr(at, equals - at),
                              rest.substr(equals + 1, end - equals - 1));
        at = end + 1;
      }
    }
    if (!person.empty()) request.peer = PeerOf(person);
    if (!body.is_null()) {
      request.headers["Content-Type"] = "application/json";
      request.body = base::ToBytes(body.dump());
    }
    return router.Handle(request);
  }

  // A delivery for the period, stored as collect stores it.
  void Deliver(const std::string& municipality, const std::string& id, const std::string& period,
               const std::string& replaces = "") {
    auto delivery = store::testing::Delivery(municipality, id, period, replaces);
    delivery.codebook_digest = codebook_digest;
    store::testing::Deliver(*store, delivery);
  }

  // Proposed by petra, approved by paul and pien. Returns its digest.
  std::string ApprovedPolicy();

  static crypto::digest::SecretBytes Seed(uint8_t byte) {
    return crypto::digest::SecretBytes::CopyOf(base::ByteView(base::Bytes(32, byte)));
  }
  http::Response CommitSeed(const std::string& person, const std::string& role,
                            const std::string& release_id, uint8_t byte) {
    const std::string context = store::SeedContext(release_id, role);
    return Send(person, "POST", "/v1/seed-commitments",
                {{"releaseId", release_id},
                 {"commitment", base::ToHex(crypto::random::SeedCommitment(
                                    Seed(byte), base::AsBytes(context)))}});
  }
  http::Response RevealSeed(const std::string& person, const std::string& release_id,
                            uint8_t byte) {
    return Send(person, "POST", "/v1/seed-reveals",
                {{"releaseId", release_id}, {"seed", base::ToHex(Seed(byte).view())}});
  }
  // By the coordinator; until now, unless another moment is given.
  http::Response AnnounceDeadline(const std::string& release_id, const std::string& until = "") {
    return Send(
        "carla", "POST", "/v1/deadlines",
        {{"releaseId", release_id}, {"deliverBy", until.empty() ? clock.now.Text() : until}});
  }
  // The deadline, both commitments, then the freeze.
  http::Response CommitAndFreeze(const std::string& release_id, const std::string& policy) {
    EXPECT_EQ(AnnounceDeadline(release_id).status, 201);
    EXPECT_EQ(CommitSeed("otto", "operator", release_id, 1).status, 201);
    EXPECT_EQ(CommitSeed("ada", "auditor", release_id, 2).status, 201);
    return Send("carla", "POST", "/v1/freezes", {{"releaseId", release_id}, {"policy", policy}});
  }

  uint64_t LogSize() {
    uint64_t size = 0;
    store->Read([&](const store::Reader& reader) { size = reader.LogSize(); });
    return size;
  }
  base::Json Leaf(uint64_t index) {
    base::Json leaf;
    store->Read([&](const store::Reader& reader) {
      leaf = base::ParseJson(reader.Leaves(index, index + 1).at(0).canonical);
    });
    return leaf;
  }

  StandingClock clock;
  std::unique_ptr<store::Store> store;
  std::string witness_path;
  crypto::log::NoteSigner signer;
  Checkpoints checkpoints;
  People people;
  std::string codebook_digest;
  http::Router router;
};

inline base::Json BodyOf(const http::Response& response) {
  return base::ParseJson(base::AsText(response.body));
}

// The code of a problem+json answer.
inline std::string ProblemOf(const http::Response& response) {
  const base::Json body = BodyOf(response);
  const std::string type = body.value("type", "");
  const std::string prefix = "urn:polder:problem:";
  return type.starts_with(prefix) ? type.substr(prefix.size()) : type;
}

inline std::string Region::ApprovedPolicy() {
  const auto proposed = Send("petra", "POST", "/v1/policies", PolicyJson());
  EXPECT_EQ(proposed.status, 201) << base::AsText(proposed.body);
  const std::string digest = BodyOf(proposed)["digest"];
  EXPECT_EQ(Send("paul", "POST", "/v1/policies/" + digest + "/approvals").status, 201);
  EXPECT_EQ(Send("pien", "POST", "/v1/policies/" + digest + "/approvals").status, 201);
  return digest;
}

}  // namespace polder::server::govern::testing

#endif  // POLDER_TESTS_SERVER_GOVERN_REGION_H_
