// A checkpoint: the log's size and root, said under its name.
// Source: c2sp.org/tlog-checkpoint.
#ifndef POLDER_CRYPTO_LOG_CHECKPOINT_H_
#define POLDER_CRYPTO_LOG_CHECKPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/merkle.h"

namespace polder::crypto::log {

struct Checkpoint {
  std::string origin;  // the log's name: one non-empty line
  uint64_t size = 0;
  Digest root{};
  std::vector<std::string> extensions;  // opaque lines, none of ours

  // Three lines and the extensions, newline at the end: the text of a signed note. Throws
  // ProblemError "checkpoint" when the origin or an extension is not one non-empty line.
  std::string Text() const;
  // Strict: no leading zeros, canonical base64; nullopt for anything else.
  static std::optional<Checkpoint> Parse(std::string_view text);

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_CHECKPOINT_H_
