#include "server/http/client.h"

#include <array>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/answer_head.h"
#include "tests/server/http/support.h"
#include "tests/support/problem_code.h"

namespace polder::server::http {
namespace {

using std::chrono::milliseconds;
using testing_support::CodeOf;

// What one connection is answered: a text for each time it asks something; then it is closed.
using Script = std::vector<std::string>;

// Answers each connection with the next of its scripts, whatever is asked, and counts them.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Script> scripts, bool hold_open = false)
      : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, scripts = std::move(scripts), hold_open] {
      for (const Script& script : scripts) {
        const int handle = ::accept(listener_, nullptr, nullptr);
        if (handle < 0) return;
        ++connections_;
        std::array<char, 4'096> asked;
        for (const std::string& answer : script) {
          if (::recv(handle, asked.data(), asked.size(), 0) <= 0) break;
          ::send(handle, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        // Held open until the client gives up.
        while (hold_open && ::recv(handle, asked.data(), asked.size(), 0) > 0) {
        }
        ::close(handle);
      }
    });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  int listener_;
  uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

ClientLimits Quick() {
  ClientLimits limits;
  limits.exchange = milliseconds(300);
  limits.answer_bytes = 100;
  return limits;
}

std::string CodeFor(const std::string& script, bool hold_open = false) {
  ScriptedServer server({{script}}, hold_open);
  Client client(std::nullopt, "127.0.0.1", server.port(), Quick());
  return CodeOf([&] { client.Get("/"); });
}

TEST(Client, KeepsItsConnectionForTheNextRequest) {
  TestServer server(std::nullopt);
  Client client(std::nullopt, "localhost", server.server.port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.Get("/items/" + std::to_string(i)).status, 200);
  EXPECT_EQ(client.Send("HEAD", "/big").body.size(), 0u);
  EXPECT_EQ(client.Get("/hello").Text(), "hello");
  EXPECT_EQ(server.server.counters().connections_accepted, 1u);
}

TEST(Client, ComesBackAfterTheServerClosedAnIdleConnection) {
  Limits limits = QuickLimits();
  limits.keep_alive = milliseconds(50);
  TestServer server(std::nullopt, limits);
  Client client(std::nullopt, "127.0.0.1", server.server.port());
  EXPECT_EQ(client.Get("/hello").status, 200);
  std::this_thread::sleep_for(milliseconds(200));
  const base::Bytes body(3, 'x');
  EXPECT_EQ(client.Send("POST", "/echo", "text/plain", body).body, body);
  EXPECT_EQ(server.server.counters().connections_accepted, 2u);
}

TEST(Client, RepeatsAGetOnceAndAPostNever) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const base::Bytes body(3, 'x');
  {
    // The kept connection takes the second request and closes without a word.
    ScriptedServer server({{answer, ""}, {answer}});
    Client client(std::nullopt, "127.0.0.1", server.port(), Quick());
    EXPECT_EQ(client.Get("/").Text(), "ok");
    EXPECT_EQ(client.Get("/").Text(), "ok");
    EXPECT_EQ(server.connections(), 2);
  }
  ScriptedServer server({{answer, ""}, {answer}});
  Client client(std::nullopt, "127.0.0.1", server.port(), Quick());
  EXPECT_EQ(client.Get("/").Text(), "ok");
  EXPECT_EQ(CodeOf([&] { client.Send("POST", "/", "text/plain", body); }), "connection-lost");
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, SendsALargeBodyWholeAndReadsALargeAnswerWhole) {
  TestServer server(Files().server);
  Client client(Files().member, "127.0.0.1", server.server.port());
  const base::Bytes body(size_t{1} << 20, 'd');
  const auto sent = client.Send("POST", "/deliveries",
                                "application/pkcs7-mime; smime-type=authEnveloped-data", body);
  EXPECT_EQ(sent.status, 201);
  EXPECT_THAT(std::string(sent.Text()), testing::HasSubstr("1048576"));
  EXPECT_EQ(client.Get("/big").body.size(), size_t{8} << 20);
}

TEST(Client, ReadsTheRefusalOfABodyItHadNotSentYet) {
  TestServer server(Files().server);
  Client client(Files().member, "127.0.0.1", server.server.port());
  const base::Bytes body(size_t{4} << 20, 'd');
  EXPECT_EQ(client.Send("POST", "/deliveries", "application/pkcs7-mime", body).status, 413);
  EXPECT_EQ(client.Send("POST", "/deliveries", "text/plain", base::Bytes(9, 'x')).status, 415);
  EXPECT_EQ(client.Get("/hello").status, 200);
}

TEST(Client, ReadsTheRefusalOfABodyThatItWasStillSending) {
  TestServer server(std::nullopt);
  ClientLimits limits;
  limits.expect_above = size_t{64} << 20;  // no asking first
  Client client(std::nullopt, "127.0.0.1", server.server.port(), limits);
  EXPECT_EQ(client.Send("POST", "/echo", "text/plain", base::Bytes(500'000, 'x')).status, 413);
}

TEST(Client, GivesUpAtItsDeadlineHoweverSteadilyAnAnswerDrips) {
  TestServer server(std::nullopt);
  Client client(std::nullopt, "127.0.0.1", server.server.port(), Quick());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(CodeOf([&] { client.Get("/slow?ms=900"); }), "timed-out");
  EXPECT_LT(Since(start).count(), 700);
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true), "timed-out");
}

TEST(Client, SaysThatNobodyListens) {
  uint16_t port = 0;
  {
    TestServer gone(std::nullopt);
    port = gone.server.port();
  }
  Client client(std::nullopt, "127.0.0.1", port, Quick());
  EXPECT_EQ(CodeOf([&] { client.Get("/"); }), "connect-failed");
}

TEST(Client, TakesNoAnswerWhoseEndIsNotCertain) {
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "");
  EXPECT_EQ(CodeFor("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), "");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"), "connection-lost");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\n\r\nok"), "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
            "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/2 200\r\nContent-Length: 2\r\n\r\nok"), "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"), "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'a')), "malformed-answer");
  EXPECT_EQ(CodeFor("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"), "answer-too-large");
  EXPECT_EQ(CodeFor(""), "connection-lost");
}

