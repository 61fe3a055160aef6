#include "server/http/router.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "server/http/media_type.h"
#include "server/http/request_head.h"
#include "server/http/target.h"

namespace polder::server::http {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};

bool IsParameter(std::string_view segment) { return segment.starts_with("{"); }
bool IsRest(std::string_view segment) { return segment.ends_with("...}"); }

std::string ParameterName(std::string_view segment) {
  return std::string(segment.substr(1, segment.size() - (IsRest(segment) ? 5 : 2)));
}

// "/v1/x/{id}" → its segments; nullopt when it is no pattern.
std::optional<std::vector<std::string>> SplitPattern(const std::string& pattern) {
  std::vector<std::string> segments;
  std::set<std::string> names;
  if (pattern == "/") return segments;
  if (pattern.empty() || pattern.front() != '/') return std::nullopt;
  for (size_t at = 0; at != std::string::npos;) {
    const size_t next = pattern.find('/', at + 1);
    const std::string segment = pattern.substr(at + 1, next - at - 1);
    if (segment.empty()) return std::nullopt;
    if (IsParameter(segment)) {
      if (segment.back() != '}') return std::nullopt;
      const std::string name = ParameterName(segment);
      if (!IsToken(name) || !names.insert(name).second) return std::nullopt;
      if (IsRest(segment) && next != std::string::npos) return std::nullopt;
    } else if (segment.find_first_of("{}%") != std::string::npos) {
      return std::nullopt;
    }
    segments.push_back(segment);
    at = next;
  }
  return segments;
}

// Equal up to the names of parameters.
bool SameShape(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const std::string& a, const std::string& b) {
                      return IsParameter(a) && IsParameter(b) ? IsRest(a) == IsRest(b) : a == b;
                    });
}

std::optional<std::map<std::string, std::string>> Match(const std::vector<std::string>& pattern,
                                                        const std::vector<std::string>& path) {
  std::map<std::string, std::string> params;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return std::nullopt;
    if (!IsParameter(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
      continue;
    }
    std::string value = path[i];
    if (IsRest(pattern[i])) {
      for (size_t rest = i + 1; rest < path.size(); ++rest) value += "/" + path[rest];
      params[ParameterName(pattern[i])] = std::move(value);
      return params;
    }
    params[ParameterName(pattern[i])] = std::move(value);
  }
  return path.size() == pattern.size() ? std::optional(params) : std::nullopt;
}

// Literal before parameter before rest, at the first segment where they differ.
bool MoreSpecific(const Route& left, const Route& right) {
  const auto rank = [](const std::string& segment) {
    return !IsParameter(segment) ? 0 : IsRest(segment) ? 2 : 1;
  };
  const size_t shared = std::min(left.segments.size(), right.segments.size());
  for (size_t i = 0; i < shared; ++i) {
    const int a = rank(left.segments[i]);
    const int b = rank(right.segments[i]);
    if (a != b) return a < b;
  }
  return left.segments.size() > right.segments.size();
}

Response Refusal(int status, std::string_view code, std::string_view detail) {
  return Response::Problem(status, code, ReasonPhrase(status), detail);
}

// What must hold for the route found; the answer when it does not.
std::optional<Response> CheckOptions(const Request& head, const Route& route, size_t body_length) {
  const RouteOptions& options = route.options;
  const bool brings_token = options.or_token && !head.Header("Authorization").empty();
  if (options.client_certificate && !head.peer.verified() && !brings_token) {
    if (options.or_token) {
      Response answer = Refusal(401, "sign-in",
                                "Come with the client certificate of a registered person, or with "
                                "an access token of the region's sign-in.");
      answer.headers["WWW-Authenticate"] = "Bearer";
      return answer;
    }
    return Refusal(403, "client-certificate-required",
                   "Present the client certificate that the region issued to your organisation.");
  }
  if (body_length > options.max_body) {
    return Refusal(
        413, "body-too-large",
        "The body may hold at most " + std::to_string(options.max_body) + " bytes here.");
  }
  if (body_length == 0 || options.content_types.empty()) return std::nullopt;
  const std::string sent = head.Header("Content-Type");
  const auto matches = [&](const std::string& accepted) {
    return MatchesMediaType(accepted, sent);
  };
  if (std::any_of(options.content_types.begin(), options.content_types.end(), matches)) {
    return std::nullopt;
  }
  std::string detail = "Send the body as one of:";
  for (const std::string& type : options.content_types) detail += " " + type;
  return Refusal(415, "unsupported-content-type", detail);
}

