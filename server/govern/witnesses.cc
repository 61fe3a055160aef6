#include "server/govern/witnesses.h"

#include <charconv>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "crypto/log/note.h"
#include "crypto/log/witness.h"
#include "policies/base/problem.h"

namespace polder::server::govern {
namespace {

using crypto::digest::Digest;
using crypto::log::VerifierKey;

// What one witness had to say: a line, nothing, or that the store must stop.
struct Heard {
  std::string line;
  bool ahead = false;
};

std::optional<uint64_t> SizeIn(std::string_view body) {
  if (body.empty() || body.back() != '\n') return std::nullopt;
  body.remove_suffix(1);
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size);
  if (error != std::errc() || end != body.data() + body.size()) return std::nullopt;
  return size;
}

// The line of the answer that this witness's key made; every other is ignored.
std::string LineOf(const std::string& note, std::string_view body, const VerifierKey& key) {
  while (!body.empty()) {
    const size_t end = body.find('\n');
    if (end == std::string_view::npos) break;
    const std::string line(body.substr(0, end + 1));
    body.remove_prefix(end + 1);
    if (line.size() > 1'000) break;
    if (crypto::log::VerifyNote(note + line, key)) return line;
  }
  return {};
}

Heard AskOne(const AskWitness& ask, const VerifierKey& key,
             const store::CheckpointRecord& checkpoint, std::span<const Digest> leaves) {
  // Most often it saw the checkpoint before this one, whose size only it knows: the first question
  // is what that was, and it answers at once when this is the first of all.
  uint64_t old_size = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    crypto::log::CheckpointRequest request{old_size, {}, checkpoint.note};
    if (old_size > 0) request.proof = crypto::log::ConsistencyProof(leaves, old_size);
    const WitnessReply reply = ask(crypto::log::WriteCheckpointRequest(request));
    if (reply.status == 200) return {LineOf(checkpoint.note, reply.body, key), false};
    // With a proof from the size that it named itself, this is another history.
    if (reply.status == 422 && old_size > 0) return {{}, true};
    const auto size = reply.status == 409 ? SizeIn(reply.body) : std::nullopt;
    if (!size) return {};
    if (*size > leaves.size()) return {{}, true};
    old_size = *size;
  }
  return {};
}

}  // namespace

Witnesses::Witnesses(crypto::log::LogPolicy policy, std::vector<AskWitness> asks)
    : policy_(std::move(policy)), asks_(std::move(asks)) {
  if (asks_.size() != policy_.witnesses().size()) {
    throw base::ProblemError("log-policy", "", "Each witness of the policy needs an address.");
  }
}

std::string Witnesses::Cosign(const store::CheckpointRecord& checkpoint,
                              std::span<const Digest> leaves) const {
  std::vector<Heard> heard(asks_.size());
  {
    std::vector<std::thread> asking;
    for (size_t i = 0; i < asks_.size(); ++i) {
      if (!asks_[i]) continue;
      asking.emplace_back([&, i] {
        try {
          heard[i] = AskOne(asks_[i], policy_.witnesses()[i], checkpoint, leaves);
        } catch (const std::exception&) {
          heard[i] = {};  // a witness that is away is one that does not cosign
        }
      });
    }
    for (std::thread& thread : asking) thread.join();
  }
  std::string note = checkpoint.note;
  for (const Heard& one : heard) {
    if (one.ahead) {
      throw base::ProblemError(
          "log-behind", "",
          "A witness saw a larger log than this store has, or another history. Restore a newer "
          "backup; whatever was received since must be delivered again.");
    }
    note += one.line;
  }
  std::string why;
  if (!policy_.Check(note, &why)) {
    throw base::ProblemError("not-witnessed", "",
                             "The log's checkpoint lacks cosignatures: " + why +
                                 " Ask the members whose witness is away to start it.");
  }
  return note;
}

}  // namespace polder::server::govern
