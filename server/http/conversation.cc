#include "server/http/conversation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <variant>

#include "server/http/wire.h"

namespace polder::server::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

Response Problem(int status, std::string_view code, std::string_view detail) {
  return Response::Problem(status, code, ReasonPhrase(status), detail);
}

Response Busy(std::string_view code) {
  Response response = Problem(503, code, "Too much is going on at once; try again in a moment.");
  response.headers["Retry-After"] = "2";
  return response;
}

std::chrono::milliseconds AtRate(size_t bytes, size_t bytes_per_second) {
  return std::chrono::milliseconds(bytes * 1'000 / std::max<size_t>(bytes_per_second, 1));
}

}  // namespace

void Conversation::Run() {
  try {
    ServeAll();
  } catch (const TimedOut&) {
    ++state_.expired;
  } catch (const ConnectionLost&) {
    // The other end has gone: nobody is left to tell.
  } catch (const std::exception&) {
    state_.LogTrouble("a connection ended by an unexpected exception");
  }
  connection_.Enter(Phase::kClosing);
  if (answered_) {
    channel_.Close(state_.limits.linger, state_.limits.linger_bytes);
  } else {
    channel_.Close();
  }
}

void Conversation::ServeAll() {
  if (state_.tls != nullptr && !Handshake()) return;
  peer_ = channel_.ProvenPeer();
  if (peer_.verified()) connection_.MarkVerified();
  const size_t most = std::max<size_t>(state_.limits.requests_per_connection, 1);
  for (size_t count = 1; count <= most; ++count) {
    if (!connection_.Enter(Phase::kWaiting)) return;
    const auto head = ReadHead(count == 1);
    if (!head || !ServeOne(*head, count == most)) return;
  }
}

bool Conversation::Handshake() {
  try {
    state_.tls->Handshake(channel_, "", SteadyClock::now() + state_.limits.handshake);
    return true;
  } catch (const ConnectionLost&) {
    ++state_.handshakes_refused;
    answered_ = true;  // by an alert, which the other end must get to read
    return false;
  }
}

std::optional<std::string> Conversation::ReadHead(bool first) {
  answered_ = false;
  if (received_.empty()) {
    const auto longest = first ? state_.limits.header : state_.limits.keep_alive;
    channel_.WaitReadable(SteadyClock::now() + longest);
  }
  started_ = SteadyClock::now();
  const Deadline deadline = started_ + state_.limits.header;
  std::array<uint8_t, 4'096> chunk;
  size_t searched = 0;
  while (true) {
    // An end may lie across two readings: its last three bytes may be in the earlier one.
    const size_t from = searched > 3 ? searched - 3 : 0;
    const size_t end = FindHeadEnd(std::string_view(received_).substr(from));
    if (end != std::string_view::npos) {
      std::string head = received_.substr(0, from + end);
      received_.erase(0, from + end);
      return head;
    }
    Request nothing;
    if (received_.size() > state_.limits.header_bytes) {
      Refuse(nothing, Problem(431, "head-too-large", "Send fewer or shorter header fields."), true);
      return std::nullopt;
    }
    searched = received_.size();
    try {
      const size_t count = channel_.Read(chunk, deadline);
      if (count == 0) return std::nullopt;
      received_.append(reinterpret_cast<const char*>(chunk.data()), count);
    } catch (const TimedOut&) {
      ++state_.expired;
      if (received_.empty()) return std::nullopt;
      Refuse(nothing, Problem(408, "head-too-slow", "Send the request head without pauses."), true);
      return std::nullopt;
    }
  }
}

void Conversation::Refuse(Request& request, const Response& response, bool close) {
  ++state_.requests_refused;
  if (request.request_id.empty()) request.request_id = state_.NextRequestId();
  Send(request, response, close);
}

