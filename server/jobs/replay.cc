#include "server/jobs/replay.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/secret.h"
#include "crypto/log/merkle.h"
#include "policies/base/json.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"
#include "server/jobs/counts_before.h"
#include "server/jobs/release_inputs.h"
#include "server/jobs/replay_judge.h"

namespace polder::server::jobs {
namespace {

using stats::table::PublishedRelease;

// What the store says about the release besides its inputs.
struct Stored {
  store::ReleaseRecord record;
  std::vector<store::ReleaseRecord> before;
  stats::budget::Ledger ledger;
  store::LeafRecord leaf;
};

Stored ReadStored(const SealedAccess& access, const std::string& release_id) {
  std::optional<Stored> stored;
  access.store.Read([&](const store::Reader& reader) {
    auto record = reader.FindRelease(release_id);
    if (!record) {
      throw base::ProblemError("no-such-release", "/releaseId",
                               "the store has no release of this name; GET /v1/releases has all");
    }
    const uint64_t index = record->log_index;
    auto before = ReleasesBefore(reader, record->period, index);
    const auto leaves = reader.Leaves(index, index + 1);
    stored = Stored{.record = std::move(*record),
                    .before = std::move(before),
                    .ledger = govern::LoadLedger(reader),
                    .leaf = leaves.empty() ? store::LeafRecord{} : leaves.front()};
  });
  return std::move(*stored);
}

bool IsLogged(const Stored& stored, const std::string& digest) {
  if (crypto::log::LeafHash(base::AsBytes(stored.leaf.canonical)) != stored.leaf.hash) return false;
  const base::Json leaf = base::ParseJson(stored.leaf.canonical);
  return leaf.is_object() && leaf.value("kind", "") == "release" &&
         leaf.value("releaseId", "") == stored.record.id && leaf.value("digest", "") == digest;
}

bool IsSealed(const SealedAccess& access, const store::ReleaseRecord& record, std::string&& text) {
  const auto sealed = OpenAnswers(access, record.id, record.reservation_id);
  const bool same =
      sealed && crypto::digest::ConstantTimeEqual(sealed->text.view(), base::AsBytes(text));
  crypto::digest::SecureWipe(text);
  return same;
}

bool IsThePublished(const store::ReleaseRecord& record, const ReleaseFacts& facts,
                    const PublishedText& made) {
  return made.release == record.canonical && made.digest == record.digest &&
         made.audit == record.certificate && facts.public_at == record.public_at &&
         facts.freeze_digest == record.freeze_digest;
}

bool Same(const SealedAccess& access, const Stored& stored, const Progress& progress) {
  const auto& record = stored.record;
  ReleaseInputs inputs = ReadReleaseInputs(access, record.id);
  if (progress) progress("plan");
  const PlannedRelease planned = PlanRelease(inputs.Asked());
  const auto reservation = ReservationOf(inputs, planned);
  for (const auto& entry : stored.ledger.entries()) {
    if (entry.reservation_id == record.reservation_id) {
      CheckPlan(planned.digest, entry.reservation.binding.plan_digest);
    }
  }
  const crypto::random::Keystream source = SourceOf(inputs, planned, record.reservation_id);
  inputs.seeds.clear();
  auto deliveries = UnsealDeliveries(access, inputs);
  const auto answers = Silently([&] {
    return DrawAndMeasure(inputs.Asked(), planned, std::move(deliveries), source, progress);
  });
  if (!answers || !IsSealed(access, record, AnswersToText(planned, *answers))) return false;

  const ReleaseFacts facts =
      FactsOf(inputs, record.reservation_id, record.made_at, record.simulated);
  const auto made = Silently([&] {
    std::vector<PublishedRelease> earlier;
    for (const auto& release : stored.before) {
      earlier.push_back(PublishedRelease::Parse(release.canonical));
    }
    const CountsBefore counted =
        CountsBefore::Open(access, planned, record.period, stored.before, earlier);
    return PublishRelease(inputs.Asked(), planned, *answers, facts, earlier, counted.list(),
                          progress);
  });
  return made && IsThePublished(record, facts, *made) && IsLogged(stored, made->digest) &&
         IsChargedOnce(stored.ledger, reservation, record.reservation_id);
}

}  // namespace

ReplayResult Replay(const SealedAccess& access, const std::string& release_id,
                    const Progress& progress) {
  return Judge([&] { return Same(access, ReadStored(access, release_id), progress); });
}

void LogReplay(store::Store& store, const base::Clock& clock, const std::string& release_id,
               const std::string& officer, std::string_view state) {
  store.Write([&](store::Transaction& transaction) {
    govern::AppendLeaf(
        transaction, "replay", clock,
        base::Json{{"releaseId", release_id}, {"officer", officer}, {"state", state}});
  });
}

}  // namespace polder::server::jobs
