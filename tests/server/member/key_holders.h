// Two key holders for tests, each a real HTTPS server with a key of its own, and ways to misbehave.
#ifndef POLDER_TESTS_SERVER_MEMBER_KEY_HOLDERS_H_
#define POLDER_TESTS_SERVER_MEMBER_KEY_HOLDERS_H_

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "crypto/keys/authority.h"
#include "crypto/log/proof.h"
#include "crypto/oprf/oprf.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "server/http/server.h"

namespace polder::server::member {

// Files of one authority, a server and a member of Dalfsen, made once per test program.
struct TestTls {
  std::string authority_pem;
  http::TlsFiles server;
  std::string member_certificate, member_key;
};

inline const crypto::keys::CertificateAuthority& Authority() {
  static const auto authority = [] {
    const auto now = base::SystemClock().Now();
    return crypto::keys::CertificateAuthority::Create("Test authority",
                                                      {now.Plus(-3600), now.Plus(2 * 86'400)});
  }();
  return authority;
}

inline const TestTls& Tls() {
  static const TestTls tls = [] {
    const std::string folder =
        testing::TempDir() + "/polder-key-holders-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder);
    const auto put = [&](const std::string& name, std::string_view text) {
      std::ofstream(folder + "/" + name, std::ios::binary) << text;
      return folder + "/" + name;
    };
    const auto now = base::SystemClock().Now();
    const crypto::keys::Validity validity{now.Plus(-3600), now.Plus(86'400)};
    const auto& authority = Authority();
    const auto server = crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kP256);
    const auto member = crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kP256);
    TestTls made;
    made.authority_pem = authority.root().ToPem();
    made.server = {
        put("server.pem",
            authority.IssueServer(server.public_key(), {"Key holder", ""}, validity).ToPem()),
        put("server.key", server.ToPem().text()), put("ca.pem", made.authority_pem)};
    made.member_certificate =
        put("member.pem", authority
                              .Issue(crypto::keys::CertificateUse::kClient, member.public_key(),
                                     {"Dalfsen", "00000001999000000148"}, validity)
                              .ToPem());
    made.member_key = put("member.key", member.ToPem().text());
    return made;
  }();
  return tls;
}

class TestHolder {
 public:
  // What to answer instead, before anything is evaluated; nullopt to go on.
  using Instead = std::function<std::optional<http::Response>(const http::Request&)>;

  explicit TestHolder(std::string its_name) : name(std::move(its_name)) {
    http::Router router;
    router.Add("POST", "/v1/evaluate",
               [this](const http::Request& request) { return Answer(request); },
               {.max_body = size_t{1} << 20, .client_certificate = true});
    server = std::make_unique<http::Server>("127.0.0.1", uint16_t{0}, Tls().server,
                                            std::move(router), http::Limits{}, clock_);
    server->Start();
  }

  base::Json KeyLine() const {
    return {{"holder", name},
            {"keyId", "key-of-" + name},
            {"publicKey", base::ToBase64Url(published.public_key())}};
  }
  std::vector<std::string> Asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  const std::string name;
  crypto::oprf::OprfKey published = crypto::oprf::OprfKey::Generate();
  std::unique_ptr<crypto::oprf::OprfKey> used;  // another one, when set
  Instead instead;
  std::unique_ptr<http::Server> server;

 private:
  http::Response Answer(const http::Request& request) {
    {
      const std::lock_guard lock(mutex_);
      asked_.emplace_back(request.Text());
    }
    if (instead) {
      if (auto answer = instead(request)) return *answer;
    }
    const base::Json json = base::ParseJson(request.Text());
    std::vector<crypto::oprf::Element> blinded;
    for (const auto& item : json.at("blindedElements")) {
      const auto bytes = base::FromBase64Url(item.get<std::string>()).value();
      crypto::oprf::Element element{};
      std::copy(bytes.begin(), bytes.end(), element.begin());
      blinded.push_back(element);
    }
    const auto evaluation = crypto::oprf::BlindEvaluate(used ? *used : published, blinded);
    base::Json evaluated = base::Json::array();
    for (const auto& element : evaluation.elements) evaluated.push_back(base::ToBase64Url(element));
    return http::Response::Json(200, base::Json{{"keyId", json.at("keyId")},
                                                {"evaluatedElements", std::move(evaluated)},
                                                {"proof", base::ToBase64Url(evaluation.proof)}});
  }

  base::SystemClock clock_;
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
};

struct TestHolders {
  // tokens.json over both, for the absence years 2022 and 2023.
  base::Json Sheet() const {
    base::Json holders = base::Json::array();
    for (const TestHolder* holder : {&first, &second}) {
      holders.push_back({{"name", holder->name},
                         {"url", holder->server->base_url()},
                         {"authority", Tls().authority_pem}});
    }
    const std::string domain = "RMC10/absence/2022SJ";
    return {{"format", "polder-tokens-1"},
            {"region", "RMC10"},
            {"holders", holders},
            {"domains", {{{"domain", domain}, {"keys", Published(domain)}}}}};
  }

  // A log of these leaves, its checkpoint signed by `by`; each line then carries its proof.
  static base::Json InLog(const std::vector<base::Json>& leaves, std::vector<base::Json> lines,
                          const crypto::log::NoteSigner& by) {
    std::vector<std::string> entries;
    std::vector<crypto::log::Digest> hashes;
    for (const base::Json& leaf : leaves) {
      entries.push_back(base::CanonicalJson(leaf));
      hashes.push_back(crypto::log::LeafHash(base::AsBytes(entries.back())));
    }
    const crypto::log::Checkpoint checkpoint{
        by.verifier().name(), hashes.size(), crypto::log::RootHash(hashes), {}};
    const std::string note = crypto::log::MakeNote(checkpoint.Text(), by);
    for (size_t i = 0; i < lines.size(); ++i) {
      lines[i]["proof"] = crypto::log::WriteProof(
          {base::ToBytes(entries[i]), i, crypto::log::InclusionProof(hashes, i), note});
    }
    return lines;
  }
  static base::Json LeafOf(const std::string& domain, const base::Json& line,
                           const std::string& oin) {
    return {{"kind", "token-key"},
            {"state", "published"},
            {"domain", domain},
            {"holder", line.at("holder")},
            {"keyId", line.at("keyId")},
            {"publicKey", line.at("publicKey")},
            {"oin", oin}};
  }
  // Both keys, in the log of the region.
  base::Json Published(const std::string& domain) const {
    const base::Json one = first.KeyLine(), two = second.KeyLine();
    return InLog(
        {LeafOf(domain, one, "00000001999900000001"), LeafOf(domain, two, "00000001999900000002")},
        {one, two}, LogSigner());
  }
  static const crypto::log::NoteSigner& LogSigner() {
    static const crypto::log::NoteSigner signer(
        "polder.example/test", crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519));
    return signer;
  }
  // Believes that log, without witnesses.
  static std::string LogPolicyText() {
    return "log " + LogSigner().verifier().Text() + "\nquorum none\n";
  }

  TestHolder first{"north"};
  TestHolder second{"south"};
};

}  // namespace polder::server::member

#endif  // POLDER_TESTS_SERVER_MEMBER_KEY_HOLDERS_H_
