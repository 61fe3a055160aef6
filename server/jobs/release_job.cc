#include "server/jobs/release_job.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/log/proof.h"
#include "crypto/random/keystream.h"
#include "policies/base/problem.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"
#include "server/jobs/counts_before.h"

namespace polder::server::jobs {
namespace {

using stats::budget::Entry;
using stats::budget::Stage;
using stats::table::PublishedRelease;

// A retry within this time keeps the moment of making; a later one takes its own, so that an
// embargo never passes while nobody could see the release.
constexpr int64_t kSameMakingSeconds = 3600;
constexpr uint64_t kEver = std::numeric_limits<uint64_t>::max();

// What was audited against must be what stands when the release is stored: another worker may have
// released the same period in the meantime, or an officer withheld one.
void CheckStillStanding(const store::Reader& reader, const base::Period& period,
                        const std::vector<store::ReleaseRecord>& before) {
  const auto now = ReleasesBefore(reader, period, kEver);
  const bool same = std::equal(now.begin(), now.end(), before.begin(), before.end(),
                               [](const auto& one, const auto& other) {
                                 return one.id == other.id && one.digest == other.digest;
                               });
  if (!same) {
    throw base::ProblemError("releases-changed", "",
                             "another release of this period was made or withheld meanwhile; this "
                             "one is audited again against what stands now");
  }
}

}  // namespace

std::string ReleaseNoteText(std::string_view release_id, std::string_view digest) {
  return "polder-release-1\n" + std::string(release_id) + "\n" + std::string(digest) + "\n";
}

void ReleaseJob::Begin(std::string_view step) const {
  const auto& steps = ReleaseSteps();
  const auto at = std::find(steps.begin(), steps.end(), step) - steps.begin();
  const std::string progress =
      std::to_string(at + 1) + "/" + std::to_string(steps.size()) + " " + std::string(step);
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.RenewJob(job_.id, job_.fence, context_.clock.Now(), context_.lease_seconds,
                         progress);
  });
  if (context_.begins) context_.begins(job_.subject, step);
}

void ReleaseJob::Run() {
  if (AlreadyMade()) return;
  Begin("check");
  ReleaseInputs inputs = ReadReleaseInputs(context_.Access(), job_.subject);
  const PlannedRelease planned = PlanRelease(inputs.Asked());
  CheckDelivered(inputs.Asked(), planned, MembersOf(inputs.Asked(), inputs.manifests));
  Begin("reserve");
  const Entry entry = Reserve(inputs, planned);
  std::optional<Measured> measured = FindAnswers(planned, entry);
  if (!measured) {
    measured = Measure(inputs, planned, entry);
    Begin("seal");
    Seal(planned, entry, *measured);
  }
  Begin("commit");
  Commit(entry);
  Publish(inputs, planned, entry, *measured);
}

bool ReleaseJob::AlreadyMade() const {
  bool made = false;
  context_.store.Write([&](store::Transaction& transaction) {
    made = transaction.FindRelease(job_.subject).has_value();
    if (made) transaction.FinishJob(job_.id, job_.fence, context_.clock.Now());
  });
  return made;
}

Entry ReleaseJob::Reserve(const ReleaseInputs& inputs, const PlannedRelease& planned) const {
  const stats::budget::Reservation reservation = ReservationOf(inputs, planned);
  const auto limits = stats::budget::LimitsOf(inputs.policy, inputs.kind);
  std::optional<Entry> entry;
  store::CheckpointRecord checkpoint;
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    entry = govern::Reserve(transaction, reservation, limits, context_.clock).entry;
    checkpoint = context_.checkpoints.Sign(transaction, context_.clock.Now());
  });
  // Before noise is drawn, the charge stands outside the store too: a backup from before it refuses
  // from here on, so nothing can be drawn and then forgotten.
  context_.checkpoints.GiveOut(checkpoint);
  context_.checkpoints.RequireWitnessed(context_.store, checkpoint.size - 1, context_.clock.Now());
  return std::move(*entry);
}

std::optional<ReleaseJob::Measured> ReleaseJob::FindAnswers(const PlannedRelease& planned,
                                                            const Entry& entry) const {
  const auto stored = OpenAnswers(context_.Access(), job_.subject, entry.reservation_id);
  if (!stored) return std::nullopt;
  return Measured{.answers = AnswersFromText(planned, stored->text.text()), .at = stored->at};
}

ReleaseJob::Measured ReleaseJob::Measure(ReleaseInputs& inputs, const PlannedRelease& planned,
                                         const Entry& entry) const {
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    govern::Advance(transaction, entry.reservation_id, entry.reservation.binding, Stage::kDrawn,
                    context_.clock);
  });
  const crypto::random::Keystream source = SourceOf(inputs, planned, entry.reservation_id);
  inputs.seeds.clear();
  return {.answers =
              DrawAndMeasure(inputs.Asked(), planned, UnsealDeliveries(context_.Access(), inputs),
                             source, [&](std::string_view stage) { Begin(stage); }),
          .at = context_.clock.Now()};
}

