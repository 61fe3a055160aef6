#include "server/http/connection_table.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace polder::server::http {
namespace {

constexpr std::chrono::milliseconds kMomentForEnding{250};

}  // namespace

bool Connection::Enter(Phase phase) {
  const std::lock_guard lock(table_.mutex_);
  if (phase == Phase::kClosing) {
    phase_ = phase;
    return true;
  }
  if (interrupted_ || (phase == Phase::kWaiting && table_.draining_)) return false;
  // A body is still a request that is not complete: the clock of the one that waits goes on.
  if (phase != Phase::kReceiving) since_ = std::chrono::steady_clock::now();
  phase_ = phase;
  return true;
}

void Connection::MarkVerified() {
  const std::lock_guard lock(table_.mutex_);
  verified_ = true;
}

ConnectionTable::~ConnectionTable() {
  StartDraining();
  InterruptAll();
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return CountNotDone() == 0; });
  }
  JoinFinished();
}

ConnectionTable::Admission ConnectionTable::Admit(Poco::Net::StreamSocket socket,
                                                  std::function<void(Connection&)> serve) {
  JoinFinished();
  std::unique_lock lock(mutex_);
  // Interrupted connections end within moments. Waiting for them here leaves newcomers in the
  // backlog of the listening socket, where they cost nothing, instead of turning them away.
  ended_.wait_for(lock, kMomentForEnding,
                  [this] { return draining_ || CountNotDone() < 2 * most_; });
  if (draining_ || CountNotDone() >= 2 * most_) return Admission::kRefused;
  Admission admission = Admission::kAdmitted;
  const auto staying =
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& other) { return !other->interrupted_ && !other->done_; });
  if (static_cast<size_t>(staying) >= most_) {
    Connection* victim = LeastUseful();
    if (victim == nullptr) return Admission::kRefused;
    Interrupt(*victim);
    admission = Admission::kAdmittedForAnother;
  }
  connections_.emplace_back(new Connection(*this, std::move(socket)));
  Connection* connection = connections_.back().get();
  try {
    connection->thread_ = std::thread([this, connection, serve = std::move(serve)] {
      serve(*connection);
      const std::lock_guard finished(mutex_);
      connection->done_ = true;
      ended_.notify_all();
    });
  } catch (const std::system_error&) {
    connections_.pop_back();
    return Admission::kRefused;
  }
  return admission;
}

Connection* ConnectionTable::LeastUseful() {
  Connection* chosen = nullptr;
  const auto may_go = [](const Connection& c) {
    if (c.interrupted_ || c.done_) return false;
    return c.phase_ == Phase::kWaiting || c.phase_ == Phase::kSending ||
           (c.phase_ == Phase::kReceiving && !c.verified_);
  };
  const auto key = [](const Connection& c) {
    return std::pair(c.phase_ == Phase::kSending, c.since_);
  };
  for (const auto& connection : connections_) {
    if (!may_go(*connection)) continue;
    if (chosen == nullptr || key(*connection) < key(*chosen)) chosen = connection.get();
  }
  return chosen;
}

void ConnectionTable::Interrupt(Connection& connection) {
  if (connection.phase_ == Phase::kClosing || connection.done_) return;
  connection.interrupted_ = true;
  connection.channel_.Interrupt();
}

void ConnectionTable::StartDraining() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (const auto& connection : connections_) {
    if (connection->phase_ == Phase::kWaiting) Interrupt(*connection);
  }
}

bool ConnectionTable::WaitUntilEmpty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [this] { return CountNotDone() == 0; });
}

void ConnectionTable::InterruptAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) Interrupt(*connection);
}

size_t ConnectionTable::open() const {
  const std::lock_guard lock(mutex_);
  return CountNotDone();
}

size_t ConnectionTable::CountNotDone() const {
  return static_cast<size_t>(std::count_if(connections_.begin(), connections_.end(),
                                           [](const auto& other) { return !other->done_; }));
}

void ConnectionTable::JoinFinished() {
  std::list<std::unique_ptr<Connection>> finished;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = connections_.begin(); at != connections_.end();) {
      const auto next = std::next(at);
      if ((*at)->done_) finished.splice(finished.end(), connections_, at);
      at = next;
    }
  }
  for (const auto& connection : finished) connection->thread_.join();
}

}  // namespace polder::server::http