bool Conversation::ServeOne(const std::string& head_text, bool last) {
  auto outcome = ParseRequestHead(head_text, state_.limits);
  Request request;
  if (const auto* refusal = std::get_if<HeadRefusal>(&outcome)) {
    Refuse(request, Problem(refusal->status, refusal->code, refusal->detail), true);
    return false;
  }
  auto& head = std::get<RequestHead>(outcome);
  if (!connection_.Enter(Phase::kReceiving)) return false;
  request.method = std::move(head.method);
  request.path = std::move(head.path);
  request.query = std::move(head.query);
  request.headers = std::move(head.headers);
  request.peer = peer_;
  request.request_id = state_.NextRequestId();
  Routing routing = state_.router.Find(request, head.body_length);
  if (routing.route == nullptr) {
    const bool close = last || !head.keep_alive || head.body_length > 0 || state_.draining;
    Refuse(request, routing.refusal, close);
    return !close;
  }
  request.route = routing.route->pattern;
  request.params = std::move(routing.params);
  return ServeRoute(head, *routing.route, request, last);
}

bool Conversation::ServeRoute(const RequestHead& head, const Route& route, Request& request,
                              bool last) {
  const Allowance::Share share(state_.bodies, head.body_length);
  if (!share.taken()) {
    Refuse(request, Busy("too-many-bodies"), true);
    return false;
  }
  if (auto refusal = ReadBody(head, request)) {
    Refuse(request, *refusal, true);
    return false;
  }
  if (!connection_.Enter(Phase::kWorking)) return false;
  if (!state_.gate.Enter(state_.limits.queue_wait)) {
    const bool close = last || !head.keep_alive || state_.draining;
    Refuse(request, Busy("too-many-requests-at-work"), close);
    return !close;
  }
  ++state_.requests;
  Response response;
  {
    const Gate::Pass pass(state_.gate);
    response = CallHandler(route.handler, request,
                           [&](std::string_view what) { state_.LogError(request, what); });
  }
  ApplyRouteOptions(request, route.options, response);
  const bool close = last || !head.keep_alive || state_.draining;
  Send(request, response, close);
  return !close;
}

size_t Conversation::Take(std::span<uint8_t> into, Deadline deadline) {
  if (received_.empty()) return channel_.Read(into, deadline);
  const size_t count = std::min(into.size(), received_.size());
  std::memcpy(into.data(), received_.data(), count);
  received_.erase(0, count);
  return count;
}

std::optional<Response> Conversation::ReadBody(const RequestHead& head, Request& request) {
  static constexpr size_t kStep = size_t{64} << 10;
  if (head.body_length == 0) return std::nullopt;
  const Limits& limits = state_.limits;
  const auto allowed = std::min(
      limits.body, limits.body_grace + AtRate(head.body_length, limits.body_bytes_per_second));
  const Deadline deadline = SteadyClock::now() + allowed;
  if (head.expect_continue && received_.empty()) {
    channel_.Write(base::AsBytes("HTTP/1.1 100 Continue\r\n\r\n"), deadline);
  }
  // Reserved in one piece, touched only as bytes arrive.
  request.body.reserve(head.body_length);
  try {
    for (size_t have = 0; have < head.body_length;) {
      request.body.resize(std::min(head.body_length, have + kStep));
      const size_t count = Take(std::span(request.body).subspan(have), deadline);
      if (count == 0) {
        return Problem(400, "body-cut-short", "The body was shorter than its Content-Length.");
      }
      have += count;
      request.body.resize(have);
    }
  } catch (const TimedOut&) {
    ++state_.expired;
    return Problem(408, "body-too-slow", "Send the body faster, or in a smaller delivery.");
  }
  return std::nullopt;
}

void Conversation::Send(const Request& request, const Response& response, bool close) {
  if (response.status >= 500) ++state_.answers_5xx;
  answered_ = true;
  if (!connection_.Enter(Phase::kSending)) throw ConnectionLost("closed for another");
  std::string head = ResponseHead(response, close, request.request_id, state_.clock.Now());
  const bool bodiless =
      request.method == "HEAD" || response.status == 204 || response.status == 304;
  const base::ByteView body = bodiless ? base::ByteView() : base::ByteView(response.body);
  const Deadline deadline = SteadyClock::now() + state_.limits.write +
                            AtRate(body.size(), state_.limits.body_bytes_per_second);
  // A small answer leaves in one piece.
  const size_t joined = std::min<size_t>(body.size(), 16'384);
  head.append(base::AsText(body.first(joined)));
  channel_.Write(base::AsBytes(head), deadline);
  channel_.Write(body.subspan(joined), deadline);
  state_.LogAccess(request, response.status, SteadyClock::now() - started_);
}

}  // namespace polder::server::http
