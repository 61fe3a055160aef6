#include <gmock/gmock.h>
#include <sys/stat.h>

#include "server/store/connection.h"
#include "server/store/schema.h"
#include "tests/server/store/samples.h"

namespace polder::server::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Ids(const std::vector<DeliveryRecord>& deliveries) {
  std::vector<std::string> ids;
  for (const auto& delivery : deliveries) ids.push_back(delivery.id);
  return ids;
}

TEST(Deliveries, ComeBackAsTheyWereStored) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  DeliveryRecord delivery = Delivery("GM0518", "d-1", "2022SJ-Q3");
  delivery.late = true;
  delivery.manifest = std::string("{\"nul\":\"a\0b\"}", 13);
  int64_t sequence = Deliver(*store, delivery);
  store->Read([&](const Reader& reader) {
    auto found = reader.FindDelivery("GM0518", "d-1");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->sequence, sequence);
    EXPECT_EQ(found->period.Text(), "2022SJ-Q3");
    EXPECT_EQ(found->replaces, "");
    EXPECT_EQ(found->manifest, delivery.manifest);
    EXPECT_EQ(found->key_id, "delivery/GM0518/d-1");
    EXPECT_EQ(found->received_at, base::Instant{2'000});
    EXPECT_TRUE(found->late);
    EXPECT_FALSE(found->simulated);
    EXPECT_EQ(found->log_index, 2u);
    EXPECT_EQ(base::AsText(reader.SealedDelivery(sequence)), "sealed d-1");
    EXPECT_EQ(reader.FindDeliveryByDigest(delivery.envelope_digest)->id, "d-1");
    EXPECT_FALSE(reader.FindDelivery("GM0519", "d-1").has_value());
    EXPECT_EQ(CodeOf([&] { reader.SealedDelivery(99); }), "not-found");
  });
}

TEST(Deliveries, OnlyOneFirstAndOneReplacementOfEach) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  Deliver(*store, Delivery("GM0518", "d-1", "2022SJ-Q3"));
  auto code = [&](const DeliveryRecord& d) { return CodeOf([&] { Deliver(*store, d); }); };
  EXPECT_EQ(code(Delivery("GM0518", "d-2", "2022SJ-Q3")), "store-conflict");
  EXPECT_EQ(code(Delivery("GM0518", "d-2", "2022SJ-Q3", "d-1")), "");
  EXPECT_EQ(code(Delivery("GM0518", "d-3", "2022SJ-Q3", "d-1")), "store-conflict");
  EXPECT_EQ(code(Delivery("GM0518", "d-3", "2022SJ-Q4", "d-2")), "store-conflict");
  EXPECT_EQ(code(Delivery("GM0599", "d-3", "2022SJ-Q3", "d-2")), "store-conflict");
  EXPECT_EQ(code(Delivery("GM0518", "d-3", "2022SJ-Q3", "none")), "store-conflict");
  EXPECT_EQ(code(Delivery("GM0518", "d-2", "2022SJ-Q1")), "store-conflict");
  EXPECT_EQ(code(Delivery("GM0599", "d-1", "2022SJ-Q3")), "");
  store->Read([](const Reader& reader) { EXPECT_EQ(reader.LogSize(), 5u); });
}

TEST(Deliveries, CurrentOnesAreThoseThatNoOtherReplaces) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  Deliver(*store, Delivery("GM0599", "b-q2", "2022SJ-Q2"));
  Deliver(*store, Delivery("GM0518", "a-q1", "2022SJ-Q1"));
  Deliver(*store, Delivery("GM0518", "a-q1-v2", "2022SJ-Q1", "a-q1"));
  Deliver(*store, Delivery("GM0599", "b-q1", "2022SJ-Q1"));
  Deliver(*store, Delivery("GM0518", "a-q1-v3", "2022SJ-Q1", "a-q1-v2"));
  Deliver(*store, Delivery("GM0518", "other-year", "2023SJ-Q1"));
  Deliver(*store, Delivery("GM0518", "vsv", "2022VSV-Q1"));
  store->Read([](const Reader& reader) {
    EXPECT_THAT(Ids(reader.CurrentDeliveries(*base::Period::Parse("2022SJ"))),
                ElementsAre("b-q1", "a-q1-v3", "b-q2"));
    EXPECT_THAT(Ids(reader.CurrentDeliveries(*base::Period::Parse("2022SJ-Q1"))),
                ElementsAre("b-q1", "a-q1-v3"));
    EXPECT_EQ(reader.CurrentDelivery("GM0518", *base::Period::Parse("2022SJ-Q1"))->id, "a-q1-v3");
    EXPECT_FALSE(reader.CurrentDelivery("GM0518", *base::Period::Parse("2022SJ-Q2")).has_value());
    EXPECT_THAT(Ids(reader.Deliveries("GM0518")),
                ElementsAre("a-q1", "a-q1-v2", "a-q1-v3", "other-year", "vsv"));
  });
}

