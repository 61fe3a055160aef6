// Every limit of the HTTP door in one place, with defaults for a region of a dozen members.
//
// A connection costs a thread that waits, not one that works: `connections` bounds the waiting
// ones, `threads` the handlers at work. When all connections are taken, the one that has gone
// longest without a complete request is closed to let the new one in, so that silent and slow
// clients crowd out each other and nobody else.
#ifndef POLDER_SERVER_HTTP_LIMITS_H_
#define POLDER_SERVER_HTTP_LIMITS_H_

#include <chrono>
#include <cstddef>

namespace polder::server::http {

struct Limits {
  using Milliseconds = std::chrono::milliseconds;

  size_t connections = 256;                // open at once
  size_t threads = 16;                     // handlers at work at once
  size_t queue = 64;                       // complete requests waiting for a handler; more: 503
  Milliseconds queue_wait{5'000};          // longest wait for a handler; longer: 503
  size_t requests_per_connection = 1'000;  // then `Connection: close`

  size_t target_bytes = 4'096;   // request target; longer: 414
  size_t header_bytes = 16'384;  // request line and fields together; more: 431
  size_t header_fields = 64;     // more: 431
  size_t query_parameters = 64;  // more: 400

  Milliseconds handshake{5'000};  // TLS handshake, in all
  Milliseconds header{5'000};     // from the first byte (or the opening) to the empty line, in all
  Milliseconds keep_alive{15'000};  // idle between requests
  // A body has `body_grace` plus its announced length at `body_bytes_per_second`, and never more
  // than `body`.
  Milliseconds body_grace{5'000};
  size_t body_bytes_per_second = 16'384;
  Milliseconds body{300'000};
  size_t bodies_in_flight_bytes = size_t{512} << 20;  // all announced bodies together; more: 503
  // An answer has `write` plus its length at `body_bytes_per_second`.
  Milliseconds write{10'000};
  // After an answer that left body unread: how long and how much is read away before closing, so
  // that the client sees the answer and not a reset.
  Milliseconds linger{1'000};
  size_t linger_bytes = size_t{4} << 20;

  Milliseconds drain{10'000};  // how long Drain() waits for requests under way
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_LIMITS_H_
