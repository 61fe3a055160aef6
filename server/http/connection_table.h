// The open connections: who may come in, who must go when it is full, and who is left at the end.
#ifndef POLDER_SERVER_HTTP_CONNECTION_TABLE_H_
#define POLDER_SERVER_HTTP_CONNECTION_TABLE_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include <Poco/Net/StreamSocket.h>

#include "server/http/channel.h"

namespace polder::server::http {

// What a connection is doing, which decides whether it may be closed for another.
enum class Phase {
  kWaiting,    // no complete request head: may always be closed
  kReceiving,  // a body is on its way: may be closed when nobody is proven to send it
  kWorking,    // a handler runs: never closed
  kSending,    // an answer is on its way: closed only when no other can be
  kClosing,    // its own thread is closing it: not ours to touch
};

class ConnectionTable;

// One connection and its thread. Owned by the table.
class Connection {
 public:
  Channel& channel() { return channel_; }
  // Enters a phase; false when the connection was closed from outside meanwhile, or may not wait
  // for another request because the table drains.
  bool Enter(Phase phase);
  // The other end is proven: its bodies are not interrupted.
  void MarkVerified();

 private:
  friend class ConnectionTable;
  Connection(ConnectionTable& table, Poco::Net::StreamSocket socket)
      : table_(table), channel_(std::move(socket)), since_(std::chrono::steady_clock::now()) {}

  ConnectionTable& table_;
  Channel channel_;
  Phase phase_ = Phase::kWaiting;
  bool verified_ = false;
  bool interrupted_ = false;
  bool done_ = false;
  Deadline since_;
  std::thread thread_;
};

// Thread-safe.
class ConnectionTable {
 public:
  enum class Admission { kAdmitted, kAdmittedForAnother, kRefused };

  explicit ConnectionTable(size_t most) : most_(most) {}
  // Interrupts everything and waits for every thread.
  ~ConnectionTable();

  // Runs `serve` on a thread of its own for the new connection. When `most` are open, first
  // interrupts the one that has gone longest without a complete request; refuses (and closes) when
  // none may be interrupted, or the table drains.
  Admission Admit(Poco::Net::StreamSocket socket, std::function<void(Connection&)> serve);

  // From now on: admits nobody, and no connection waits for another request.
  void StartDraining();
  // Whether all connections ended before the deadline.
  bool WaitUntilEmpty(Deadline deadline);
  void InterruptAll();
  size_t open() const;

 private:
  friend class Connection;
  // These three with the mutex held.
  size_t CountNotDone() const;
  Connection* LeastUseful();
  void Interrupt(Connection& connection);
  void JoinFinished();

  const size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::list<std::unique_ptr<Connection>> connections_;
  bool draining_ = false;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_CONNECTION_TABLE_H_
