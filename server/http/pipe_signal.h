// Writing to a connection that the other end closed raises SIGPIPE, which would end the program;
// the TLS library writes without MSG_NOSIGNAL.
#ifndef POLDER_SERVER_HTTP_PIPE_SIGNAL_H_
#define POLDER_SERVER_HTTP_PIPE_SIGNAL_H_

#include <csignal>

namespace polder::server::http {

// While it lives, this thread gets no SIGPIPE; one that was raised meanwhile is discarded. Changes
// nothing for other threads or for the program.
class PipeSignalBlocked {
 public:
  PipeSignalBlocked();
  ~PipeSignalBlocked();
  PipeSignalBlocked(const PipeSignalBlocked&) = delete;
  PipeSignalBlocked& operator=(const PipeSignalBlocked&) = delete;

 private:
  bool blocked_here_ = false;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_PIPE_SIGNAL_H_
