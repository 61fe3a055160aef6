#include "server/jobs/release_inputs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/random/seed.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/govern/documents.h"

namespace polder::server::jobs {
namespace {

const std::vector<std::string> kSeedRoles{"operator", "auditor"};

struct StoredSeeds {
  std::vector<store::SeedCommitmentRecord> commitments;
  std::vector<store::SeedRevealRecord> reveals;
};

template <typename Records>
auto OfRole(const Records& records, const std::string& role) {
  return std::find_if(records.begin(), records.end(),
                      [&](const auto& record) { return record.role == role; });
}

// Nobody may have chosen a seed after seeing what is released, nor another than was committed to.
void CheckSeeds(const SealedAccess& access, const store::FreezeRecord& freeze,
                const StoredSeeds& stored, ReleaseInputs& inputs, base::Problems& problems) {
  for (const std::string& role : kSeedRoles) {
    const auto commitment = OfRole(stored.commitments, role);
    if (commitment == stored.commitments.end()) {
      problems.Add("seed-not-committed", "/seeds/" + role,
                   "the " + role + " has not committed to a seed; a new release must be frozen");
      continue;
    }
    if (commitment->log_index >= freeze.log_index) {
      problems.Add("committed-after-freeze", "/seeds/" + role,
                   "the " + role + " committed after the freeze; a new release must be frozen");
      continue;
    }
    const auto reveal = OfRole(stored.reveals, role);
    if (reveal == stored.reveals.end()) {
      problems.Add("seed-not-revealed", "/seeds/" + role,
                   "the " + role + " has not revealed the seed; start the release when both have");
      continue;
    }
    const std::string name = store::SeedContext(freeze.release_id, role);
    auto seed = access.open_seed(reveal->sealed, name);
    if (!crypto::random::OpensCommitment(commitment->commitment, seed, base::AsBytes(name))) {
      problems.Add("seed-mismatch", "/seeds/" + role,
                   "the seed that the " + role + " revealed is not the one committed to");
      continue;
    }
    inputs.seed_commitments.push_back(base::ToHex(commitment->commitment));
    inputs.seeds.push_back(std::move(seed));
  }
  if (inputs.seeds.size() == 2 &&
      crypto::digest::ConstantTimeEqual(inputs.seeds[0].view(), inputs.seeds[1].view())) {
    problems.Add("seed-mismatch", "/seeds", "operator and auditor revealed the same seed");
  }
}

// The rows that are read must be those that the freeze's digest, and with it the noise, stands for.
void CheckFreeze(const store::Reader& reader, const store::FreezeRecord& freeze,
                 base::Problems& problems) {
  std::vector<store::SeedCommitmentRecord> standing;
  for (auto& commitment : reader.SeedCommitments(freeze.release_id)) {
    if (commitment.log_index < freeze.log_index) standing.push_back(std::move(commitment));
  }
  if (crypto::digest::Sha256Hex(base::AsBytes(freeze.canonical)) != freeze.digest ||
      govern::FreezeText(freeze, standing) != freeze.canonical) {
    problems.Add("freeze-damaged", "/freeze",
                 "the stored freeze is not the one that its digest names; check the store");
  }
}

// What members and breaks follow from; the rest of a manifest is not needed again.
stats::cases::Manifest PublicPart(const store::DeliveryRecord& record) {
  stats::cases::Manifest manifest;
  manifest.delivery_id = record.id;
  manifest.municipality = record.municipality;
  manifest.period = record.period;
  manifest.replaces = record.replaces;
  const base::Json json = base::ParseJson(record.manifest);
  manifest.conversion = json.is_object() && json.value("conversion", false);
  return manifest;
}

// What was pinned must be what is there, byte for byte.
void CheckPinned(const store::Reader& reader, const store::FreezeRecord& freeze,
                 ReleaseInputs& inputs, base::Problems& problems) {
  for (const auto& pinned : freeze.deliveries) {
    const auto record = reader.FindDelivery(pinned.sequence);
    if (!record || record->municipality != pinned.municipality || record->id != pinned.id ||
        record->envelope_digest != pinned.envelope_digest) {
      problems.Add("delivery-changed", "/freeze/deliveries",
                   "a pinned delivery of " + pinned.municipality +
                       " is not the one that was frozen; check the store");
      continue;
    }
    inputs.manifests.push_back(PublicPart(*record));
  }
}

ReleaseInputs ReadDocuments(const store::Reader& reader, store::FreezeRecord freeze) {
  auto codebook = govern::ReadCodebook(reader, freeze.codebook_digest);
  auto policy = govern::ReadPolicy(reader, freeze.policy_digest, codebook);
  const auto kind = policies::disclosure::ParseReleaseKind(freeze.kind);
  if (!kind) {
    throw base::ProblemError("freeze-damaged", "/freeze/kind",
                             "the stored freeze names no kind of release; check the store");
  }
  return {.freeze = std::move(freeze),
          .codebook = std::move(codebook),
          .policy = std::move(policy),
          .kind = *kind,
          .seed_commitments = {},
          .seeds = {},
          .manifests = {}};
}

}  // namespace

ReleaseInputs ReadReleaseInputs(const SealedAccess& access, const std::string& release_id) {
  std::optional<ReleaseInputs> inputs;
  access.store.Read([&](const store::Reader& reader) {
    const auto freeze = reader.FindFreeze(release_id);
    if (!freeze) {
      throw base::ProblemError("not-frozen", "/releaseId",
                               "nothing was frozen for this release; freeze its period first");
    }
    inputs.emplace(ReadDocuments(reader, *freeze));
    base::Problems problems;
    CheckFreeze(reader, *freeze, problems);
    const auto document = reader.FindDocument(freeze->policy_digest);
    if (!document ||
        !govern::IsApproved(reader, *document, inputs->policy, freeze->codebook_digest)) {
      problems.Add("policy-not-approved", "/policy",
                   "the policy of this release lacks approvals by people who did not write it");
    }
    CheckSeeds(access, *freeze,
               {reader.SeedCommitments(release_id), reader.SeedReveals(release_id)}, *inputs,
               problems);
    CheckPinned(reader, *freeze, *inputs, problems);
    problems.ThrowIfAny();
  });
  return std::move(*inputs);
}

stats::budget::Reservation ReservationOf(const ReleaseInputs& inputs,
                                         const PlannedRelease& planned) {
  return {.population = inputs.codebook.region(),
          .period = inputs.freeze.period,
          .kind = inputs.kind,
          .binding = {.release_id = inputs.freeze.release_id,
                      .freeze_digest = inputs.freeze.digest,
                      .plan_digest = planned.digest,
                      .seed_commitments = inputs.seed_commitments},
          .cost = planned.charge};
}

crypto::random::Keystream SourceOf(const ReleaseInputs& inputs, const PlannedRelease& planned,
                                   const std::string& reservation_id) {
  const NoiseBinding binding{.policy_digest = inputs.freeze.policy_digest,
                             .codebook_digest = inputs.freeze.codebook_digest,
                             .plan_digest = planned.digest,
                             .freeze_digest = inputs.freeze.digest,
                             .release_id = inputs.freeze.release_id,
                             .reservation_id = reservation_id};
  return crypto::random::Keystream(inputs.seeds, NoiseSalt(binding));
}

ReleaseFacts FactsOf(const ReleaseInputs& inputs, const std::string& reservation_id,
                     base::Instant made_at, bool demo) {
  return {.release_id = inputs.freeze.release_id,
          .origin = "region",
          .demo = demo,
          .freeze_digest = inputs.freeze.digest,
          .reservation_id = reservation_id,
          .seed_commitments = inputs.seed_commitments,
          .made_at = made_at,
          .public_at = made_at.Plus(inputs.policy.embargo_seconds()),
          .members = MembersOf(inputs.Asked(), inputs.manifests)};
}

std::vector<store::ReleaseRecord> ReleasesBefore(const store::Reader& reader,
                                                 const base::Period& period, uint64_t log_index) {
  std::vector<store::ReleaseRecord> standing;
  for (const auto& head : reader.Releases()) {
    if (head.period.year() != period.year() || head.log_index >= log_index) continue;
    if (head.state == store::ReleaseState::kWithheld) {
      const auto veto = reader.FindVeto(head.id);
      if (!veto || veto->log_index < log_index) continue;
    }
    standing.push_back(reader.FindRelease(head.id).value());
  }
  return standing;
}

}  // namespace polder::server::jobs
