#include "crypto/jws/claims.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::crypto::jws {
namespace {

ClaimsVerdict Refuse(const char* code, const char* detail) {
  ClaimsVerdict verdict;
  verdict.code = code;
  verdict.detail = detail;
  return verdict;
}

// Seconds since 1970; whole ones, in a range where sums cannot overflow.
std::optional<int64_t> TimeOf(const base::Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number_integer()) return std::nullopt;
  constexpr int64_t kLatest = int64_t{1} << 40;
  if (found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(kLatest)) {
    return std::nullopt;
  }
  const auto value = found->get<int64_t>();
  return value >= 0 ? std::optional(value) : std::nullopt;
}

bool Is(const base::Json& claims, const char* name, const std::string& value) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() && *found == value;
}

// For an identity token with several audiences `azp` must say that we asked for it.
bool IsForUs(const base::Json& claims, const Expected& expected) {
  const auto audience = claims.find("aud");
  if (audience == claims.end() || expected.audience.empty()) return false;
  bool listed = audience->is_string() && *audience == expected.audience;
  bool several = false;
  if (audience->is_array()) {
    if (!std::all_of(audience->begin(), audience->end(),
                     [](const base::Json& one) { return one.is_string(); })) {
      return false;
    }
    listed = std::find(audience->begin(), audience->end(), expected.audience) != audience->end();
    several = audience->size() > 1;
  }
  if (!listed) return false;
  if (expected.use == TokenUse::kAccess) return true;
  return claims.contains("azp") ? Is(claims, "azp", expected.audience) : !several;
}

bool TypeFits(const std::string& type, TokenUse use) {
  if (use == TokenUse::kAccess) return type == "at+jwt";
  return type.empty() || type == "jwt";
}

}  // namespace

ClaimsVerdict CheckClaims(const Verdict& token, const Expected& expected, base::Instant now) {
  if (!token.ok) return Refuse(token.code.c_str(), token.detail.c_str());
  if (!TypeFits(token.type, expected.use)) {
    return Refuse("token-type", "This token is of another kind than is needed here.");
  }
  base::Json claims;
  try {
    claims = base::ParseJson(base::AsText(token.payload),
                             {.max_bytes = kMaxTokenBytes, .max_depth = 16});
  } catch (const base::ProblemError&) {
    return Refuse("token-claims", "The token's claims cannot be read.");
  }
  if (!claims.is_object()) return Refuse("token-claims", "The token's claims cannot be read.");
  const auto subject = claims.find("sub");
  const auto expires = TimeOf(claims, "exp");
  const auto issued = TimeOf(claims, "iat");
  const auto from = TimeOf(claims, "nbf");
  if (subject == claims.end() || !subject->is_string() || *subject == "" || !expires || !issued ||
      (claims.contains("nbf") && !from) || *expires <= *issued ||
      *expires - *issued > expected.longest_seconds) {
    return Refuse(
        "token-claims",
        "A token names its subject, when it was issued and when it ends, in whole seconds "
        "and within a day.");
  }
  if (expected.issuer.empty() || !Is(claims, "iss", expected.issuer)) {
    return Refuse("token-issuer", "The token is of another issuer.");
  }
  if (!IsForUs(claims, expected)) {
    return Refuse("token-audience", "The token was given out for another service.");
  }
  if (now.seconds >= *expires + expected.skew_seconds) {
    return Refuse("token-expired", "The token has ended; sign in again.");
  }
  const int64_t starts = std::max(*issued, from.value_or(*issued));
  if (starts > now.seconds + expected.skew_seconds) {
    return Refuse("token-not-yet", "The token is from the future; check the clocks.");
  }
  if (expected.nonce && (expected.nonce->empty() || !Is(claims, "nonce", *expected.nonce))) {
    return Refuse("token-nonce", "The token does not answer this sign-in.");
  }
  ClaimsVerdict verdict;
  verdict.ok = true;
  verdict.claims = base::AsText(token.payload);
  verdict.subject = subject->get<std::string>();
  return verdict;
}

}  // namespace polder::crypto::jws
