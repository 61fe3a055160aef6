#include "server/http/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/SocketAddress.h>

#include "policies/base/problem.h"
#include "server/http/answer_head.h"
#include "server/http/channel.h"
#include "server/http/request_head.h"
#include "server/http/tls_context.h"

namespace polder::server::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How long an answer to `Expect: 100-continue` is waited for before the body is sent anyway.
constexpr std::chrono::milliseconds kExpectWait{1'000};

[[noreturn]] void Fail(std::string code, std::string detail) {
  throw base::ProblemError(std::move(code), "", std::move(detail));
}

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

// The server said in TLS that it refuses us, for instance our certificate.
bool IsAlert(const std::exception& error) {
  return std::string_view(error.what()).find("alert") != std::string_view::npos;
}

}  // namespace

std::string Client::Result::Header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

class Client::Impl {
 public:
  Impl(std::optional<ClientTlsFiles> tls, std::string host, uint16_t port, ClientLimits limits,
       const base::Clock* clock)
      : host_(std::move(host)), port_(port), limits_(limits) {
    if (tls) tls_ = std::make_unique<TlsContext>(*tls, clock);
  }

  Result Send(const std::string& method, const std::string& target, const std::string& content_type,
              base::ByteView body, const Headers& headers) {
    const std::string head = RequestHeadText(method, target, content_type, body.size(), headers);
    const bool repeatable = method == "GET" || method == "HEAD";
    // A connection on which something happens between two requests has been closed by the server.
    if (channel_ && channel_->Readable()) channel_.reset();
    const bool kept = channel_ != nullptr;
    try {
      return Exchange(method, head, body);
    } catch (const base::ProblemError& error) {
      channel_.reset();
      if (!kept || !repeatable || error.code() != "connection-lost" || heard_) throw;
    }
    return Exchange(method, head, body);
  }

 private:
  Result Exchange(const std::string& method, const std::string& head, base::ByteView body) {
    heard_ = false;
    try {
      if (!channel_) Connect();
      deadline_ = SteadyClock::now() + limits_.exchange;
      Result result = Converse(method, head, body);
      if (!reusable_) channel_.reset();
      return result;
    } catch (const TimedOut&) {
      channel_.reset();
      Fail("timed-out", "The server at " + Where() + " did not answer in time; try again later.");
    } catch (const ConnectionLost& error) {
      channel_.reset();
      if (IsAlert(error) && !heard_) {
        Fail("tls-refused",
             "The server at " + Where() + " refused the connection; check the client certificate.");
      }
      Fail("connection-lost", "The connection to " + Where() + " was lost; try again.");
    }
  }

  void Connect() {
    received_.clear();
    const Deadline deadline = SteadyClock::now() + limits_.connect;
    channel_ = std::make_unique<Channel>(OpenSocket());
    if (!tls_) return;
    try {
      tls_->Handshake(*channel_, host_, deadline);
    } catch (const TlsFailed& error) {
      channel_.reset();
      Fail("tls-refused", "No trusted connection to " + Where() + ": " + error.what());
    }
  }

  Poco::Net::StreamSocket OpenSocket() {
    std::string why = "the name has no address";
    try {
      // An address is not resolved: Poco would ask the name server what it is called.
      Poco::Net::IPAddress literal;
      const auto addresses = Poco::Net::IPAddress::tryParse(host_, literal)
                                 ? Poco::Net::HostEntry::AddressList{literal}
                                 : Poco::Net::DNS::hostByName(host_).addresses();
      const Poco::Timespan longest(static_cast<Poco::Timespan::TimeDiff>(
          std::chrono::microseconds(limits_.connect).count()));
      for (const Poco::Net::IPAddress& address : addresses) {
        try {
          Poco::Net::StreamSocket socket;
          socket.connect(Poco::Net::SocketAddress(address, port_), longest);
          return socket;
        } catch (const Poco::Exception& error) {
          why = error.displayText();
        }
      }
    } catch (const Poco::Exception& error) {
      why = error.displayText();
    }
    Fail("connect-failed", "Cannot connect to " + Where() + ": " + why);
  }

