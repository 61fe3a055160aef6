// Our verifier of signed tokens for an issuer of others to talk to: one JSON request a line on
// stdin, one answer a line on stdout. For tests.
//
//   {"do":"publish","jwks"}   -> {}            what a fetch of the issuer's keys gives from now on
//   {"do":"fetches"}          -> {"fetches"}   how often they were fetched
//   {"do":"verify","token","use","issuer","audience","nonce"?,"now"} -> {"ok","code","subject"}
#include <iostream>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "crypto/jws/claims.h"
#include "crypto/jws/key_ring.h"

namespace {

using nlohmann::json;
using namespace polder;               // NOLINT: one program, one file
using namespace polder::crypto::jws;  // NOLINT

class SetClock : public base::Clock {
 public:
  base::Instant Now() const override { return now; }
  bool simulated() const override { return false; }
  base::Instant now;
};

Expected ExpectedOf(const json& request) {
  Expected expected;
  expected.use = request.at("use") == "identity" ? TokenUse::kIdentity : TokenUse::kAccess;
  expected.issuer = request.at("issuer");
  expected.audience = request.at("audience");
  if (request.contains("nonce")) expected.nonce = request.at("nonce").get<std::string>();
  return expected;
}

}  // namespace

int main() {
  std::optional<std::string> published;
  int fetches = 0;
  SetClock clock;
  KeyRing ring(
      [&] {
        ++fetches;
        return published;
      },
      clock);
  std::string line;
  while (std::getline(std::cin, line)) {
    const json request = json::parse(line);
    json answer = json::object();
    if (request.at("do") == "publish") {
      published = request.at("jwks").get<std::string>();
    } else if (request.at("do") == "fetches") {
      answer["fetches"] = fetches;
    } else {
      clock.now = {request.at("now").get<int64_t>()};
      const ClaimsVerdict verdict = CheckClaims(ring.Verify(request.at("token").get<std::string>()),
                                                ExpectedOf(request), clock.now);
      answer = {{"ok", verdict.ok}, {"code", verdict.code}, {"subject", verdict.subject}};
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}
