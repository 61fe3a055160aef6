// Answers as bytes: the status line, what every answer of Polder carries, what this one adds.
//
// Every answer carries Date, API-Version, X-Request-Id, Cache-Control (no-store unless the route
// says otherwise), Strict-Transport-Security, X-Content-Type-Options: nosniff, X-Frame-Options:
// DENY, Referrer-Policy: no-referrer and a Content-Security-Policy that forbids framing.
// Strict-Transport-Security is sent on the loopback listener too: a proxy that ends TLS there
// passes it on, and a browser ignores it on plain HTTP (RFC 6797 §8.1).
#ifndef POLDER_SERVER_HTTP_WIRE_H_
#define POLDER_SERVER_HTTP_WIRE_H_

#include <string>
#include <string_view>

#include "policies/base/clock.h"
#include "server/http/message.h"

namespace polder::server::http {

// Status line, fields and empty line. Content-Length is that of `response.body` also when the body
// will not be sent (HEAD); a 204 or 304 has none. Requires a response that passed CallHandler or
// that the door made itself.
std::string ResponseHead(const Response& response, bool close, std::string_view request_id,
                         base::Instant now);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7).
std::string HttpDate(base::Instant instant);

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_WIRE_H_
