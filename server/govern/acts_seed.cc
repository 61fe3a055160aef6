// Committing to a seed and revealing it. Commitments stand in the log before the deadline for
// deliveries, so that nobody chooses a seed knowing the data; reveals come after the freeze, so
// that nobody chooses the data knowing the noise. With the second reveal the noise can be computed,
// so it takes the budget.
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "crypto/digest/secret.h"
#include "policies/base/json_reader.h"
#include "server/govern/act.h"
#include "server/govern/acts.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"
#include "server/govern/release_name.h"

namespace polder::server::govern {

namespace {

using crypto::digest::SecretBytes;

// Which seed the person brings. People makes sure that nobody is both.
std::string SeedRole(const GovernContext& context, const http::Request& request,
                     std::string& officer) {
  const Person& person = context.people.Require(request.peer, {Role::kOperator, Role::kAuditor});
  officer = person.name;
  return std::string(ToText(person.Has(Role::kOperator) ? Role::kOperator : Role::kAuditor));
}

std::optional<ReleaseName> ReadName(base::ObjectReader& object) {
  const std::string text = object.Text("releaseId", 1, 64);
  auto name = ReleaseName::Parse(text);
  if (!name) {
    object.Fault("wrong-release-id", "releaseId",
                 "A release is named by period, kind and number: \"2022SJ-Q3-monitor-1\".");
  } else if (!name->Mismatch().empty()) {
    object.Fault("wrong-release-id", "releaseId", name->Mismatch());
    name.reset();
  }
  return name;
}

// How many releases of this period and kind were frozen: the next one has this number plus 1.
int FrozenBefore(const store::Reader& reader, const ReleaseName& name) {
  int count = 0;
  for (const store::FreezeRecord& freeze : reader.FreezesOver(name.period)) {
    if (freeze.period == name.period && freeze.kind == policies::disclosure::ToText(name.kind)) {
      ++count;
    }
  }
  return count;
}

std::optional<store::FreezeRecord> FindFreeze(const store::Store& store,
                                              const std::string& release_id) {
  std::optional<store::FreezeRecord> freeze;
  store.Read([&](const store::Reader& reader) { freeze = reader.FindFreeze(release_id); });
  return freeze;
}

// The release that the next freeze of this period and kind makes; nothing else is prepared.
void RequireNext(const store::Reader& reader, const ReleaseName& name) {
  const std::string release_id = name.Text();
  if (reader.FindFreeze(release_id)) {
    Refuse(409, "frozen-already",
           "This release is frozen: its deadline and commitments come before. Use the next "
           "number.");
  }
  const int next = FrozenBefore(reader, name) + 1;
  if (name.number != next) {
    Refuse(409, "wrong-number",
           "The next release of this period and kind has number " + std::to_string(next) + ".");
  }
}

// The seed as its holder encrypted it to the replay auditor, who alone can open it. Left out only
// when the region has no replay auditor.
std::optional<base::Bytes> ReadEscrow(const GovernContext& context, base::ObjectReader& object) {
  const bool needed = context.people.Any(Role::kReplayAuditor) && context.escrow.seal;
  if (!needed && !object.Has("escrow")) return std::nullopt;
  auto escrow = base::FromBase64(object.Text("escrow", 1, 12'000));
  if (!escrow || escrow->size() < 256 || !context.escrow.seal) {
    object.Fault("wrong-escrow", "escrow",
                 "The seed for the replay auditor is a CMS envelope (DER) in base64; `polder act "
                 "reveal-seed --escrow-to CERTIFICATE` makes it.");
    escrow.reset();
  }
  return escrow;
}

}  // namespace

http::Response AnnounceDeadline(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kCoordinator});
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  const auto name = ReadName(object);
  const auto deliver_by = base::Instant::Parse(object.Text("deliverBy", 1, 64));
  if (!deliver_by) {
    object.Fault("wrong-instant", "deliverBy", "Write an instant as 2023-02-06T09:30:00Z.");
  }
  object.Finish();
  problems.ThrowIfAny();
  store::DeadlineRecord record;
  record.release_id = name->Text();
  record.deliver_by = *deliver_by;
  record.officer = officer.name;
  record.at = context.clock.Now();
  if (record.deliver_by < record.at) {
    Refuse(409, "deadline-passed", "A deadline is announced before it comes.");
  }
  context.store.Write([&](store::Transaction& transaction) {
    RequireNext(transaction, *name);
    const auto before = transaction.FindDeadline(record.release_id);
    if (before && record.deliver_by <= before->deliver_by) {
      Refuse(409, "deadline-stands",
             "The deadline is " + before->deliver_by.Text() + "; it can only be made later.");
    }
    record.log_index = AppendLeaf(transaction, "deadline", context.clock,
                                  base::Json{{"releaseId", record.release_id},
                                             {"officer", record.officer},
                                             {"deliverBy", record.deliver_by.Text()}});
    transaction.AddDeadline(record);
  });
  return http::Response::Json(201, base::Json{{"releaseId", record.release_id},
                                              {"deliverBy", record.deliver_by.Text()},
                                              {"logIndex", record.log_index}});
}

http::Response CommitSeed(const GovernContext& context, const http::Request& request) {
  store::SeedCommitmentRecord record;
  record.role = SeedRole(context, request, record.officer);
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  const auto name = ReadName(object);
  const std::string hex = object.Text("commitment");
  const auto commitment = base::FromHex(hex);
  if (!commitment || commitment->size() != record.commitment.size()) {
    object.Fault("wrong-commitment", "commitment",
                 "A commitment is 64 hexadecimal digits: the hash of the seed, not the seed.");
  }
  object.Finish();
  problems.ThrowIfAny();
  std::copy(commitment->begin(), commitment->end(), record.commitment.begin());
  record.release_id = name->Text();
  record.at = context.clock.Now();

  context.store.Write([&](store::Transaction& transaction) {
    RequireNext(transaction, *name);
    const auto deadline = transaction.FindDeadline(record.release_id);
    if (deadline && deadline->deliver_by < record.at) {
      Refuse(409, "deadline-passed",
             "Seeds are committed before the deadline for deliveries. Have the coordinator "
             "announce a later one.");
    }
    for (const auto& given : transaction.SeedCommitments(record.release_id)) {
      if (given.role == record.role) {
        Refuse(409, "committed-already",
               "The " + record.role + "'s commitment for this release stands already.");
      }
    }
    record.log_index = AppendLeaf(transaction, "seed-commitment", context.clock,
                                  base::Json{{"releaseId", record.release_id},
                                             {"role", record.role},
                                             {"officer", record.officer},
                                             {"digest", base::ToHex(record.commitment)}});
    transaction.AddSeedCommitment(record);
  });
  // Shown to the witnesses at once: it is their time that says it was before the deadline. When
  // they are away the commitment stands, and the freeze asks for a later deadline.
  try {
    context.checkpoints.Published(context.store, record.at);
  } catch (const base::ProblemError& error) {
    if (error.code() != "not-witnessed") throw;
  }
  return http::Response::Json(201, base::Json{{"releaseId", record.release_id},
                                              {"role", record.role},
                                              {"logIndex", record.log_index}});
}

http::Response RevealSeed(const GovernContext& context, const http::Request& request) {
  store::SeedRevealRecord record;
  record.role = SeedRole(context, request, record.officer);
  SecretBytes seed;
  std::optional<base::Bytes> escrow;
  {
    const base::Json json = base::ParseJson(request.Text());
    base::Problems problems;
    base::ObjectReader object(json, "", problems);
    record.release_id = object.Text("releaseId", 1, 64);
    std::string hex = object.Text("seed", 1, 1'024);
    auto bytes = base::FromHex(hex);
    crypto::digest::SecureWipe(hex);
    if (!bytes || bytes->size() < 32) {
      object.Fault("wrong-seed", "seed", "A seed is at least 64 hexadecimal digits.");
    } else {
      seed = SecretBytes::Taking(std::move(*bytes));
    }
    escrow = ReadEscrow(context, object);
    object.Finish();
    problems.ThrowIfAny();
  }
  const std::string seed_context = store::SeedContext(record.release_id, record.role);
  const crypto::digest::Digest opened = context.seed_commitment(seed, base::AsBytes(seed_context));
  record.sealed = context.seal_seed(seed, seed_context);
  store::SeedEscrowRecord kept{record.release_id, record.role, {}};
  if (escrow) kept.sealed = context.escrow.seal(*escrow, seed_context);
  record.at = context.clock.Now();

  std::optional<PlannedReservation> planned;
  if (const auto freeze = FindFreeze(context.store, record.release_id)) {
    context.checkpoints.RequireWitnessed(context.store, freeze->log_index, record.at);
    if (context.plan_reservation) planned = context.plan_reservation(record.release_id);
  }
  context.store.Write([&](store::Transaction& transaction) {
    if (!transaction.FindFreeze(record.release_id)) {
      Refuse(409, "not-frozen",
             "Seeds are revealed after the freeze: until then nobody may know the noise.");
    }
    const auto commitments = transaction.SeedCommitments(record.release_id);
    const auto mine = std::find_if(commitments.begin(), commitments.end(),
                                   [&](const auto& one) { return one.role == record.role; });
    if (mine == commitments.end() || mine->officer != record.officer) {
      Refuse(409, "not-committed", "Only who committed to a seed can reveal it.");
    }
    if (!crypto::digest::ConstantTimeEqual(opened, mine->commitment)) {
      Refuse(409, "seed-mismatch",
             "This is not the seed that was committed to. Reveal the one that was.");
    }
    for (const auto& given : transaction.SeedReveals(record.release_id)) {
      if (given.role == record.role) {
        Refuse(409, "revealed-already", "This seed was revealed before.");
      }
    }
    base::Json fields{{"releaseId", record.release_id},
                      {"role", record.role},
                      {"officer", record.officer},
                      {"digest", base::ToHex(mine->commitment)}};
    // Encrypted under a fresh key, so that its digest cannot be guessed.
    if (escrow) fields["escrow"] = crypto::digest::Sha256Hex(*escrow);
    record.log_index = AppendLeaf(transaction, "seed-reveal", context.clock, fields);
    transaction.AddSeedReveal(record);
    if (escrow) transaction.AddSeedEscrow(kept);
    if (planned && transaction.SeedReveals(record.release_id).size() == 2) {
      Reserve(transaction, planned->reservation, planned->limits, context.clock);
    }
  });
  // Given out before anyone learns that both seeds are here: a store restored from before the
  // reservation is seen to lack it.
  context.checkpoints.Latest(context.store, record.at);
  return http::Response::Json(201, base::Json{{"releaseId", record.release_id},
                                              {"role", record.role},
                                              {"logIndex", record.log_index}});
}

http::Response ReadSeedEscrow(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kReplayAuditor});
  const std::string release_id = request.Param("id");
  const std::string role = request.Param("role");
  std::optional<store::SeedEscrowRecord> kept;
  context.store.Read(
      [&](const store::Reader& reader) { kept = reader.FindSeedEscrow(release_id, role); });
  if (!kept || !context.escrow.open) {
    Refuse(404, "not-found", "No seed of this release and role is kept for the replay auditor.");
  }
  const base::Bytes escrow =
      context.escrow.open(kept->sealed, store::SeedContext(release_id, role));
  // With both seeds the exact counts follow from the release: that they were handed out is public.
  context.store.Write([&](store::Transaction& transaction) {
    AppendLeaf(transaction, "seed-handed-out", context.clock,
               base::Json{{"releaseId", release_id},
                          {"role", role},
                          {"officer", officer.name},
                          {"digest", crypto::digest::Sha256Hex(escrow)}});
  });
  context.checkpoints.Latest(context.store, context.clock.Now());
  return http::Response::Binary(200, escrow,
                                "application/pkcs7-mime; smime-type=authEnveloped-data");
}

}  // namespace polder::server::govern
