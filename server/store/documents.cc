// Codebooks and policies with their approvals; seeds; freezes.
#include "policies/base/problem.h"
#include "server/store/connection.h"
#include "server/store/store.h"

namespace polder::server::store {

namespace {

const std::string kDocument =
    "SELECT digest, kind, id, version, canonical, author, at, log_index FROM documents ";

DocumentRecord ReadDocument(Statement& row) {
  DocumentRecord document;
  document.digest = row.Text();
  document.kind = row.Text();
  document.id = row.Text();
  document.version = row.Text();
  document.canonical = row.Text();
  document.author = row.Text();
  document.at = row.Time();
  document.log_index = row.Unsigned();
  return document;
}

FreezeRecord ReadFreeze(Statement& row) {
  FreezeRecord freeze;
  freeze.release_id = row.Text();
  freeze.period = row.PeriodText();
  freeze.kind = row.Text();
  freeze.policy_digest = row.Text();
  freeze.codebook_digest = row.Text();
  freeze.canonical = row.Text();
  freeze.digest = row.Text();
  freeze.officer = row.Text();
  freeze.frozen_at = row.Time();
  freeze.simulated = row.Bool();
  freeze.log_index = row.Unsigned();
  return freeze;
}

const std::string kFreeze =
    "SELECT release_id, period, kind, policy_digest, codebook_digest, canonical, digest, officer, "
    "frozen_at, simulated, log_index FROM freezes ";

void ReadPins(Connection& connection, FreezeRecord& freeze) {
  Statement pins = connection.Prepare(
      "SELECT d.sequence, d.municipality, d.id, d.envelope_digest FROM pins p JOIN deliveries d "
      "USING (sequence) WHERE p.release_id = ? ORDER BY p.position");
  pins.Bind(freeze.release_id);
  while (pins.Step()) {
    PinnedDelivery pin;
    pin.sequence = pins.Int();
    pin.municipality = pins.Text();
    pin.id = pins.Text();
    pin.envelope_digest = pins.Text();
    freeze.deliveries.push_back(pin);
  }
}

}  // namespace

std::optional<DocumentRecord> Reader::FindDocument(std::string_view digest) const {
  Statement statement = connection_.Prepare(kDocument + "WHERE digest = ?");
  statement.Bind(digest);
  if (!statement.Step()) return std::nullopt;
  return ReadDocument(statement);
}

std::optional<DocumentRecord> Reader::FindDocument(std::string_view kind, std::string_view id,
                                                   std::string_view version) const {
  Statement statement = connection_.Prepare(
      kDocument +
      "WHERE kind = ?1 AND id = ?2 AND (?3 = '' OR version = ?3) ORDER BY sequence DESC LIMIT 1");
  statement.Bind(kind).Bind(id).Bind(version);
  if (!statement.Step()) return std::nullopt;
  return ReadDocument(statement);
}

std::vector<DocumentRecord> Reader::Documents(std::string_view kind) const {
  Statement statement = connection_.Prepare(kDocument + "WHERE kind = ? ORDER BY sequence");
  statement.Bind(kind);
  std::vector<DocumentRecord> documents;
  while (statement.Step()) documents.push_back(ReadDocument(statement));
  return documents;
}

std::vector<ApprovalRecord> Reader::Approvals(std::string_view document) const {
  Statement statement = connection_.Prepare(
      "SELECT document, officer, at, log_index FROM approvals WHERE document = ? ORDER BY "
      "log_index");
  statement.Bind(document);
  std::vector<ApprovalRecord> approvals;
  while (statement.Step()) {
    ApprovalRecord approval;
    approval.document = statement.Text();
    approval.officer = statement.Text();
    approval.at = statement.Time();
    approval.log_index = statement.Unsigned();
    approvals.push_back(approval);
  }
  return approvals;
}

std::vector<SeedCommitmentRecord> Reader::SeedCommitments(std::string_view release_id) const {
  Statement statement = connection_.Prepare(
      "SELECT release_id, role, officer, hash, at, log_index FROM seed_commitments WHERE "
      "release_id = ? ORDER BY log_index");
  statement.Bind(release_id);
  std::vector<SeedCommitmentRecord> commitments;
  while (statement.Step()) {
    SeedCommitmentRecord commitment;
    commitment.release_id = statement.Text();
    commitment.role = statement.Text();
    commitment.officer = statement.Text();
    commitment.commitment = statement.Hash32();
    commitment.at = statement.Time();
    commitment.log_index = statement.Unsigned();
    commitments.push_back(commitment);
  }
  return commitments;
}

std::vector<SeedRevealRecord> Reader::SeedReveals(std::string_view release_id) const {
  Statement statement = connection_.Prepare(
      "SELECT release_id, role, officer, sealed, at, log_index FROM seed_reveals WHERE release_id "
      "= ? ORDER BY log_index");
  statement.Bind(release_id);
  std::vector<SeedRevealRecord> reveals;
  while (statement.Step()) {
    SeedRevealRecord reveal;
    reveal.release_id = statement.Text();
    reveal.role = statement.Text();
    reveal.officer = statement.Text();
    reveal.sealed = statement.Blob();
    reveal.at = statement.Time();
    reveal.log_index = statement.Unsigned();
    reveals.push_back(std::move(reveal));
  }
  return reveals;
}

std::optional<FreezeRecord> Reader::FindFreeze(std::string_view release_id) const {
  std::optional<FreezeRecord> freeze;
  {
    Statement statement = connection_.Prepare(kFreeze + "WHERE release_id = ?");
    statement.Bind(release_id);
    if (!statement.Step()) return std::nullopt;
    freeze = ReadFreeze(statement);
  }
  ReadPins(connection_, *freeze);
  return freeze;
}

std::vector<FreezeRecord> Reader::FreezesOver(const base::Period& period) const {
  std::vector<FreezeRecord> freezes;
  {
    Statement statement = connection_.Prepare(
        kFreeze + "WHERE period = ?1 OR period = ?2 OR (?3 AND year = ?2) ORDER BY log_index");
    statement.Bind(period.Text()).Bind(period.year().Text()).Bind(period.IsYear());
    while (statement.Step()) freezes.push_back(ReadFreeze(statement));
  }
  for (FreezeRecord& freeze : freezes) ReadPins(connection_, freeze);
  return freezes;
}

void Transaction::AddDocument(const DocumentRecord& document) {
  Statement statement = connection_.Prepare(
      "INSERT INTO documents (digest, sequence, kind, id, version, canonical, author, at, "
      "log_index) "
      "VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM documents), ?, ?, ?, ?, ?, ?, ?)");
  statement.Bind(document.digest)
      .Bind(document.kind)
      .Bind(document.id)
      .Bind(document.version)
      .Bind(document.canonical)
      .Bind(document.author)
      .Bind(document.at)
      .Bind(document.log_index)
      .Run();
}

void Transaction::AddApproval(const ApprovalRecord& approval) {
  Statement statement = connection_.Prepare(
      "INSERT INTO approvals (document, officer, at, log_index) VALUES (?, ?, ?, ?)");
  statement.Bind(approval.document)
      .Bind(approval.officer)
      .Bind(approval.at)
      .Bind(approval.log_index)
      .Run();
}

std::optional<DeadlineRecord> Reader::FindDeadline(std::string_view release_id) const {
  Statement statement = connection_.Prepare(
      "SELECT release_id, deliver_by, officer, at, log_index FROM deadlines WHERE release_id = ? "
      "ORDER BY deliver_by DESC LIMIT 1");
  statement.Bind(release_id);
  if (!statement.Step()) return std::nullopt;
  DeadlineRecord deadline;
  deadline.release_id = statement.Text();
  deadline.deliver_by = statement.Time();
  deadline.officer = statement.Text();
  deadline.at = statement.Time();
  deadline.log_index = statement.Unsigned();
  return deadline;
}

std::optional<SeedEscrowRecord> Reader::FindSeedEscrow(std::string_view release_id,
                                                       std::string_view role) const {
  Statement statement = connection_.Prepare(
      "SELECT release_id, role, sealed FROM seed_escrows WHERE release_id = ? AND role = ?");
  statement.Bind(release_id).Bind(role);
  if (!statement.Step()) return std::nullopt;
  SeedEscrowRecord escrow;
  escrow.release_id = statement.Text();
  escrow.role = statement.Text();
  escrow.sealed = statement.Blob();
  return escrow;
}

void Transaction::AddDeadline(const DeadlineRecord& deadline) {
  Statement statement = connection_.Prepare(
      "INSERT INTO deadlines (release_id, deliver_by, officer, at, log_index) VALUES (?, ?, ?, ?, "
      "?)");
  statement.Bind(deadline.release_id)
      .Bind(deadline.deliver_by)
      .Bind(deadline.officer)
      .Bind(deadline.at)
      .Bind(deadline.log_index)
      .Run();
}

void Transaction::AddSeedEscrow(const SeedEscrowRecord& escrow) {
  Statement statement =
      connection_.Prepare("INSERT INTO seed_escrows (release_id, role, sealed) VALUES (?, ?, ?)");
  statement.Bind(escrow.release_id).Bind(escrow.role).Bind(base::ByteView(escrow.sealed)).Run();
}

void Transaction::AddSeedCommitment(const SeedCommitmentRecord& commitment) {
  Statement statement = connection_.Prepare(
      "INSERT INTO seed_commitments (release_id, role, officer, hash, at, log_index) VALUES (?, ?, "
      "?, ?, ?, ?)");
  statement.Bind(commitment.release_id)
      .Bind(commitment.role)
      .Bind(commitment.officer)
      .Bind(commitment.commitment)
      .Bind(commitment.at)
      .Bind(commitment.log_index)
      .Run();
}

void Transaction::AddSeedReveal(const SeedRevealRecord& reveal) {
  Statement statement = connection_.Prepare(
      "INSERT INTO seed_reveals (release_id, role, officer, sealed, at, log_index) VALUES (?, ?, "
      "?, "
      "?, ?, ?)");
  statement.Bind(reveal.release_id)
      .Bind(reveal.role)
      .Bind(reveal.officer)
      .Bind(base::ByteView(reveal.sealed))
      .Bind(reveal.at)
      .Bind(reveal.log_index)
      .Run();
}

void Transaction::AddFreeze(const FreezeRecord& freeze) {
  Statement statement = connection_.Prepare(
      "INSERT INTO freezes (release_id, period, year, kind, policy_digest, codebook_digest, "
      "canonical, digest, officer, frozen_at, simulated, log_index) VALUES (?, ?, ?, ?, ?, ?, ?, "
      "?, "
      "?, ?, ?, ?)");
  statement.Bind(freeze.release_id)
      .Bind(freeze.period.Text())
      .Bind(freeze.period.year().Text())
      .Bind(freeze.kind)
      .Bind(freeze.policy_digest)
      .Bind(freeze.codebook_digest)
      .Bind(freeze.canonical)
      .Bind(freeze.digest)
      .Bind(freeze.officer)
      .Bind(freeze.frozen_at)
      .Bind(freeze.simulated)
      .Bind(freeze.log_index)
      .Run();
  int64_t position = 0;
  for (const PinnedDelivery& delivery : freeze.deliveries) {
    Statement pin =
        connection_.Prepare("INSERT INTO pins (release_id, position, sequence) VALUES (?, ?, ?)");
    pin.Bind(freeze.release_id).Bind(position++).Bind(delivery.sequence).Run();
  }
}

}  // namespace polder::server::store
