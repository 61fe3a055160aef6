// Makes the TLS settings of one end from its files: hardened by crypto/tls, trusting only what the
// files name.
#ifndef POLDER_SERVER_HTTP_TLS_CONTEXT_H_
#define POLDER_SERVER_HTTP_TLS_CONTEXT_H_

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include <Poco/Net/Context.h>

#include "policies/base/clock.h"
#include "policies/base/file_stamp.h"
#include "server/http/channel.h"
#include "server/http/tls_files.h"

namespace polder::server::http {

// Thread-safe.
class TlsContext {
 public:
  // Certificates of the other end are judged at `clock`'s time when that is simulated, else at the
  // machine's. Throws ProblemError "bad-tls-files".
  //
  // A server's files are looked at before each handshake, at most once a second, and read again
  // when they changed. Files that cannot be used then (a half-written one) change nothing: what was
  // read before stays, revocation lists until their own end, and `trouble` is told once.
  TlsContext(const TlsFiles& files, const base::Clock* clock,
             std::function<void(std::string_view)> trouble = {});
  TlsContext(const ClientTlsFiles& files, const base::Clock* clock);

  // The handshake on `channel`; `host` is empty for the server. Throws as Channel::Handshake does.
  void Handshake(Channel& channel, const std::string& host, Deadline deadline);

 private:
  void ReadAgainIfChanged();  // under the mutex

  std::mutex mutex_;
  TlsFiles server_files_;
  base::FileStamp stamp_;
  std::chrono::steady_clock::time_point looked_at_;
  std::function<void(std::string_view)> trouble_;
  Poco::Net::Context::Ptr context_;
  const base::Clock* clock_;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_TLS_CONTEXT_H_
