// Makes the TLS settings of one end from its files: hardened by crypto/tls, trusting only what the
// files name.
#ifndef POLDER_SERVER_HTTP_TLS_CONTEXT_H_
#define POLDER_SERVER_HTTP_TLS_CONTEXT_H_

#include <mutex>

#include <Poco/Net/Context.h>

#include "policies/base/clock.h"
#include "server/http/channel.h"
#include "server/http/tls_files.h"

namespace polder::server::http {

// Thread-safe.
class TlsContext {
 public:
  // Certificates of the other end are judged at `clock`'s time when that is simulated, else at the
  // machine's. Throws ProblemError "bad-tls-files".
  TlsContext(const TlsFiles& files, const base::Clock* clock);
  TlsContext(const ClientTlsFiles& files, const base::Clock* clock);

  // The handshake on `channel`; `host` is empty for the server. Throws as Channel::Handshake does.
  void Handshake(Channel& channel, const std::string& host, Deadline deadline);

 private:
  std::mutex mutex_;
  Poco::Net::Context::Ptr context_;
  const base::Clock* clock_;
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_TLS_CONTEXT_H_
