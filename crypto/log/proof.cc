#include "crypto/log/proof.h"

#include "crypto/log/decimal.h"

namespace polder::crypto::log {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr size_t kMaxPath = 63;

}  // namespace

std::string WriteProof(const LogProof& proof) {
  std::string text = std::string(kHeader) + "\n";
  if (proof.extra && !proof.extra->empty())
    text += std::string(kExtra) + base::ToBase64(*proof.extra) + "\n";
  text += std::string(kIndex) + std::to_string(proof.index) + "\n";
  for (const Digest& hash : proof.path) text += base::ToBase64(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

std::optional<LogProof> ParseProof(std::string_view text) {
  LogProof proof;
  if (TakeLine(text) != kHeader) return std::nullopt;
  std::optional<std::string_view> line = TakeLine(text);
  if (line && line->starts_with(kExtra)) {
    proof.extra = base::FromBase64(line->substr(kExtra.size()));
    if (!proof.extra || proof.extra->empty()) return std::nullopt;
    line = TakeLine(text);
  }
  if (!line || !line->starts_with(kIndex)) return std::nullopt;
  const std::optional<uint64_t> index = ParseDecimal(line->substr(kIndex.size()));
  if (!index) return std::nullopt;
  proof.index = *index;
  for (line = TakeLine(text); line && !line->empty(); line = TakeLine(text)) {
    const std::optional<Digest> hash = ParseDigest(*line);
    if (!hash || proof.path.size() == kMaxPath) return std::nullopt;
    proof.path.push_back(*hash);
  }
  if (!line || text.empty()) return std::nullopt;
  proof.checkpoint = std::string(text);
  return proof;
}

ProofVerdict VerifyProof(std::string_view text, const Digest& leaf, const LogPolicy& policy) {
  ProofVerdict verdict;
  const std::optional<LogProof> proof = ParseProof(text);
  if (!proof) {
    verdict.code = "malformed-proof";
    verdict.detail = "The proof file is damaged or of another kind; fetch it again.";
    return verdict;
  }
  verdict.index = proof->index;
  std::string why;
  verdict.checkpoint = policy.Check(proof->checkpoint, &why);
  if (!verdict.checkpoint) {
    verdict.code = "untrusted-checkpoint";
    verdict.detail = why;
    return verdict;
  }
  const Checkpoint& checkpoint = verdict.checkpoint->checkpoint;
  if (!VerifyInclusion(leaf, proof->index, checkpoint.size, proof->path, checkpoint.root)) {
    verdict.code = "not-included";
    verdict.detail = "The log does not hold this entry at the place that the proof names.";
    return verdict;
  }
  verdict.ok = true;
  return verdict;
}

}  // namespace polder::crypto::log
