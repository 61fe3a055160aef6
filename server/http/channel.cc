#include "server/http/channel.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <sstream>
#include <utility>

#include <Poco/Net/IPAddress.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/Utility.h>
#include <Poco/Net/X509Certificate.h>
#include <poll.h>
#include <sys/socket.h>

#include "crypto/tls/tls.h"
#include "server/http/pipe_signal.h"

namespace polder::server::http {
namespace {

using Poco::Net::SecureStreamSocket;

// One TLS operation through Poco. Errors that this thread left in the TLS library's queue or in
// errno, for instance from opening a bad envelope, would be taken for this operation's.
template <typename Operation>
int Tls(Operation operation) {
  Poco::Net::Utility::clearErrorStack();
  errno = 0;
  try {
    return operation();
  } catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException& error) {
    throw ConnectionLost(error.displayText());
  } catch (const Poco::Net::SSLException& error) {
    // OpenSSL 3 calls an end without goodbye an error of its own.
    const std::string text = error.displayText();
    if (text.find("unexpected eof") == std::string::npos) throw TlsFailed(text);
    throw ConnectionLost(text);
  } catch (const Poco::Exception& error) {
    throw ConnectionLost(error.displayText());
  }
}

int AtMost(size_t size) {
  return static_cast<int>(std::min<size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Channel::Channel(Poco::Net::StreamSocket socket) : socket_(std::move(socket)) {
  socket_.setBlocking(false);
  try {
    socket_.setNoDelay(true);
  } catch (const Poco::Exception&) {
    // The other end is gone already; the first read says so.
  }
}

Channel::~Channel() { Close(); }

void Channel::Wait(short events, Deadline deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw TimedOut();
    pollfd wanted{static_cast<int>(socket_.impl()->sockfd()), events, 0};
    const auto milliseconds = static_cast<int>(std::min<int64_t>(left.count(), 3'600'000));
    const int ready = ::poll(&wanted, 1, milliseconds);
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw ConnectionLost("poll failed");
  }
}

int Channel::TlsStep(int outcome, Deadline deadline) {
  if (outcome == SecureStreamSocket::ERR_SSL_WANT_READ) {
    Wait(POLLIN, deadline);
    return -1;
  }
  if (outcome == SecureStreamSocket::ERR_SSL_WANT_WRITE) {
    Wait(POLLOUT, deadline);
    return -1;
  }
  return std::max(outcome, 0);
}

void Channel::AttachTls(const Poco::Net::Context::Ptr& context, const std::string& host) {
  host_ = host;
  // An address is no server name (RFC 6066 §3); it is checked all the same.
  Poco::Net::IPAddress address;
  const bool is_name = !host.empty() && !Poco::Net::IPAddress::tryParse(host, address);
  try {
    // Attached to a socket that does not block, the handshake waits for Handshake().
    secure_ = is_name ? SecureStreamSocket::attach(socket_, host, context)
                      : SecureStreamSocket::attach(socket_, context);
  } catch (const Poco::Exception& error) {
    throw ConnectionLost(error.displayText());
  }
}

void Channel::Handshake(Deadline deadline) {
  const PipeSignalBlocked quiet;
  while (true) {
    if (std::chrono::steady_clock::now() >= deadline) throw TimedOut();
    const int step = TlsStep(Tls([&] { return secure_->completeHandshake(); }), deadline);
    if (step == 0) throw ConnectionLost("the other end closed during the handshake");
    if (step > 0) break;
  }
  if (host_.empty()) return;
  Tls([&] {
    secure_->verifyPeerCertificate(host_);
    return 1;
  });
}

Peer Channel::ProvenPeer() const {
  Peer peer;
  try {
    peer.address = socket_.peerAddress().host().toString();
  } catch (const Poco::Exception&) {
    // Gone already; nothing will be answered.
  }
  if (!secure_ || !secure_->havePeerCertificate()) return peer;
  std::ostringstream pem;
  secure_->peerCertificate().save(pem);
  const auto certificate = crypto::keys::Certificate::FromPem(pem.str());
  peer.oin = certificate.oin();
  peer.common_name = certificate.common_name();
  peer.fingerprint = certificate.fingerprint();
  peer.key = certificate.key_fingerprint();
  return peer;
}

void Channel::WaitReadable(Deadline deadline) {
  if (secure_ && secure_->available() > 0) return;
  Wait(POLLIN, deadline);
}

bool Channel::Readable() {
  if (secure_ && secure_->available() > 0) return true;
  pollfd wanted{static_cast<int>(socket_.impl()->sockfd()), POLLIN, 0};
  return ::poll(&wanted, 1, 0) != 0;
}

int Channel::ReadStep(std::span<uint8_t> into, Deadline deadline) {
  if (secure_) {
    return TlsStep(Tls([&] { return secure_->receiveBytes(into.data(), AtMost(into.size())); }),
                   deadline);
  }
  const auto received = ::recv(static_cast<int>(socket_.impl()->sockfd()), into.data(),
                               static_cast<size_t>(AtMost(into.size())), 0);
  if (received >= 0) return static_cast<int>(received);
  if (errno != EAGAIN && errno != EINTR) throw ConnectionLost("the connection was reset");
  Wait(POLLIN, deadline);
  return -1;
}

size_t Channel::Read(std::span<uint8_t> into, Deadline deadline) {
  const PipeSignalBlocked quiet;
  while (true) {
    // Also when bytes keep coming: a renegotiation or record that never ends must not outlast it.
    if (std::chrono::steady_clock::now() >= deadline) throw TimedOut();
    const int step = ReadStep(into, deadline);
    if (step >= 0) return static_cast<size_t>(step);
  }
}

int Channel::WriteStep(base::ByteView bytes, Deadline deadline) {
  if (secure_) {
    return TlsStep(Tls([&] { return secure_->sendBytes(bytes.data(), AtMost(bytes.size())); }),
                   deadline);
  }
  const auto sent = ::send(static_cast<int>(socket_.impl()->sockfd()), bytes.data(),
                           static_cast<size_t>(AtMost(bytes.size())), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<int>(sent);
  if (errno != EAGAIN && errno != EINTR) throw ConnectionLost("the connection was reset");
  Wait(POLLOUT, deadline);
  return -1;
}

void Channel::Write(base::ByteView bytes, Deadline deadline) {
  static constexpr size_t kRecords = size_t{64} << 10;
  const PipeSignalBlocked quiet;
  while (!bytes.empty()) {
    if (std::chrono::steady_clock::now() >= deadline) throw TimedOut();
    // TLS asks that a step which had to wait is repeated with the very same bytes: it is.
    const int step = WriteStep(bytes.first(std::min(bytes.size(), kRecords)), deadline);
    if (step > 0) bytes = bytes.subspan(static_cast<size_t>(step));
  }
}

void Channel::Close(std::chrono::milliseconds linger, size_t linger_bytes) {
  if (closed_) return;
  closed_ = true;
  const PipeSignalBlocked quiet;
  const int handle = static_cast<int>(socket_.impl()->sockfd());
  try {
    if (secure_) {
      Tls([&] {
        secure_->shutdown();
        return 1;
      });
    }
  } catch (const std::exception&) {
    // A goodbye that cannot be said changes nothing.
  }
  if (linger.count() > 0) {
    ::shutdown(handle, SHUT_WR);
    const Deadline deadline = std::chrono::steady_clock::now() + linger;
    std::array<char, 16'384> discarded;
    try {
      for (size_t total = 0; total < linger_bytes;) {
        const auto received = ::recv(handle, discarded.data(), discarded.size(), 0);
        if (received == 0) break;
        if (received > 0) {
          total += static_cast<size_t>(received);
          if (std::chrono::steady_clock::now() >= deadline) break;
        } else if (errno == EAGAIN || errno == EINTR) {
          Wait(POLLIN, deadline);
        } else {
          break;
        }
      }
    } catch (const std::exception&) {
      // Time is up.
    }
  }
  try {
    if (secure_) {
      secure_->close();
    } else {
      socket_.close();
    }
  } catch (const Poco::Exception&) {
    // Closed by the other end first.
  }
}

void Channel::Interrupt() {
  // On the descriptor, not through the TLS object: that belongs to the channel's own thread.
  ::shutdown(static_cast<int>(socket_.impl()->sockfd()), SHUT_RDWR);
}

}  // namespace polder::server::http
