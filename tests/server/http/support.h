// What the tests of the HTTP door share: certificates of a made-up authority, a server on loopback,
// and a raw connection that says exactly what a test wants to say.
#ifndef POLDER_TESTS_SERVER_HTTP_SUPPORT_H_
#define POLDER_TESTS_SERVER_HTTP_SUPPORT_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/clock.h"
#include "server/http/client.h"
#include "server/http/server.h"

namespace polder::server::http {

// Files of two unrelated authorities, made once per test program.
struct TestFiles {
  TlsFiles server;              // for localhost and 127.0.0.1, asks for certificates of `authority`
  ClientTlsFiles member;        // OIN 00000001001234567000, "Gemeente Zeeland"
  ClientTlsFiles anonymous;     // no certificate
  ClientTlsFiles stranger;      // a certificate of the other authority
  ClientTlsFiles expired;       // a certificate of the authority that has ended
  ClientTlsFiles as_client;     // the server's own certificate, presented by a client
  ClientTlsFiles trusts_other;  // believes the other authority only
};
const TestFiles& Files();
inline constexpr std::string_view kOin = "00000001001234567000";

// A clock that stands still.
class FixedClock : public base::Clock {
 public:
  explicit FixedClock(int64_t seconds, bool simulated) : now_{seconds}, simulated_(simulated) {}
  base::Instant Now() const override { return now_; }
  bool simulated() const override { return simulated_; }

 private:
  base::Instant now_;
  bool simulated_;
};

// Lines that the server logged. Thread-safe.
class LogLines {
 public:
  ServerLog Log(bool access);
  std::vector<std::string> lines() const;
  std::string All() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Limits short enough for tests that wait for them.
Limits QuickLimits();

// Routes: GET /hello, GET /items/{id}, POST /echo (64 KiB), POST /deliveries (1 MiB, certificate,
// one content type), GET /whoami, GET /big, GET /slow?ms=, POST /slow, GET /throw, GET /problems,
// GET /split.
Router TestRouter();

struct TestServer {
  explicit TestServer(std::optional<TlsFiles> tls, Limits limits = QuickLimits(),
                      ServerLog log = {.access = false, .sink = [](std::string_view) {}});

  base::SystemClock clock;
  Server server;
};

// A plain TCP connection to 127.0.0.1.
class RawConnection {
 public:
  explicit RawConnection(uint16_t port);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return connected_; }
  // False when the other end no longer takes it.
  bool Send(std::string_view text);
  void EndSending();
  // Everything until the other end closes or `longest` passes.
  std::string ReadAll(std::chrono::milliseconds longest = std::chrono::milliseconds(2'000));
  // Whether the other end closed while ReadAll was reading.
  bool closed() const { return closed_; }
  // Whether it did so by a reset, which may cost the answer.
  bool reset() const { return reset_; }
  // Reads until `count` answers (heads with their announced bodies) were seen.
  std::string ReadAnswers(size_t count);
  int handle() const { return handle_; }

 private:
  int handle_ = -1;
  bool connected_ = false;
  bool closed_ = false;
  bool reset_ = false;
};

// What the server answers to exactly these bytes, up to its closing.
std::string Say(uint16_t port, std::string_view bytes);

size_t CountOf(std::string_view text, std::string_view part);
// "HTTP/1.1 400 …" → 400; 0 when there is no status line.
int StatusOf(std::string_view answer);
std::chrono::milliseconds Since(std::chrono::steady_clock::time_point start);

}  // namespace polder::server::http

#endif  // POLDER_TESTS_SERVER_HTTP_SUPPORT_H_