  std::string RequestHeadText(const std::string& method, const std::string& target,
                              const std::string& content_type, size_t body_length,
                              const Headers& headers) const {
    if (!IsToken(method) || !target.starts_with("/") || !IsVisible(target) ||
        !IsFieldValue(content_type)) {
      Fail("bad-request", "The method, the target or the content type cannot be sent.");
    }
    const bool takes_body = method == "POST" || method == "PUT" || method == "PATCH";
    if (body_length > 0 && !takes_body) Fail("bad-request", method + " takes no body.");
    Headers fields = headers;
    const bool is_6 = host_.find(':') != std::string::npos;
    fields["Host"] = (is_6 ? "[" + host_ + "]:" : host_ + ":") + std::to_string(port_);
    fields.emplace("User-Agent", "polder");
    fields.erase("Transfer-Encoding");
    fields.erase("Content-Length");
    fields.erase("Expect");
    if (takes_body) fields["Content-Length"] = std::to_string(body_length);
    if (!content_type.empty()) fields["Content-Type"] = content_type;
    if (body_length > limits_.expect_above) fields["Expect"] = "100-continue";
    std::string text = method + " " + target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : fields) {
      if (!IsToken(name) || !IsFieldValue(value)) Fail("bad-request", "A field cannot be sent.");
      text += name + ": " + value + "\r\n";
    }
    return text + "\r\n";
  }

  Result Converse(const std::string& method, const std::string& head, base::ByteView body) {
    const bool to_head = method == "HEAD";
    reusable_ = true;
    WriteOrListen(base::AsBytes(head));
    if (body.size() > limits_.expect_above && ComesBefore(SteadyClock::now() + kExpectWait)) {
      const AnswerHead early = ReadHead(to_head);
      if (early.status >= 200) {
        reusable_ = false;  // the body it refused was announced and never sent
        return ReadBody(early);
      }
    }
    WriteOrListen(body);
    AnswerHead answer = ReadHead(to_head);
    while (answer.status < 200) answer = ReadHead(to_head);
    return ReadBody(answer);
  }

  // When the server stops listening it may have answered already, or have said in TLS why it
  // refuses us: reading tells.
  void WriteOrListen(base::ByteView bytes) {
    try {
      channel_->Write(bytes, deadline_);
    } catch (const ConnectionLost&) {
      reusable_ = false;
    }
  }

  bool ComesBefore(Deadline deadline) {
    try {
      channel_->WaitReadable(std::min(deadline, deadline_));
      return true;
    } catch (const TimedOut&) {
      return false;
    }
  }

  AnswerHead ReadHead(bool to_head) {
    while (true) {
      const size_t end = FindHeadEnd(received_);
      if (end != std::string::npos) {
        auto parsed = ParseAnswerHead(std::string_view(received_).substr(0, end), to_head);
        if (!parsed) {
          Fail("malformed-answer", "What " + Where() + " answered is not understood.");
        }
        received_.erase(0, end);
        return std::move(*parsed);
      }
      if (received_.size() > limits_.header_bytes) {
        Fail("malformed-answer", "The head of what " + Where() + " answered is too long.");
      }
      ReadMore();
    }
  }

  Result ReadBody(const AnswerHead& head) {
    if (head.body_length > limits_.answer_bytes) {
      Fail("answer-too-large", "The answer of " + Where() + " is larger than " +
                                   std::to_string(limits_.answer_bytes) + " bytes.");
    }
    while (received_.size() < head.body_length) ReadMore();
    Result result;
    result.status = head.status;
    result.headers = head.headers;
    result.content_type = result.Header("Content-Type");
    result.body = base::ToBytes(std::string_view(received_).substr(0, head.body_length));
    received_.erase(0, head.body_length);
    // More than was asked for cannot be told from the answer to a question not yet asked.
    if (!head.keep_alive || !received_.empty()) reusable_ = false;
    return result;
  }

  void ReadMore() {
    std::array<uint8_t, 16'384> chunk;
    const size_t count = channel_->Read(chunk, deadline_);
    if (count == 0) throw ConnectionLost("the server closed the connection");
    heard_ = true;
    received_.append(reinterpret_cast<const char*>(chunk.data()), count);
  }

  std::string Where() const { return host_ + " port " + std::to_string(port_); }

  const std::string host_;
  const uint16_t port_;
  const ClientLimits limits_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<Channel> channel_;
  std::string received_;
  Deadline deadline_;
  bool heard_ = false;     // a byte of the present answer was read
  bool reusable_ = false;  // the connection may carry another request
};

Client::Client(std::optional<ClientTlsFiles> tls, std::string host, uint16_t port,
               ClientLimits limits, const base::Clock* clock)
    : impl_(std::make_unique<Impl>(std::move(tls), std::move(host), port, limits, clock)) {}

Client::~Client() = default;

Client::Result Client::Send(std::string method, std::string target, std::string content_type,
                            base::ByteView body, const Headers& headers) {
  return impl_->Send(method, target, content_type, body, headers);
}

}  // namespace polder::server::http
