// The address of a service on a command line.
#ifndef POLDER_SERVER_CLI_URL_H_
#define POLDER_SERVER_CLI_URL_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace polder::server::cli {

struct Url {
  std::string host;  // name, IPv4 address, or IPv6 address without brackets
  uint16_t port = 443;
};

// https only, no path but "/". Throws ProblemError "wrong-url".
Url ParseUrl(std::string_view text);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_URL_H_
