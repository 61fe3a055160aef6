// Where a service is: the https address that a person or a file gives.
#ifndef POLDER_SERVER_MEMBER_ADDRESS_H_
#define POLDER_SERVER_MEMBER_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polder::server::member {

struct Address {
  std::string host;
  uint16_t port = 443;
};

// "https://host" or "https://host:port", with or without a slash at the end; nullopt for anything
// else.
std::optional<Address> ParseAddress(std::string_view url);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_ADDRESS_H_
