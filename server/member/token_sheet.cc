#include "server/member/token_sheet.h"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "crypto/keys/certificate.h"
#include "crypto/log/proof.h"
#include "policies/base/bytes.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "server/member/address.h"

namespace polder::server::member {
namespace {

constexpr size_t kHolders = 2;

KeyHolder ReadHolder(base::ObjectReader& object) {
  KeyHolder holder;
  holder.name = object.Text("name", 1, 100);
  const std::string url = object.Text("url");
  holder.authority = object.Text("authority", 1, size_t{64} << 10);
  if (const auto address = ParseAddress(url)) {
    holder.host = address->host;
    holder.port = address->port;
  } else if (!url.empty()) {
    object.Fault("wrong-address", "url", "An address is https://host or https://host:port.");
  }
  if (!holder.authority.empty()) {
    try {
      static_cast<void>(crypto::keys::Certificate::BundleFromPem(holder.authority));
    } catch (const base::ProblemError&) {
      object.Fault("certificate-unreadable", "authority", "This is no certificate in PEM.");
    }
  }
  return holder;
}

TokenKey ReadKey(base::ObjectReader& object, const std::vector<KeyHolder>& holders) {
  TokenKey key;
  const std::string name = object.Text("holder", 1, 100);
  key.key_id = object.Text("keyId", 1, 200);
  const auto bytes = base::FromBase64Url(object.Text("publicKey", 1, 100));
  if (object.Has("logIndex")) object.Integer("logIndex", 0, int64_t{1} << 53);
  key.proof = object.Text("proof", 1, size_t{64} << 10);
  key.holder = holders.size();
  for (size_t i = 0; i < holders.size(); ++i) {
    if (holders[i].name == name) key.holder = i;
  }
  if (!name.empty() && key.holder == holders.size()) {
    object.Fault("unknown-holder", "holder", "There is no key holder of this name in \"holders\".");
  }
  if (bytes && crypto::oprf::IsElement(*bytes)) {
    std::copy(bytes->begin(), bytes->end(), key.public_key.begin());
  } else if (object.Has("publicKey")) {
    object.Fault("wrong-element", "publicKey",
                 "A public key is a point of P-256, compressed to 33 bytes, in base64url.");
  }
  return key;
}

// Empty when the log holds this key; `oin` is then the organisation that published it.
std::string WhyNotInLog(const TokenKey& key, const std::string& domain, const std::string& holder,
                        const crypto::log::LogPolicy& policy, std::string& oin) {
  const auto proof = crypto::log::ParseProof(key.proof);
  if (!proof || !proof->extra) return "This is no proof of the log with its leaf.";
  const auto verdict =
      crypto::log::VerifyProof(key.proof, crypto::log::LeafHash(*proof->extra), policy);
  if (!verdict.ok) return verdict.detail;
  try {
    const base::Json leaf = base::ParseJson(base::AsText(*proof->extra));
    const auto says = [&](const char* name, std::string_view value) {
      const auto found = leaf.find(name);
      return found != leaf.end() && found->is_string() &&
             found->get_ref<const std::string&>() == value;
    };
    if (leaf.is_object() && says("kind", "token-key") && says("state", "published") &&
        says("domain", domain) && says("holder", holder) && says("keyId", key.key_id) &&
        says("publicKey", base::ToBase64Url(key.public_key))) {
      oin = leaf.value("oin", base::Json()).is_string() ? leaf["oin"].get<std::string>() : "";
      return oin.empty() ? "The leaf of the log names no organisation." : "";
    }
  } catch (const base::ProblemError&) {
    return "The leaf of the log is not JSON.";
  }
  return "The log holds another key at this place than the file gives. Tell the region and the key "
         "holder, and use neither.";
}

}  // namespace

TokenSheet TokenSheet::FromJson(const base::Json& json) {
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  TokenSheet sheet;
  if (object.Text("format") != "polder-tokens-1") {
    object.Fault("unknown-format", "format", "This program reads \"polder-tokens-1\".");
  }
  sheet.region_ = object.Code("region");
  std::set<std::string> names;
  object.Objects("holders", [&](base::ObjectReader& holder) {
    sheet.holders_.push_back(ReadHolder(holder));
    const std::string& name = sheet.holders_.back().name;
    if (!name.empty() && !names.insert(name).second) {
      holder.Fault("duplicate", "name", "Two key holders have this name.");
    }
  });
  // One holder alone could compute every token: the split is what the promise rests on.
  if (object.Has("holders") && sheet.holders_.size() != kHolders) {
    object.Fault("wrong-holders", "holders", "There are exactly two key holders.");
  }
  std::set<crypto::oprf::Element> seen;
  object.Objects(
      "domains",
      [&](base::ObjectReader& domain) {
        const std::string text = domain.Text("domain", 1, 200);
        const auto parsed = crypto::token::TokenDomain::Parse(text);
        if (!text.empty() && (!parsed || parsed->region != sheet.region_)) {
          domain.Fault("token-domain", "domain",
                       "A token domain is region/calendar/year, of this file's region.");
        }
        std::vector<TokenKey> keys;
        domain.Objects("keys", [&](base::ObjectReader& key) {
          keys.push_back(ReadKey(key, sheet.holders_));
          const auto& public_key = keys.back().public_key;
          if (public_key != crypto::oprf::Element{} && !seen.insert(public_key).second) {
            key.Fault("duplicate", "publicKey",
                      "This key stands here twice: whoever holds it would hold both halves.");
          }
        });
        std::sort(keys.begin(), keys.end(),
                  [](const TokenKey& a, const TokenKey& b) { return a.holder < b.holder; });
        bool complete = keys.size() == sheet.holders_.size();
        for (size_t i = 0; complete && i < keys.size(); ++i) complete = keys[i].holder == i;
        if (!complete && domain.Has("keys")) {
          domain.Fault("wrong-keys", "keys", "A domain has one key of each key holder.");
        }
        if (!sheet.keys_.emplace(text, std::move(keys)).second) {
          domain.Fault("duplicate", "domain", "This domain stands here twice.");
        }
      },
      true);
  object.Finish();
  problems.ThrowIfAny();
  return sheet;
}

void TokenSheet::CheckProofs(const crypto::log::LogPolicy& policy) const {
  base::Problems problems;
  for (const auto& [domain, keys] : keys_) {
    std::set<std::string> organisations;
    for (const TokenKey& key : keys) {
      const std::string& holder = holders_.at(key.holder).name;
      std::string oin;
      const std::string why = WhyNotInLog(key, domain, holder, policy, oin);
      if (!why.empty()) {
        problems.Add("key-not-in-log", "/domains/" + domain + "/" + holder, why);
      } else if (!organisations.insert(oin).second) {
        problems.Add("key-not-in-log", "/domains/" + domain + "/" + holder,
                     "By the log both keys of this domain are of one organisation.");
      }
    }
  }
  problems.ThrowIfAny();
}

const std::vector<TokenKey>* TokenSheet::KeysOf(const crypto::token::TokenDomain& domain) const {
  const auto found = keys_.find(domain.Text());
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace polder::server::member
