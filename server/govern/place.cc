#include "server/govern/place.h"

#include <charconv>
#include <system_error>

namespace polder::server::govern {

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

}  // namespace polder::server::govern
