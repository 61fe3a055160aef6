#include "server/cli/url.h"

#include <charconv>

#include "policies/base/problem.h"

namespace polder::server::cli {
namespace {

[[noreturn]] void Refuse(std::string_view text) {
  throw base::ProblemError(
      "wrong-url", "--url",
      "\"" + std::string(text) + "\" is not an address. Write it as https://host:8443.");
}

}  // namespace

Url ParseUrl(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (!text.starts_with(kScheme)) Refuse(text);
  std::string_view rest = text.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Url url;
  std::string_view port;
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) Refuse(text);
    url.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) Refuse(text);
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const size_t colon = rest.find(':');
    url.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
    if (colon != std::string_view::npos && port.empty()) Refuse(text);
  }
  if (url.host.empty() || url.host.find_first_of("/?#@ ") != std::string::npos) Refuse(text);
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0) Refuse(text);
  }
  return url;
}

}  // namespace polder::server::cli
