#include "server/jobs/erasure.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/log/merkle.h"
#include "crypto/random/random.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/govern/checkpoints.h"
#include "server/govern/erasures.h"
#include "server/govern/leaf.h"

namespace polder::server::jobs {
namespace {

using govern::ErasureBatch;
using govern::ErasureCause;
using govern::ErasureItem;
using govern::Erasures;

constexpr int kMonthsWithoutPolicy = 13;

// The year of a key's name, "year/GM0148/2022SJ".
struct YearKey {
  std::string municipality;
  std::string year;
};

YearKey ParseYearKey(const std::string& id) {
  const size_t first = id.find('/');
  const size_t last = id.rfind('/');
  return {id.substr(first + 1, last - first - 1), id.substr(last + 1)};
}

void AddReleaseKeys(const store::Reader& reader, const store::KeyStore& keys,
                    const std::set<std::string>& releases, bool answers,
                    std::set<std::string>& ids) {
  for (const std::string& release : releases) {
    for (const char* role : {"operator", "auditor"}) {
      ids.insert(store::SeedKeyId(store::SeedContext(release, role)));
    }
  }
  if (!answers) return;
  const std::string prefix = store::AnswersKeyId("");
  for (const std::string& id : keys.Ids(prefix)) {
    const auto stored = reader.FindAnswers(id.substr(prefix.size()));
    if (stored && releases.contains(stored->release_id)) ids.insert(id);
  }
}

// Names of every key of the batch.
std::set<std::string> KeysOf(const store::Reader& reader, const store::KeyStore& keys,
                             const ErasureBatch& batch) {
  std::set<std::string> ids;
  std::set<std::string> releases;
  for (const ErasureItem& item : batch.items) {
    const bool whole = item.delivery_id.empty();
    const auto year = base::Year::Parse(item.year);
    if (whole && year) ids.insert(store::YearKeyId(item.municipality, *year));
    for (const auto& delivery : reader.Deliveries(item.municipality)) {
      if (delivery.period.year().Text() != item.year) continue;
      if (!whole && delivery.id != item.delivery_id) continue;
      ids.insert(delivery.key_id);
      for (const auto& freeze : reader.FreezesOver(delivery.period)) {
        const bool pins =
            std::any_of(freeze.deliveries.begin(), freeze.deliveries.end(),
                        [&](const auto& pin) { return pin.sequence == delivery.sequence; });
        if (pins) releases.insert(freeze.release_id);
      }
    }
  }
  AddReleaseKeys(reader, keys, releases, batch.cause != ErasureCause::kSuperseded, ids);
  return ids;
}

void Shred(store::KeyStore& keys, const std::set<std::string>& ids, base::Instant now) {
  for (const std::string& id : ids) keys.Shred(id, now);
}

// Of the policy that was approved last.
int RetentionMonths(const store::Reader& reader) {
  int months = kMonthsWithoutPolicy;
  uint64_t latest = 0;
  for (const auto& document : reader.Documents("policy")) {
    const auto approvals = reader.Approvals(document.digest);
    const base::Json policy = base::ParseJson(document.canonical);
    if (approvals.size() < policy.value("approvalsNeeded", size_t{2})) continue;
    if (approvals.back().log_index < latest) continue;
    latest = approvals.back().log_index;
    months = policy.value("retentionMonths", kMonthsWithoutPolicy);
  }
  return months;
}

bool IsRunning(const store::Reader& reader, const base::Year& year) {
  for (const auto& freeze : reader.FreezesOver(base::Period(year))) {
    const auto job = reader.FindJob("release", freeze.release_id);
    if (job &&
        (job->state == store::JobState::kQueued || job->state == store::JobState::kRunning)) {
      return true;
    }
  }
  return false;
}

ErasureBatch PastRetention(const store::Reader& reader, const std::vector<YearKey>& living,
                           const Erasures& before, base::Instant now) {
  ErasureBatch batch{.items = {},
                     .cause = ErasureCause::kRetention,
                     .reason = "The policy's retention has passed.",
                     .officer = "retention"};
  const int months = RetentionMonths(reader);
  for (const YearKey& key : living) {
    const auto year = base::Year::Parse(key.year);
    const ErasureItem item{key.municipality, key.year, ""};
    if (!year || before.Has(item) || now.Day() <= PlusMonths(year->Last(), months)) continue;
    if (!IsRunning(reader, *year)) batch.items.push_back(item);
  }
  return batch;
}

ErasureBatch NoLongerNeeded(const store::Reader& reader, const std::vector<YearKey>& living,
                            const store::KeyStore& keys, const Erasures& before,
                            base::Instant now) {
  ErasureBatch batch{.items = {},
                     .cause = ErasureCause::kSuperseded,
                     .reason = "Replaced, and no frozen release needs it.",
                     .officer = "retention"};
  const auto ids = keys.Ids("delivery/");
  const std::set<std::string> alive(ids.begin(), ids.end());
  std::set<std::string> municipalities;
  for (const YearKey& key : living) municipalities.insert(key.municipality);
  for (const std::string& municipality : municipalities) {
    const auto deliveries = reader.Deliveries(municipality);
    std::set<std::string> replaced;
    for (const auto& delivery : deliveries) replaced.insert(delivery.replaces);
    for (const auto& delivery : deliveries) {
      if (!replaced.contains(delivery.id) || !alive.contains(delivery.key_id)) continue;
      if (before.Has(delivery) || !govern::NeededBy(reader, delivery, now, true).empty()) continue;
      batch.items.push_back({municipality, delivery.period.year().Text(), delivery.id});
    }
  }
  return batch;
}

// The key store knows a log: the one in the data must be that, and not from before.
void CheckMark(const store::Reader& reader, const std::optional<store::KeyStore::LogMark>& mark) {
  if (!mark) return;
  if (mark->size <= reader.LogSize() &&
      crypto::log::RootHash(reader.LeafHashes(mark->size)) == mark->root) {
    return;
  }
  throw base::ProblemError("log-behind", "",
                           "The store is older than its key store, or of another region: what was "
                           "erased since is not known to it. Restore a newer backup.");
}

}  // namespace

base::Date PlusMonths(base::Date day, int months) {
  const int month = day.year() * 12 + day.month() - 1 + months;
  for (int last = day.day(); last >= 28; --last) {
    if (const auto found = base::Date::Of(month / 12, month % 12 + 1, last)) return *found;
  }
  return base::Date::Of(month / 12, month % 12 + 1, day.day()).value();
}

void RunErasure(const WorkerContext& context, const store::JobRecord& job) {
  const ErasureBatch batch = govern::ParseErasure(job);
  std::set<std::string> ids;
  context.store.Write([&](store::Transaction& transaction) {
    context.checkpoints.Check(transaction);
    if (!govern::MayErase(transaction, job)) {
      throw base::ProblemError("erasure-not-approved", "",
                               "Erasing takes two privacy officers, or the municipality itself.");
    }
    transaction.RenewJob(job.id, job.fence, context.clock.Now(), context.lease_seconds,
                         "1/2 destroy keys");
    ids = KeysOf(transaction, context.keys, batch);
  });
  if (context.begins) context.begins(job.id, "destroy");
  Shred(context.keys, ids, context.clock.Now());
  if (context.begins) context.begins(job.id, "log");
  context.store.Write([&](store::Transaction& transaction) {
    transaction.CheckLease(job.id, job.fence);
    govern::AppendLeaf(transaction, "erasure", context.clock, base::Json{{"digest", job.subject}});
    transaction.FinishJob(job.id, job.fence, context.clock.Now());
  });
  // Given out: a store from before it is seen to be behind, and so is a copy of the keys.
  const auto checkpoint = context.checkpoints.Latest(context.store, context.clock.Now());
  context.keys.RaiseMark({checkpoint.size, checkpoint.root}, context.clock.Now());
}

std::optional<store::JobRecord> AskDueErasures(const WorkerContext& context) {
  const base::Instant now = context.clock.Now();
  std::vector<YearKey> living;
  for (const std::string& id : context.keys.Ids("year/")) living.push_back(ParseYearKey(id));
  std::optional<store::JobRecord> asked;
  if (living.empty()) return asked;
  context.store.Write([&](store::Transaction& transaction) {
    const Erasures before = Erasures::Of(transaction);
    for (ErasureBatch& batch :
         std::vector{PastRetention(transaction, living, before, now),
                     NoLongerNeeded(transaction, living, context.keys, before, now)}) {
      if (batch.items.empty()) continue;
      const base::Bytes salt = crypto::random::RandomBytes(32);
      asked = govern::AskErasure(transaction, std::move(batch), salt, now);
    }
  });
  return asked;
}

size_t EraseAgain(store::Store& store, store::KeyStore& keys, base::Instant now) {
  std::set<std::string> ids;
  store::KeyStore::LogMark mark;
  const auto before = keys.Mark();
  store.Read([&](const store::Reader& reader) {
    CheckMark(reader, before);
    mark.size = reader.LogSize();
    mark.root = crypto::log::RootHash(reader.LeafHashes(mark.size));
    keys.RequireMark(reader.LastLeafOf("erasure").value_or(-1) + 1);
    for (const auto& job : reader.Jobs()) {
      if (job.kind != govern::kErasureJob || job.state != store::JobState::kDone) continue;
      ids.merge(KeysOf(reader, keys, govern::ParseErasure(job)));
    }
  });
  size_t back = 0;
  for (const char* prefix : {"year/", "delivery/", "seed/", "answers/"}) {
    for (const std::string& id : keys.Ids(prefix)) {
      if (ids.contains(id) && keys.Shred(id, now)) ++back;
    }
  }
  if (mark.size > 0) keys.RaiseMark(mark, now);
  return back;
}

std::unique_ptr<store::KeyStore> OpenKeys(store::Store& store, const std::string& path,
                                          const std::string& given_out, base::Instant now,
                                          const std::function<void(size_t)>& came_back) {
  store.Read([&](const store::Reader& reader) { govern::CheckGivenOut(reader, given_out); });
  auto keys = store::KeyStore::Open(path);
  const size_t back = EraseAgain(store, *keys, now);
  if (back > 0 && came_back) came_back(back);
  return keys;
}

}  // namespace polder::server::jobs
