#include "crypto/jws/jws.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "crypto/jws/signature.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::crypto::jws {
namespace {

Verdict Refuse(const char* code, const char* detail) {
  Verdict verdict;
  verdict.code = code;
  verdict.detail = detail;
  return verdict;
}

struct Header {
  std::string algorithm, key_id, type;
};

std::string NormalType(std::string type) {
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view kPrefix = "application/";
  if (type.starts_with(kPrefix)) type.erase(0, kPrefix.size());
  return type;
}

// nullopt: not a header, or one that asks for what is not done here.
std::optional<Header> ReadHeader(base::ByteView bytes) {
  base::Json json;
  try {
    json = base::ParseJson(base::AsText(bytes), {.max_bytes = kMaxTokenBytes, .max_depth = 4});
  } catch (const base::ProblemError&) {
    return std::nullopt;
  }
  if (!json.is_object()) return std::nullopt;
  for (const char* refused : {"crit", "b64", "zip", "jku", "jwk", "x5u", "x5c"}) {
    if (json.contains(refused)) return std::nullopt;
  }
  Header header;
  const auto take = [&](const char* name, std::string& to) {
    const auto found = json.find(name);
    if (found == json.end()) return true;
    if (!found->is_string()) return false;
    to = found->get<std::string>();
    return !to.empty();
  };
  if (!take("alg", header.algorithm) || !take("kid", header.key_id) || !take("typ", header.type) ||
      header.algorithm.empty()) {
    return std::nullopt;
  }
  header.type = NormalType(std::move(header.type));
  return header;
}

}  // namespace

Verdict Verify(std::string_view token, const KeySet& keys) {
  if (token.size() > kMaxTokenBytes) {
    return Refuse("token-too-large", "A token has at most 16 KiB.");
  }
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return Refuse("malformed-token", "A token has exactly three segments.");
  }
  const auto header_bytes = base::FromBase64Url(token.substr(0, first));
  const auto payload = base::FromBase64Url(token.substr(first + 1, second - first - 1));
  const auto signature = base::FromBase64Url(token.substr(second + 1));
  if (!header_bytes || !payload || !signature || header_bytes->empty() || signature->empty()) {
    return Refuse("malformed-token", "The segments of a token are base64url without padding.");
  }
  const auto header = ReadHeader(*header_bytes);
  if (!header) {
    return Refuse("token-header",
                  "The token's header is unreadable, or asks for a key or a reading of its own.");
  }
  const Key* key = keys.Find(header->key_id);
  if (key == nullptr) {
    Verdict verdict = Refuse("token-key-unknown", "The issuer has no such key for signatures.");
    verdict.key_id = header->key_id;
    return verdict;
  }
  if (header->algorithm != ToText(key->algorithm)) {
    return Refuse("token-algorithm", "The token names another algorithm than its key is for.");
  }
  if (!SignatureHolds(*key, base::AsBytes(token.substr(0, second)), *signature)) {
    return Refuse("token-signature", "The token's signature does not hold.");
  }
  Verdict verdict;
  verdict.ok = true;
  verdict.key_id = header->key_id;
  verdict.type = header->type;
  verdict.payload = *payload;
  return verdict;
}

}  // namespace polder::crypto::jws
