// Committing to a seed and revealing it. Commitments stand in the log before the freeze, so that
// nobody chooses a seed knowing the data; reveals come after it, so that nobody chooses the data
// knowing the noise. With the second reveal the noise can be computed, so it takes the budget.
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

}  // namespace

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
    if (transaction.FindFreeze(record.release_id)) {
      Refuse(409, "frozen-already",
             "This release is frozen: commitments are made before. Commit for the next number.");
    }
    const int next = FrozenBefore(transaction, *name) + 1;
    if (name->number != next) {
      Refuse(409, "wrong-number",
             "The next release of this period and kind has number " + std::to_string(next) + ".");
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
  return http::Response::Json(201, base::Json{{"releaseId", record.release_id},
                                              {"role", record.role},
                                              {"logIndex", record.log_index}});
}

http::Response RevealSeed(const GovernContext& context, const http::Request& request) {
  store::SeedRevealRecord record;
  record.role = SeedRole(context, request, record.officer);
  SecretBytes seed;
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
    object.Finish();
    problems.ThrowIfAny();
  }
  const std::string seed_context = store::SeedContext(record.release_id, record.role);
  const crypto::digest::Digest opened = context.seed_commitment(seed, base::AsBytes(seed_context));
  record.sealed = context.seal_seed(seed, seed_context);
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
    record.log_index = AppendLeaf(transaction, "seed-reveal", context.clock,
                                  base::Json{{"releaseId", record.release_id},
                                             {"role", record.role},
                                             {"officer", record.officer},
                                             {"digest", base::ToHex(mine->commitment)}});
    transaction.AddSeedReveal(record);
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

}  // namespace polder::server::govern
