#include "crypto/log/witness.h"

#include <algorithm>
#include <utility>

#include "crypto/log/checkpoint.h"
#include "crypto/log/decimal.h"
#include "policies/base/bytes.h"

namespace polder::crypto::log {
namespace {

constexpr std::string_view kOld = "old ";
constexpr size_t kMaxProof = 63;

WitnessDecision Refuse(int status, std::string reason) {
  WitnessDecision decision;
  decision.status = status;
  decision.body = std::move(reason) + "\n";
  return decision;
}

}  // namespace

std::string WriteCheckpointRequest(const CheckpointRequest& request) {
  std::string body = std::string(kOld) + std::to_string(request.old_size) + "\n";
  for (const Digest& hash : request.proof) body += base::ToBase64(hash) + "\n";
  return body + "\n" + request.checkpoint;
}

std::optional<CheckpointRequest> ParseCheckpointRequest(std::string_view body) {
  CheckpointRequest request;
  const auto old = TakeLine(body);
  if (!old || !old->starts_with(kOld)) return std::nullopt;
  const auto size = ParseDecimal(old->substr(kOld.size()));
  if (!size) return std::nullopt;
  request.old_size = *size;
  for (auto line = TakeLine(body);; line = TakeLine(body)) {
    if (!line) return std::nullopt;
    if (line->empty()) break;
    const auto hash = ParseDigest(*line);
    if (!hash || request.proof.size() == kMaxProof) return std::nullopt;
    request.proof.push_back(*hash);
  }
  request.checkpoint = std::string(body);
  return request;
}

WitnessDecision Decide(std::string_view body, std::span<const VerifierKey> logs,
                       const std::function<SeenCheckpoint(const std::string& origin)>& seen) {
  const auto request = ParseCheckpointRequest(body);
  if (!request) return Refuse(400, "This is not a request to add a checkpoint.");
  std::string_view rest = request->checkpoint;
  const auto origin = TakeLine(rest);
  if (!origin) return Refuse(400, "There is no checkpoint in the request.");
  std::vector<VerifierKey> keys;
  std::copy_if(logs.begin(), logs.end(), std::back_inserter(keys),
               [&](const VerifierKey& key) { return key.name() == *origin; });
  if (keys.empty()) return Refuse(404, "This witness does not follow this log.");
  const auto note = VerifyNote(request->checkpoint, keys);
  if (!note) return Refuse(403, "The log did not sign this checkpoint.");
  const auto checkpoint = Checkpoint::Parse(note->text);
  if (!checkpoint) return Refuse(400, "The signed text is not a checkpoint.");
  if (request->old_size > checkpoint->size) {
    return Refuse(400, "The checkpoint is smaller than the old size.");
  }
  const SeenCheckpoint last = seen(checkpoint->origin);
  if (request->old_size != last.size) {
    WitnessDecision decision = Refuse(409, std::to_string(last.size));
    decision.content_type = "text/x.tlog.size";
    return decision;
  }
  // From the empty tree there is nothing to prove; an empty tree has one root only.
  const bool continues =
      last.size == 0 ? request->proof.empty() &&
                           (checkpoint->size != 0 || checkpoint->root == SeenCheckpoint{}.root)
                     : VerifyConsistency(last.size, checkpoint->size, last.root, checkpoint->root,
                                         request->proof);
  if (!continues) {
    return Refuse(422, "The checkpoint does not continue the one that was cosigned last.");
  }
  WitnessDecision decision;
  decision.status = 200;
  decision.origin = checkpoint->origin;
  decision.text = note->text;
  decision.now_seen = {checkpoint->size, checkpoint->root};
  return decision;
}

}  // namespace polder::crypto::log