TEST(Documents, TheNewestVersionIsFoundUnlessOneIsNamed) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  store->Write([](Transaction& transaction) {
    transaction.AddDocument(Document("codebook", "book", "2", AddLeaf(transaction, "{}")));
    uint64_t index = AddLeaf(transaction, "{\"a\":1}");
    transaction.AddApproval({RuleDigest(), "bert", base::Instant{5}, index});
  });
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.FindDocument("codebook", "book", "")->version, "2");
    EXPECT_EQ(reader.FindDocument("codebook", "book", "1")->digest, BookDigest());
    EXPECT_FALSE(reader.FindDocument("policy", "book", "").has_value());
    EXPECT_EQ(reader.Documents("codebook").size(), 2u);
    ASSERT_EQ(reader.Approvals(RuleDigest()).size(), 1u);
    EXPECT_EQ(reader.Approvals(RuleDigest())[0].officer, "bert");
  });
  EXPECT_EQ(CodeOf([&] {
              store->Write([](Transaction& transaction) {
                transaction.AddApproval({RuleDigest(), "bert", base::Instant{6}, 0});
              });
            }),
            "store-conflict");
}

TEST(Seeds, OneCommitmentARoleByDifferentPeopleAndNoRevealWithoutOne) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  auto commit = [&](const std::string& role, const std::string& officer, uint8_t byte) {
    return CodeOf([&] {
      store->Write([&](Transaction& transaction) {
        SeedCommitmentRecord record;
        record.release_id = "r";
        record.role = role;
        record.officer = officer;
        record.commitment.fill(byte);
        transaction.AddSeedCommitment(record);
      });
    });
  };
  auto reveal = [&](const std::string& role) {
    return CodeOf([&] {
      store->Write([&](Transaction& transaction) {
        SeedRevealRecord record;
        record.release_id = "r";
        record.role = role;
        record.officer = "x";
        record.sealed = {1, 2, 3};
        transaction.AddSeedReveal(record);
      });
    });
  };
  EXPECT_EQ(reveal("operator"), "store-conflict");
  EXPECT_EQ(commit("operator", "otto", 1), "");
  EXPECT_EQ(commit("operator", "olga", 2), "store-conflict");
  EXPECT_EQ(commit("auditor", "otto", 3), "store-conflict");
  EXPECT_EQ(commit("auditor", "ada", 1), "store-conflict");  // the other's commitment, copied
  EXPECT_EQ(commit("auditor", "ada", 4), "");
  EXPECT_EQ(commit("steward", "eve", 5), "store-conflict");
  EXPECT_EQ(reveal("operator"), "");
  EXPECT_EQ(reveal("operator"), "store-conflict");
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.SeedCommitments("r").size(), 2u);
    ASSERT_EQ(reader.SeedReveals("r").size(), 1u);
    EXPECT_THAT(reader.SeedReveals("r")[0].sealed, ElementsAre(1, 2, 3));
  });
}

FreezeRecord Freeze(const std::string& release_id, const std::string& period, uint64_t index) {
  FreezeRecord freeze;
  freeze.release_id = release_id;
  freeze.period = *base::Period::Parse(period);
  freeze.kind = "monitor";
  freeze.policy_digest = RuleDigest();
  freeze.codebook_digest = BookDigest();
  freeze.canonical = "{\"release\":\"" + release_id + "\"}";
  freeze.digest = DigestOf(freeze.canonical);
  freeze.officer = "carla";
  freeze.log_index = index;
  return freeze;
}

