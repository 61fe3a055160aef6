// Freezing a period, starting its release, vetoing it under embargo.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "server/govern/act.h"
#include "server/govern/acts.h"
#include "server/govern/documents.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"
#include "server/govern/release_name.h"

namespace polder::server::govern {

namespace {

std::string ReadReleaseId(const http::Request& request) {
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  std::string release_id = object.Text("releaseId", 1, 64);
  object.Finish();
  problems.ThrowIfAny();
  return release_id;
}

// The commitments stand before the deadline, and the freeze comes after it. The order is worth
// nothing when only the region says so: witnesses must have dated them before the deadline.
void RequireOrder(const GovernContext& context, const store::Reader& reader,
                  const store::FreezeRecord& freeze,
                  const std::vector<store::SeedCommitmentRecord>& commitments) {
  const auto deadline = reader.FindDeadline(freeze.release_id);
  if (!deadline) {
    Refuse(409, "deadline-missing",
           "Announce until when members deliver, before the freeze: POST /v1/deadlines.");
  }
  if (freeze.frozen_at < deadline->deliver_by) {
    Refuse(409, "deadline-ahead",
           "Members may deliver until " + deadline->deliver_by.Text() + "; freeze after it.");
  }
  for (const auto& commitment : commitments) {
    if (commitment.at > deadline->deliver_by ||
        !context.checkpoints.WitnessedBy(reader, commitment.log_index, deadline->deliver_by)) {
      Refuse(409, "not-witnessed-in-time",
             "The witnesses of the log did not see both commitments before the deadline. Announce "
             "a later deadline, and freeze after it.");
    }
  }
}

// Its reservation stays spent; the ledger says that nothing came of it.
void Withhold(store::Transaction& transaction, const std::string& reservation_id,
              const base::Clock& clock) {
  const stats::budget::Ledger ledger = LoadLedger(transaction);
  for (const stats::budget::Entry& entry : ledger.entries()) {
    if (entry.reservation_id != reservation_id) continue;
    Advance(transaction, reservation_id, entry.reservation.binding, stats::budget::Stage::kWithheld,
            clock);
    return;
  }
}

}  // namespace

http::Response Freeze(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kCoordinator});
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  store::FreezeRecord freeze;
  freeze.release_id = object.Text("releaseId", 1, 64);
  freeze.policy_digest = object.Text("policy", 64, 64);
  object.Finish();
  const auto name = ReleaseName::Parse(freeze.release_id);
  if (!name) {
    object.Fault("wrong-release-id", "releaseId",
                 "A release is named by period, kind and number: \"2022SJ-Q3-monitor-1\".");
  }
  problems.ThrowIfAny();
  freeze.period = name->period;
  freeze.kind = policies::disclosure::ToText(name->kind);
  freeze.codebook_digest = DocumentDigest(context.codebook.canonical());
  freeze.officer = officer.name;
  freeze.frozen_at = context.clock.Now();
  freeze.simulated = context.clock.simulated();

  // Cosigned before the freeze at the latest, so that a later deadline can be kept.
  std::vector<store::SeedCommitmentRecord> standing;
  context.store.Read(
      [&](const store::Reader& reader) { standing = reader.SeedCommitments(freeze.release_id); });
  for (const auto& commitment : standing) {
    context.checkpoints.RequireWitnessed(context.store, commitment.log_index, freeze.frozen_at);
  }
  context.store.Write([&](store::Transaction& transaction) {
    if (transaction.FindFreeze(freeze.release_id)) {
      Refuse(409, "frozen-already", "This release is frozen; a freeze is never reopened.");
    }
    const auto commitments = transaction.SeedCommitments(freeze.release_id);
    if (commitments.size() != 2) {
      Refuse(409, "seeds-missing",
             "Operator and auditor must both commit to a seed before the freeze.");
    }
    RequireOrder(context, transaction, freeze, commitments);
    const auto document = transaction.FindDocument(freeze.policy_digest);
    if (!document || document->kind != "policy") {
      Refuse(404, "not-found", "There is no policy with this digest.");
    }
    const auto policy = ReadPolicy(transaction, freeze.policy_digest, context.codebook);
    if (!IsApproved(transaction, *document, policy, freeze.codebook_digest)) {
      Refuse(409, "not-approved",
             "The policy needs " + std::to_string(policy.approvals_needed()) +
                 " approvals by privacy officers who did not put it in, given under the codebook "
                 "in use. After a new codebook, put the policy in again as a new version.");
    }
    if (policy.FindBudget(name->kind) == nullptr) {
      Refuse(409, "no-budget-line", "The policy has no budget for this kind of release.");
    }
    for (const store::DeliveryRecord& delivery : transaction.CurrentDeliveries(freeze.period)) {
      freeze.deliveries.push_back(
          {delivery.sequence, delivery.municipality, delivery.id, delivery.envelope_digest});
    }
    if (freeze.deliveries.empty()) {
      Refuse(409, "nothing-delivered", "No member delivered this period yet.");
    }
    freeze.canonical = FreezeText(freeze, commitments);
    freeze.digest = DocumentDigest(freeze.canonical);
    freeze.log_index = AppendLeaf(transaction, "freeze", context.clock,
                                  base::Json{{"releaseId", freeze.release_id},
                                             {"policy", freeze.policy_digest},
                                             {"codebook", freeze.codebook_digest},
                                             {"officer", freeze.officer},
                                             {"digest", freeze.digest}});
    transaction.AddFreeze(freeze);
  });
  base::Json delivered = base::Json::array();
  for (const auto& delivery : freeze.deliveries) {
    delivered.push_back({{"municipality", delivery.municipality}, {"deliveryId", delivery.id}});
  }
  return http::Response::Json(201, base::Json{{"releaseId", freeze.release_id},
                                              {"digest", freeze.digest},
                                              {"deliveries", delivered},
                                              {"logIndex", freeze.log_index}});
}