TEST(Client, DoesNotTakeWhatCameUnaskedForTheNextAnswer) {
  const std::string two =
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
      "unused";
  ScriptedServer server({{two}, {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"}}, true);
  Client client(std::nullopt, "127.0.0.1", server.port(), Quick());
  EXPECT_EQ(client.Get("/a").Text(), "1");
  EXPECT_EQ(client.Get("/b").Text(), "2");
}

TEST(Client, SendsNothingThatCouldBeReadAsSomethingElse) {
  Client client(std::nullopt, "127.0.0.1", 1, Quick());
  EXPECT_EQ(CodeOf([&] { client.Get("/a b"); }), "bad-request");
  EXPECT_EQ(CodeOf([&] { client.Get("/a\r\nX: y"); }), "bad-request");
  EXPECT_EQ(CodeOf([&] { client.Get("a"); }), "bad-request");
  EXPECT_EQ(CodeOf([&] { client.Send("G T", "/"); }), "bad-request");
  EXPECT_EQ(CodeOf([&] { client.Send("GET", "/", "", {}, {{"X", "a\r\nY: b"}}); }), "bad-request");
  EXPECT_EQ(CodeOf([&] { client.Send("GET", "/", "", base::Bytes(1)); }), "bad-request");
}

TEST(AnswerHead, KnowsWhichAnswersHaveNoBody) {
  EXPECT_EQ(ParseAnswerHead("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", true)->body_length, 0u);
  EXPECT_EQ(ParseAnswerHead("HTTP/1.1 304 \r\nContent-Length: 7\r\n\r\n", false)->body_length, 0u);
  EXPECT_EQ(ParseAnswerHead("HTTP/1.1 200\r\nContent-Length: 7\r\n\r\n", false)->body_length, 7u);
  EXPECT_FALSE(
      ParseAnswerHead("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", false)
          ->keep_alive);
}

}  // namespace
}  // namespace polder::server::http
