// One connection from handshake to close: requests read whole, handlers called, answers written, in
// order.
//
// Every answer that leaves any byte of a request unread ends the connection: what follows would
// otherwise be taken for the next request, and its answer for another user's.
#ifndef POLDER_SERVER_HTTP_CONVERSATION_H_
#define POLDER_SERVER_HTTP_CONVERSATION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "server/http/connection_table.h"
#include "server/http/request_head.h"
#include "server/http/server_state.h"

namespace polder::server::http {

class Conversation {
 public:
  Conversation(ServerState& state, Connection& connection)
      : state_(state), connection_(connection), channel_(connection.channel()) {}

  // Returns when the connection is closed. Never throws.
  void Run();

 private:
  void ServeAll();
  bool Handshake();
  // The next head with its empty line; nullopt when the connection ends instead.
  std::optional<std::string> ReadHead(bool first);
  // Returns whether another request may follow.
  bool ServeOne(const std::string& head_text, bool last);
  bool ServeRoute(const RequestHead& head, const Route& route, Request& request, bool last);
  // Fills `request.body`; the refusal to answer when that fails.
  std::optional<Response> ReadBody(const RequestHead& head, Request& request);
  void Refuse(Request& request, const Response& response, bool close);
  // Reads up to what is asked for: first what was received beyond the head.
  size_t Take(std::span<uint8_t> into, Deadline deadline);
  void Send(const Request& request, const Response& response, bool close);

  ServerState& state_;
  Connection& connection_;
  Channel& channel_;
  Peer peer_;
  std::string received_;  // read and not yet used
  Deadline started_;      // of the present request
  bool answered_ = false;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_CONVERSATION_H_
