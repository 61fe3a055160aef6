// The HTTP/1.1 server of every Polder program that listens: TLS (or plain HTTP on loopback), strict
// framing, deadlines on everything a peer can delay, bounded bodies, and an end that loses no
// request.
//
//   Server server("127.0.0.1", 0, tls, std::move(router), {}, clock);
//   server.Start();
//   … server.port() …
//   server.Drain();
//
// Framing (RFC 9112 read strictly, because two readings of one request are how one user gets
// another's answer): CRLF only, no folded fields, one Host, one Content-Length of digits, no
// Transfer-Encoding (411: deliveries are of known length), no body on GET or HEAD. Every answer to
// a request that is not understood completely closes the connection.
// Thread-safe.
#ifndef POLDER_SERVER_HTTP_SERVER_H_
#define POLDER_SERVER_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policies/base/clock.h"
#include "server/http/limits.h"
#include "server/http/router.h"
#include "server/http/tls_files.h"

namespace polder::server::http {

struct ServerLog {
  // One JSON line per request: time, method, route pattern (never the path), status, a class of
  // duration and the request id. No address, no identity, no size.
  bool access = false;
  // Where lines go (without the newline); stderr when empty. Called from several threads.
  std::function<void(std::string_view)> sink = {};
};

// Counts since the start, and the present state: what a metrics page may show.
struct ServerCounters {
  uint64_t connections_accepted = 0;
  uint64_t connections_evicted = 0;  // closed to let another in
  uint64_t connections_refused = 0;  // no room, and none that could be closed
  uint64_t connections_expired = 0;  // a deadline passed
  uint64_t handshakes_refused = 0;
  uint64_t requests = 0;          // complete and handed to a handler
  uint64_t requests_refused = 0;  // answered by the door itself
  uint64_t answers_5xx = 0;
  uint64_t connections_open = 0;
  uint64_t handlers_busy = 0;
};

class Server {
 public:
  // `address` is an IP address; port 0 takes a free one. Without `tls` the server speaks plain
  // HTTP, and only on a loopback address: anything else throws ProblemError "plain-http-exposed".
  // Throws ProblemError "bad-tls-files" when a file cannot be used. `clock` must outlive this; it
  // dates answers and log lines, while deadlines run on the machine's own monotonic clock.
  Server(std::string address, uint16_t port, std::optional<TlsFiles> tls, Router router,
         Limits limits, const base::Clock& clock, ServerLog log = {});
  // Drains, then waits for handlers that still run: they may use what is destroyed after this.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and returns. Throws ProblemError "cannot-listen".
  void Start();
  // The port listened on; 0 before Start().
  uint16_t port() const;
  // "https://127.0.0.1:8443"
  std::string base_url() const;

  // Stops listening at once, closes connections without a complete request head, and lets requests
  // under way finish (with `Connection: close`) for at most Limits::drain; what then remains is cut
  // off. Returns whether nothing was cut off. Later calls return the same.
  bool Drain();
  bool draining() const;

  ServerCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_SERVER_H_
