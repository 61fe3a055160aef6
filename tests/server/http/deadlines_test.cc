// Slow, silent and many clients; and the end of a server.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http/gate.h"
#include "tests/server/http/support.h"

namespace polder::server::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Deadlines, AHeadThatDripsIsCutOffHoweverSteadilyItDrips) {
  TestServer server(std::nullopt);
  RawConnection connection(server.server.port());
  const auto start = SteadyClock::now();
  std::string answer;
  const std::string drip = "GET /hello HTTP/1.1\r\nHost: h\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  for (const char c : drip) {
    if (!connection.Send(std::string(1, c))) break;
    answer += connection.ReadAll(milliseconds(20));
    if (connection.closed()) break;
  }
  EXPECT_TRUE(connection.closed());
  EXPECT_LT(Since(start).count(), 900);
  EXPECT_EQ(StatusOf(answer), 408);
  EXPECT_EQ(server.server.counters().connections_expired, 1u);
}

TEST(Deadlines, ASilentConnectionIsClosedWithoutAWord) {
  TestServer server(std::nullopt);
  RawConnection connection(server.server.port());
  EXPECT_EQ(connection.ReadAll(milliseconds(1'000)), "");
  EXPECT_TRUE(connection.closed());
}

TEST(Deadlines, AnIdleKeptConnectionEndsAfterItsTimeAndNotBefore) {
  TestServer server(std::nullopt);
  RawConnection connection(server.server.port());
  connection.Send(kHello);
  connection.ReadAnswers(1);
  std::this_thread::sleep_for(milliseconds(400));  // longer than a head may take
  connection.Send(kHello);
  EXPECT_EQ(StatusOf(connection.ReadAnswers(1)), 200);
  EXPECT_EQ(connection.ReadAll(milliseconds(1'200)), "");
  EXPECT_TRUE(connection.closed());
}

TEST(Deadlines, ABodySlowerThanTheRateIsRefused) {
  Limits limits = QuickLimits();
  limits.body_bytes_per_second = 100'000;
  TestServer server(std::nullopt, limits);
  RawConnection connection(server.server.port());
  const auto start = SteadyClock::now();
  // 20,000 bytes may take 0.3 s and 0.2 s.
  connection.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n");
  std::string answer;
  while (!connection.closed() && Since(start) < milliseconds(1'500)) {
    if (!connection.Send(std::string(50, 'x'))) break;
    answer += connection.ReadAll(milliseconds(20));
  }
  EXPECT_EQ(StatusOf(answer), 408);
  EXPECT_GT(Since(start).count(), 400);
  EXPECT_LT(Since(start).count(), 1'000);
}

TEST(Deadlines, AClientThatDoesNotReadIsCutOff) {
  Limits limits = QuickLimits();
  limits.body_bytes_per_second = size_t{64} << 20;
  TestServer server(std::nullopt, limits);
  RawConnection connection(server.server.port());
  connection.Send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto start = SteadyClock::now();
  while (server.server.counters().connections_expired == 0 && Since(start) < milliseconds(1'800)) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(server.server.counters().connections_expired, 1u);
}

TEST(Deadlines, AConnectionServesOnlySoManyRequests) {
  Limits limits = QuickLimits();
  limits.requests_per_connection = 3;
  TestServer server(std::nullopt, limits);
  RawConnection connection(server.server.port());
  for (int i = 0; i < 5; ++i) connection.Send(kHello);
  const std::string answers = connection.ReadAll();
  EXPECT_EQ(CountOf(answers, "HTTP/1.1 200 OK"), 3u);
  EXPECT_EQ(CountOf(answers, "Connection: close"), 1u);
}

TEST(Crowding, SlowClientsCrowdOutEachOtherAndNobodyElse) {
  Limits limits = QuickLimits();
  limits.connections = 8;
  limits.header = milliseconds(20'000);
  TestServer server(std::nullopt, limits);
  std::vector<std::unique_ptr<RawConnection>> slow;
  for (int i = 0; i < 80; ++i) {
    slow.push_back(std::make_unique<RawConnection>(server.server.port()));
    slow.back()->Send("GET /hel");
  }
  const auto start = SteadyClock::now();
  RawConnection honest(server.server.port());
  honest.Send(kHello);
  EXPECT_EQ(StatusOf(honest.ReadAnswers(1)), 200);
  EXPECT_LT(Since(start).count(), 500);
  EXPECT_GE(server.server.counters().connections_evicted, 72u);
  EXPECT_EQ(server.server.counters().connections_refused, 0u);
}

TEST(Crowding, ARequestAtWorkIsNeverClosedForAnother) {
  Limits limits = QuickLimits();
  limits.connections = 2;
  TestServer server(std::nullopt, limits);
  RawConnection working(server.server.port());
  working.Send("GET /slow?ms=400 HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(50));
  std::vector<std::unique_ptr<RawConnection>> more;
  for (int i = 0; i < 6; ++i) {
    more.push_back(std::make_unique<RawConnection>(server.server.port()));
    more.back()->Send("GET /hel");
  }
  EXPECT_TRUE(working.ReadAnswers(1).ends_with("done"));
}

TEST(Crowding, MoreRequestsThanHandlersWaitAndMoreThanTheQueueAreTurnedAway) {
  Limits limits = QuickLimits();
  limits.threads = 1;
  limits.queue = 1;
  TestServer server(std::nullopt, limits);
  std::atomic<int> done = 0;
  std::atomic<int> turned_away = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      const std::string answer =
          Say(server.server.port(), "GET /slow?ms=300 HTTP/1.1\r\nHost: h\r\n\r\n");
      if (StatusOf(answer) == 200) ++done;
      if (StatusOf(answer) == 503 && answer.find("Retry-After: ") != std::string::npos) {
        ++turned_away;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(done, 2);
  EXPECT_EQ(turned_away, 2);
}

TEST(Crowding, BodiesTogetherStayWithinTheirAllowance) {
  Limits limits = QuickLimits();
  limits.bodies_in_flight_bytes = 1'000;
  TestServer server(std::nullopt, limits);
  RawConnection first(server.server.port());
  first.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\nabc");
  std::this_thread::sleep_for(milliseconds(50));
  const std::string head = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n";
  EXPECT_EQ(StatusOf(Say(server.server.port(), head + std::string(600, 'x'))), 503);
  first.Send(std::string(597, 'x'));
  EXPECT_EQ(StatusOf(first.ReadAnswers(1)), 200);
  EXPECT_EQ(StatusOf(Say(server.server.port(), head + std::string(600, 'x'))), 200);
}

TEST(Gate, HoldsItsWidthAndItsQueue) {
  Gate gate(1, 0);
  ASSERT_TRUE(gate.Enter(milliseconds(0)));
  EXPECT_FALSE(gate.Enter(milliseconds(1'000)));  // no queue: at once
  EXPECT_EQ(gate.busy(), 1u);
  gate.Leave();
  EXPECT_TRUE(gate.Enter(milliseconds(0)));
}

TEST(Drain, FinishesRequestsUnderWayAndRefusesNewOnes) {
  TestServer server(std::nullopt);
  const uint16_t port = server.server.port();
  RawConnection idle(port);
  idle.Send(kHello);
  idle.ReadAnswers(1);
  RawConnection half(port);
  half.Send("GET /hel");
  RawConnection working(port);
  working.Send("GET /slow?ms=400 HTTP/1.1\r\nHost: h\r\n\r\n");
  RawConnection sending(port);
  sending.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  std::this_thread::sleep_for(milliseconds(80));

  std::atomic<bool> clean = false;
  std::thread draining([&] { clean = server.server.Drain(); });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_TRUE(server.server.draining());
  EXPECT_FALSE(RawConnection(port).connected());
  sending.Send("cd");
  const std::string echoed = sending.ReadAll();
  EXPECT_TRUE(echoed.ends_with("abcd"));
  EXPECT_THAT(echoed, HasSubstr("Connection: close"));
  EXPECT_TRUE(working.ReadAll().ends_with("done"));
  EXPECT_EQ(half.ReadAll(), "");
  EXPECT_TRUE(half.closed());
  EXPECT_EQ(idle.ReadAll(), "");
  draining.join();
  EXPECT_TRUE(clean);
  EXPECT_TRUE(server.server.Drain());
}

TEST(Drain, IsBoundedAndSaysWhenItCutSomethingOff) {
  Limits limits = QuickLimits();
  limits.drain = milliseconds(100);
  TestServer server(std::nullopt, limits);
  RawConnection working(server.server.port());
  working.Send("GET /slow?ms=800 HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(50));
  const auto start = SteadyClock::now();
  EXPECT_FALSE(server.server.Drain());
  EXPECT_LT(Since(start).count(), 600);
}

TEST(AccessLog, NamesTheRouteAndNeverThePath) {
  LogLines log;
  {
    TestServer server(std::nullopt, QuickLimits(), log.Log(true));
    const uint16_t port = server.server.port();
    Say(port, "GET /items/secret-7?key=secret-8 HTTP/1.1\r\nHost: h\r\n\r\n");
    Say(port, "GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
    Say(port, "GET /nowhere/secret-9 HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  const std::string all = log.All();
  EXPECT_THAT(all, HasSubstr(R"("route":"/items/{id}")"));
  EXPECT_THAT(all, HasSubstr(R"("status":200)"));
  EXPECT_THAT(all, HasSubstr(R"("took":"<)"));
  EXPECT_THAT(all, HasSubstr(R"("error":"std::runtime_error")"));
  EXPECT_THAT(all, Not(HasSubstr("secret")));
  EXPECT_THAT(all, Not(HasSubstr("123456782")));
  EXPECT_THAT(all, Not(HasSubstr("127.0.0.1")));
  EXPECT_EQ(log.lines().size(), 4u) << all;
}

TEST(AccessLog, IsSilentUnlessAskedFor) {
  LogLines log;
  {
    TestServer server(std::nullopt, QuickLimits(), log.Log(false));
    Say(server.server.port(), kHello);
  }
  EXPECT_EQ(log.All(), "");
}

TEST(Server, SpeaksPlainHttpOnLoopbackOnly) {
  base::SystemClock clock;
  try {
    Server server("0.0.0.0", 0, std::nullopt, TestRouter(), {}, clock);
    FAIL();
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "plain-http-exposed");
  }
}

TEST(Server, SaysThatAPortIsTaken) {
  TestServer first(std::nullopt);
  base::SystemClock clock;
  Server second("127.0.0.1", first.server.port(), std::nullopt, TestRouter(), {}, clock);
  try {
    second.Start();
    FAIL();
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "cannot-listen");
  }
}

}  // namespace
}  // namespace polder::server::http
