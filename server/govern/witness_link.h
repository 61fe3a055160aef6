// Witnesses over HTTP, as the region's configuration names them.
#ifndef POLDER_SERVER_GOVERN_WITNESS_LINK_H_
#define POLDER_SERVER_GOVERN_WITNESS_LINK_H_

#include <memory>
#include <string>

#include "policies/base/clock.h"
#include "server/govern/witnesses.h"
#include "server/http/tls_files.h"

namespace polder::server::govern {

// The witnesses of a log policy, each at the address on its line. Under https both ends show a
// certificate; plain http is for a witness on this machine. Each question has five seconds.
// Throws ProblemError "log-policy" for a policy that cannot be read, does not list `log`, or has a
// witness without a usable address. `clock` must outlive the result.
std::unique_ptr<Witnesses> LinkWitnesses(std::string_view policy_text, const std::string& log,
                                         const http::ClientTlsFiles& tls, const base::Clock& clock);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_WITNESS_LINK_H_
