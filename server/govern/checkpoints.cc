#include "server/govern/checkpoints.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "crypto/log/checkpoint.h"
#include "crypto/log/merkle.h"
#include "crypto/log/proof.h"
#include "policies/base/problem.h"
#include "server/govern/witness_file.h"

namespace polder::server::govern {

namespace {

using crypto::digest::Digest;

constexpr std::chrono::seconds kAway{10};

[[noreturn]] void Behind(const std::string& what) {
  throw base::ProblemError("log-behind", "",
                           what +
                               " Signing would make two histories of one log. Restore a newer "
                               "backup; whatever was received since must be delivered again.");
}

// The leaves must continue the history of the witnessed checkpoint.
void CheckContinues(std::span<const Digest> leaves, const std::optional<Witnessed>& witnessed) {
  if (!witnessed || witnessed->size == 0) return;
  if (leaves.size() < witnessed->size) {
    Behind("The store has fewer leaves than a checkpoint that was given out.");
  }
  if (crypto::log::RootHash(leaves.first(witnessed->size)) != witnessed->root) {
    Behind("The store's log differs from a checkpoint that was given out.");
  }
}

}  // namespace

void CheckGivenOut(const store::Reader& reader, const std::string& given_out) {
  CheckContinues(reader.LeafHashes(reader.LogSize()), WitnessFile(given_out).Read());
}

Checkpoints::Checkpoints(std::string origin, const crypto::log::NoteSigner& signer,
                         std::string witness_path, const Witnesses* witnesses)
    : origin_(std::move(origin)),
      signer_(signer),
      witness_path_(std::move(witness_path)),
      witnesses_(witnesses) {}

std::string SignNote(const NoteSigner& signer, std::string_view text) {
  return crypto::log::MakeNote(text, signer);
}

store::CheckpointRecord Checkpoints::Sign(store::Transaction& transaction,
                                          base::Instant now) const {
  const uint64_t size = transaction.LogSize();
  if (size == 0) {
    throw base::ProblemError("log-empty", "", "The log has no leaf yet: there is nothing to sign.");
  }
  const std::vector<Digest> leaves = transaction.LeafHashes(size);
  CheckContinues(leaves, WitnessFile(witness_path_).Read());
  if (auto standing = transaction.LatestCheckpoint(); standing && standing->size == size) {
    return *standing;
  }
  store::CheckpointRecord checkpoint;
  checkpoint.size = size;
  checkpoint.root = crypto::log::RootHash(leaves);
  checkpoint.note = crypto::log::MakeNote(
      crypto::log::Checkpoint{origin_, size, checkpoint.root, {}}.Text(), signer_);
  checkpoint.at = now;
  transaction.AddCheckpoint(checkpoint);
  return checkpoint;
}

std::string Checkpoints::Proof(const store::Reader& reader, uint64_t index,
                               const store::CheckpointRecord& checkpoint) const {
  crypto::log::LogProof proof;
  proof.index = index;
  proof.path = crypto::log::InclusionProof(reader.LeafHashes(checkpoint.size), index);
  proof.checkpoint = checkpoint.note;
  return crypto::log::WriteProof(proof);
}

void Checkpoints::GiveOut(const store::CheckpointRecord& checkpoint) const {
  WitnessFile file(witness_path_);
  const auto witnessed = file.Read();
  if (witnessed && witnessed->size == checkpoint.size && witnessed->root != checkpoint.root) {
    Behind("Another checkpoint of this size was given out.");
  }
  if (!witnessed || witnessed->size < checkpoint.size) {
    file.Replace({checkpoint.size, checkpoint.root});
  }
}

store::CheckpointRecord Checkpoints::Latest(store::Store& store, base::Instant now) const {
  store::CheckpointRecord checkpoint;
  bool current = false;
  // Read before the store: what was given out by then is in every later view of a sound store.
  const auto witnessed = WitnessFile(witness_path_).Read();
  store.Read([&](const store::Reader& reader) {
    const auto latest = reader.LatestCheckpoint();
    if (!latest || latest->size != reader.LogSize()) return;
    checkpoint = *latest;
    current = true;
    if (witnessed && witnessed->size == latest->size && witnessed->root == latest->root) return;
    CheckContinues(reader.LeafHashes(latest->size), witnessed);
  });
  if (!current) {
    store.Write([&](store::Transaction& transaction) { checkpoint = Sign(transaction, now); });
  }
  GiveOut(checkpoint);
  return checkpoint;
}

bool Checkpoints::NeedsWitnesses() const {
  return witnesses_ != nullptr && witnesses_->policy().needs_witnesses();
}

store::CheckpointRecord Checkpoints::Cosigned(store::Store& store, base::Instant now) const {
  // One at a time, and the store read after the lock: whoever asked before has pushed no more than
  // what is read now, so a witness that is ahead is ahead of the store.
  const WitnessFile one_at_a_time(witness_path_ + ".asking");
  store::CheckpointRecord checkpoint = Latest(store, now);
  std::optional<store::CheckpointRecord> cosigned;
  std::vector<Digest> leaves;
  store.Read([&](const store::Reader& reader) {
    cosigned = reader.LatestCosigned();
    if (!cosigned || cosigned->size != checkpoint.size) {
      leaves = reader.LeafHashes(checkpoint.size);
    }
  });
  if (cosigned && cosigned->size == checkpoint.size) return *cosigned;
  checkpoint.note = witnesses_->Cosign(checkpoint, leaves);
  checkpoint.at = now;
  store.Write([&](store::Transaction& transaction) { transaction.AddCosigned(checkpoint); });
  return checkpoint;
}

store::CheckpointRecord Checkpoints::Published(store::Store& store, base::Instant now) const {
  if (!NeedsWitnesses()) return Latest(store, now);
  const auto clock = std::chrono::steady_clock::now().time_since_epoch().count();
  std::optional<base::ProblemError> why;
  if (clock >= away_until_) {
    try {
      return Cosigned(store, now);
    } catch (const base::ProblemError& error) {
      if (error.code() != "not-witnessed") throw;
      why = error;
      away_until_ = clock + std::chrono::steady_clock::duration(kAway).count();
    }
  }
  std::optional<store::CheckpointRecord> standing;
  store.Read([&](const store::Reader& reader) { standing = reader.LatestCosigned(); });
  if (standing) return *standing;
  if (why) throw base::ProblemError(*why);
  throw base::ProblemError("not-witnessed", "", "The log's witnesses were away a moment ago.");
}

void Checkpoints::RequireWitnessed(store::Store& store, uint64_t index, base::Instant now) const {
  if (!NeedsWitnesses()) return;
  bool covered = false;
  store.Read(
      [&](const store::Reader& reader) { covered = reader.CosignedOver(index).has_value(); });
  if (!covered) Cosigned(store, now);
}

bool Checkpoints::WitnessedBy(const store::Reader& reader, uint64_t index,
                              base::Instant until) const {
  if (!NeedsWitnesses()) return true;
  const auto cosigned = reader.CosignedOver(index);
  return cosigned && witnesses_->policy().CheckUntil(cosigned->note, until).has_value();
}

void Checkpoints::AskAtStart(store::Store& store, base::Instant now) const {
  if (witnesses_ == nullptr || witnesses_->policy().witnesses().empty()) return;
  const WitnessFile one_at_a_time(witness_path_ + ".asking");
  try {
    const store::CheckpointRecord checkpoint = Latest(store, now);
    std::vector<Digest> leaves;
    store.Read([&](const store::Reader& reader) { leaves = reader.LeafHashes(checkpoint.size); });
    witnesses_->Cosign(checkpoint, leaves);
  } catch (const base::ProblemError& error) {
    if (error.code() != "not-witnessed" && error.code() != "log-empty") throw;
  }
}

void Checkpoints::Check(const store::Reader& reader) const { CheckGivenOut(reader, witness_path_); }

}  // namespace polder::server::govern
