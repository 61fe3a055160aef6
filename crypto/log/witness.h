// What a witness decides: is this checkpoint a continuation of the one that it cosigned last?
//
// Pure: who runs a witness keeps what it saw, decides and stores under one lock, and answers only
// after that is on disk. Source: c2sp.org/tlog-witness (add-checkpoint).
#ifndef POLDER_CRYPTO_LOG_WITNESS_H_
#define POLDER_CRYPTO_LOG_WITNESS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/merkle.h"
#include "crypto/log/note.h"

namespace polder::crypto::log {

// The body of add-checkpoint.
struct CheckpointRequest {
  uint64_t old_size = 0;
  std::vector<Digest> proof;  // from the old size to the checkpoint's
  std::string checkpoint;     // the signed note
};
std::string WriteCheckpointRequest(const CheckpointRequest& request);
// Strict: at most 63 hashes, no other spelling; nullopt for anything else.
std::optional<CheckpointRequest> ParseCheckpointRequest(std::string_view body);

// The largest checkpoint of one log that a witness cosigned; of none, the empty tree.
struct SeenCheckpoint {
  uint64_t size = 0;
  Digest root = RootHash({});

  friend bool operator==(const SeenCheckpoint&, const SeenCheckpoint&) = default;
};

// With status 200: store `now_seen` under `origin`, then cosign `text` and answer the line. Else
// answer `body` as `content_type`.
struct WitnessDecision {
  int status = 400;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string origin;
  std::string text;
  SeenCheckpoint now_seen;
};

// 400 malformed or going back, 403 not signed by the log, 404 a log that is not followed, 409 with
// the size last cosigned, 422 not a continuation. `seen` is asked for the checkpoint's origin.
WitnessDecision Decide(std::string_view body, std::span<const VerifierKey> logs,
                       const std::function<SeenCheckpoint(const std::string& origin)>& seen);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_WITNESS_H_