std::string AllowOf(const std::set<std::string>& methods) {
  std::string allow = "OPTIONS";
  for (const std::string& method : methods) allow += ", " + method;
  return allow;
}

}  // namespace

void Router::Add(std::string method, std::string pattern, Handler handler, RouteOptions options) {
  const bool routable = std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end() &&
                        method != "HEAD" && method != "OPTIONS";
  auto segments = SplitPattern(pattern);
  if (!routable || !segments || !handler) {
    throw base::ProblemError("bad-route", "", "This is no route: " + method + " " + pattern);
  }
  for (const auto& route : routes_) {
    if (route->method == method && SameShape(route->segments, *segments)) {
      throw base::ProblemError("ambiguous-route", "",
                               method + " " + pattern + " and " + route->pattern +
                                   " would answer the same paths; keep one.");
    }
  }
  auto route =
      std::make_unique<Route>(Route{std::move(method), std::move(pattern), std::move(handler),
                                    std::move(options), std::move(*segments)});
  const auto place = std::find_if(routes_.begin(), routes_.end(),
                                  [&](const auto& other) { return MoreSpecific(*route, *other); });
  routes_.insert(place, std::move(route));
}

std::vector<std::pair<std::string, std::string>> Router::Patterns() const {
  std::vector<std::pair<std::string, std::string>> patterns;
  for (const auto& route : routes_) patterns.emplace_back(route->method, route->pattern);
  return patterns;
}

Routing Router::Find(const Request& head, size_t body_length) const {
  Routing routing;
  if (std::find(kMethods.begin(), kMethods.end(), head.method) == kMethods.end()) {
    routing.refusal = Refusal(501, "unknown-method", "This server does not know the method.");
    return routing;
  }
  const auto path = SplitPath(head.path);
  // A trailing slash is an empty last segment: such a path names nothing here.
  const bool trailing = head.path.size() > 1 && head.path.ends_with('/');
  if (!path && !trailing) {
    routing.refusal = Refusal(400, "bad-path",
                              "The path must be percent-encoded UTF-8 without "
                              "empty, '.' or '..' segments.");
    return routing;
  }
  std::set<std::string> methods;
  bool cors = false;
  if (path) {
    const std::string wanted = head.method == "HEAD" ? "GET" : head.method;
    for (const auto& route : routes_) {
      auto params = Match(route->segments, *path);
      if (!params) continue;
      methods.insert(route->method);
      cors = cors || route->options.cors;
      if (route->method != wanted || routing.route != nullptr) continue;
      routing.route = route.get();
      routing.params = std::move(*params);
    }
  }
  if (methods.empty()) {
    routing.refusal = Refusal(404, "not-found", "Nothing is here. Paths do not end in a slash.");
    return routing;
  }
  if (methods.contains("GET")) methods.insert("HEAD");
  if (routing.route == nullptr) {
    const bool asks = head.method == "OPTIONS";
    routing.refusal = asks ? Response::Empty(204)
                           : Refusal(405, "method-not-allowed",
                                     "This path answers " + AllowOf(methods) + " only.");
    routing.refusal.headers["Allow"] = AllowOf(methods);
    if (asks && cors) {
      routing.refusal.headers["Access-Control-Allow-Origin"] = "*";
      routing.refusal.headers["Access-Control-Allow-Methods"] = "GET, HEAD";
      routing.refusal.headers["Access-Control-Max-Age"] = "86400";
    }
    return routing;
  }
  if (auto refusal = CheckOptions(head, *routing.route, body_length)) {
    routing.route = nullptr;
    routing.params.clear();
    routing.refusal = std::move(*refusal);
  }
  return routing;
}

Response Router::Handle(Request request) const {
  Routing routing = Find(request, request.body.size());
  if (routing.route == nullptr) return routing.refusal;
  request.route = routing.route->pattern;
  request.params = std::move(routing.params);
  Response response = CallHandler(routing.route->handler, request);
  ApplyRouteOptions(request, routing.route->options, response);
  return response;
}

}  // namespace polder::server::http
