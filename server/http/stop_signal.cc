#include "server/http/stop_signal.h"

#include <cerrno>
#include <ctime>

#include <pthread.h>

namespace polder::server::http {

StopSignal::StopSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignal::Wait() const {
  while (!Came(std::chrono::hours(1))) {
  }
}

bool StopSignal::Came(std::chrono::milliseconds patience) const {
  if (came_) return true;
  timespec time{};
  time.tv_sec = patience.count() / 1000;
  time.tv_nsec = static_cast<long>(patience.count() % 1000) * 1'000'000;
  int got = 0;
  do {
    got = sigtimedwait(&signals_, nullptr, &time);
  } while (got < 0 && errno == EINTR);
  came_ = got > 0;
  return came_;
}

}  // namespace polder::server::http