void ReleaseJob::Seal(const PlannedRelease& planned, const Entry& entry,
                      const Measured& measured) const {
  const store::SealedAnswers sealed =
      SealAnswers(context_.Access(), job_.subject, entry.reservation_id,
                  AnswersToText(planned, measured.answers), measured.at);
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    transaction.AddAnswers(sealed);
    govern::Advance(transaction, entry.reservation_id, entry.reservation.binding, Stage::kSealed,
                    context_.clock);
  });
}

void ReleaseJob::Commit(const Entry& entry) const {
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    govern::Advance(transaction, entry.reservation_id, entry.reservation.binding, Stage::kCommitted,
                    context_.clock);
  });
}

std::vector<store::ReleaseRecord> ReleaseJob::Standing(const base::Period& period) const {
  std::vector<store::ReleaseRecord> standing;
  context_.store.Read(
      [&](const store::Reader& reader) { standing = ReleasesBefore(reader, period, kEver); });
  return standing;
}

void ReleaseJob::Publish(const ReleaseInputs& inputs, const PlannedRelease& planned,
                         const Entry& entry, const Measured& measured) const {
  const std::vector<store::ReleaseRecord> before = Standing(inputs.freeze.period);
  std::vector<PublishedRelease> earlier;
  for (const auto& record : before) earlier.push_back(PublishedRelease::Parse(record.canonical));
  const base::Instant now = context_.clock.Now();
  const base::Instant made_at =
      now.seconds - measured.at.seconds <= kSameMakingSeconds ? measured.at : now;
  const ReleaseFacts facts = FactsOf(inputs, entry.reservation_id, made_at,
                                     context_.clock.simulated() || inputs.freeze.simulated);
  const CountsBefore counted =
      CountsBefore::Open(context_.Access(), planned, inputs.freeze.period, before, earlier);
  const PublishedText published =
      PublishRelease(inputs.Asked(), planned, measured.answers, facts, earlier, counted.list(),
                     [&](std::string_view stage) { Begin(stage); });
  Begin("log");
  Store(inputs, facts, published, before);
  if (context_.begins) context_.begins(job_.subject, "done");
}

void ReleaseJob::Store(const ReleaseInputs& inputs, const ReleaseFacts& facts,
                       const PublishedText& published,
                       const std::vector<store::ReleaseRecord>& before) const {
  const base::Json fields{{"releaseId", facts.release_id},
                          {"digest", published.digest},
                          {"period", inputs.freeze.period.Text()},
                          {"releaseKind", inputs.freeze.kind},
                          {"policy", inputs.freeze.policy_digest},
                          {"codebook", inputs.freeze.codebook_digest},
                          {"freeze", facts.freeze_digest},
                          {"reservation", facts.reservation_id},
                          {"audit", crypto::digest::Sha256Hex(base::AsBytes(published.audit))},
                          {"publicAt", facts.public_at.Text()}};
  store::ReleaseRecord record{
      .id = facts.release_id,
      .period = inputs.freeze.period,
      .kind = inputs.freeze.kind,
      .digest = published.digest,
      .canonical = published.release,
      .note = crypto::log::MakeNote(ReleaseNoteText(facts.release_id, published.digest),
                                    context_.signer),
      .proof = {},
      .certificate = published.audit,
      .policy_digest = inputs.freeze.policy_digest,
      .codebook_digest = inputs.freeze.codebook_digest,
      .freeze_digest = facts.freeze_digest,
      .reservation_id = facts.reservation_id,
      .made_at = facts.made_at,
      .public_at = facts.public_at,
      .simulated = facts.demo};
  store::CheckpointRecord checkpoint;
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    CheckStillStanding(transaction, record.period, before);
    record.log_index = govern::AppendLeaf(transaction, "release", context_.clock, fields);
    checkpoint = context_.checkpoints.Sign(transaction, context_.clock.Now());
    auto proof = crypto::log::ParseProof(
        context_.checkpoints.Proof(transaction, record.log_index, checkpoint));
    if (!proof) {
      throw base::ProblemError("log-broken", "", "the log gave a proof that cannot be read");
    }
    // with its leaf in it the proof can be checked without asking the service for anything
    proof->extra =
        base::ToBytes(transaction.Leaves(record.log_index, record.log_index + 1).at(0).canonical);
    record.proof = crypto::log::WriteProof(*proof);
    transaction.AddRelease(record);
    transaction.FinishJob(job_.id, job_.fence, context_.clock.Now());
  });
  context_.checkpoints.GiveOut(checkpoint);
}

}  // namespace polder::server::jobs
