#include "server/http/server.h"

#include <mutex>
#include <thread>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <poll.h>
#include <sys/socket.h>

#include "policies/base/problem.h"
#include "server/http/connection_table.h"
#include "server/http/conversation.h"
#include "server/http/server_state.h"

namespace polder::server::http {
namespace {

constexpr int kBacklog = 128;

Poco::Net::IPAddress ParseAddress(const std::string& address) {
  Poco::Net::IPAddress parsed;
  if (!Poco::Net::IPAddress::tryParse(address, parsed)) {
    throw base::ProblemError("bad-address", "", "Give an IP address to listen on, not " + address);
  }
  return parsed;
}

}  // namespace

class Server::Impl {
 public:
  Impl(std::string address, uint16_t port, std::optional<TlsFiles> tls, Router router,
       Limits limits, const base::Clock& clock, ServerLog log)
      : address_(ParseAddress(address)),
        wanted_port_(port),
        state_(std::move(router), limits, clock, std::move(log)),
        table_(limits.connections) {
    if (tls) {
      state_.tls = std::make_unique<TlsContext>(
          *tls, &clock, [this](std::string_view what) { state_.LogTrouble(what); });
    } else if (!address_.isLoopback()) {
      throw base::ProblemError("plain-http-exposed", "",
                               "Plain HTTP is served on a loopback address only; give TLS files to "
                               "listen on " +
                                   address + ".");
    }
  }

  ~Impl() {
    Drain();
    if (acceptor_.joinable()) acceptor_.join();
  }

  void Start() {
    try {
      // Without reusePort, which Poco adds to reuseAddress unasked: any other process of this user
      // could then share the port and take half of the connections.
      listener_.bind(Poco::Net::SocketAddress(address_, wanted_port_), true, false);
      listener_.listen(kBacklog);
      // A client may vanish between poll and accept; accepting must not wait for the next one.
      listener_.setBlocking(false);
      port_ = listener_.address().port();
    } catch (const Poco::Exception& error) {
      throw base::ProblemError("cannot-listen", "",
                               "Cannot listen on " + address_.toString() + " port " +
                                   std::to_string(wanted_port_) + ": " + error.displayText());
    }
    acceptor_ = std::thread([this] { AcceptAll(); });
  }

  bool Drain() {
    const std::lock_guard lock(drain_mutex_);
    if (drained_) return *drained_;
    state_.draining = true;
    // Wakes the acceptor, which then closes the listening socket.
    if (acceptor_.joinable()) {
      ::shutdown(static_cast<int>(listener_.impl()->sockfd()), SHUT_RDWR);
      acceptor_.join();
    }
    table_.StartDraining();
    drained_ = table_.WaitUntilEmpty(std::chrono::steady_clock::now() + state_.limits.drain);
    if (!*drained_) {
      table_.InterruptAll();
      // What was only slow to read or write is gone now; a handler that still runs is waited for by
      // the destructor.
      table_.WaitUntilEmpty(std::chrono::steady_clock::now() + 2 * state_.limits.linger);
    }
    return *drained_;
  }

  ServerCounters counters() const {
    ServerCounters counters;
    counters.connections_accepted = state_.accepted;
    counters.connections_evicted = state_.evicted;
    counters.connections_refused = state_.refused;
    counters.connections_expired = state_.expired;
    counters.handshakes_refused = state_.handshakes_refused;
    counters.requests = state_.requests;
    counters.requests_refused = state_.requests_refused;
    counters.answers_5xx = state_.answers_5xx;
    counters.connections_open = table_.open();
    counters.handlers_busy = state_.gate.busy();
    return counters;
  }

  uint16_t port() const { return port_; }
  bool draining() const { return state_.draining; }
  std::string base_url() const {
    const bool is_6 = address_.family() == Poco::Net::IPAddress::IPv6;
    return std::string(state_.tls ? "https://" : "http://") + (is_6 ? "[" : "") +
           address_.toString() + (is_6 ? "]:" : ":") + std::to_string(port_);
  }

 private:
  void AcceptAll() {
    while (!state_.draining) {
      pollfd listening{static_cast<int>(listener_.impl()->sockfd()), POLLIN, 0};
      if (::poll(&listening, 1, -1) <= 0) continue;
      if (state_.draining) break;
      try {
        AcceptOne();
      } catch (const std::exception&) {
        // Out of descriptors, or the client left first: neither gets better by hurrying.
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
    listener_.close();
  }

  void AcceptOne() {
    Poco::Net::StreamSocket socket = listener_.acceptConnection();
    const auto admission = table_.Admit(
        socket, [this](Connection& connection) { Conversation(state_, connection).Run(); });
    ++state_.accepted;
    if (admission == ConnectionTable::Admission::kAdmittedForAnother) ++state_.evicted;
    if (admission == ConnectionTable::Admission::kRefused) {
      ++state_.refused;
      socket.close();
    }
  }

  const Poco::Net::IPAddress address_;
  const uint16_t wanted_port_;
  uint16_t port_ = 0;
  ServerState state_;
  // After the state that its threads use, so that it dies, and waits for them, first.
  ConnectionTable table_;
  Poco::Net::ServerSocket listener_;
  std::thread acceptor_;
  std::mutex drain_mutex_;
  std::optional<bool> drained_;
};

Server::Server(std::string address, uint16_t port, std::optional<TlsFiles> tls, Router router,
               Limits limits, const base::Clock& clock, ServerLog log)
    : impl_(std::make_unique<Impl>(std::move(address), port, std::move(tls), std::move(router),
                                   limits, clock, std::move(log))) {}

Server::~Server() = default;

void Server::Start() { impl_->Start(); }
uint16_t Server::port() const { return impl_->port(); }
std::string Server::base_url() const { return impl_->base_url(); }
bool Server::Drain() { return impl_->Drain(); }
bool Server::draining() const { return impl_->draining(); }
ServerCounters Server::counters() const { return impl_->counters(); }

}  // namespace polder::server::http
