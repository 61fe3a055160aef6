// What a handler receives and what it gives back. A request that reaches a handler is whole: its
// framing was checked, its body is exactly as long as announced and no longer than the route
// allows, its path and query are decoded strictly, and its peer is who the TLS handshake proved.
#ifndef POLDER_SERVER_HTTP_MESSAGE_H_
#define POLDER_SERVER_HTTP_MESSAGE_H_

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::server::http {

// The version of the interface, sent as `API-Version` with every answer (NL API Design Rules).
inline constexpr std::string_view kApiVersion = "1.0.0";

// Who is at the other end. The first three come from the certificate of the handshake, never from a
// header: a proxy that ends TLS leaves these empty.
struct Peer {
  std::string oin;          // subject serialNumber of the client certificate; empty when none
  std::string common_name;  // subject common name
  std::string fingerprint;  // SHA-256 of the certificate, lower-case hex; empty when none
  std::string key;          // SHA-256 of its public key (SubjectPublicKeyInfo), likewise
  std::string address;      // IP address, for limits only; never logged
  // Of an access token that was verified (server/govern/sign_in.h): who, and the roles it gives.
  std::string subject;
  std::set<std::string> granted;

  bool verified() const { return !fingerprint.empty(); }
};

// Orders header names without regard to case (RFC 9110 §5.1).
struct CaseInsensitiveLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const;
};

using Headers = std::map<std::string, std::string, CaseInsensitiveLess>;

struct Request {
  std::string method;
  std::string path;                               // as sent, without the query; starts with "/"
  std::string route;                              // the pattern that matched: "/v1/deliveries/{id}"
  std::map<std::string, std::string> params;      // decoded path parameters
  std::multimap<std::string, std::string> query;  // decoded
  Headers headers;                                // repeated list headers are joined with ", "
  base::Bytes body;
  Peer peer;
  std::string request_id;  // also sent back as `X-Request-Id`

  // Empty when absent.
  std::string Header(std::string_view name) const;
  std::string Param(std::string_view name) const;
  // The first value of a query parameter, or `otherwise`.
  std::string Query(std::string_view name, std::string_view otherwise = "") const;
  std::string_view Text() const { return base::AsText(body); }
};

struct Response {
  int status = 200;
  std::string content_type;
  base::Bytes body;
  Headers headers;  // beside the ones every answer carries (see wire.h)

  static Response Json(int status, const base::Json& value);
  static Response Text(int status, std::string_view text,
                       std::string content_type = "text/plain; charset=utf-8");
  static Response Binary(int status, base::Bytes body, std::string content_type);
  static Response Empty(int status = 204);
  // RFC 9457 problem+json: {"type","title","status","detail","errors":[{"code","pointer",
  // "detail","line","column"}]}. `code` is kebab-case and becomes the type
  // "urn:polder:problem:<code>". `errors` is left out when there are none.
  static Response Problem(int status, std::string_view code, std::string_view title,
                          std::string_view detail, const std::vector<base::Problem>& problems = {});
  // All problems at once; the title is that of the status.
  static Response FromProblems(int status, const base::ProblemError& error);
};

// "Not Found" for 404; "Unknown" for a status that HTTP does not name.
std::string_view ReasonPhrase(int status);

// Thrown by a handler (or what it calls) to answer something other than 400 or 500.
class ResponseError : public std::runtime_error {
 public:
  explicit ResponseError(Response response);
  const Response& response() const { return response_; }

 private:
  Response response_;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_MESSAGE_H_
