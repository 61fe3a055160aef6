#include "server/jobs/erasure.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>

#include "crypto/random/random.h"
#include "server/govern/erasures.h"
#include "server/jobs/release_inputs.h"
#include "tests/server/jobs/worker_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using govern::ErasureBatch;
using govern::ErasureCause;
using govern::ErasureItem;
using testing::HasSubstr;
using testing::Not;
using testing_support::CodeOf;

constexpr char kRelease[] = "2022SJ-Q1-monitor-1";
constexpr char kMember[] = "GM0148";

std::string FolderOfTest() {
  return WorkerRegion::FreshDirectory(
      std::string("erasure-") + testing::UnitTest::GetInstance()->current_test_info()->name());
}

// The standard region with its release made, and with keys for its deliveries as collect makes
// them.
class Vault {
 public:
  explicit Vault(bool released = true) : folder(FolderOfTest()), region(folder) {
    region.Prepare();
    if (released) Worker(region.Context()).RunOnce();
    region.store->Read([&](const store::Reader& reader) {
      for (const auto& delivery :
           reader.CurrentDeliveries(base::Period(base::Year(base::Calendar::kAbsence, 2022)))) {
        Key(store::YearKeyId(delivery.municipality, delivery.period.year()));
        Key(delivery.key_id);
        deliveries.push_back(delivery);
      }
    });
  }

