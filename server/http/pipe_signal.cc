#include "server/http/pipe_signal.h"

#include <ctime>

namespace polder::server::http {
namespace {

sigset_t PipeOnly() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

}  // namespace

PipeSignalBlocked::PipeSignalBlocked() {
  const sigset_t pipe = PipeOnly();
  sigset_t before;
  if (pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0) {
    blocked_here_ = sigismember(&before, SIGPIPE) == 0;
  }
}

PipeSignalBlocked::~PipeSignalBlocked() {
  if (!blocked_here_) return;
  const sigset_t pipe = PipeOnly();
  sigset_t pending;
  if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) {
    const timespec at_once{0, 0};
    sigtimedwait(&pipe, nullptr, &at_once);
  }
  pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
}

}  // namespace polder::server::http
