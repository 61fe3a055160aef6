#include "server/govern/sign_in.h"

#include <chrono>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/jws/claims.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/govern/place.h"
#include "server/http/client.h"

namespace polder::server::govern {
namespace {

constexpr http::ClientLimits kLimits{.connect = std::chrono::milliseconds(3'000),
                                     .exchange = std::chrono::milliseconds(5'000),
                                     .header_bytes = 16'384,
                                     .answer_bytes = size_t{64} << 10};

[[noreturn]] void Challenge(int status, std::string_view code, std::string_view detail,
                            std::string_view error) {
  auto response = http::Response::Problem(status, code, http::ReasonPhrase(status), detail);
  response.headers["WWW-Authenticate"] = "Bearer error=\"" + std::string(error) + "\"";
  throw http::ResponseError(std::move(response));
}

std::set<std::string> GrantedBy(const std::string& claims, const SignInRules& rules) {
  std::set<std::string> granted;
  const base::Json json = base::ParseJson(claims);
  const auto found = json.find(rules.role_claim);
  if (found == json.end()) return granted;
  const auto add = [&](const base::Json& one) {
    if (!one.is_string()) return;
    const auto role = rules.roles.find(one.get<std::string>());
    if (role != rules.roles.end()) granted.emplace(ToText(role->second));
  };
  if (found->is_array()) {
    for (const base::Json& one : *found) add(one);
  } else {
    add(*found);
  }
  return granted;
}

}  // namespace

SignIn::SignIn(SignInRules rules, crypto::jws::KeyRing::Fetch fetch, const base::Clock& clock)
    : rules_(std::move(rules)), clock_(clock), ring_(std::move(fetch), clock) {}

void SignIn::Identify(http::Request& request) const {
  const auto header = request.headers.find("Authorization");
  if (header == request.headers.end()) return;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view value = header->second;
  if (!value.starts_with(kScheme) || value.size() == kScheme.size()) {
    Challenge(400, "bad-authorization", "Send `Authorization: Bearer` and an access token.",
              "invalid_request");
  }
  const auto verdict = crypto::jws::CheckClaims(
      ring_.Verify(value.substr(kScheme.size())),
      {.use = crypto::jws::TokenUse::kAccess, .issuer = rules_.issuer, .audience = rules_.audience},
      clock_.Now());
  if (!verdict.ok) Challenge(401, verdict.code, verdict.detail, "invalid_token");
  request.peer.subject = verdict.subject;
  request.peer.granted = GrantedBy(verdict.claims, rules_);
}

crypto::jws::KeyRing::Fetch FetchKeysFrom(const std::string& url, const std::string& authority,
                                          const base::Clock& clock) {
  const auto place = ParsePlace(url);
  if (!place || !place->tls || place->prefix.empty()) {
    throw base::ProblemError("wrong-url", "/signIn/keys",
                             "The issuer's keys stand at an address such as "
                             "https://id.example/jwks.");
  }
  return [place = *place, authority, &clock]() -> std::optional<std::string> {
    http::Client client(http::ClientTlsFiles{.server_ca = authority}, place.host, place.port,
                        kLimits, &clock);
    const auto answer = client.Get(place.prefix);
    if (answer.status != 200) return std::nullopt;
    return std::string(answer.Text());
  };
}

}  // namespace polder::server::govern
