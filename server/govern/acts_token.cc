// Key holders publish the public keys of token domains, and that they destroyed one; members fetch
// what was published. The leaves of the log are the only record of it.
//
// The region cannot publish for a holder: each acts with its own certificate, two holders of one
// domain are two organisations, and no key stands for both. What stands in the log cannot be
// changed, so that a member is never given another key than everyone else.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/log/proof.h"
#include "policies/base/json_reader.h"
#include "policies/base/period.h"
#include "server/govern/act.h"
#include "server/govern/acts.h"
#include "server/govern/leaf.h"

namespace polder::server::govern {
namespace {

constexpr size_t kHolders = 2;

// What a key holder published of the key of one token domain.
struct TokenKey {
  std::string key_id;
  std::string domain;
  std::string holder;      // the name under which it acts
  std::string oin;         // of its certificate
  std::string public_key;  // base64url
  uint64_t log_index = 0;
  bool destroyed = false;  // the holder said that it is
};

// The log is the register: what it does not hold was not published. In the order published.
std::vector<TokenKey> PublishedKeys(const store::Reader& reader) {
  constexpr uint64_t kAtOnce = 1000;
  std::vector<TokenKey> keys;
  const uint64_t size = reader.LogSize();
  for (uint64_t from = 0; from < size; from += kAtOnce) {
    for (const store::LeafRecord& record : reader.Leaves(from, std::min(size, from + kAtOnce))) {
      // Leaves are canonical, so that the kind is written in one way only.
      if (record.canonical.find(R"("kind":"token-key")") == std::string::npos) continue;
      const base::Json leaf = base::ParseJson(record.canonical);
      if (leaf.value("kind", "") != "token-key") continue;
      const std::string id = leaf.value("keyId", "");
      if (leaf.value("state", "") == "destroyed") {
        for (TokenKey& key : keys) key.destroyed = key.destroyed || key.key_id == id;
        continue;
      }
      keys.push_back({id, leaf.value("domain", ""), leaf.value("holder", ""), leaf.value("oin", ""),
                      leaf.value("publicKey", ""), record.index, false});
    }
  }
  return keys;
}

bool IsDomainOf(std::string_view region, const std::string& text) {
  const size_t last = text.rfind('/');
  const auto year =
      last == std::string::npos ? std::nullopt : base::Year::Parse(text.substr(last + 1));
  return year && text == std::string(region) + "/" + std::string(ToText(year->calendar())) + "/" +
                             year->Text();
}

// Its form only; whether it is a point is checked by each member that uses it.
bool IsPublicKey(const std::string& text) {
  const auto bytes = base::FromBase64Url(text);
  return bytes && bytes->size() == 33 && (bytes->front() == 2 || bytes->front() == 3);
}

TokenKey ReadKey(const http::Request& request, std::string_view region) {
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  TokenKey key;
  key.domain = object.Text("domain", 1, 200);
  key.key_id = object.Code("keyId");
  key.public_key = object.Text("publicKey", 1, 200);
  if (!key.domain.empty() && !IsDomainOf(region, key.domain)) {
    object.Fault("token-domain", "domain",
                 "A token domain is region/calendar/year, of this region: " + std::string(region) +
                     "/absence/2022SJ.");
  }
  if (!key.public_key.empty() && !IsPublicKey(key.public_key)) {
    object.Fault("wrong-element", "publicKey",
                 "A public key is a point of P-256, compressed to 33 bytes, in base64url.");
  }
  object.Finish();
  problems.ThrowIfAny();
  return key;
}

base::Json LeafOf(const TokenKey& key, const char* state) {
  return {{"domain", key.domain}, {"holder", key.holder},        {"oin", key.oin},
          {"keyId", key.key_id},  {"publicKey", key.public_key}, {"state", state}};
}

void CheckAgainst(const TokenKey& key, const std::vector<TokenKey>& published) {
  size_t of_domain = 0;
  for (const TokenKey& other : published) {
    if (other.public_key == key.public_key || other.key_id == key.key_id) {
      Refuse(409, "key-published", "This key was published before; it stands for one holder only.");
    }
    if (other.domain != key.domain) continue;
    ++of_domain;
    if (other.holder == key.holder) {
      Refuse(409, "domain-used", "You published a key for this domain before. It stays.");
    }
    if (other.oin == key.oin) {
      Refuse(409, "one-organisation",
             "The other key of this domain is of the same organisation (OIN). Whoever holds both "
             "halves can compute every token, so the holders are two organisations.");
    }
  }
  if (of_domain >= kHolders) {
    Refuse(409, "domain-complete", "This domain has the keys of two holders already.");
  }
}

// The file that proves the leaf at `index`, the leaf's own bytes included.
std::string ProofOf(const GovernContext& context, const store::Reader& reader, uint64_t index,
                    const store::CheckpointRecord& checkpoint) {
  auto proof = crypto::log::ParseProof(context.checkpoints.Proof(reader, index, checkpoint));
  proof.value().extra = base::ToBytes(reader.Leaves(index, index + 1).at(0).canonical);
  return crypto::log::WriteProof(*proof);
}

}  // namespace

http::Response PublishTokenKey(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kKeyHolder});
  if (request.peer.oin.empty()) {
    Refuse(403, "no-organisation",
           "A key holder publishes with the certificate of its organisation (with an OIN).");
  }
  TokenKey key = ReadKey(request, context.codebook.region());
  key.holder = officer.name;
  key.oin = request.peer.oin;
  bool complete = false;
  context.store.Write([&](store::Transaction& transaction) {
    const auto published = PublishedKeys(transaction);
    CheckAgainst(key, published);
    key.log_index = AppendLeaf(transaction, "token-key", context.clock, LeafOf(key, "published"));
    complete = std::any_of(published.begin(), published.end(),
                           [&](const TokenKey& other) { return other.domain == key.domain; });
  });
  return http::Response::Json(
      201, base::Json{{"keyId", key.key_id}, {"complete", complete}, {"logIndex", key.log_index}});
}

