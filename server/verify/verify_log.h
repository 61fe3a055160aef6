// A whole log from the folder that `polder log export` writes, or that anyone mirrored.
#ifndef POLDER_SERVER_VERIFY_VERIFY_LOG_H_
#define POLDER_SERVER_VERIFY_VERIFY_LOG_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/log/log_policy.h"
#include "policies/base/problem.h"

namespace polder::server::verify {

struct LogVerdict {
  uint64_t size = 0;
  size_t checkpoints = 0;  // that were checked, the last one included
  size_t releases = 0;
  std::vector<base::Problem> problems;  // empty: yes
};

// `earlier` are checkpoints that were kept elsewhere, beside those of the folder. Problems as
// crypto/log WalkLog and Acts; the acts are judged only in a log that is whole.
LogVerdict VerifyLog(const std::string& directory, const std::vector<std::string>& earlier,
                     const crypto::log::LogPolicy& policy);

}  // namespace polder::server::verify

#endif  // POLDER_SERVER_VERIFY_VERIFY_LOG_H_
