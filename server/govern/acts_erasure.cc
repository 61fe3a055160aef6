// Asking that deliveries, or a municipality's whole year, become unreadable for ever. A
// municipality decides about its own; about anybody's, two privacy officers.
#include <set>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "server/govern/act.h"
#include "server/govern/acts.h"
#include "server/govern/erasures.h"

namespace polder::server::govern {

namespace {

constexpr size_t kMostItems = 1'000;

// A privacy officer asks for anybody; a municipality, by its certificate, for itself.
std::string AskerOf(const GovernContext& context, const http::Peer& peer, std::string& only) {
  if (const Person* person = context.people.Find(peer)) {
    if (context.people.May(peer, Role::kPrivacyOfficer)) return person->name;
  } else if (!peer.oin.empty() && peer.subject.empty()) {
    if (const auto* member = context.codebook.MunicipalityOfOin(peer.oin)) {
      only = member->code.code;
      return only;
    }
  }
  Refuse(403, "forbidden", "A privacy officer, or a municipality for itself, asks for erasure.");
}

ErasureBatch ReadBatch(const http::Request& request) {
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  ErasureBatch batch;
  batch.reason = object.Text("reason", 1, 2'000);
  std::set<ErasureItem> seen;
  object.Array("items", [&](const base::Json& one, const std::string& at) {
    base::ObjectReader reader(one, at, problems);
    ErasureItem item;
    item.municipality = reader.Code("municipality");
    if (reader.Has("deliveryId")) {
      item.delivery_id = reader.Code("deliveryId");
    } else {
      item.year = reader.Text("year", 1, 16);
      if (!item.year.empty() && !base::Year::Parse(item.year)) {
        reader.Fault("wrong-year", "year", "Write a year as 2022SJ or 2022VSV.");
      }
    }
    reader.Finish();
    if (!seen.insert(item).second) {
      reader.Fault("duplicate", "municipality", "This stands in the list twice.");
    }
    batch.items.push_back(std::move(item));
  });
  object.Finish();
  if (batch.items.empty() || batch.items.size() > kMostItems) {
    object.Fault("wrong-items", "items", "Name one to 1000 deliveries or years.");
  }
  problems.ThrowIfAny();
  return batch;
}

std::vector<store::DeliveryRecord> DeliveriesOf(const store::Reader& reader,
                                                const ErasureItem& item) {
  std::vector<store::DeliveryRecord> deliveries;
  for (auto& delivery : reader.Deliveries(item.municipality)) {
    const bool meant = item.delivery_id.empty() ? delivery.period.year().Text() == item.year
                                                : delivery.id == item.delivery_id;
    if (meant) deliveries.push_back(std::move(delivery));
  }
  return deliveries;
}

// Nothing is half erased: one item that cannot be refuses them all.
void CheckItem(const store::Reader& reader, const Erasures& before, ErasureItem& item,
               base::Instant now) {
  const auto deliveries = DeliveriesOf(reader, item);
  if (deliveries.empty()) {
    Refuse(404, "not-found", "There is no such delivery, or none in that year.");
  }
  item.year = deliveries.front().period.year().Text();
  if (before.Has(item)) Refuse(409, "erased-already", "This was erased, or will be in a moment.");
  for (const auto& delivery : deliveries) {
    const std::string needed = NeededBy(reader, delivery, now, false);
    if (needed.empty()) continue;
    Refuse(409, "still-needed",
           "Release " + needed +
               " is being made from this, or is under embargo. Wait until it is public, or veto "
               "it first.");
  }
}

void CheckItems(const store::Reader& reader, ErasureBatch& batch, base::Instant now) {
  const Erasures before = Erasures::Of(reader);
  for (ErasureItem& item : batch.items) CheckItem(reader, before, item, now);
}

http::Response Queued(const store::JobRecord& job) {
  return http::Response::Json(202, base::Json{{"jobId", job.id},
                                              {"digest", job.subject},
                                              {"state", std::string(ToText(job.state))},
                                              {"href", "/v1/jobs/" + job.id}});
}

}  // namespace

http::Response AskErasure(const GovernContext& context, const http::Request& request) {
  std::string only;
  const std::string asker = AskerOf(context, request.peer, only);
  ErasureBatch batch = ReadBatch(request);
  batch.officer = asker;
  for (const ErasureItem& item : batch.items) {
    if (!only.empty() && item.municipality != only) {
      Refuse(403, "forbidden", "A municipality asks for the erasure of its own data only.");
    }
  }
  const base::Bytes salt = context.random_salt();
  store::JobRecord job;
  store::ErasureProposalRecord proposal;
  context.store.Write([&](store::Transaction& transaction) {
    context.checkpoints.Check(transaction);
    CheckItems(transaction, batch, context.clock.Now());
    if (only.empty()) {
      proposal = ProposeErasure(transaction, batch, salt, context.clock);
    } else {
      job = AskErasure(transaction, batch, salt, context.clock.Now());
    }
  });
  if (!only.empty()) return Queued(job);
  // Given out: a store from before this is seen to be behind, and nothing can be done with it.
  context.checkpoints.Latest(context.store, context.clock.Now());
  return http::Response::Json(201, base::Json{{"digest", proposal.digest},
                                              {"state", "proposed"},
                                              {"approvalsNeeded", 1},
                                              {"logIndex", proposal.log_index},
                                              {"href", "/v1/erasures"}});
}

http::Response ApproveErasure(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kPrivacyOfficer});
  const std::string digest = request.Param("digest");
  store::JobRecord job;
  context.store.Write([&](store::Transaction& transaction) {
    context.checkpoints.Check(transaction);
    EndErasure(transaction, digest, true, officer.name, context.clock);
    // What has changed since it was proposed counts.
    ErasureBatch batch =
        ParseErasureText(transaction.FindErasureProposal(digest).value().canonical);
    CheckItems(transaction, batch, context.clock.Now());
    job = QueueErasure(transaction, digest, context.clock.Now());
  });
  context.checkpoints.Latest(context.store, context.clock.Now());
  return Queued(job);
}

http::Response WithdrawErasure(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kPrivacyOfficer});
  store::ErasureEndRecord end;
  context.store.Write([&](store::Transaction& transaction) {
    context.checkpoints.Check(transaction);
    end = EndErasure(transaction, request.Param("digest"), false, officer.name, context.clock);
  });
  context.checkpoints.Latest(context.store, context.clock.Now());
  return http::Response::Json(
      201, base::Json{{"digest", end.digest}, {"state", "withdrawn"}, {"logIndex", end.log_index}});
}

http::Response GetErasures(const GovernContext& context, const http::Request& request) {
  context.people.Require(request.peer, {Role::kPrivacyOfficer});
  base::Json proposals = base::Json::array();
  context.store.Read([&](const store::Reader& reader) {
    for (const store::ErasureProposalRecord& proposal : reader.ErasureProposals()) {
      const auto end = reader.FindErasureEnd(proposal.digest);
      const bool lapsed = !(context.clock.Now() < proposal.at.Plus(kProposalSeconds));
      // The text, salt and all: who approves can compute the digest that stands in the log.
      proposals.push_back({{"digest", proposal.digest},
                           {"officer", proposal.officer},
                           {"at", proposal.at.Text()},
                           {"state", end      ? end->approved ? "approved" : "withdrawn"
                                     : lapsed ? "lapsed"
                                              : "proposed"},
                           {"text", proposal.canonical}});
    }
  });
  return http::Response::Json(200, base::Json{{"erasures", proposals}});
}

}  // namespace polder::server::govern
