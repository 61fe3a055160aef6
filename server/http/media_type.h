// Content types as a route lists them and as a client sends them (RFC 9110 §8.3.1).
#ifndef POLDER_SERVER_HTTP_MEDIA_TYPE_H_
#define POLDER_SERVER_HTTP_MEDIA_TYPE_H_

#include <string>
#include <string_view>

namespace polder::server::http {

// True when `sent` is the type `accepted`, with at least the parameters that `accepted` names, all
// without regard to case. False when `sent` is malformed.
bool MatchesMediaType(std::string_view accepted, std::string_view sent);

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_MEDIA_TYPE_H_