http::Response EndTokenKey(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kKeyHolder});
  const std::string id = request.Param("id");
  uint64_t log_index = 0;
  context.store.Write([&](store::Transaction& transaction) {
    const auto published = PublishedKeys(transaction);
    const auto key = std::find_if(published.begin(), published.end(),
                                  [&](const TokenKey& one) { return one.key_id == id; });
    if (key == published.end()) Refuse(404, "not-found", "No such key was published.");
    if (key->holder != officer.name) {
      Refuse(403, "other-holder", "Only its holder says that a key was destroyed.");
    }
    if (key->destroyed) Refuse(409, "key-ended", "That this key was destroyed is in the log.");
    log_index = AppendLeaf(transaction, "token-key", context.clock, LeafOf(*key, "destroyed"));
  });
  return http::Response::Json(
      201, base::Json{{"keyId", id}, {"state", "destroyed"}, {"logIndex", log_index}});
}

// Each key comes with the proof that it stands in the log, under a checkpoint that the witnesses
// saw, so that a member need not take the region's word for it.
http::Response GetTokenKeys(const GovernContext& context, const http::Request&) {
  base::Json holders = base::Json::array();
  for (const KeyHolder& holder : context.key_holders) {
    holders.push_back(
        {{"name", holder.name}, {"url", holder.url}, {"authority", holder.authority}});
  }
  std::vector<TokenKey> published;
  context.store.Read([&](const store::Reader& reader) { published = PublishedKeys(reader); });
  std::erase_if(published, [&](const TokenKey& key) {
    const bool serves =
        std::any_of(context.key_holders.begin(), context.key_holders.end(),
                    [&](const KeyHolder& holder) { return holder.name == key.holder; });
    return key.destroyed || !serves;
  });
  std::map<std::string, base::Json> by_domain;
  if (!published.empty()) {
    const auto checkpoint = context.checkpoints.Published(context.store, context.clock.Now());
    context.store.Read([&](const store::Reader& reader) {
      for (const TokenKey& key : published) {
        if (key.log_index >= checkpoint.size) continue;  // nobody has seen it yet
        by_domain[key.domain].push_back(
            {{"holder", key.holder},
             {"keyId", key.key_id},
             {"publicKey", key.public_key},
             {"logIndex", key.log_index},
             {"proof", ProofOf(context, reader, key.log_index, checkpoint)}});
      }
    });
  }
  base::Json domains = base::Json::array();
  for (auto& [domain, keys] : by_domain) {
    if (keys.size() != kHolders) continue;  // with half a key nobody can deliver
    domains.push_back({{"domain", domain}, {"keys", std::move(keys)}});
  }
  return http::Response::Json(200, base::Json{{"format", "polder-tokens-1"},
                                              {"region", context.codebook.region()},
                                              {"holders", std::move(holders)},
                                              {"domains", std::move(domains)}});
}

}  // namespace polder::server::govern