ReleaseRecord Release(const std::string& id, const FreezeRecord& freeze, uint64_t index) {
  ReleaseRecord release;
  release.id = id;
  release.period = freeze.period;
  release.kind = freeze.kind;
  release.canonical = "{\"id\":\"" + id + "\"}";
  release.digest = DigestOf(release.canonical);
  release.note = "note";
  release.proof = "proof";
  release.certificate = "{}";
  release.policy_digest = freeze.policy_digest;
  release.codebook_digest = freeze.codebook_digest;
  release.freeze_digest = freeze.digest;
  release.reservation_id = "res-" + id;
  release.made_at = base::Instant{10};
  release.public_at = base::Instant{20};
  release.log_index = index;
  return release;
}

TEST(Freezes, PinTheirDeliveriesInOrderAndCoverTheirPeriod) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  Deliver(*store, Delivery("GM0518", "a", "2022SJ-Q1"));
  Deliver(*store, Delivery("GM0599", "b", "2022SJ-Q1"));
  store->Write([](Transaction& transaction) {
    FreezeRecord freeze = Freeze("q1", "2022SJ-Q1", AddLeaf(transaction, "{\"f\":1}"));
    freeze.deliveries = {{2, "", "", ""}, {1, "", "", ""}};
    transaction.AddFreeze(freeze);
    transaction.AddFreeze(Freeze("year", "2022SJ", AddLeaf(transaction, "{\"f\":2}")));
  });
  store->Read([](const Reader& reader) {
    auto freeze = reader.FindFreeze("q1");
    ASSERT_EQ(freeze->deliveries.size(), 2u);
    EXPECT_EQ(freeze->deliveries[0].id, "b");
    EXPECT_EQ(freeze->deliveries[1].municipality, "GM0518");
    EXPECT_EQ(freeze->deliveries[1].envelope_digest, DigestOf("GM0518a"));
    EXPECT_EQ(reader.FreezesOver(*base::Period::Parse("2022SJ-Q1")).size(), 2u);
    EXPECT_EQ(reader.FreezesOver(*base::Period::Parse("2022SJ-Q2")).size(), 1u);
    EXPECT_EQ(reader.FreezesOver(*base::Period::Parse("2022SJ")).size(), 2u);
    EXPECT_THAT(reader.FreezesOver(*base::Period::Parse("2023SJ-Q1")), IsEmpty());
  });
  EXPECT_EQ(CodeOf([&] {
              store->Write([](Transaction& transaction) {
                transaction.AddFreeze(Freeze("q1", "2022SJ-Q1", 0));
              });
            }),
            "store-conflict");
}

TEST(Releases, LeaveTheirEmbargoOnce) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  store->Write([](Transaction& transaction) {
    for (const char* id : {"r1", "r2"}) {
      FreezeRecord freeze =
          Freeze(id, "2022SJ-Q1", AddLeaf(transaction, std::string("{\"f\":\"") + id + "\"}"));
      transaction.AddFreeze(freeze);
      transaction.AddRelease(
          Release(id, freeze, AddLeaf(transaction, std::string("{\"r\":\"") + id + "\"}")));
    }
  });
  auto set = [&](const std::string& id, ReleaseState state) {
    return CodeOf([&] {
      store->Write([&](Transaction& t) { t.SetReleaseState(id, state, base::Instant{30}); });
    });
  };
  auto veto = [&](const std::string& id) {
    return CodeOf([&] {
      store->Write([&](Transaction& t) { t.AddVeto({id, "petra", "why", base::Instant{25}, 0}); });
    });
  };
  EXPECT_EQ(set("r1", ReleaseState::kEmbargoed), "release-state");
  EXPECT_EQ(set("r1", ReleaseState::kPublic), "");
  EXPECT_EQ(set("r1", ReleaseState::kWithheld), "release-state");
  EXPECT_EQ(veto("r1"), "release-state");
  EXPECT_EQ(veto("r2"), "");
  EXPECT_EQ(veto("r2"), "release-state");
  EXPECT_EQ(set("r2", ReleaseState::kPublic), "release-state");
  EXPECT_EQ(set("r3", ReleaseState::kPublic), "not-found");
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.FindRelease("r1")->state, ReleaseState::kPublic);
    EXPECT_EQ(reader.FindRelease("r1")->canonical, "{\"id\":\"r1\"}");
    EXPECT_EQ(reader.FindRelease("r2")->state, ReleaseState::kWithheld);
    EXPECT_EQ(reader.FindVeto("r2")->reason, "why");
    ASSERT_EQ(reader.Releases().size(), 2u);
    EXPECT_EQ(reader.Releases()[0].canonical, "");
    ASSERT_EQ(reader.ReleasesOf(*base::Period::Parse("2022SJ-Q1")).size(), 1u);
    EXPECT_EQ(reader.ReleasesOf(*base::Period::Parse("2022SJ-Q1"))[0].id, "r1");
  });
}

