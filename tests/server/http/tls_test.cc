// Identity over real TLS on loopback, and the client against the server.
#include <array>
#include <atomic>
#include <thread>

#include <Poco/Net/ServerSocket.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/err.h>

#include "tests/server/http/support.h"
#include "tests/support/problem_code.h"

namespace polder::server::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing_support::CodeOf;

constexpr const char* kDelivery = "application/pkcs7-mime; smime-type=authEnveloped-data";

class Tls : public testing::Test {
 protected:
  // The defaults: nothing here waits for a deadline, and a busy machine must not pass one.
  TestServer server_{Files().server, Limits{}};
  uint16_t port() const { return server_.server.port(); }
};

TEST_F(Tls, TheIdentityIsThatOfTheCertificate) {
  Client client(Files().member, "127.0.0.1", port());
  const auto answer = client.Get("/whoami");
  ASSERT_EQ(answer.status, 200);
  const auto who = base::Json::parse(answer.Text());
  EXPECT_EQ(who["oin"], kOin);
  EXPECT_EQ(who["name"], "Gemeente Zeeland");
  EXPECT_EQ(who["fingerprint"].get<std::string>().size(), 64u);
  EXPECT_EQ(who["address"], "127.0.0.1");
}

TEST_F(Tls, TheRouteDecidesWhoNeedsACertificate) {
  Client anonymous(Files().anonymous, "localhost", port());
  EXPECT_EQ(anonymous.Get("/hello").Text(), "hello");
  EXPECT_EQ(base::Json::parse(anonymous.Get("/whoami").Text())["fingerprint"], "");
  const base::Bytes body(1'000, 'x');
  EXPECT_EQ(anonymous.Send("POST", "/deliveries", kDelivery, body).status, 403);
  Client member(Files().member, "localhost", port());
  const auto accepted = member.Send("POST", "/deliveries", kDelivery, body);
  EXPECT_EQ(accepted.status, 201);
  EXPECT_EQ(base::Json::parse(accepted.Text())["oin"], kOin);
}

TEST_F(Tls, ACertificateThatDoesNotVerifyEndsTheConnectionAlsoOnPublicRoutes) {
  for (const auto& files : {Files().stranger, Files().expired, Files().as_client}) {
    Client client(files, "127.0.0.1", port());
    EXPECT_EQ(CodeOf([&] { client.Get("/hello"); }), "tls-refused") << files.certificate;
  }
  EXPECT_EQ(server_.server.counters().requests, 0u);
  // Counted after the alert that the client has read already.
  const auto start = std::chrono::steady_clock::now();
  while (server_.server.counters().handshakes_refused < 3 && Since(start) < milliseconds(1'000)) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(server_.server.counters().handshakes_refused, 3u);
}

// A server that dies under the handshake has refused nobody: who is patient tries again.
TEST_F(Tls, AServerThatGoesAwayDuringTheHandshakeIsALostConnection) {
  for (const bool reset : {false, true}) {
    Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
    std::thread server([&] {
      Poco::Net::StreamSocket accepted = listener.acceptConnection();
      std::array<char, 16> start{};
      accepted.receiveBytes(start.data(), static_cast<int>(start.size()));
      if (reset) accepted.setLinger(true, 0);  // with bytes unread, closing resets all the same
      while (!reset && accepted.available() > 0) {
        accepted.receiveBytes(start.data(), static_cast<int>(start.size()));
      }
      accepted.close();
    });
    Client client(Files().member, "127.0.0.1", listener.address().port());
    EXPECT_EQ(CodeOf([&] { client.Get("/hello"); }), "connection-lost") << reset;
    server.join();
  }
}

TEST_F(Tls, AClientBelievesOnlyItsOwnAuthority) {
  Client client(Files().trusts_other, "127.0.0.1", port());
  EXPECT_EQ(CodeOf([&] { client.Get("/hello"); }), "tls-refused");
}

TEST_F(Tls, PlainHttpOnTheTlsPortGetsNothing) {
  const std::string answer = Say(port(), "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("hello")));
}

TEST(TlsDeadlines, ASilentOrDrippingHandshakeIsCutOffAndBlocksNobody) {
  TestServer server(Files().server);
  const uint16_t port = server.server.port();
  RawConnection silent(port);
  RawConnection dripping(port);
  // The start of a TLS record that announces 512 bytes and never brings them.
  dripping.Send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
  const auto start = std::chrono::steady_clock::now();
  Client client(Files().anonymous, "127.0.0.1", port);
  EXPECT_EQ(client.Get("/hello").status, 200);
  EXPECT_LT(Since(start).count(), 350);
  bool closed = false;
  while (!closed && Since(start) < milliseconds(1'500)) {
    dripping.Send("x");
    dripping.ReadAll(milliseconds(20));
    closed = dripping.closed();
  }
  EXPECT_TRUE(closed);
  EXPECT_LT(Since(start).count(), 1'000);
  silent.ReadAll(milliseconds(1'000));
  EXPECT_TRUE(silent.closed());
}

TEST_F(Tls, AHundredConnectionsAtOnceAreAllAnsweredWithTheirOwnAnswer) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] {
      ClientLimits limits;
      limits.connect = milliseconds(20'000);
      Client client(i % 2 == 0 ? Files().member : Files().anonymous, "127.0.0.1", port(), limits);
      for (int n = 0; n < 2; ++n) {
        const std::string id = std::to_string(i) + "-" + std::to_string(n);
        const std::string failed =
            CodeOf([&] { right += client.Get("/items/" + id).Text() == id ? 1 : 0; });
        EXPECT_EQ(failed, "");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

TEST_F(Tls, AClientThatLeavesAmidAnAnswerEndsOnlyItsOwnConnection) {
  for (int i = 0; i < 3; ++i) {
    ClientLimits limits;
    limits.answer_bytes = 10;
    Client client(Files().anonymous, "127.0.0.1", port(), limits);
    EXPECT_EQ(CodeOf([&] { client.Get("/big"); }), "answer-too-large");
  }
  std::this_thread::sleep_for(milliseconds(50));
  Client client(Files().anonymous, "127.0.0.1", port());
  EXPECT_EQ(client.Get("/hello").status, 200);
}

TEST_F(Tls, DrainWorksOverTls) {
  std::atomic<int> status = 0;
  std::thread asking([&] {
    Client client(Files().member, "127.0.0.1", port());
    EXPECT_EQ(CodeOf([&] { status = client.Get("/slow?ms=300").status; }), "");
  });
  const auto start = std::chrono::steady_clock::now();
  while (server_.server.counters().handlers_busy == 0 && Since(start) < milliseconds(5'000)) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(server_.server.Drain());
  asking.join();
  EXPECT_EQ(status, 200);
}

TEST(TlsErrors, WhatAHandlerLeftInTheLibrarysQueueIsNotTakenForAnErrorOfTheConnection) {
  base::SystemClock clock;
  Router router;
  router.Add("GET", "/fails", [](const Request&) {
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    return Response::Text(200, "failed inside");
  });
  const auto size = [](const Request& request) {
    return Response::Text(200, std::to_string(request.body.size()));
  };
  router.Add("POST", "/size", size, {.max_body = size_t{1} << 20});
  Server server("127.0.0.1", 0, Files().server, std::move(router), {}, clock);
  server.Start();
  Client client(Files().anonymous, "127.0.0.1", server.port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Get("/fails").Text(), "failed inside");
    // A body that is waited for: only an operation that must wait looks at the queue.
    const base::Bytes body(200'000, 'x');
    EXPECT_EQ(CodeOf([&] {
                EXPECT_EQ(client.Send("POST", "/size", "text/plain", body).Text(), "200000");
              }),
              "");
  }
  EXPECT_EQ(server.counters().connections_accepted, 1u);
}

TEST(TlsName, ACertificateForAnotherAddressIsRefusedAlsoOnLoopback) {
  base::SystemClock clock;
  Server server("127.0.0.2", 0, Files().server, TestRouter(), QuickLimits(), clock);
  server.Start();
  Client client(Files().anonymous, "127.0.0.2", server.port());
  EXPECT_EQ(CodeOf([&] { client.Get("/hello"); }), "tls-refused");
}

TEST(TlsTime, UnderASimulatedClockCertificatesAreJudgedAtItsTime) {
  const int64_t now = base::SystemClock().Now().seconds;
  const FixedClock then(now - 3 * 86'400, true);  // when the expired one was good
  Server server("127.0.0.1", 0, Files().server, TestRouter(), QuickLimits(), then);
  server.Start();
  Client expired(Files().expired, "127.0.0.1", server.port());
  EXPECT_EQ(expired.Get("/hello").status, 200);
  Client member(Files().member, "127.0.0.1", server.port());
  EXPECT_EQ(CodeOf([&] { member.Get("/hello"); }), "tls-refused");  // not valid yet, then
  Client early(Files().anonymous, "127.0.0.1", server.port(), {}, &then);
  EXPECT_EQ(CodeOf([&] { early.Get("/hello"); }), "tls-refused");
}

TEST(TlsFilesOf, AreCheckedBeforeAnythingListens) {
  base::SystemClock clock;
  const auto make = [&](TlsFiles files) {
    return CodeOf([&] { Server("127.0.0.1", 0, files, TestRouter(), {}, clock); });
  };
  const TlsFiles good = Files().server;
  EXPECT_EQ(make(good), "");
  EXPECT_EQ(make({good.certificate + ".none", good.private_key, ""}), "bad-tls-files");
  EXPECT_EQ(make({good.certificate, Files().member.private_key, ""}), "bad-tls-files");
  EXPECT_EQ(make({good.certificate, good.certificate, ""}), "bad-tls-files");
  EXPECT_EQ(make({good.certificate, good.private_key, good.private_key}), "bad-tls-files");
  EXPECT_EQ(make({}), "bad-tls-files");
  EXPECT_EQ(CodeOf([] { Client(ClientTlsFiles{}, "localhost", 1); }), "bad-tls-files");
}

}  // namespace
}  // namespace polder::server::http
