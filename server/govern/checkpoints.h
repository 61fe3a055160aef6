// Checkpoints of the log: its size and root, signed, and never contradicted later.
//
// The store's one write lock makes it the sequencer: leaves are numbered in the order in which
// transactions commit, so every process that signs a size signs the same root. What the lock cannot
// stop is a restored backup: a store that forgot leaves would sign a second history. So the largest
// checkpoint ever given out stands in a file outside the store (beside the keys, or on another
// machine), and a store that is behind it, or does not continue it, refuses to sign.
// Source: c2sp.org/tlog-checkpoint, c2sp.org/tlog-witness.
#ifndef POLDER_SERVER_GOVERN_CHECKPOINTS_H_
#define POLDER_SERVER_GOVERN_CHECKPOINTS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/log/note.h"
#include "policies/base/clock.h"
#include "server/govern/witnesses.h"
#include "server/store/store.h"

namespace polder::server::govern {

using NoteSigner = crypto::log::NoteSigner;

// A note under the log's key, as receipts are. `text` ends in a newline.
std::string SignNote(const NoteSigner& signer, std::string_view text);

// Throws "log-behind" unless the store continues the checkpoint in the file `given_out`; a file
// that is not there says nothing.
void CheckGivenOut(const store::Reader& reader, const std::string& given_out);

// Thread-safe.
class Checkpoints {
 public:
  // `origin` is the log's name, `witness_path` the file of the largest checkpoint given out. The
  // signer must outlive this.
  // `witnesses`, when there are any, must too.
  Checkpoints(std::string origin, const crypto::log::NoteSigner& signer, std::string witness_path,
              const Witnesses* witnesses = nullptr);

  // The signed checkpoint of all leaves in the transaction, those it added included; stored with
  // them. Throws ProblemError "log-behind" when the store is behind the witness file or continues
  // another history; "log-empty" without a leaf.
  store::CheckpointRecord Sign(store::Transaction& transaction, base::Instant now) const;
  // The proof file (c2sp.org/tlog-proof) of leaf `index` under a checkpoint that covers it.
  std::string Proof(const store::Reader& reader, uint64_t index,
                    const store::CheckpointRecord& checkpoint) const;

  // Remembers a checkpoint of a transaction that has returned, on disk, before anyone outside sees
  // it. Never goes back; a smaller one changes nothing. Throws "log-behind" as Sign.
  void GiveOut(const store::CheckpointRecord& checkpoint) const;

  // Signs what is new, and gives it out: the latest checkpoint.
  store::CheckpointRecord Latest(store::Store& store, base::Instant now) const;

  // What is shown outside: without witnesses Latest, with them the largest checkpoint that a quorum
  // cosigned, after asking them about the latest. Only one process asks at a time, and after
  // witnesses were away none asks again for ten seconds, however many readers come. Throws
  // "log-behind" when a witness is ahead of the store, "not-witnessed" when there is none yet.
  store::CheckpointRecord Published(store::Store& store, base::Instant now) const;
  // Returns when leaf `index` is under a checkpoint that a quorum cosigned, or at once when no
  // quorum is needed. Throws as Published, and "not-witnessed" when too few witnesses answered.
  void RequireWitnessed(store::Store& store, uint64_t index, base::Instant now) const;
  // Whether a quorum had cosigned a checkpoint over leaf `index` at `until` or before, by its own
  // clocks; true when no quorum is needed.
  bool WitnessedBy(const store::Reader& reader, uint64_t index, base::Instant until) const;
  // Before anything is done with a store: no witness may be ahead of it. A witness that is away
  // says nothing; what needs one waits for it then.
  void AskAtStart(store::Store& store, base::Instant now) const;

  // Throws "log-behind" when the store may not be used with this witness file: checked at start and
  // by health checks. Call it first in a transaction, so that its view is not older than the file.
  void Check(const store::Reader& reader) const;

  crypto::log::VerifierKey verifier() const { return signer_.verifier(); }
  const crypto::log::NoteSigner& signer() const { return signer_; }
  const std::string& origin() const { return origin_; }

 private:
  bool NeedsWitnesses() const;
  // Asks the witnesses about the latest checkpoint unless a quorum has cosigned it.
  store::CheckpointRecord Cosigned(store::Store& store, base::Instant now) const;

  std::string origin_;
  const crypto::log::NoteSigner& signer_;
  std::string witness_path_;
  const Witnesses* witnesses_;
  mutable std::atomic<std::chrono::steady_clock::rep> away_until_{0};
};

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_CHECKPOINTS_H_