TEST(SealedAnswers, AreWrittenOncePerReservation) {
  auto store = Store::Open(FreshPath("store.db"));
  SealedAnswers answers{"res", "r", "digest", "answers/res", {1, 2}, base::Instant{1}};
  auto add = [&] {
    return CodeOf([&] { store->Write([&](Transaction& t) { t.AddAnswers(answers); }); });
  };
  EXPECT_EQ(add(), "");
  EXPECT_EQ(add(), "");
  answers.digest = "other";
  EXPECT_EQ(add(), "store-conflict");
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.FindAnswers("res")->digest, "digest");
    EXPECT_FALSE(reader.FindAnswers("none").has_value());
  });
}

TEST(Ledger, RowsComeBackInOrderAndByPopulation) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) {
    transaction.AddLedgerRow({0, "RMC10", "{\"a\":1}", base::Instant{1}});
    transaction.AddLedgerRow({0, "RMC11", "{\"b\":1}", base::Instant{2}});
    transaction.AddLedgerRow({0, "RMC10", "{\"a\":2}", base::Instant{3}});
  });
  store->Read([](const Reader& reader) {
    auto rows = reader.Ledger("RMC10");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].json, "{\"a\":1}");
    EXPECT_EQ(rows[1].json, "{\"a\":2}");
    EXPECT_LT(rows[0].sequence, rows[1].sequence);
  });
}

TEST(Log, HasNoGapsAndOneCheckpointASize) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) {
    for (int i = 0; i < 1'500; ++i) {
      EXPECT_EQ(AddLeaf(transaction, std::to_string(i)), static_cast<uint64_t>(i));
    }
    CheckpointRecord checkpoint;
    checkpoint.size = 1'500;
    checkpoint.note = "note";
    transaction.AddCheckpoint(checkpoint);
    transaction.AddCheckpoint(checkpoint);
    checkpoint.note = "another";
    EXPECT_EQ(CodeOf([&] { transaction.AddCheckpoint(checkpoint); }), "store-conflict");
  });
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.LogSize(), 1'500u);
    EXPECT_EQ(reader.Leaves(0, 1'500).size(), 1'000u);
    EXPECT_EQ(reader.Leaves(1'499, 5'000).size(), 1u);
    EXPECT_EQ(reader.Leaves(1'499, 5'000)[0].canonical, "1499");
    EXPECT_THAT(reader.Leaves(5, 5), IsEmpty());
    EXPECT_THAT(reader.Leaves(~uint64_t{0} - 1, ~uint64_t{0}), IsEmpty());
    EXPECT_EQ(reader.LeafHashes(7).size(), 7u);
    EXPECT_EQ(reader.LeafHashes(7)[6], LeafHashOf("6"));
    EXPECT_EQ(CodeOf([&] { reader.LeafHashes(1'501); }), "not-found");
    EXPECT_EQ(reader.LatestCheckpoint()->size, 1'500u);
  });
}

TEST(Facts, CannotBeChangedOrRemovedByAnySql) {
  std::string path = FreshPath("store.db");
  auto store = Store::Open(path);
  AddBasics(*store);
  Deliver(*store, Delivery("GM0518", "d-1", "2022SJ-Q3"));
  store->Write([](Transaction& transaction) {
    transaction.AddLedgerRow({0, "RMC10", "{}", base::Instant{1}});
  });
  Connection raw(path, false, 1'000);
  for (const char* sql :
       {"DELETE FROM deliveries", "UPDATE deliveries SET late = 1", "DELETE FROM delivery_blobs",
        "UPDATE delivery_blobs SET sealed = x'00'", "DELETE FROM leaves",
        "UPDATE leaves SET canonical = ''", "DELETE FROM ledger", "UPDATE ledger SET json = ''",
        "DELETE FROM documents", "UPDATE documents SET author = 'eve'"}) {
    EXPECT_EQ(CodeOf([&] { raw.Execute(sql); }), "append-only") << sql;
  }
}

TEST(Facts, TheFileIsReadableByItsOwnerOnly) {
  std::string path = FreshPath("store.db");
  auto store = Store::Open(path);
  AddBasics(*store);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

}  // namespace
}  // namespace polder::server::store::testing