  void Key(const std::string& id) {
    region.keys->PutIfAbsent(id, base::AsBytes("wrapped " + id), region.clock.now);
  }
  bool Alive(const std::string& id) {
    const auto ids = region.keys->Ids(id);
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  std::string DeliveryOf(const std::string& municipality) {
    for (const auto& delivery : deliveries) {
      if (delivery.municipality == municipality) return delivery.id;
    }
    return {};
  }
  // Proposed by petra and approved by paul.
  store::JobRecord Ask(std::vector<ErasureItem> items) {
    store::JobRecord job;
    region.store->Write([&](store::Transaction& transaction) {
      const auto proposal = govern::ProposeErasure(transaction, BatchOf(std::move(items), "petra"),
                                                   crypto::random::RandomBytes(32), region.clock);
      govern::EndErasure(transaction, proposal.digest, true, "paul", region.clock);
      job = govern::QueueErasure(transaction, proposal.digest, region.clock.now);
    });
    return job;
  }
  static ErasureBatch BatchOf(std::vector<ErasureItem> items, const std::string& officer) {
    return {.items = std::move(items),
            .cause = ErasureCause::kAct,
            .reason = "asked",
            .officer = officer};
  }
  // A job that stands in the store although nobody approved it.
  store::JobRecord AskAlone(std::vector<ErasureItem> items, const std::string& officer) {
    store::JobRecord job;
    region.store->Write([&](store::Transaction& transaction) {
      job = govern::AskErasure(transaction, BatchOf(std::move(items), officer),
                               crypto::random::RandomBytes(32), region.clock.now);
    });
    return job;
  }
  // As an operator makes it.
  std::string CopyOfKeys() {
    const std::string path = folder + "/older-keys.db";
    EXPECT_EQ(std::system(("sqlite3 '" + folder + "/keys.db' \".backup '" + path + "'\"").c_str()),
              0);
    return path;
  }
  store::JobRecord State(const store::JobRecord& job) {
    store::JobRecord now;
    region.store->Read([&](const store::Reader& reader) { now = reader.FindJob(job.id).value(); });
    return now;
  }
  std::vector<std::string> Leaves() {
    std::vector<std::string> leaves;
    region.store->Read([&](const store::Reader& reader) {
      for (auto& leaf : reader.Leaves(0, reader.LogSize())) leaves.push_back(leaf.canonical);
    });
    return leaves;
  }
  std::string SeedKey(const char* role) {
    return store::SeedKeyId(store::SeedContext(kRelease, role));
  }
  std::string AnswersKey() {
    return store::AnswersKeyId(region.Release(kRelease).value().reservation_id);
  }
  // A later delivery of the member's first quarter takes the place of the one that was frozen.
  void Replace() {
    region.store->Write([&](store::Transaction& transaction) {
      auto later = MakeDelivery(kMember, deliveries.front().period, 10, 6);
      later.manifest.delivery_id = "later";
      later.manifest.replaces = DeliveryOf(kMember);
      auto record = deliveries.front();
      record.municipality = kMember;
      record.id = "later";
      record.replaces = DeliveryOf(kMember);
      record.envelope_digest = crypto::digest::Sha256Hex(base::AsBytes("later"));
      record.key_id = store::DeliveryKeyId(kMember, "later");
      record.log_index = govern::AppendLeaf(transaction, "delivery", region.clock,
                                            base::Json{{"municipality", kMember}});
      transaction.AddDelivery(record, base::AsBytes("sealed"));
    });
    Key(store::DeliveryKeyId(kMember, "later"));
  }

  std::string folder;
  WorkerRegion region;
  std::vector<store::DeliveryRecord> deliveries;
};

TEST(Erasure, OfADeliveryTakesTheSeedsAndAnswersAlongAndNothingElse) {
  Vault vault;
  ASSERT_TRUE(vault.Alive(vault.SeedKey("operator")));
  ASSERT_TRUE(vault.Alive(vault.AnswersKey()));
  const auto job = vault.Ask({{kMember, "2022SJ", vault.DeliveryOf(kMember)}});
  EXPECT_TRUE(Worker(vault.region.Context()).RunOnce());
  EXPECT_EQ(vault.State(job).state, store::JobState::kDone) << vault.State(job).message;
  EXPECT_FALSE(vault.Alive(store::DeliveryKeyId(kMember, "key")));
  EXPECT_FALSE(vault.Alive(vault.SeedKey("operator")));
  EXPECT_FALSE(vault.Alive(vault.SeedKey("auditor")));
  EXPECT_FALSE(vault.Alive(vault.AnswersKey()));
  EXPECT_EQ(CodeOf([&] { vault.region.keys->Find(store::DeliveryKeyId(kMember, "key")); }),
            "key-destroyed");
  for (const auto& delivery : vault.deliveries) {
    EXPECT_EQ(vault.Alive(delivery.key_id), delivery.municipality != kMember);
    EXPECT_TRUE(vault.Alive(store::YearKeyId(delivery.municipality, delivery.period.year())));
  }
}

TEST(Erasure, OfAYearTakesEverythingOfThatMunicipalityAndYear) {
  Vault vault;
  vault.Replace();
  vault.Ask({{kMember, "2022SJ", ""}});
  EXPECT_TRUE(Worker(vault.region.Context()).RunOnce());
  EXPECT_FALSE(vault.Alive(store::YearKeyId(kMember, base::Year(base::Calendar::kAbsence, 2022))));
  EXPECT_FALSE(vault.Alive(store::DeliveryKeyId(kMember, "key")));
  EXPECT_FALSE(vault.Alive(store::DeliveryKeyId(kMember, "later")));
  EXPECT_FALSE(vault.Alive(vault.SeedKey("auditor")));
  EXPECT_FALSE(vault.Alive(vault.AnswersKey()));
}

TEST(Erasure, TheLogNamesNobodyAndCannotBeGuessed) {
  Vault vault;
  const size_t before = vault.Leaves().size();
  const auto job = vault.Ask({{kMember, "2022SJ", vault.DeliveryOf(kMember)},
                              {"GM0160", "2022SJ", vault.DeliveryOf("GM0160")}});
  Worker(vault.region.Context()).RunOnce();
  const auto leaves = vault.Leaves();
  ASSERT_EQ(leaves.size(), before + 3) << "proposal, approval, and one leaf for the batch";
  const base::Json leaf = base::ParseJson(leaves.back());
  EXPECT_EQ(leaf.size(), 4u) << leaves.back();
  EXPECT_EQ(leaf["kind"], "erasure");
  EXPECT_EQ(leaf["digest"], job.subject);
  EXPECT_EQ(leaf["digest"], crypto::digest::Sha256Hex(base::AsBytes(vault.State(job).parameters)));
  for (const char* word : {"GM01", "petra", "2022", "asked"}) {
    const std::string rest = leaves.back().substr(leaves.back().find("\"digest\""));
    EXPECT_THAT(rest, Not(HasSubstr(word)));
  }
  // The same again elsewhere has another digest: 32 random bytes stand in the text.
  Vault other;
  EXPECT_NE(other.Ask({{kMember, "2022SJ", other.DeliveryOf(kMember)}}).subject,
            vault.Ask({{kMember, "2022SJ", vault.DeliveryOf(kMember)}}).subject);
  EXPECT_EQ(CodeOf([&] {
              vault.region.store->Write([&](store::Transaction& transaction) {
                ErasureBatch batch;
                batch.items = {{kMember, "2022SJ", ""}};
                govern::AskErasure(transaction, std::move(batch), base::Bytes(16),
                                   vault.region.clock.now);
              });
            }),
            "erasure-salt");
}

TEST(Erasure, StoppedAnywhereItIsDoneAgainToTheSameEnd) {
  for (const char* stop : {"destroy", "log"}) {
    Vault vault;
    const auto job = vault.Ask({{kMember, "2022SJ", ""}});
    const size_t before = vault.Leaves().size();
    WorkerContext context = vault.region.Context();
    context.begins = [&](std::string_view, std::string_view step) {
      if (step == stop) throw base::ProblemError("store-unavailable", "", "stopped");
    };
    EXPECT_TRUE(Worker(context).RunOnce());
    EXPECT_EQ(vault.State(job).state, store::JobState::kQueued);
    EXPECT_EQ(vault.Leaves().size(), before) << "no leaf before its keys are gone";
    EXPECT_TRUE(Worker(vault.region.Context()).RunOnce());
    EXPECT_EQ(vault.State(job).state, store::JobState::kDone);
    EXPECT_EQ(vault.Leaves().size(), before + 1);
    EXPECT_FALSE(vault.Alive(store::DeliveryKeyId(kMember, "key")));
  }
}

TEST(Erasure, AnOlderCopyOfTheKeyStoreIsErasedAgain) {
  Vault vault;
  const std::string path = vault.CopyOfKeys();
  vault.Ask({{kMember, "2022SJ", ""}});
  Worker(vault.region.Context()).RunOnce();
  const auto restored = store::KeyStore::Open(path);
  const std::string id = store::DeliveryKeyId(kMember, "key");
  ASSERT_TRUE(restored->Find(id).has_value()) << "it came back with the copy";
  EXPECT_EQ(EraseAgain(*vault.region.store, *restored, vault.region.clock.now), 5u)
      << "year, delivery, two seeds, answers";
  EXPECT_EQ(CodeOf([&] { restored->Find(id); }), "key-destroyed");
  EXPECT_TRUE(restored->Find(store::DeliveryKeyId("GM0160", "key")).has_value());
  EXPECT_EQ(EraseAgain(*vault.region.store, *restored, vault.region.clock.now), 0u);
}

TEST(Erasure, AJobThatNobodyApprovedErasesNothing) {
  Vault vault;
  const auto job = vault.AskAlone({{kMember, "2022SJ", ""}}, "petra");
  EXPECT_TRUE(Worker(vault.region.Context()).RunOnce());
  EXPECT_NE(vault.State(job).state, store::JobState::kDone);
  EXPECT_TRUE(vault.Alive(store::DeliveryKeyId(kMember, "key")));
  EXPECT_EQ(vault.Leaves().back().find("\"erasure\""), std::string::npos);
}

TEST(Erasure, AMunicipalityAloneErasesItsOwnAndNothingElse) {
  Vault vault;
  const auto own = vault.AskAlone({{kMember, "2022SJ", ""}}, kMember);
  EXPECT_TRUE(Worker(vault.region.Context()).RunOnce());
  EXPECT_EQ(vault.State(own).state, store::JobState::kDone) << vault.State(own).message;
  const auto other = vault.AskAlone({{"GM0160", "2022SJ", ""}}, kMember);
  Worker(vault.region.Context()).RunOnce();
  EXPECT_NE(vault.State(other).state, store::JobState::kDone);
  EXPECT_TRUE(vault.Alive(store::DeliveryKeyId("GM0160", "key")));
}

// The attack: an old copy of the key store is put back, to read what was erased since.
TEST(KeyDoor, AnOlderCopyGivesNoKeyBeforeItHasForgottenWhatWasErased) {
  Vault vault;
  const std::string path = vault.CopyOfKeys();
  vault.Ask({{kMember, "2022SJ", ""}});
  Worker(vault.region.Context()).RunOnce();
  const std::string id = store::DeliveryKeyId(kMember, "key");
  uint64_t leaves = 0;
  vault.region.store->Read([&](const store::Reader& reader) { leaves = reader.LogSize(); });
  {
    // A program that opens it and forgets to erase again gets nothing, of anybody.
    const auto keys = store::KeyStore::Open(path);
    keys->RequireMark(leaves);
    EXPECT_EQ(CodeOf([&] { keys->Find(id); }), "keys-behind");
    EXPECT_EQ(CodeOf([&] { keys->Find(store::DeliveryKeyId("GM0160", "key")); }), "keys-behind");
    EXPECT_EQ(CodeOf([&] { keys->PutIfAbsent("new", base::AsBytes("w"), vault.region.clock.now); }),
              "keys-behind");
    EXPECT_EQ(CodeOf([&] { keys->Rewrap([](const auto&, auto) { return std::nullopt; }); }),
              "keys-behind");
  }
  size_t back = 0;
  const auto opened = OpenKeys(*vault.region.store, path, vault.folder + "/none",
                               vault.region.clock.now, [&](size_t count) { back = count; });
  EXPECT_EQ(back, 5u) << "year, delivery, two seeds, answers";
  EXPECT_EQ(CodeOf([&] { opened->Find(id); }), "key-destroyed");
  EXPECT_TRUE(opened->Find(store::DeliveryKeyId("GM0160", "key")).has_value());
}

TEST(KeyDoor, TheKeyStoreKnowsALogAndRefusesOneFromBefore) {
  Vault vault;
  const std::string older = vault.folder + "/older.db";
  vault.region.store->BackupTo(older);
  vault.Ask({{kMember, "2022SJ", ""}});
  Worker(vault.region.Context()).RunOnce();
  const auto restored = store::Store::Open(older);
  const std::string nothing_given_out = vault.folder + "/none";
  EXPECT_EQ(CodeOf([&] {
              OpenKeys(*restored, vault.folder + "/keys.db", nothing_given_out,
                       vault.region.clock.now, {});
            }),
            "log-behind")
      << "the data forgot the erasure, and the file of what was given out is gone too";
  EXPECT_EQ(CodeOf([&] {
              OpenKeys(*vault.region.store, vault.folder + "/keys.db", nothing_given_out,
                       vault.region.clock.now, {});
            }),
            "");
}

TEST(KeyDoor, AMarkNeverGoesBack) {
  const auto keys = store::KeyStore::Open(FolderOfTest() + "/keys.db");
  keys->RaiseMark({5, store::Hash{1}}, {1});
  keys->RaiseMark({3, store::Hash{2}}, {2});
  EXPECT_EQ(keys->Mark()->size, 5u);
  EXPECT_EQ(CodeOf([&] { keys->RaiseMark({5, store::Hash{2}}, {3}); }), "store-conflict");
}

TEST(Erasure, AfterItTheReleaseCannotBeMadeAgain) {
  Vault vault;
  vault.Ask({{kMember, "2022SJ", vault.DeliveryOf(kMember)}});
  Worker(vault.region.Context()).RunOnce();
  EXPECT_EQ(CodeOf([&] { ReadReleaseInputs(vault.region.Context().Access(), kRelease); }),
            "key-destroyed");
}

TEST(Needed, AReleaseUnderWayOrUnderEmbargoNeedsWhatItPins) {
  Vault vault(false);
  const auto needed = [&](base::Instant now, bool replay) {
    std::string by;
    vault.region.store->Read([&](const store::Reader& reader) {
      by = govern::NeededBy(reader, vault.deliveries.front(), now, replay);
    });
    return by;
  };
  const base::Instant now = vault.region.clock.now;
  EXPECT_EQ(needed(now, false), kRelease) << "its job waits";
  EXPECT_EQ(needed(now.Plus(10 * govern::kReplaySeconds), false), kRelease);
  Worker(vault.region.Context()).RunOnce();
  EXPECT_EQ(needed(now, false), kRelease) << "under embargo";
  const base::Instant hour = vault.region.Release(kRelease).value().public_at;
  vault.region.clock.now = hour;
  PublishDue(*vault.region.store, vault.region.clock, vault.region.checkpoints);
  EXPECT_EQ(needed(hour, false), "");
  EXPECT_EQ(needed(hour, true), kRelease) << "it may be replayed";
  EXPECT_EQ(needed(hour.Plus(govern::kReplaySeconds), true), "");
}

TEST(DueErasures, TheRetentionOfThePolicyEndsAYear) {
  Vault vault;
  const base::Year year(base::Calendar::kAbsence, 2022);
  const base::Date last = PlusMonths(year.Last(), TestPolicy().retention_months());
  const auto at = [](base::Date day) { return *base::Instant::Parse(day.Text() + "T12:00:00Z"); };
  vault.region.clock.now = at(last);
  EXPECT_FALSE(AskDueErasures(vault.region.Context()).has_value()) << "the last day counts";
  vault.region.clock.now = at(last.Plus(1));
  const auto job = AskDueErasures(vault.region.Context());
  ASSERT_TRUE(job.has_value());
  std::set<std::string> members;
  for (const auto& item : govern::ParseErasure(*job).items) {
    EXPECT_EQ(item.delivery_id, "");
    EXPECT_EQ(item.year, "2022SJ");
    members.insert(item.municipality);
  }
  EXPECT_EQ(members.size(), vault.region.keys->Ids("year/").size()) << "one batch for all of them";
  EXPECT_FALSE(AskDueErasures(vault.region.Context()).has_value()) << "asked once";
  while (Worker(vault.region.Context()).RunOnce()) {
  }
  EXPECT_TRUE(vault.region.keys->Ids("year/").empty());
  EXPECT_FALSE(vault.Alive(vault.AnswersKey()));
}

TEST(DueErasures, AReplacedDeliveryGoesOnceNoFreezeNeedsIt) {
  Vault vault;
  vault.Replace();
  const base::Instant hour = vault.region.Release(kRelease).value().public_at;
  vault.region.clock.now = hour;
  PublishDue(*vault.region.store, vault.region.clock, vault.region.checkpoints);
  EXPECT_FALSE(AskDueErasures(vault.region.Context()).has_value()) << "pinned, and may be replayed";
  vault.region.clock.now = hour.Plus(govern::kReplaySeconds);
  const auto job = AskDueErasures(vault.region.Context());
  ASSERT_TRUE(job.has_value());
  const auto items = govern::ParseErasure(*job).items;
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].delivery_id, vault.DeliveryOf(kMember));
  Worker(vault.region.Context()).RunOnce();
  EXPECT_FALSE(vault.Alive(store::DeliveryKeyId(kMember, "key")));
  EXPECT_TRUE(vault.Alive(store::DeliveryKeyId(kMember, "later")));
  EXPECT_FALSE(vault.Alive(vault.SeedKey("operator")));
  EXPECT_TRUE(vault.Alive(vault.AnswersKey())) << "later exact counts are audited against them";
}

TEST(DueErasures, MonthsEndWhereMonthsEnd) {
  const auto plus = [](const char* day, int months) {
    return PlusMonths(*base::Date::Parse(day), months).Text();
  };
  EXPECT_EQ(plus("2023-07-31", 13), "2024-08-31");
  EXPECT_EQ(plus("2023-09-30", 13), "2024-10-30");
  EXPECT_EQ(plus("2023-01-31", 1), "2023-02-28");
  EXPECT_EQ(plus("2023-12-31", 2), "2024-02-29");
  EXPECT_EQ(plus("2023-07-31", 5), "2023-12-31");
}

}  // namespace
}  // namespace polder::server::jobs
