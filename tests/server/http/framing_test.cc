// What must never be understood in two ways, said over real sockets.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/http/support.h"

namespace polder::server::http {
namespace {

using testing::HasSubstr;
using testing::Not;

class Framing : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Limits limits;
    limits.linger = std::chrono::milliseconds(300);
    server_ = new TestServer(std::nullopt, limits);
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  static uint16_t port() { return server_->server.port(); }
  static TestServer* server_;
};

TestServer* Framing::server_ = nullptr;

constexpr const char* kSmuggled = "GET /items/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

// Every head here is followed by a request that a lenient server would take for the next one.
TEST_F(Framing, NoRequestIsSmuggledBehindOneThatIsRefused) {
  const std::string body = kSmuggled;
  const std::string length = std::to_string(body.size());
  const std::vector<std::string> heads = {
      "POST /deliveries HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n",
      "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n",
      "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: " + length +
          "\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF0\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n",
      "GET /hello HTTP/1.1\nHost: h\n\n",
      "GET /hello HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n",
      "GET /hello HTTP/9.9\r\nHost: h\r\n\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",
  };
  for (const std::string& head : heads) {
    const std::string answer = Say(port(), head + body);
    EXPECT_GE(StatusOf(answer), 400) << head;
    EXPECT_EQ(CountOf(answer, "HTTP/1.1 "), 1u) << head << answer;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << head;
    EXPECT_THAT(answer, HasSubstr("application/problem+json")) << head;
    EXPECT_THAT(answer, Not(HasSubstr("\r\n\r\nsmuggled"))) << head;
  }
}

TEST_F(Framing, ABodyIsReadExactlyAndWhatFollowsIsTheNextRequest) {
  RawConnection connection(port());
  connection.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /" +
                  std::string(kSmuggled) + "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answers = connection.ReadAnswers(3);
  EXPECT_EQ(CountOf(answers, "HTTP/1.1 200 OK"), 3u) << answers;
  EXPECT_LT(answers.find("\r\n\r\nGET /HTTP"), answers.find("smuggled"));
  EXPECT_LT(answers.find("smuggled"), answers.find("hello"));
  EXPECT_FALSE(connection.closed());
}

TEST_F(Framing, ARequestInPiecesIsOneRequest) {
  RawConnection connection(port());
  for (const auto* piece :
       {"POST /echo HT", "TP/1.1\r\nHost: h\r\nContent-Length: 4\r", "\n\r", "\nab", "cd"}) {
    connection.Send(piece);
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
  }
  const std::string answer = connection.ReadAnswers(1);
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabcd")) << answer;
}

TEST_F(Framing, ABodyThatIsCutShortIsNeverHandled) {
  const uint64_t before = server_->server.counters().requests;
  const std::string answer =
      Say(port(), "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(StatusOf(answer), 400);
  EXPECT_THAT(answer, HasSubstr("body-cut-short"));
  EXPECT_EQ(server_->server.counters().requests, before);
}

TEST_F(Framing, ALargeBodyIsRefusedBeforeItIsSent) {
  RawConnection connection(port());
  connection.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n"
      "Expect: 100-continue\r\n\r\n");
  const std::string answer = connection.ReadAll();
  EXPECT_EQ(StatusOf(answer), 413);
  EXPECT_TRUE(connection.closed());
}

TEST_F(Framing, ContinueIsSaidOnceTheHeadIsAccepted) {
  RawConnection connection(port());
  connection.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.ReadAll(std::chrono::milliseconds(100)), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.Send("ok");
  EXPECT_EQ(StatusOf(connection.ReadAnswers(1)), 200);
}

TEST_F(Framing, AClientThatKeepsSendingStillReadsTheRefusal) {
  // Without lingering, closing on unread bytes resets the connection and destroys the answer.
  RawConnection connection(port());
  connection.Send("POST /deliveries HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_TRUE(connection.Send(std::string(200'000, 'x')));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(connection.Send(std::string(200'000, 'x')));
  EXPECT_EQ(StatusOf(connection.ReadAll()), 403);
  EXPECT_TRUE(connection.closed());
  EXPECT_FALSE(connection.reset());
}

TEST_F(Framing, AnOversizeHeadIsRefusedWithoutWaitingForItsEnd) {
  RawConnection connection(port());
  connection.Send("GET /hello HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'a'));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(StatusOf(connection.ReadAll()), 431);
  EXPECT_LT(Since(start).count(), 1'000);
}

TEST_F(Framing, HeadHasTheFieldsOfGetAndNoBody) {
  RawConnection connection(port());
  connection.Send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = connection.ReadAll(std::chrono::milliseconds(150));
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  connection.Send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(connection.ReadAnswers(1).ends_with("hello"));
}

TEST_F(Framing, AnAnswerCarriesWhatItsRoutePromises) {
  const std::string answer =
      Say(port(), "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Cache-Control: public, max-age=60, immutable\r\n"));
  EXPECT_THAT(answer, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(answer, HasSubstr("API-Version: "));
  const std::string other =
      Say(port(), "GET /items/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(other, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(other, Not(HasSubstr("Access-Control")));
}

TEST_F(Framing, AnHttp10ClientIsAnsweredAndTheConnectionEnds) {
  RawConnection connection(port());
  connection.Send("GET /hello HTTP/1.0\r\n\r\n");
  const std::string answer = connection.ReadAll();
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_TRUE(answer.ends_with("hello"));
  EXPECT_TRUE(connection.closed());
}

TEST_F(Framing, AnIdentityInAFieldIsNoIdentity) {
  const std::string answer =
      Say(port(), "GET /whoami HTTP/1.1\r\nHost: h\r\nX-SSL-Client-S-DN: serialNumber=" +
                      std::string(kOin) + "\r\nX-Forwarded-Client-Cert: Subject=x\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\"oin\":\"\""));
}

}  // namespace
}  // namespace polder::server::http
