#include "server/govern/witness_link.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/base/problem.h"
#include "server/http/client.h"

namespace polder::server::govern {
namespace {

constexpr http::ClientLimits kLimits{.connect = std::chrono::milliseconds(3'000),
                                     .exchange = std::chrono::milliseconds(5'000),
                                     .header_bytes = 16'384,
                                     .answer_bytes = size_t{16} << 10};

struct Place {
  bool tls = true;
  std::string host;
  uint16_t port = 443;
  std::string prefix;  // of the path, without a slash at its end
};

std::optional<Place> ParsePlace(std::string_view url) {
  Place place;
  if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
    place.tls = false;
    place.port = 80;
  } else {
    return std::nullopt;
  }
  const size_t slash = url.find('/');
  if (slash != std::string_view::npos) {
    place.prefix = url.substr(slash);
    while (place.prefix.ends_with('/')) place.prefix.pop_back();
    url = url.substr(0, slash);
  }
  const size_t colon = url.rfind(':');
  if (colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = url.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), place.port);
    if (error != std::errc() || end != digits.data() + digits.size() || place.port == 0) {
      return std::nullopt;
    }
    url = url.substr(0, colon);
  }
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  place.host = url;
  const bool local = place.host == "127.0.0.1" || place.host == "::1" || place.host == "localhost";
  if (place.host.empty() || place.host.find_first_of("/?#@ ") != std::string::npos ||
      place.prefix.find_first_of("?# ") != std::string::npos || (!place.tls && !local)) {
    return std::nullopt;
  }
  return place;
}

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
