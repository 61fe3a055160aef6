#include "server/member/address.h"

namespace polder::server::member {

std::optional<Address> ParseAddress(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  Address address;
  address.host = url.substr(kScheme.size());
  if (address.host.ends_with('/')) address.host.pop_back();
  if (const size_t colon = address.host.rfind(':'); colon != std::string::npos) {
    const std::string digits = address.host.substr(colon + 1);
    address.host.resize(colon);
    uint32_t port = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9' || digits.size() > 5) return std::nullopt;
      port = port * 10 + static_cast<uint32_t>(c - '0');
    }
    if (port == 0 || port > 65535) return std::nullopt;
    address.port = static_cast<uint16_t>(port);
  }
  if (address.host.empty() || address.host.find_first_of("/?#@ ") != std::string::npos) {
    return std::nullopt;
  }
  return address;
}

}  // namespace polder::server::member
