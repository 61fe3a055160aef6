// SIGTERM and SIGINT as something to wait for, so that a process ends between steps and not inside
// one.
#ifndef POLDER_SERVER_HTTP_STOP_SIGNAL_H_
#define POLDER_SERVER_HTTP_STOP_SIGNAL_H_

#include <chrono>

#include <signal.h>

namespace polder::server::http {

// Made before any thread is started: the signals are blocked in this thread and all it starts.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void Wait() const;
  // True when a signal has come, at once or within `patience`.
  bool Came(std::chrono::milliseconds patience) const;

 private:
  sigset_t signals_;
  mutable bool came_ = false;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_STOP_SIGNAL_H_
