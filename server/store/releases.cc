// Releases: immutable once made; their state is the one end of their embargo.
#include "policies/base/problem.h"
#include "server/store/connection.h"
#include "server/store/store.h"

namespace polder::server::store {

namespace {

const std::string kHead =
    "SELECT r.id, r.period, r.kind, r.digest, r.policy_digest, r.codebook_digest, r.freeze_digest, "
    "r.reservation_id, r.made_at, r.public_at, r.simulated, r.log_index, coalesce(e.state, "
    "'embargoed')";
const std::string kFrom = " FROM releases r LEFT JOIN release_ends e ON e.release_id = r.id ";
const std::string kWhole = kHead + ", r.canonical, r.note, r.proof, r.certificate" + kFrom;

ReleaseState ParseState(const std::string& text) {
  if (text == "public") return ReleaseState::kPublic;
  return text == "withheld" ? ReleaseState::kWithheld : ReleaseState::kEmbargoed;
}

ReleaseRecord ReadHead(Statement& row) {
  ReleaseRecord release;
  release.id = row.Text();
  release.period = row.PeriodText();
  release.kind = row.Text();
  release.digest = row.Text();
  release.policy_digest = row.Text();
  release.codebook_digest = row.Text();
  release.freeze_digest = row.Text();
  release.reservation_id = row.Text();
  release.made_at = row.Time();
  release.public_at = row.Time();
  release.simulated = row.Bool();
  release.log_index = row.Unsigned();
  release.state = ParseState(row.Text());
  return release;
}

ReleaseRecord ReadWhole(Statement& row) {
  ReleaseRecord release = ReadHead(row);
  release.canonical = row.Text();
  release.note = row.Text();
  release.proof = row.Text();
  release.certificate = row.Text();
  return release;
}

}  // namespace

std::optional<ReleaseRecord> Reader::FindRelease(std::string_view id) const {
  Statement statement = connection_.Prepare(kWhole + "WHERE r.id = ?");
  statement.Bind(id);
  if (!statement.Step()) return std::nullopt;
  return ReadWhole(statement);
}

std::vector<ReleaseRecord> Reader::Releases() const {
  Statement statement = connection_.Prepare(kHead + kFrom + "ORDER BY r.sequence");
  std::vector<ReleaseRecord> releases;
  while (statement.Step()) releases.push_back(ReadHead(statement));
  return releases;
}

std::vector<ReleaseRecord> Reader::ReleasesOf(const base::Period& period) const {
  Statement statement = connection_.Prepare(
      kWhole + "WHERE r.period = ? AND coalesce(e.state, '') <> 'withheld' ORDER BY r.sequence");
  statement.Bind(period.Text());
  std::vector<ReleaseRecord> releases;
  while (statement.Step()) releases.push_back(ReadWhole(statement));
  return releases;
}

std::optional<VetoRecord> Reader::FindVeto(std::string_view release_id) const {
  Statement statement = connection_.Prepare(
      "SELECT release_id, officer, reason, at, log_index FROM vetoes WHERE release_id = ?");
  statement.Bind(release_id);
  if (!statement.Step()) return std::nullopt;
  VetoRecord veto;
  veto.release_id = statement.Text();
  veto.officer = statement.Text();
  veto.reason = statement.Text();
  veto.at = statement.Time();
  veto.log_index = statement.Unsigned();
  return veto;
}

void Transaction::AddRelease(const ReleaseRecord& release) {
  Statement statement = connection_.Prepare(
      "INSERT INTO releases (id, sequence, period, kind, digest, canonical, note, proof, "
      "certificate, policy_digest, codebook_digest, freeze_digest, reservation_id, made_at, "
      "public_at, simulated, log_index) VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM "
      "releases), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.Bind(release.id)
      .Bind(release.period.Text())
      .Bind(release.kind)
      .Bind(release.digest)
      .Bind(release.canonical)
      .Bind(release.note)
      .Bind(release.proof)
      .Bind(release.certificate)
      .Bind(release.policy_digest)
      .Bind(release.codebook_digest)
      .Bind(release.freeze_digest)
      .Bind(release.reservation_id)
      .Bind(release.made_at)
      .Bind(release.public_at)
      .Bind(release.simulated)
      .Bind(release.log_index)
      .Run();
}

void Transaction::SetReleaseState(std::string_view id, ReleaseState state, base::Instant at) {
  auto release = FindRelease(id);
  if (!release) throw base::ProblemError("not-found", "", "There is no such release.");
  if (release->state != ReleaseState::kEmbargoed || state == ReleaseState::kEmbargoed) {
    throw base::ProblemError("release-state", "",
                             "The release is " + std::string(ToText(release->state)) +
                                 ". Only one under embargo can become public or be withheld.");
  }
  Statement statement =
      connection_.Prepare("INSERT INTO release_ends (release_id, state, at) VALUES (?, ?, ?)");
  statement.Bind(id).Bind(ToText(state)).Bind(at).Run();
}

void Transaction::AddVeto(const VetoRecord& veto) {
  SetReleaseState(veto.release_id, ReleaseState::kWithheld, veto.at);
  Statement statement = connection_.Prepare(
      "INSERT INTO vetoes (release_id, officer, reason, at, log_index) VALUES (?, ?, ?, ?, ?)");
  statement.Bind(veto.release_id)
      .Bind(veto.officer)
      .Bind(veto.reason)
      .Bind(veto.at)
      .Bind(veto.log_index)
      .Run();
}

}  // namespace polder::server::store
