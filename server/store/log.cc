// The log's rows, the budget ledger and the sealed answers.
#include <algorithm>

#include "policies/base/problem.h"
#include "server/store/connection.h"
#include "server/store/store.h"

namespace polder::server::store {

uint64_t Reader::LogSize() const {
  Statement statement = connection_.Prepare("SELECT coalesce(max(idx) + 1, 0) FROM leaves");
  statement.Step();
  return statement.Unsigned();
}

std::vector<LeafRecord> Reader::Leaves(uint64_t from, uint64_t to) const {
  constexpr uint64_t kMost = 1000;
  std::vector<LeafRecord> leaves;
  if (from >= to) return leaves;
  Statement statement = connection_.Prepare(
      "SELECT idx, hash, canonical FROM leaves WHERE idx >= ? ORDER BY idx LIMIT ?");
  constexpr uint64_t kLargest = uint64_t{1} << 62;
  statement.Bind(std::min(from, kLargest)).Bind(std::min(to - from, kMost));
  while (statement.Step()) {
    LeafRecord leaf;
    leaf.index = statement.Unsigned();
    leaf.hash = statement.Hash32();
    leaf.canonical = statement.Text();
    leaves.push_back(std::move(leaf));
  }
  return leaves;
}

std::optional<uint64_t> Reader::LastLeafOf(std::string_view kind) const {
  Statement statement = connection_.Prepare(
      "SELECT idx FROM leaves WHERE json_extract(canonical, '$.kind') = ? ORDER BY idx DESC LIMIT "
      "1");
  statement.Bind(kind);
  if (!statement.Step()) return std::nullopt;
  return statement.Unsigned();
}

std::vector<Hash> Reader::LeafHashes(uint64_t size) const {
  if (size > LogSize()) {
    throw base::ProblemError("not-found", "", "The log has fewer leaves than that.");
  }
  std::vector<Hash> hashes;
  hashes.reserve(size);
  Statement statement = connection_.Prepare("SELECT hash FROM leaves WHERE idx < ? ORDER BY idx");
  statement.Bind(size);
  while (statement.Step()) hashes.push_back(statement.Hash32());
  return hashes;
}

namespace {

CheckpointRecord ReadCheckpoint(Statement& statement) {
  CheckpointRecord checkpoint;
  checkpoint.size = statement.Unsigned();
  checkpoint.root = statement.Hash32();
  checkpoint.note = statement.Text();
  checkpoint.at = statement.Time();
  return checkpoint;
}

}  // namespace

std::optional<CheckpointRecord> Reader::LatestCheckpoint() const {
  Statement statement = connection_.Prepare(
      "SELECT size, root, note, at FROM checkpoints ORDER BY size DESC LIMIT 1");
  if (!statement.Step()) return std::nullopt;
  return ReadCheckpoint(statement);
}

std::vector<CheckpointRecord> Reader::Checkpoints() const {
  Statement statement =
      connection_.Prepare("SELECT size, root, note, at FROM checkpoints ORDER BY size");
  std::vector<CheckpointRecord> checkpoints;
  while (statement.Step()) checkpoints.push_back(ReadCheckpoint(statement));
  return checkpoints;
}

std::optional<CheckpointRecord> Reader::LatestCosigned() const {
  Statement statement = connection_.Prepare(
      "SELECT size, root, cosigned.note, cosigned.at FROM cosigned JOIN checkpoints USING (size) "
      "ORDER BY size DESC LIMIT 1");
  if (!statement.Step()) return std::nullopt;
  return ReadCheckpoint(statement);
}

std::optional<CheckpointRecord> Reader::FindCosigned(uint64_t size) const {
  Statement statement = connection_.Prepare(
      "SELECT size, root, cosigned.note, cosigned.at FROM cosigned JOIN checkpoints USING (size) "
      "WHERE size = ?");
  statement.Bind(size);
  if (!statement.Step()) return std::nullopt;
  return ReadCheckpoint(statement);
}

std::optional<CheckpointRecord> Reader::CosignedOver(uint64_t index) const {
  Statement statement = connection_.Prepare(
      "SELECT size, root, cosigned.note, cosigned.at FROM cosigned JOIN checkpoints USING (size) "
      "WHERE size > ? ORDER BY size LIMIT 1");
  statement.Bind(index);
  if (!statement.Step()) return std::nullopt;
  return ReadCheckpoint(statement);
}

uint64_t Transaction::AddLeaf(const Hash& hash, std::string_view canonical) {
  uint64_t index = LogSize();
  Statement statement =
      connection_.Prepare("INSERT INTO leaves (idx, hash, canonical) VALUES (?, ?, ?)");
  statement.Bind(index).Bind(hash).Bind(canonical).Run();
  return index;
}

void Transaction::AddCheckpoint(const CheckpointRecord& checkpoint) {
  {
    Statement statement = connection_.Prepare("SELECT root, note FROM checkpoints WHERE size = ?");
    statement.Bind(checkpoint.size);
    if (statement.Step()) {
      if (statement.Hash32() == checkpoint.root && statement.Text() == checkpoint.note) return;
      throw base::ProblemError(
          "store-conflict", "",
          "There is another checkpoint of this size: the log would be forked.");
    }
  }
  Statement statement =
      connection_.Prepare("INSERT INTO checkpoints (size, root, note, at) VALUES (?, ?, ?, ?)");
  statement.Bind(checkpoint.size)
      .Bind(checkpoint.root)
      .Bind(checkpoint.note)
      .Bind(checkpoint.at)
      .Run();
}

void Transaction::AddCosigned(const CheckpointRecord& checkpoint) {
  {
    Statement statement = connection_.Prepare("SELECT note FROM cosigned WHERE size = ?");
    statement.Bind(checkpoint.size);
    if (statement.Step()) return;
  }
  Statement statement =
      connection_.Prepare("INSERT INTO cosigned (size, note, at) VALUES (?, ?, ?)");
  statement.Bind(checkpoint.size).Bind(checkpoint.note).Bind(checkpoint.at).Run();
}

std::vector<LedgerRow> Reader::Ledger(std::string_view population) const {
  Statement statement = connection_.Prepare(
      "SELECT sequence, population, json, at FROM ledger WHERE ?1 = '' OR population = ?1 ORDER BY "
      "sequence");
  statement.Bind(population);
  std::vector<LedgerRow> rows;
  while (statement.Step()) {
    LedgerRow row;
    row.sequence = statement.Int();
    row.population = statement.Text();
    row.json = statement.Text();
    row.at = statement.Time();
    rows.push_back(std::move(row));
  }
  return rows;
}

int64_t Transaction::AddLedgerRow(const LedgerRow& row) {
  Statement statement =
      connection_.Prepare("INSERT INTO ledger (population, json, at) VALUES (?, ?, ?)");
  statement.Bind(row.population).Bind(row.json).Bind(row.at).Run();
  return connection_.LastRowId();
}

std::optional<SealedAnswers> Reader::FindAnswers(std::string_view reservation_id) const {
  Statement statement = connection_.Prepare(
      "SELECT reservation_id, release_id, digest, key_id, sealed, at FROM answers WHERE "
      "reservation_id = ?");
  statement.Bind(reservation_id);
  if (!statement.Step()) return std::nullopt;
  SealedAnswers answers;
  answers.reservation_id = statement.Text();
  answers.release_id = statement.Text();
  answers.digest = statement.Text();
  answers.key_id = statement.Text();
  answers.sealed = statement.Blob();
  answers.at = statement.Time();
  return answers;
}

void Transaction::AddAnswers(const SealedAnswers& answers) {
  if (auto stored = FindAnswers(answers.reservation_id)) {
    if (stored->digest == answers.digest && stored->release_id == answers.release_id) return;
    throw base::ProblemError("store-conflict", "",
                             "This reservation has other answers already. A reservation is drawn "
                             "once; make a new one.");
  }
  Statement statement = connection_.Prepare(
      "INSERT INTO answers (reservation_id, release_id, digest, key_id, sealed, at) VALUES (?, ?, "
      "?, "
      "?, ?, ?)");
  statement.Bind(answers.reservation_id)
      .Bind(answers.release_id)
      .Bind(answers.digest)
      .Bind(answers.key_id)
      .Bind(base::ByteView(answers.sealed))
      .Bind(answers.at)
      .Run();
}

}  // namespace polder::server::store
