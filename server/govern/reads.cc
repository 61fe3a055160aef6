// What anyone may read of the region's government: the log, the budget, the codebooks; and, for its
// people, how far a job is.
#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "server/govern/act.h"
#include "server/govern/acts.h"
#include "server/govern/documents.h"
#include "server/govern/ledger.h"
#include "server/govern/static_log.h"

namespace polder::server::govern {

namespace {

std::optional<uint64_t> ParseIndex(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > (uint64_t{1} << 53)) {
    return std::nullopt;
  }
  return value;
}

// The newest policy that has its approvals: the one whose cap counts now.
std::optional<std::pair<store::DocumentRecord, base::NanoRho>> PolicyInForce(
    const GovernContext& context, const store::Reader& reader) {
  const auto documents = reader.Documents("policy");
  for (auto document = documents.rbegin(); document != documents.rend(); ++document) {
    try {
      const auto policy = ReadPolicy(reader, document->digest, context.codebook);
      if (IsApproved(reader, *document, policy, DocumentDigest(context.codebook.canonical()))) {
        return {{*document, policy.yearly_cap()}};
      }
    } catch (const base::ProblemError&) {
      // Written for an earlier codebook: not in force under this one.
    }
  }
  return std::nullopt;
}

}  // namespace

http::Response GetJob(const GovernContext& context, const http::Request& request) {
  context.people.Require(request.peer, {Role::kCoordinator, Role::kPrivacyOfficer, Role::kAuditor,
                                        Role::kOperator, Role::kSteward});
  std::optional<store::JobRecord> job;
  context.store.Read(
      [&](const store::Reader& reader) { job = reader.FindJob(request.Param("id")); });
  if (!job) Refuse(404, "not-found", "There is no such job.");
  return http::Response::Json(200, base::Json{{"id", job->id},
                                              {"kind", job->kind},
                                              {"releaseId", job->subject},
                                              {"state", std::string(ToText(job->state))},
                                              {"progress", job->progress},
                                              {"message", job->message},
                                              {"attempts", job->attempts},
                                              {"officer", job->officer},
                                              {"createdAt", job->created_at.Text()},
                                              {"changedAt", job->changed_at.Text()}});
}

http::Response GetBudget(const GovernContext& context, const http::Request&) {
  base::Json answer{{"population", context.codebook.region()}, {"policy", nullptr}};
  context.store.Read([&](const store::Reader& reader) {
    const stats::budget::Ledger ledger = LoadLedger(reader);
    const auto policy = PolicyInForce(context, reader);
    if (policy) {
      answer["policy"] = policy->first.digest;
      answer["yearlyCap"] = policy->second.Text();
    }
    std::set<base::Year> years;
    base::Json reservations = base::Json::array();
    for (const stats::budget::Entry& entry : ledger.entries()) {
      for (const auto& charge : entry.charges) years.insert(charge.school_year);
      if (entry.stage != stats::budget::Stage::kReserved) continue;
      const auto stage = ledger.StageOf(entry.reservation_id);
      reservations.push_back({{"reservationId", entry.reservation_id},
                              {"releaseId", entry.reservation.binding.release_id},
                              {"cost", entry.reservation.cost.Text()},
                              {"stage", std::string(stats::budget::ToText(*stage))}});
    }
    answer["schoolYears"] = base::Json::array();
    for (const base::Year& year : years) {
      base::Json line{
          {"schoolYear", year.Text()},
          {"spent", ledger.Spent(context.codebook.region(), year).Text()},
          {"boundOfTwoIdentifiers", ledger.Bound(context.codebook.region(), year, 2).Text()}};
      if (policy) {
        line["remaining"] =
            ledger.Remaining(context.codebook.region(), year, policy->second).Text();
      }
      answer["schoolYears"].push_back(line);
    }
    answer["reservations"] = reservations;
  });
  return http::Response::Json(200, answer);
}

