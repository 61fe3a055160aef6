// A connected socket, plain or TLS, on which every operation has an absolute deadline.
//
// The socket never blocks: each step waits with poll() until it can go on or the deadline passes,
// so that a peer that drips one byte a second, also inside a TLS record, gains no time. Poco's own
// timeouts count from the last byte and do not apply to sending at all.
#ifndef POLDER_SERVER_HTTP_CHANNEL_H_
#define POLDER_SERVER_HTTP_CHANNEL_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocket.h>

#include "policies/base/bytes.h"
#include "server/http/message.h"

namespace polder::server::http {

using Deadline = std::chrono::steady_clock::time_point;

// The deadline passed before the operation was done.
class TimedOut : public std::runtime_error {
 public:
  TimedOut() : std::runtime_error("the deadline passed") {}
};

// The other end closed or reset the connection, or broke the TLS protocol.
class ConnectionLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The same, because one end does not trust or understand the other: trying again does not help.
class TlsFailed : public ConnectionLost {
 public:
  using ConnectionLost::ConnectionLost;
};

// Not thread-safe, but for Interrupt().
class Channel {
 public:
  explicit Channel(Poco::Net::StreamSocket socket);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // From here on the channel speaks TLS. `host` is the name to ask for and check, empty on the
  // server. Throws ConnectionLost.
  void AttachTls(const Poco::Net::Context::Ptr& context, const std::string& host);
  // The handshake, complete with the check of the other end's certificate (and of its name, for a
  // client). Throws TimedOut, TlsFailed or ConnectionLost.
  void Handshake(Deadline deadline);
  // Who the handshake proved, with the address; only the address without TLS or certificate.
  Peer ProvenPeer() const;

  // Waits until something can be read or the other end has closed. Throws TimedOut.
  void WaitReadable(Deadline deadline);
  // Reads at least one byte; 0 when the other end has closed. Throws TimedOut or ConnectionLost.
  size_t Read(std::span<uint8_t> into, Deadline deadline);
  // Throws TimedOut or ConnectionLost.
  void Write(base::ByteView bytes, Deadline deadline);
  // True when there is something to read now, or the other end has closed.
  bool Readable();

  // Says goodbye and closes. With a linger time, first reads away what the other end still sends,
  // so that it gets to read our last answer instead of a reset. Never throws.
  void Close(std::chrono::milliseconds linger = {}, size_t linger_bytes = 0);

  // Makes whatever the channel's thread waits for fail at once. From any thread; the channel must
  // be alive.
  void Interrupt();

 private:
  // 0 for end of stream, -1 after waiting for readiness.
  int ReadStep(std::span<uint8_t> into, Deadline deadline);
  int WriteStep(base::ByteView bytes, Deadline deadline);
  int TlsStep(int outcome, Deadline deadline);
  void Wait(short events, Deadline deadline);

  Poco::Net::StreamSocket socket_;
  std::optional<Poco::Net::SecureStreamSocket> secure_;
  std::string host_;
  bool closed_ = false;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_CHANNEL_H_
