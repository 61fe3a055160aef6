// What all connections of one server share.
#ifndef POLDER_SERVER_HTTP_SERVER_STATE_H_
#define POLDER_SERVER_HTTP_SERVER_STATE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "policies/base/clock.h"
#include "server/http/gate.h"
#include "server/http/limits.h"
#include "server/http/router.h"
#include "server/http/server.h"
#include "server/http/tls_context.h"

namespace polder::server::http {

// Thread-safe.
struct ServerState {
  ServerState(Router all_routes, const Limits& all_limits, const base::Clock& the_clock,
              ServerLog where_to);

  // Unique among all servers with overwhelming probability: a random prefix and a count.
  std::string NextRequestId();
  void LogAccess(const Request& request, int status, std::chrono::steady_clock::duration took);
  void LogError(const Request& request, std::string_view what);
  void LogTrouble(std::string_view what);  // of the server itself

  const Router router;
  const Limits limits;
  const base::Clock& clock;
  const ServerLog log;
  std::unique_ptr<TlsContext> tls;  // null for plain HTTP
  Gate gate;
  Allowance bodies;
  std::atomic<bool> draining = false;

  std::atomic<uint64_t> accepted = 0;
  std::atomic<uint64_t> evicted = 0;
  std::atomic<uint64_t> refused = 0;
  std::atomic<uint64_t> expired = 0;
  std::atomic<uint64_t> handshakes_refused = 0;
  std::atomic<uint64_t> requests = 0;
  std::atomic<uint64_t> requests_refused = 0;
  std::atomic<uint64_t> answers_5xx = 0;

 private:
  void Write(const std::string& line);

  const std::string id_prefix_;
  std::atomic<uint64_t> ids_ = 0;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_SERVER_STATE_H_
