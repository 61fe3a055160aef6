// What the tests of this room share: a key holder in a folder of its own, asked in memory.
#ifndef POLDER_TESTS_SERVER_KEYHOLDER_HOLDER_H_
#define POLDER_TESTS_SERVER_KEYHOLDER_HOLDER_H_

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "crypto/oprf/oprf.h"
#include "crypto/seal/root_key.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/codebook/codebook.h"
#include "server/http/router.h"
#include "server/keyholder/evaluate.h"
#include "server/keyholder/token_keys.h"
#include "server/store/holder_store.h"
#include "server/store/key_store.h"
#include "tests/support/places.h"

namespace polder::server::keyholder {

inline const std::string kDalfsen = "00000001999000000148";
inline const std::string kZwolle = "00000001999000000193";

inline std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline const policies::codebook::Codebook& TheCodebook() {
  static const auto codebook = policies::codebook::Codebook::FromJson(base::ParseJson(
      ReadText(polder::tests::SourceDir() + "/policies/data/codebooks/nl-leerplicht-2026.1.json")));
  return codebook;
}

class MovedClock : public base::Clock {
 public:
  base::Instant Now() const override { return now; }
  bool simulated() const override { return true; }
  base::Instant now = *base::Instant::Parse("2023-02-06T09:00:00Z");
};

// Its folder is emptied when it is made, and left behind when `keep` says so: a restart.
class Holder {
 public:
  // Takes batches of any size unless `padded` says otherwise: most tests are of something else.
  explicit Holder(const std::string& name, bool keep = false, bool padded = false)
      : folder_(testing::TempDir() + "/polder-holder-" + std::to_string(::getpid()) + "-" + name) {
    if (!keep) std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    store = store::HolderStore::Open(folder_ + "/holder.db");
    wrapped = store::KeyStore::Open(folder_ + "/keys.db");
    root = std::make_unique<crypto::seal::FileRootKey>(crypto::digest::SecretBytes(32));
    keys = std::make_unique<TokenKeys>(*store, *wrapped, *root);
    AddEvaluateRoutes(router, {*store, *keys, clock, codebooks, base::Rational(6, 5), padded});
  }

  store::HolderStore::Key Create(const std::string& domain = "RMC10/absence/2022SJ") {
    return keys->Create(*Domain::Parse(domain), 400, clock.now);
  }

  http::Response Post(const std::string& body, const std::string& oin = kDalfsen) const {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/evaluate";
    request.headers["Content-Type"] = "application/json";
    request.body = base::ToBytes(body);
    request.peer.oin = oin;
    request.peer.fingerprint = "00";
    return router.Handle(std::move(request));
  }
  http::Response Ask(const std::string& key_id, const std::vector<crypto::oprf::Element>& elements,
                     const std::string& oin = kDalfsen) const {
    base::Json blinded = base::Json::array();
    for (const auto& element : elements) blinded.push_back(base::ToBase64Url(element));
    return Post(base::Json{{"keyId", key_id}, {"blindedElements", blinded}}.dump(), oin);
  }

  const std::string& folder() const { return folder_; }

  MovedClock clock;
  std::vector<policies::codebook::Codebook> codebooks = {TheCodebook()};
  std::unique_ptr<store::HolderStore> store;
  std::unique_ptr<store::KeyStore> wrapped;
  std::unique_ptr<crypto::seal::RootKey> root;
  std::unique_ptr<TokenKeys> keys;
  http::Router router;

 private:
  std::string folder_;
};

// `count` points that are the blinded forms of made-up inputs.
inline std::vector<crypto::oprf::Element> Elements(size_t count, const std::string& salt = "") {
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(salt + "input " + std::to_string(i));
  std::vector<base::ByteView> inputs;
  for (const std::string& text : texts) inputs.push_back(base::AsBytes(text));
  return crypto::oprf::Blinding(inputs).elements();
}

inline std::string CodeOfAnswer(const http::Response& response) {
  const base::Json json = base::ParseJson(base::AsText(response.body));
  if (json.contains("errors")) return json["errors"].at(0).value("code", "");
  const std::string type = json.value("type", "");
  return type.substr(type.rfind(':') + 1);
}

}  // namespace polder::server::keyholder

#endif  // POLDER_TESTS_SERVER_KEYHOLDER_HOLDER_H_