http::Response GetCodebook(const GovernContext& context, const http::Request& request) {
  std::optional<store::DocumentRecord> document;
  context.store.Read([&](const store::Reader& reader) {
    document = reader.FindDocument("codebook", request.Param("id"), request.Query("version"));
  });
  if (!document) Refuse(404, "not-found", "There is no such codebook.");
  http::Response response = http::Response::Text(200, document->canonical, "application/json");
  response.headers["ETag"] = "\"" + document->digest + "\"";
  return response;
}

http::Response GetPolicy(const GovernContext& context, const http::Request& request) {
  std::optional<store::DocumentRecord> document;
  context.store.Read([&](const store::Reader& reader) {
    document = reader.FindDocument(request.Param("digest"));
  });
  if (!document || document->kind != "policy") {
    Refuse(404, "not-found", "There is no policy with this digest.");
  }
  http::Response response = http::Response::Text(200, document->canonical, "application/json");
  response.headers["ETag"] = "\"" + document->digest + "\"";
  return response;
}

http::Response GetHealth(const GovernContext& context, const http::Request&) {
  uint64_t size = 0;
  context.store.Read([&](const store::Reader& reader) {
    context.checkpoints.Check(reader);
    size = reader.LogSize();
  });
  return http::Response::Json(
      200, base::Json{{"status", "ok"}, {"logSize", size}, {"demo", context.clock.simulated()}});
}

http::Response GetCheckpoint(const GovernContext& context, const http::Request&) {
  return http::Response::Text(
      200, context.checkpoints.Published(context.store, context.clock.Now()).note);
}

http::Response GetLeaves(const GovernContext& context, const http::Request& request) {
  const auto from = ParseIndex(request.Query("from", "0"));
  const auto to = request.Query("to").empty() ? std::optional<uint64_t>(uint64_t{1} << 53)
                                              : ParseIndex(request.Query("to"));
  base::Problems problems;
  if (!from) problems.Add("not-a-number", "from", "Give the index of the first leaf.");
  if (!to) problems.Add("not-a-number", "to", "Give the index after the last leaf.");
  problems.ThrowIfAny();
  if (*from > *to) problems.Add("reversed", "from", "`from` must not be after `to`.");
  problems.ThrowIfAny();
  base::Json leaves = base::Json::array();
  uint64_t size = 0;
  context.store.Read([&](const store::Reader& reader) {
    size = reader.LogSize();
    for (const store::LeafRecord& leaf : reader.Leaves(*from, *to)) {
      // The entry is text, not a nested object: its bytes are what is hashed.
      leaves.push_back(
          {{"index", leaf.index}, {"hash", base::ToHex(leaf.hash)}, {"entry", leaf.canonical}});
    }
  });
  return http::Response::Json(200, base::Json{{"size", size}, {"leaves", leaves}});
}

http::Response GetTile(const GovernContext& context, const http::Request& request) {
  const auto tile = crypto::log::ParseTilePath("tile/" + request.Param("path"));
  if (!tile) Refuse(404, "not-found", "This is not the path of a tile.");
  base::Bytes bytes;
  context.store.Read([&](const store::Reader& reader) { bytes = ReadTile(reader, *tile); });
  return http::Response::Binary(200, std::move(bytes), "application/octet-stream");
}

http::Response GetProof(const GovernContext& context, const http::Request& request) {
  const auto index = ParseIndex(request.Param("index"));
  if (!index) Refuse(404, "not-found", "The log has no such leaf.");
  const auto checkpoint = context.checkpoints.Published(context.store, context.clock.Now());
  if (*index >= checkpoint.size) Refuse(404, "not-found", "The log has no such leaf.");
  std::string proof;
  context.store.Read([&](const store::Reader& reader) {
    proof = context.checkpoints.Proof(reader, *index, checkpoint);
  });
  return http::Response::Text(200, proof);
}

}  // namespace polder::server::govern
