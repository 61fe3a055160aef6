#include "server/govern/erasures.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/govern/documents.h"
#include "server/govern/leaf.h"

namespace polder::server::govern {
namespace {

constexpr size_t kSaltBytes = 32;
constexpr std::string_view kCauses[] = {"act", "retention", "superseded"};

[[noreturn]] void Damaged() {
  throw base::ProblemError("store-damaged", "/jobs", "A job of erasure cannot be read any more.");
}

std::string TextOf(ErasureBatch batch, base::ByteView salt) {
  if (salt.size() < kSaltBytes) {
    throw base::ProblemError("erasure-salt", "", "A digest in the log needs 32 random bytes.");
  }
  std::sort(batch.items.begin(), batch.items.end());
  base::Json items = base::Json::array();
  for (const ErasureItem& item : batch.items) {
    base::Json one{{"municipality", item.municipality}, {"year", item.year}};
    if (!item.delivery_id.empty()) one["deliveryId"] = item.delivery_id;
    items.push_back(std::move(one));
  }
  return base::CanonicalJson({{"format", "polder-erasure-1"},
                              {"cause", kCauses[static_cast<size_t>(batch.cause)]},
                              {"items", std::move(items)},
                              {"officer", batch.officer},
                              {"reason", batch.reason},
                              {"salt", base::ToHex(salt)}});
}

store::JobRecord Enqueue(store::Transaction& transaction, const std::string& text,
                         const std::string& officer, base::Instant now) {
  store::JobRecord job;
  job.id = "job-" + std::to_string(transaction.Jobs().size() + 1);
  job.kind = kErasureJob;
  job.parameters = text;
  job.subject = DocumentDigest(text);
  job.officer = officer;
  job.created_at = now;
  return transaction.EnqueueJob(job);
}

bool Pins(const store::FreezeRecord& freeze, const store::DeliveryRecord& delivery) {
  return std::any_of(freeze.deliveries.begin(), freeze.deliveries.end(),
                     [&](const auto& pin) { return pin.sequence == delivery.sequence; });
}

bool Needs(const store::Reader& reader, const store::FreezeRecord& freeze, base::Instant now,
           bool replay) {
  const auto job = reader.FindJob("release", freeze.release_id);
  if (job && (job->state == store::JobState::kQueued || job->state == store::JobState::kRunning)) {
    return true;
  }
  const auto release = reader.FindRelease(freeze.release_id);
  if (!release) return now < freeze.frozen_at.Plus(kReplaySeconds);
  if (release->state == store::ReleaseState::kEmbargoed) return true;
  return replay && now < release->public_at.Plus(kReplaySeconds);
}

}  // namespace

store::JobRecord AskErasure(store::Transaction& transaction, ErasureBatch batch,
                            base::ByteView salt, base::Instant now) {
  const std::string officer = batch.officer;
  return Enqueue(transaction, TextOf(std::move(batch), salt), officer, now);
}

store::ErasureProposalRecord ProposeErasure(store::Transaction& transaction, ErasureBatch batch,
                                            base::ByteView salt, const base::Clock& clock) {
  store::ErasureProposalRecord proposal;
  proposal.officer = batch.officer;
  proposal.canonical = TextOf(std::move(batch), salt);
  proposal.digest = DocumentDigest(proposal.canonical);
  proposal.at = clock.Now();
  proposal.log_index =
      AppendLeaf(transaction, "erasure-proposal", clock,
                 base::Json{{"digest", proposal.digest}, {"officer", proposal.officer}});
  transaction.AddErasureProposal(proposal);
  return proposal;
}

store::ErasureEndRecord EndErasure(store::Transaction& transaction, std::string_view digest,
                                   bool approve, const std::string& officer,
                                   const base::Clock& clock) {
  const auto proposal = transaction.FindErasureProposal(digest);
  if (!proposal) {
    throw base::ProblemError("not-found", "", "Nobody proposed an erasure with this digest.");
  }
  if (transaction.FindErasureEnd(digest)) {
    throw base::ProblemError("erasure-ended", "", "It was approved or withdrawn before.");
  }
  if (approve && proposal->officer == officer) {
    throw base::ProblemError(
        "own-erasure", "",
        "Nobody approves what they put in themselves. Ask another privacy officer.");
  }
  if (approve && !(clock.Now() < proposal->at.Plus(kProposalSeconds))) {
    throw base::ProblemError("erasure-lapsed", "",
                             "This was proposed more than 14 days ago. Propose it again.");
  }
  store::ErasureEndRecord end;
  end.digest = proposal->digest;
  end.approved = approve;
  end.officer = officer;
  end.at = clock.Now();
  end.log_index = AppendLeaf(transaction, approve ? "erasure-approval" : "erasure-withdrawal",
                             clock, base::Json{{"digest", end.digest}, {"officer", officer}});
  transaction.AddErasureEnd(end);
  return end;
}

store::JobRecord QueueErasure(store::Transaction& transaction, std::string_view digest,
                              base::Instant now) {
  const auto proposal = transaction.FindErasureProposal(digest);
  if (!proposal) Damaged();
  return Enqueue(transaction, proposal->canonical, proposal->officer, now);
}

bool MayErase(const store::Reader& reader, const store::JobRecord& job) {
  const ErasureBatch batch = ParseErasure(job);
  if (batch.cause != ErasureCause::kAct) return true;
  const auto own = [&](const ErasureItem& item) { return item.municipality == batch.officer; };
  if (std::all_of(batch.items.begin(), batch.items.end(), own)) return true;
  const auto proposal = reader.FindErasureProposal(job.subject);
  const auto end = reader.FindErasureEnd(job.subject);
  return proposal && end && end->approved && proposal->canonical == job.parameters &&
         end->officer != proposal->officer && proposal->officer == batch.officer;
}

ErasureBatch ParseErasure(const store::JobRecord& job) {
  if (job.kind != kErasureJob || DocumentDigest(job.parameters) != job.subject) Damaged();
  return ParseErasureText(job.parameters);
}

ErasureBatch ParseErasureText(std::string_view canonical) {
  try {
    const base::Json json = base::ParseJson(canonical);
    ErasureBatch batch;
    const auto cause =
        std::find(std::begin(kCauses), std::end(kCauses), json.at("cause").get<std::string>());
    if (cause == std::end(kCauses)) Damaged();
    batch.cause = static_cast<ErasureCause>(cause - std::begin(kCauses));
    batch.reason = json.at("reason").get<std::string>();
    batch.officer = json.at("officer").get<std::string>();
    for (const base::Json& item : json.at("items")) {
      batch.items.push_back({item.at("municipality").get<std::string>(),
                             item.at("year").get<std::string>(),
                             item.value("deliveryId", std::string())});
    }
    return batch;
  } catch (const base::Json::exception&) {
    Damaged();
  }
}

Erasures Erasures::Of(const store::Reader& reader) {
  Erasures erasures;
  for (const store::JobRecord& job : reader.Jobs()) {
    if (job.kind != kErasureJob) continue;
    for (ErasureItem& item : ParseErasure(job).items) erasures.items_.insert(std::move(item));
  }
  return erasures;
}

bool Erasures::Has(const ErasureItem& item) const {
  return items_.contains(item) || items_.contains({item.municipality, item.year, ""});
}

bool Erasures::Has(const store::DeliveryRecord& delivery) const {
  return Has({delivery.municipality, delivery.period.year().Text(), delivery.id});
}

std::string NeededBy(const store::Reader& reader, const store::DeliveryRecord& delivery,
                     base::Instant now, bool replay) {
  for (const store::FreezeRecord& freeze : reader.FreezesOver(delivery.period)) {
    if (Pins(freeze, delivery) && Needs(reader, freeze, now, replay)) return freeze.release_id;
  }
  return {};
}

}  // namespace polder::server::govern
