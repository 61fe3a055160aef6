// Reads the head of a request: request line and fields, up to and with the empty line.
//
// A pure function of bytes, so that every refusal has a test and a fuzzer can hold it against any
// input. It reads RFC 9112 strictly where the RFC allows leniency: what another program might read
// otherwise is refused here.
#ifndef POLDER_SERVER_HTTP_REQUEST_HEAD_H_
#define POLDER_SERVER_HTTP_REQUEST_HEAD_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/http/limits.h"
#include "server/http/message.h"

namespace polder::server::http {

struct RequestHead {
  std::string method;
  std::string path;  // as sent, without the query
  std::multimap<std::string, std::string> query;
  Headers headers;
  size_t body_length = 0;
  bool keep_alive = true;        // false for HTTP/1.0 and for `Connection: close`
  bool expect_continue = false;  // the client waits for 100 before it sends the body
};

// Why a head was not understood. The connection ends after the answer.
struct HeadRefusal {
  int status = 400;
  std::string code;
  std::string detail;
};

// Where the head in `received` ends (just after its empty line), or npos when it is not complete.
// A bare LF that would end a line elsewhere is no end here; ParseRequestHead refuses it.
size_t FindHeadEnd(std::string_view received);

// `head` is everything up to and with the empty line. Refuses:
//  - a line that ends in a bare LF or holds a bare CR, NUL or another control character (400);
//  - a request line that is not `METHOD SP target SP HTTP/1.x` (400; 505 for another major
//  version);
//  - a target that is neither a path nor an http(s) URI, has a fragment, or a broken query (400),
//  or
//    is too long (414);
//  - a folded field, white space before a colon, a name that is no token (400); too many fields or
//    bytes (431);
//  - no Host in HTTP/1.1, more than one (400);
//  - a repeated field that may stand once, such as Content-Length, also with equal values (400);
//  - any Transfer-Encoding: 400 beside a Content-Length, 411 alone;
//  - a Content-Length that is not 1 to 15 digits (400); none on POST, PUT or PATCH (411); a body on
//    another method (400);
//  - an Expect other than 100-continue (417).
std::variant<RequestHead, HeadRefusal> ParseRequestHead(std::string_view head,
                                                        const Limits& limits);

// The fields of a head, shared with the client's reader of answers. nullopt with `refusal` set when
// they are refused. `lines` is what follows the first line, with its empty line.
std::optional<Headers> ParseFields(std::string_view lines, size_t most_fields,
                                   HeadRefusal& refusal);

// 1 to 15 digits and nothing else.
std::optional<size_t> ParseContentLength(std::string_view text);

bool IsToken(std::string_view text);  // RFC 9110 §5.6.2

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_REQUEST_HEAD_H_