http::Response StartRelease(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kCoordinator});
  const std::string release_id = ReadReleaseId(request);
  store::JobRecord job;
  context.store.Write([&](store::Transaction& transaction) {
    if (!transaction.FindFreeze(release_id)) {
      Refuse(409, "not-frozen", "Freeze the period first: POST /v1/freezes.");
    }
    if (transaction.SeedReveals(release_id).size() != 2) {
      Refuse(409, "seeds-missing", "Operator and auditor must both reveal their seed first.");
    }
    store::JobRecord asked;
    asked.id = "job-" + std::to_string(transaction.Jobs().size() + 1);
    asked.kind = "release";
    asked.subject = release_id;
    asked.parameters = base::CanonicalJson(base::Json{{"releaseId", release_id}});
    asked.officer = officer.name;
    asked.created_at = context.clock.Now();
    job = transaction.EnqueueJob(asked);
  });
  return http::Response::Json(202, base::Json{{"jobId", job.id},
                                              {"releaseId", release_id},
                                              {"state", std::string(ToText(job.state))},
                                              {"href", "/v1/jobs/" + job.id}});
}

http::Response VetoRelease(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kPrivacyOfficer});
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  store::VetoRecord veto;
  veto.reason = object.Text("reason", 1, 2'000);
  object.Finish();
  problems.ThrowIfAny();
  veto.release_id = request.Param("id");
  veto.officer = officer.name;
  veto.at = context.clock.Now();
  context.store.Write([&](store::Transaction& transaction) {
    const auto release = transaction.FindRelease(veto.release_id);
    if (!release) Refuse(404, "not-found", "There is no such release.");
    if (release->state != store::ReleaseState::kEmbargoed || release->public_at <= veto.at) {
      Refuse(409, "embargo-over", "Only a release under embargo can be vetoed.");
    }
    veto.log_index = AppendLeaf(transaction, "veto", context.clock,
                                base::Json{{"releaseId", veto.release_id},
                                           {"digest", release->digest},
                                           {"officer", veto.officer},
                                           {"reason", veto.reason}});
    transaction.AddVeto(veto);
    Withhold(transaction, release->reservation_id, context.clock);
  });
  // Given out at once: a store restored from before the veto must be seen to lack it, or what was
  // withheld would become public at its hour.
  context.checkpoints.Latest(context.store, veto.at);
  return http::Response::Json(201, base::Json{{"releaseId", veto.release_id},
                                              {"state", "withheld"},
                                              {"logIndex", veto.log_index}});
}

}  // namespace polder::server::govern
