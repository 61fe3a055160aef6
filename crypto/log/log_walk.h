// A whole log from its static files, checked from the first entry to the last.
// Source: c2sp.org/tlog-tiles.
#ifndef POLDER_CRYPTO_LOG_LOG_WALK_H_
#define POLDER_CRYPTO_LOG_LOG_WALK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/log_policy.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::crypto::log {

struct LogFiles {
  // The bytes of "checkpoint", "tile/0/000.p/3", …; nullopt when there is no such file.
  std::function<std::optional<base::Bytes>(const std::string& path)> read;
  // Notes that were given out before, in any order: each must be of a prefix.
  std::vector<std::string> earlier_checkpoints;
  // Called with each entry, in order, when set.
  std::function<void(uint64_t index, base::ByteView entry)> entry;
};

struct LogWalk {
  uint64_t size = 0;  // of the checkpoint, when there is one that is trusted
  size_t checkpoints = 0;
  std::vector<base::Problem> problems;  // empty: the log is whole
};

// "untrusted-checkpoint", "log-file-missing", "log-file-damaged" (a tile that its entries do not
// give), "log-forked" (a checkpoint, the last or an earlier one, that the entries do not give).
// Stops at the twentieth problem.
LogWalk WalkLog(const LogFiles& files, const LogPolicy& policy);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_LOG_WALK_H_
