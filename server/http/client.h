// The HTTPS client of Polder's programs: for sending a delivery, asking a key holder, fetching a
// release. It reads answers as strictly as the server reads requests, has a deadline for the whole
// exchange and a limit on the answer, and keeps its connection for the next request.
#ifndef POLDER_SERVER_HTTP_CLIENT_H_
#define POLDER_SERVER_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "server/http/message.h"
#include "server/http/tls_files.h"

namespace polder::server::http {

struct ClientLimits {
  std::chrono::milliseconds connect{5'000};    // connection and handshake
  std::chrono::milliseconds exchange{60'000};  // from the first byte sent to the last one read
  size_t header_bytes = 16'384;
  size_t answer_bytes = size_t{64} << 20;
  // Bodies above this ask `Expect: 100-continue` first, so that a refusal costs no upload.
  size_t expect_above = size_t{64} << 10;
};

// Not thread-safe: one Client per thread.
class Client {
 public:
  struct Result {
    int status = 0;
    std::string content_type;
    Headers headers;
    base::Bytes body;

    std::string_view Text() const { return base::AsText(body); }
    std::string Header(std::string_view name) const;  // empty when absent
  };

  // `host` is a name or an IP address; the server's certificate must be for it, also when it is
  // localhost. Without `tls` the client speaks plain HTTP. Nothing is sent before the first Send().
  // Throws ProblemError "bad-tls-files".
  // With a simulated `clock` the server's certificate is judged at its time; it must outlive this.
  Client(std::optional<ClientTlsFiles> tls, std::string host, uint16_t port,
         ClientLimits limits = {}, const base::Clock* clock = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `target` is an already encoded path with query. An answer of any status is a Result. Throws
  // ProblemError "connect-failed", "tls-refused" (either end refused the other), "timed-out",
  // "connection-lost", "malformed-answer", "answer-too-large", or "bad-request" for a method,
  // target or field that cannot be sent. A GET or HEAD that meets a kept connection which the
  // server has just closed is sent once more; nothing else is ever repeated.
  Result Send(std::string method, std::string target, std::string content_type = "",
              base::ByteView body = {}, const Headers& headers = {});
  Result Get(std::string target) { return Send("GET", static_cast<std::string&&>(target)); }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_CLIENT_H_
