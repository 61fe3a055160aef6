// `polder init --demo`: everything a region needs to be tried out, in one folder.
#ifndef POLDER_SERVER_CLI_INIT_COMMAND_H_
#define POLDER_SERVER_CLI_INIT_COMMAND_H_

#include <cstdint>
#include <string>

#include "policies/base/clock.h"

namespace polder::server::cli {

struct InitOptions {
  std::string out;       // made when missing; refused when it holds a region already
  std::string codebook;  // path; a copy goes into the folder
  base::Instant start;   // the first made-up instant
  uint16_t port = 8443;  // 0 takes a free one at every start
};

// Writes polder.json, clock, codebook.json, log.policy, tls/, keys/, people/<name>.{pem,key},
// members/<GM>/{certificate.pem,certificate.key,case.key} and holders/<name>.{pem,key}: what each
// of two key holders serves with (`polder-keyholder init` takes it into a folder of its own).
// Private files are readable by their owner only. Throws ProblemError "already-there".
int RunInit(const InitOptions& options);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_INIT_COMMAND_H_
