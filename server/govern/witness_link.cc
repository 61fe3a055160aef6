#include "server/govern/witness_link.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/base/problem.h"
#include "server/govern/place.h"
#include "server/http/client.h"

namespace polder::server::govern {
namespace {

constexpr http::ClientLimits kLimits{.connect = std::chrono::milliseconds(3'000),
                                     .exchange = std::chrono::milliseconds(5'000),
                                     .header_bytes = 16'384,
                                     .answer_bytes = size_t{16} << 10};

}  // namespace

std::unique_ptr<Witnesses> LinkWitnesses(std::string_view policy_text, const std::string& log,
                                         const http::ClientTlsFiles& tls,
                                         const base::Clock& clock) {
  auto policy = crypto::log::LogPolicy::Parse(policy_text);
  base::Problems problems;
  if (std::none_of(policy.logs().begin(), policy.logs().end(),
                   [&](const auto& key) { return key.Text() == log; })) {
    problems.Add("log-policy", "", "The policy does not list this region's log: log " + log);
  }
  std::vector<AskWitness> asks;
  for (size_t i = 0; i < policy.witnesses().size(); ++i) {
    const auto place = ParsePlace(policy.witness_urls()[i]);
    if (!place) {
      problems.Add("log-policy", "",
                   "The witness " + policy.witnesses()[i].name() +
                       " needs an address: https://host:port, or http:// on this machine.");
      continue;
    }
    asks.push_back([place = *place, tls, &clock](const std::string& body) {
      http::Client client(place.tls ? std::optional(tls) : std::nullopt, place.host, place.port,
                          kLimits, &clock);
      const auto answer = client.Send("POST", place.prefix + "/add-checkpoint",
                                      "text/plain; charset=utf-8", base::AsBytes(body));
      return WitnessReply{answer.status, std::string(answer.Text())};
    });
  }
  problems.ThrowIfAny();
  return std::make_unique<Witnesses>(std::move(policy), std::move(asks));
}

}  // namespace polder::server::govern
