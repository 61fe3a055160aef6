#include "server/http/channel.h"

#include <array>
#include <thread>

#include <Poco/Net/ServerSocket.h>
#include <gtest/gtest.h>

namespace polder::server::http {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

class ChannelTest : public testing::Test {
 protected:
  ChannelTest()
      : listener_(Poco::Net::SocketAddress("127.0.0.1", 0)),
        other_(listener_.address()),
        channel_(listener_.acceptConnection()) {}

  Poco::Net::ServerSocket listener_;
  Poco::Net::StreamSocket other_;
  Channel channel_;
  std::array<uint8_t, 16> buffer_{};
};

TEST_F(ChannelTest, ADeadlineThatPassedIsPassedAlsoWhenBytesAreThere) {
  other_.sendBytes("abc", 3);
  channel_.WaitReadable(SteadyClock::now() + milliseconds(2'000));
  EXPECT_THROW(channel_.Read(buffer_, SteadyClock::now() - milliseconds(1)), TimedOut);
  EXPECT_EQ(channel_.Read(buffer_, SteadyClock::now() + milliseconds(2'000)), 3u);
  EXPECT_THROW(channel_.Write(base::AsBytes("x"), SteadyClock::now() - milliseconds(1)), TimedOut);
}

TEST_F(ChannelTest, EndOfStreamIsZeroAndIsSeenBeforehand) {
  EXPECT_FALSE(channel_.Readable());
  other_.shutdownSend();
  channel_.WaitReadable(SteadyClock::now() + milliseconds(2'000));
  EXPECT_TRUE(channel_.Readable());
  EXPECT_EQ(channel_.Read(buffer_, SteadyClock::now() + milliseconds(2'000)), 0u);
}

TEST_F(ChannelTest, AnInterruptEndsAReadThatWaits) {
  std::thread interrupting([this] {
    std::this_thread::sleep_for(milliseconds(50));
    channel_.Interrupt();
  });
  EXPECT_EQ(channel_.Read(buffer_, SteadyClock::now() + milliseconds(5'000)), 0u);
  interrupting.join();
}

TEST_F(ChannelTest, WritingToNobodyIsAnErrorAndNoSignal) {
  other_.close();
  const base::Bytes many(size_t{8} << 20, 'x');
  EXPECT_THROW(channel_.Write(many, SteadyClock::now() + milliseconds(2'000)), ConnectionLost);
}

}  // namespace
}  // namespace polder::server::http
