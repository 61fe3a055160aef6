// Where a service is that the region asks by itself: a witness, an issuer of tokens.
#ifndef POLDER_SERVER_GOVERN_PLACE_H_
#define POLDER_SERVER_GOVERN_PLACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polder::server::govern {

struct Place {
  bool tls = true;
  std::string host;
  uint16_t port = 443;
  std::string prefix;  // of the path, without a slash at its end
};

// https:// anywhere, or http:// on this machine; no query, no user. nullopt for anything else.
std::optional<Place> ParsePlace(std::string_view url);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_PLACE_H_
