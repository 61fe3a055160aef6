// Which handler answers which method and path, and what must hold before it is called.
//
//   Router router;
//   router.Add("POST", "/v1/deliveries", Receive,
//              {.max_body = 64 << 20, .client_certificate = true,
//               .content_types = {"application/pkcs7-mime; smime-type=authEnveloped-data"}});
//   router.Add("GET", "/tile/{path...}", Tile, {.cors = true, .cache_seconds = 31'536'000,
//                                               .immutable = true});
//
// A pattern is segments: literal, `{name}` (one segment) or, last, `{name...}` (one or more
// segments, never "", "." or ".."). A literal wins over a parameter. A path that ends in "/" is not
// found, but for "/" itself. HEAD is answered by the GET handler, OPTIONS by the router.
#ifndef POLDER_SERVER_HTTP_ROUTER_H_
#define POLDER_SERVER_HTTP_ROUTER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/message.h"

namespace polder::server::http {

// Called from several threads at once. May throw ProblemError (answered 400 with all problems),
// ResponseError (answered as it says), or anything else (answered 500 without details).
using Handler = std::function<Response(const Request&)>;

struct RouteOptions {
  size_t max_body = size_t{64} << 10;  // more: 413, before a byte of it is read
  bool client_certificate = false;     // none verified: 403, before a byte is read
  bool or_token = false;  // with it: an Authorization header will do, the handler verifies it
  std::vector<std::string> content_types = {};  // accepted types of a body; none listed: any
  bool cors = false;                            // Access-Control-Allow-Origin: *
  int cache_seconds = 0;                        // 0: no-store
  bool immutable = false;  // adds `immutable`: the bytes behind the path are fixed
};

// One (method, pattern). Only a Router makes one; it lives as long as the router.
struct Route {
  std::string method;
  std::string pattern;
  Handler handler;
  RouteOptions options;
  std::vector<std::string> segments;
};

// What the router says about a request before its body is read: a route, or the answer to give
// instead.
struct Routing {
  const Route* route = nullptr;  // null when `refusal` is the answer
  std::map<std::string, std::string> params;
  Response refusal;
};

class Router {
 public:
  // Throws ProblemError "bad-route" (a pattern or method that is none) or "ambiguous-route" (the
  // same method and shape twice).
  void Add(std::string method, std::string pattern, Handler handler, RouteOptions options = {});

  // 404, 405 with `Allow`, 501, 400 (broken percent-encoding), or the answer to OPTIONS; then, for
  // the route found, 403 (certificate), 413 (`body_length`) and 415 (content type). Reads method,
  // path, headers and peer of `head`.
  Routing Find(const Request& head, size_t body_length) const;

  // The whole way for a request that is already in memory: Find, then the handler behind the door.
  // What a test of a handler calls.
  Response Handle(Request request) const;

  // Method and pattern of every route, in the order added: to hold a description of the API
  // against.
  std::vector<std::pair<std::string, std::string>> Patterns() const;

 private:
  std::vector<std::unique_ptr<Route>> routes_;
};

// Calls the handler; every exception becomes an answer here and nowhere else. The type of an
// unexpected exception is given to `report` (when set); its text, which may quote data, to nobody.
Response CallHandler(const Handler& handler, const Request& request,
                     const std::function<void(std::string_view)>& report = {});

// Adds what the route's options and the request ask of an answer: Cache-Control, CORS, and 304 for
// a matching If-None-Match on a GET or HEAD.
void ApplyRouteOptions(const Request& request, const RouteOptions& options, Response& response);

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_ROUTER_H_
