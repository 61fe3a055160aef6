// Deliveries: received, sealed, replaced.
#include "policies/base/problem.h"
#include "server/store/connection.h"
#include "server/store/store.h"

namespace polder::server::store {

namespace {

const std::string kSelect =
    "SELECT d.sequence, d.municipality, d.id, d.period, coalesce(d.replaces, ''), "
    "d.envelope_digest, d.manifest, d.codebook_digest, d.key_id, d.received_at, d.late, "
    "d.simulated, d.log_index, d.receipt, d.signed_note FROM deliveries d ";
const std::string kCurrent =
    "NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.municipality = d.municipality AND e.replaces = "
    "d.id) ";

DeliveryRecord ReadDelivery(Statement& row) {
  DeliveryRecord delivery;
  delivery.sequence = row.Int();
  delivery.municipality = row.Text();
  delivery.id = row.Text();
  delivery.period = row.PeriodText();
  delivery.replaces = row.Text();
  delivery.envelope_digest = row.Text();
  delivery.manifest = row.Text();
  delivery.codebook_digest = row.Text();
  delivery.key_id = row.Text();
  delivery.received_at = row.Time();
  delivery.late = row.Bool();
  delivery.simulated = row.Bool();
  delivery.log_index = row.Unsigned();
  delivery.receipt = row.Text();
  delivery.signed_note = row.Text();
  return delivery;
}

std::optional<DeliveryRecord> One(Statement& statement) {
  if (!statement.Step()) return std::nullopt;
  return ReadDelivery(statement);
}

std::vector<DeliveryRecord> All(Statement& statement) {
  std::vector<DeliveryRecord> deliveries;
  while (statement.Step()) deliveries.push_back(ReadDelivery(statement));
  return deliveries;
}

}  // namespace

std::optional<DeliveryRecord> Reader::FindDelivery(std::string_view municipality,
                                                   std::string_view id) const {
  Statement statement = connection_.Prepare(kSelect + "WHERE d.municipality = ? AND d.id = ?");
  statement.Bind(municipality).Bind(id);
  return One(statement);
}

std::optional<DeliveryRecord> Reader::FindDelivery(int64_t sequence) const {
  Statement statement = connection_.Prepare(kSelect + "WHERE d.sequence = ?");
  statement.Bind(sequence);
  return One(statement);
}

std::optional<DeliveryRecord> Reader::FindDeliveryByDigest(std::string_view envelope_digest) const {
  Statement statement = connection_.Prepare(kSelect + "WHERE d.envelope_digest = ?");
  statement.Bind(envelope_digest);
  return One(statement);
}

std::optional<DeliveryRecord> Reader::CurrentDelivery(std::string_view municipality,
                                                      const base::Period& period) const {
  Statement statement =
      connection_.Prepare(kSelect + "WHERE d.municipality = ? AND d.period = ? AND " + kCurrent);
  statement.Bind(municipality).Bind(period.Text());
  return One(statement);
}

std::vector<DeliveryRecord> Reader::CurrentDeliveries(const base::Period& period) const {
  Statement statement =
      connection_.Prepare(kSelect + "WHERE d.year = ?1 AND (?2 OR d.period = ?3) AND " + kCurrent +
                          "ORDER BY d.period, d.sequence");
  statement.Bind(period.year().Text()).Bind(period.IsYear()).Bind(period.Text());
  return All(statement);
}

std::vector<DeliveryRecord> Reader::Deliveries(std::string_view municipality) const {
  Statement statement =
      connection_.Prepare(kSelect + "WHERE d.municipality = ? ORDER BY d.sequence");
  statement.Bind(municipality);
  return All(statement);
}

base::Bytes Reader::SealedDelivery(int64_t sequence) const {
  Statement statement = connection_.Prepare("SELECT sealed FROM delivery_blobs WHERE sequence = ?");
  statement.Bind(sequence);
  if (!statement.Step()) {
    throw base::ProblemError("not-found", "", "There is no such delivery.");
  }
  return statement.Blob();
}

int64_t Transaction::AddDelivery(const DeliveryRecord& delivery, base::ByteView sealed) {
  Statement statement = connection_.Prepare(
      "INSERT INTO deliveries (municipality, id, period, year, replaces, envelope_digest, "
      "manifest, "
      "codebook_digest, key_id, received_at, late, simulated, log_index, receipt, signed_note) "
      "VALUES (?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.Bind(delivery.municipality)
      .Bind(delivery.id)
      .Bind(delivery.period.Text())
      .Bind(delivery.period.year().Text())
      .Bind(delivery.replaces)
      .Bind(delivery.envelope_digest)
      .Bind(delivery.manifest)
      .Bind(delivery.codebook_digest)
      .Bind(delivery.key_id)
      .Bind(delivery.received_at)
      .Bind(delivery.late)
      .Bind(delivery.simulated)
      .Bind(delivery.log_index)
      .Bind(delivery.receipt)
      .Bind(delivery.signed_note)
      .Run();
  int64_t sequence = connection_.LastRowId();
  Statement blob =
      connection_.Prepare("INSERT INTO delivery_blobs (sequence, sealed) VALUES (?, ?)");
  blob.Bind(sequence).Bind(sealed).Run();
  return sequence;
}

}  // namespace polder::server::store
