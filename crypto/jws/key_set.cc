#include "crypto/jws/key_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/jws/public_key_parts.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::crypto::jws {
namespace {

constexpr size_t kMostKeys = 32;
constexpr base::JsonLimits kLimits{.max_bytes = size_t{64} << 10, .max_depth = 8};

[[noreturn]] void NoKeySet(const char* detail) {
  throw base::ProblemError("key-set", "/keys", detail);
}

// A text member, empty when it is absent; nullopt when it is something else.
std::optional<std::string> TextOf(const base::Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return std::string();
  if (!found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<base::Bytes> NumberOf(const base::Json& json, const char* name) {
  const auto text = TextOf(json, name);
  return text && !text->empty() ? base::FromBase64Url(*text) : std::nullopt;
}

bool MayVerify(const base::Json& json) {
  const auto use = TextOf(json, "use");
  if (!use || (!use->empty() && *use != "sig")) return false;
  const auto operations = json.find("key_ops");
  if (operations == json.end()) return true;
  return operations->is_array() &&
         std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

// Which algorithm the key is for, by its type and what the issuer says.
std::optional<Algorithm> AlgorithmOf(const base::Json& json) {
  const auto type = TextOf(json, "kty");
  const auto said = TextOf(json, "alg");
  const auto curve = TextOf(json, "crv");
  if (!type || !said || !curve) return std::nullopt;
  if (*type == "EC" && *curve == "P-256" && (said->empty() || *said == "ES256")) {
    return Algorithm::kEs256;
  }
  if (*type == "RSA" && (said->empty() || *said == "PS256")) return Algorithm::kPs256;
  return std::nullopt;
}

// The key, or why it is of no use.
std::optional<Key> ReadKey(const base::Json& json, std::string& why) {
  const auto id = json.is_object() ? TextOf(json, "kid") : std::nullopt;
  if (!id) {
    why = "a member that is no key";
    return std::nullopt;
  }
  why = "key \"" + *id + "\": ";
  if (json.contains("d") || json.contains("k")) {
    why += "symmetric, or with its private part";
    return std::nullopt;
  }
  const auto algorithm = AlgorithmOf(json);
  if (!algorithm || !MayVerify(json)) {
    why += "not for ES256 or PS256 signatures";
    return std::nullopt;
  }
  const auto first = NumberOf(json, *algorithm == Algorithm::kEs256 ? "x" : "n");
  const auto second = NumberOf(json, *algorithm == Algorithm::kEs256 ? "y" : "e");
  std::optional<keys::PublicKey> key;
  if (first && second) {
    key = *algorithm == Algorithm::kEs256 ? P256FromCoordinates(*first, *second)
                                          : RsaFromNumbers(*first, *second);
  }
  if (!key) {
    why += "its numbers are no P-256 point, or no RSA key of at least 2048 bits";
    return std::nullopt;
  }
  return Key{*id, *algorithm, std::move(*key)};
}

}  // namespace

std::string_view ToText(Algorithm algorithm) {
  return algorithm == Algorithm::kEs256 ? "ES256" : "PS256";
}

KeySet KeySet::Parse(std::string_view text) {
  const base::Json json = base::ParseJson(text, kLimits);
  if (!json.is_object() || !json.contains("keys") || !json["keys"].is_array()) {
    NoKeySet("A key set is an object with a list of keys.");
  }
  if (json["keys"].size() > kMostKeys) NoKeySet("A key set has at most 32 keys.");
  KeySet set;
  for (const base::Json& item : json["keys"]) {
    std::string why;
    std::optional<Key> key = ReadKey(item, why);
    if (!key) {
      set.left_out_.push_back(std::move(why));
      continue;
    }
    const bool taken = std::any_of(set.keys_.begin(), set.keys_.end(),
                                   [&](const Key& other) { return other.id == key->id; });
    if (taken) NoKeySet("Two keys have one id, so a token cannot say which it was signed with.");
    set.keys_.push_back(std::move(*key));
  }
  return set;
}

const Key* KeySet::Find(std::string_view id) const {
  if (id.empty()) return keys_.size() == 1 ? &keys_.front() : nullptr;
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace polder::crypto::jws
