#include "server/jobs/release_job.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/log/proof.h"
#include "crypto/random/keystream.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"

namespace polder::server::jobs {
namespace {

using stats::budget::Entry;
using stats::budget::Stage;
using stats::table::PublishedRelease;

// A retry within this time keeps the moment of making; a later one takes its own, so that an
// embargo never passes while nobody could see the release.
constexpr int64_t kSameMakingSeconds = 3600;

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
  ReleaseInputs inputs = ReadReleaseInputs(context_, job_.subject);
  const PlannedRelease planned = PlanRelease(inputs.Asked());
  Begin("reserve");
  const Entry entry = Reserve(inputs, planned);
  std::optional<Answers> answers = FindAnswers(planned, entry);
  if (!answers) {
    answers = Measure(inputs, planned, entry);
    Begin("seal");
    Seal(planned, entry, *answers);
  }
  Begin("commit");
  Commit(entry);
  Publish(inputs, planned, entry, *answers);
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
  const stats::budget::Reservation reservation{
      .population = inputs.codebook.region(),
      .period = inputs.freeze.period,
      .kind = inputs.kind,
      .binding = {.release_id = job_.subject,
                  .freeze_digest = inputs.freeze.digest,
                  .plan_digest = planned.digest,
                  .seed_commitments = inputs.seed_commitments},
      .cost = planned.charge};
  const auto limits = stats::budget::LimitsOf(inputs.policy, inputs.kind);
  std::optional<Entry> entry;
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    entry = govern::Reserve(transaction, reservation, limits, context_.clock).entry;
  });
  return std::move(*entry);
}

crypto::digest::SecretBytes ReleaseJob::AnswersKey(const Entry& entry) const {
  const std::string id = store::AnswersKeyId(entry.reservation_id);
  const std::string context = store::AnswersContext(job_.subject, entry.reservation_id);
  auto wrapped = context_.keys.Find(id);
  if (!wrapped) {
    const auto fresh = crypto::seal::NewWrappedKey(context_.root, base::AsBytes(context));
    wrapped = context_.keys.PutIfAbsent(id, fresh.wrapped, context_.clock.Now());
  }
  return crypto::seal::UnwrapKey(*wrapped, context_.root, base::AsBytes(context));
}

std::optional<ReleaseJob::Answers> ReleaseJob::FindAnswers(const PlannedRelease& planned,
                                                           const Entry& entry) const {
  std::optional<store::SealedAnswers> stored;
  context_.store.Read(
      [&](const store::Reader& reader) { stored = reader.FindAnswers(entry.reservation_id); });
  if (!stored) return std::nullopt;
  const std::string context = store::AnswersContext(job_.subject, entry.reservation_id);
  const auto plain =
      crypto::seal::Unseal(stored->sealed, AnswersKey(entry), base::AsBytes(context));
  return Answers{.values = AnswersFromText(planned, plain.text()), .at = stored->at};
}

ReleaseJob::Answers ReleaseJob::Measure(ReleaseInputs& inputs, const PlannedRelease& planned,
                                        const Entry& entry) const {
  context_.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job_.id, job_.fence);
    govern::Advance(transaction, entry.reservation_id, entry.reservation.binding, Stage::kDrawn,
                    context_.clock);
  });
  const NoiseBinding binding{.policy_digest = inputs.freeze.policy_digest,
                             .codebook_digest = inputs.freeze.codebook_digest,
                             .plan_digest = planned.digest,
                             .freeze_digest = inputs.freeze.digest,
                             .release_id = job_.subject,
                             .reservation_id = entry.reservation_id};
  const crypto::random::Keystream source(inputs.seeds, NoiseSalt(binding));
  inputs.seeds.clear();
  return {.values = DrawAndMeasure(inputs.Asked(), planned, UnsealDeliveries(context_, inputs),
                                   source, [&](std::string_view stage) { Begin(stage); }),
          .at = context_.clock.Now()};
}

void ReleaseJob::Seal(const PlannedRelease& planned, const Entry& entry,
                      const Answers& answers) const {
  const std::string text = AnswersToText(planned, answers.values);
  const auto key = AnswersKey(entry);
  const std::string context = store::AnswersContext(job_.subject, entry.reservation_id);
  const store::SealedAnswers sealed{
      .reservation_id = entry.reservation_id,
      .release_id = job_.subject,
      .digest = base::ToHex(crypto::digest::HmacSha256(key.view(), base::AsBytes(text))),
      .key_id = store::AnswersKeyId(entry.reservation_id),
      .sealed = crypto::seal::Seal(base::AsBytes(text), key, base::AsBytes(context)),
      .at = answers.at};
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

void ReleaseJob::Publish(const ReleaseInputs& inputs, const PlannedRelease& planned,
                         const Entry& entry, const Answers& answers) const {
  std::vector<PublishedRelease> earlier;
  context_.store.Read([&](const store::Reader& reader) {
    earlier.clear();
    for (const auto& record : reader.ReleasesOf(inputs.freeze.period)) {
      earlier.push_back(PublishedRelease::Parse(record.canonical));
    }
  });
  const base::Instant now = context_.clock.Now();
  const base::Instant made_at =
      now.seconds - answers.at.seconds <= kSameMakingSeconds ? answers.at : now;
  const ReleaseFacts facts{.release_id = job_.subject,
                           .origin = "region",
                           .demo = context_.clock.simulated() || inputs.freeze.simulated,
                           .freeze_digest = inputs.freeze.digest,
                           .reservation_id = entry.reservation_id,
                           .seed_commitments = inputs.seed_commitments,
                           .made_at = made_at,
                           .public_at = made_at.Plus(inputs.policy.embargo_seconds()),
                           .members = MembersOf(inputs.Asked(), inputs.manifests)};
  const PublishedText published =
      PublishRelease(inputs.Asked(), planned, answers.values, facts, earlier,
                     [&](std::string_view stage) { Begin(stage); });
  Begin("log");
  Store(inputs, facts, published);
  if (context_.begins) context_.begins(job_.subject, "done");
}

void ReleaseJob::Store(const ReleaseInputs& inputs, const ReleaseFacts& facts,
                       const PublishedText& published) const {
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
