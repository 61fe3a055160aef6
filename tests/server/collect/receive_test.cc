#include "server/collect/receive.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "crypto/token/token.h"
#include "tests/server/collect/desk.h"

namespace polder::server::collect::testing {
namespace {

using govern::testing::BodyOf;
using govern::testing::ProblemOf;
using stats::cases::CaseJson;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReceiveDelivery, GivesASignedReceiptAndALeaf) {
  Desk desk;
  const base::Bytes envelope = Everyone().Envelope(DeliveryText("d1"), Everyone().dalfsen);
  const auto answer = desk.Post(envelope, Everyone().dalfsen);
  ASSERT_EQ(answer.status, 201) << base::AsText(answer.body);
  const base::Json receipt = desk.ReceiptOf(answer);
  EXPECT_EQ(receipt["format"], "polder-receipt-1");
  EXPECT_EQ(receipt["deliveryId"], "d1");
  EXPECT_EQ(receipt["municipality"], "GM0148");
  EXPECT_EQ(receipt["period"], "2022SJ-Q3");
  EXPECT_EQ(receipt["digest"], crypto::digest::Sha256Hex(envelope));
  EXPECT_EQ(receipt["receivedAt"], "2023-05-01T08:00:00Z");
  EXPECT_EQ(receipt["replaces"], "");
  EXPECT_EQ(receipt["status"], "accepted");
  EXPECT_FALSE(receipt.contains("demo"));
  const base::Json leaf = desk.Leaf(receipt["logIndex"].get<uint64_t>());
  EXPECT_EQ(leaf["kind"], "delivery");
  EXPECT_EQ(leaf["digest"], receipt["digest"]);
  EXPECT_EQ(leaf["status"], "accepted");
}

TEST(ReceiveDelivery, WhatIsSealedIsTheDeliveryUnderTheServicesOwnTokens) {
  Desk desk;
  const std::string text = DeliveryText("d1");
  ASSERT_EQ(desk.Post(text).status, 201);
  const auto sent = stats::cases::ReadDelivery(text, govern::testing::Book());
  const auto kept = desk.Unseal("d1");
  const crypto::token::ReKeyer rekeyer(desk.rekey_key, {"RMC10", "absence", "2022SJ"});
  ASSERT_EQ(kept.cases.size(), sent.cases.size());
  EXPECT_EQ(kept.manifest.delivery_id, "d1");
  for (size_t i = 0; i < sent.cases.size(); ++i) {
    EXPECT_NE(kept.cases[i].pupil, sent.cases[i].pupil);
    EXPECT_EQ(kept.cases[i].pupil.bytes(), rekeyer.ReKey(sent.cases[i].pupil.bytes()));
    EXPECT_EQ(kept.cases[i].case_key, sent.cases[i].case_key);
    EXPECT_EQ(kept.cases[i].opened, sent.cases[i].opened);
    EXPECT_EQ(kept.cases[i].closed, sent.cases[i].closed);
    EXPECT_EQ(kept.cases[i].group, sent.cases[i].group);
    EXPECT_EQ(kept.cases[i].outcome, sent.cases[i].outcome);
    EXPECT_EQ(kept.cases[i].repeat, sent.cases[i].repeat);
  }
  EXPECT_EQ(kept.cases[0].pupil, kept.cases[1].pupil);
  EXPECT_NE(kept.cases[0].pupil, kept.cases[2].pupil);
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReceiveDelivery, NothingOfItsContentIsInAnyFile) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  desk.Post(DeliveryText("d2"));  // refused: also refusals leave nothing
  std::string files;
  const std::filesystem::path folder = std::filesystem::path(desk.store->path()).parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files += Content(entry.path().string());
  }
  const auto has = [&](const std::string& text) { return files.find(text) != std::string::npos; };
  EXPECT_TRUE(has("2022SJ-Q3"));
  const base::Json item = CaseJson(0);
  for (const char* field : {"pupil", "caseKey", "opened"}) {
    EXPECT_FALSE(has(item[field].get<std::string>())) << field;
  }
  EXPECT_FALSE(has(base::ToBase64Url(desk.Unseal("d1").cases[0].pupil.bytes())));
  EXPECT_FALSE(has("\"cases\""));
}

// A thief of the store has no key, but could count bytes.
TEST(ReceiveDelivery, HowManyCasesThereAreDoesNotShowInTheSizeOfWhatIsStored) {
  std::set<size_t> sizes;
  for (const unsigned cases : {0u, 1u, 3u, 150u}) {
    Desk desk;
    ASSERT_EQ(desk.Post(DeliveryText("d1", "", cases)).status, 201);
    EXPECT_EQ(desk.Unseal("d1").cases.size(), cases);
    desk.store->Read([&](const store::Reader& reader) {
      sizes.insert(reader.SealedDelivery(reader.FindDelivery("GM0148", "d1")->sequence).size());
    });
  }
  EXPECT_EQ(sizes.size(), 1u);
}

TEST(ReceiveDelivery, TheSameBytesAgainGiveTheSameReceipt) {
  Desk desk;
  const base::Bytes envelope = Everyone().Envelope(DeliveryText("d1"), Everyone().dalfsen);
  const auto first = desk.Post(envelope, Everyone().dalfsen);
  desk.clock.now = desk.clock.now.Plus(100);
  const auto second = desk.Post(envelope, Everyone().dalfsen);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(desk.Stored(), 1u);
  // Someone else who got hold of the bytes learns nothing from sending them.
  const auto replayed = desk.Post(envelope, Everyone().hardenberg);
  EXPECT_EQ(replayed.status, 403);
  EXPECT_EQ(ProblemOf(replayed), "oin-differs");
}

TEST(ReceiveDelivery, ParallelIdenticalPostsGiveOneReceipt) {
  Desk desk;
  const base::Bytes envelope = Everyone().Envelope(DeliveryText("d1"), Everyone().dalfsen);
  const uint64_t before = desk.LogSize();
  std::vector<http::Response> answers(8);
  std::vector<std::thread> threads;
  for (auto& answer : answers) {
    threads.emplace_back([&] { answer = desk.Post(envelope, Everyone().dalfsen); });
  }
  for (auto& thread : threads) thread.join();
  int made = 0;
  std::set<base::Bytes> receipts;
  for (const auto& answer : answers) {
    if (answer.status == 201) ++made;
    EXPECT_TRUE(answer.status == 201 || answer.status == 200) << answer.status;
    receipts.insert(answer.body);
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(receipts.size(), 1u);
  EXPECT_EQ(desk.Stored(), 1u);
  EXPECT_EQ(desk.LogSize(), before + 1);
  EXPECT_EQ(desk.Unseal("d1").cases.size(), 3u);
}

TEST(ReceiveDelivery, OfParallelFirstDeliveriesOneIsStored) {
  Desk desk;
  std::vector<http::Response> answers(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] { answers[i] = desk.Post(DeliveryText("d" + std::to_string(i))); });
  }
  for (auto& thread : threads) thread.join();
  int made = 0;
  for (const auto& answer : answers) {
    made += answer.status == 201 ? 1 : 0;
    if (answer.status != 201) {
      EXPECT_EQ(ProblemOf(answer), "already-delivered");
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(desk.Stored(), 1u);
}

TEST(ReceiveDelivery, AReplacementNamesTheDeliveryItCorrects) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  const auto again = desk.Post(DeliveryText("d2"));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(ProblemOf(again), "already-delivered");
  EXPECT_THAT(BodyOf(again)["detail"].get<std::string>(), HasSubstr("\"replaces\":\"d1\""));
  const auto unknown = desk.Post(DeliveryText("d2", "d0"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(BodyOf(unknown)["errors"][0]["code"], "unknown-replaced");
  const auto replaced = desk.Post(DeliveryText("d2", "d1"));
  ASSERT_EQ(replaced.status, 201) << base::AsText(replaced.body);
  EXPECT_EQ(desk.ReceiptOf(replaced)["replaces"], "d1");
  const auto late = desk.Post(DeliveryText("d3", "d1"));
  EXPECT_EQ(ProblemOf(late), "replaced-already");
  EXPECT_THAT(BodyOf(late)["detail"].get<std::string>(), HasSubstr("\"d2\""));
  EXPECT_EQ(ProblemOf(desk.Post(DeliveryText("d1", "d2"))), "delivery-id-used");
  EXPECT_EQ(desk.Post(DeliveryText("d3", "d2")).status, 201);
  EXPECT_EQ(desk.Stored(), 3u);
}

TEST(ReceiveDelivery, FortyFaultsAreSaidAtOnceAndStoreNothing) {
  Desk desk;
  const uint64_t leaves = desk.LogSize();
  auto lines = Lines(40);
  lines[0] = ManifestOf(40).dump();
  for (size_t i = 1; i <= 40; ++i) {
    base::Json json = base::Json::parse(lines[i]);
    if (i % 4 == 0) json["kind"] = "NOPE";
    if (i % 4 == 1) json["bsn"] = "999990019";
    if (i % 4 == 2) json["opened"] = "2023-W99";
    if (i % 4 == 3) json.erase("level");
    lines[i] = json.dump();
  }
  const auto answer = desk.Post(Join(lines));
  ASSERT_EQ(answer.status, 400);
  EXPECT_EQ(answer.content_type, "application/problem+json");
  const base::Json body = BodyOf(answer);
  std::set<int> faulty;
  for (const auto& error : body["errors"]) {
    faulty.insert(error["line"].get<int>());
    EXPECT_FALSE(error["pointer"].get<std::string>().empty());
  }
  EXPECT_EQ(faulty.size(), 40u);
  const std::string text(base::AsText(answer.body));
  EXPECT_THAT(text, Not(HasSubstr("999990019")));
  EXPECT_THAT(text, Not(HasSubstr(CaseJson(1)["pupil"].get<std::string>())));
  EXPECT_EQ(desk.Stored(), 0u);
  EXPECT_EQ(desk.LogSize(), leaves);
  EXPECT_TRUE(desk.keys->Ids("").empty());
}

TEST(ReceiveDelivery, TheThreeOinsAreOneMunicipality) {
  Desk desk;
  const auto& all = Everyone();
  const std::string text = DeliveryText("d1");
  const auto code = [&](const Certificate& signer, const Certificate& peer) {
    const auto answer = desk.Post(all.Envelope(text, signer), peer);
    EXPECT_EQ(answer.status, 403);
    return ProblemOf(answer);
  };
  EXPECT_EQ(code(all.hardenberg, all.dalfsen), "oin-differs");
  EXPECT_EQ(code(all.dalfsen, all.hardenberg), "oin-differs");
  EXPECT_EQ(code(all.hardenberg, all.hardenberg), "oin-differs");  // the manifest says Dalfsen
  EXPECT_EQ(code(all.nobody, all.nobody), "unknown-member");
  EXPECT_EQ(code(all.forged, all.dalfsen), "unknown-signer");
  EXPECT_EQ(desk.Stored(), 0u);
}

TEST(ReceiveDelivery, WithoutACertificateOrOinNobodyDelivers) {
  Desk desk;
  http::Request request;
  request.method = "POST";
  request.path = "/v1/deliveries";
  request.headers["Content-Type"] = "application/pkcs7-mime";
  request.body = {1, 2, 3};
  EXPECT_EQ(desk.router.Handle(request).status, 403);
  request.peer.fingerprint = std::string(64, 'a');
  EXPECT_EQ(ProblemOf(desk.router.Handle(request)), "unknown-member");
  EXPECT_EQ(desk.Post({1, 2, 3}, Everyone().dalfsen, "text/plain").status, 415);
}

TEST(ReceiveDelivery, AnEnvelopeThatDoesNotOpenIsRefusedWithItsReason) {
  Desk desk;
  const auto junk = desk.Post({1, 2, 3}, Everyone().dalfsen);
  EXPECT_EQ(junk.status, 400);
  EXPECT_EQ(ProblemOf(junk), "not-cms");
  base::Bytes envelope = Everyone().Envelope(DeliveryText("d1"), Everyone().dalfsen);
  envelope[envelope.size() - 3] ^= 1;
  const auto tampered = desk.Post(envelope, Everyone().dalfsen);
  EXPECT_EQ(tampered.status, 400);
  EXPECT_EQ(ProblemOf(tampered), "decryption-failed");
  desk.clock.now = At("2031-01-01T00:00:00Z");
  const auto expired = desk.Post(DeliveryText("d1"));
  EXPECT_EQ(expired.status, 403);
  EXPECT_EQ(ProblemOf(expired), "expired-signer");
  EXPECT_EQ(desk.Stored(), 0u);
}

TEST(ReceiveDelivery, AFrozenPeriodTakesLateDeliveriesForTheNextRelease) {
  Desk desk;
  const std::string policy = govern::DocumentDigest(ThePolicy().canonical());
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  ASSERT_EQ(desk.CommitAndFreeze("2022SJ-Q3-monitor-1", policy).status, 201);
  const auto late = desk.Post(DeliveryText("d2", "d1"));
  ASSERT_EQ(late.status, 201);
  EXPECT_EQ(desk.ReceiptOf(late)["status"], "late");
  EXPECT_EQ(desk.Leaf(desk.ReceiptOf(late)["logIndex"].get<uint64_t>())["status"], "late");
  desk.store->Read([](const store::Reader& reader) {
    EXPECT_EQ(reader.FindFreeze("2022SJ-Q3-monitor-1")->deliveries.at(0).id, "d1");
    EXPECT_EQ(reader.CurrentDelivery("GM0148", *base::Period::Parse("2022SJ-Q3"))->id, "d2");
  });
}

TEST(ReceiveDelivery, APeriodThatHasNotBegunIsAFault) {
  Desk desk;
  desk.clock.now = At("2023-01-15T00:00:00Z");
  const auto early = desk.Post(DeliveryText("d1"));
  EXPECT_EQ(early.status, 400);
  EXPECT_EQ(BodyOf(early)["errors"][0]["code"], "period-not-begun");
}

TEST(ReceiveDelivery, UnderASimulatedClockTheReceiptSaysDemo) {
  Desk desk;
  desk.clock.made_up = true;
  EXPECT_EQ(desk.ReceiptOf(desk.Post(DeliveryText("d1")))["demo"], true);
}

TEST(Erasure, ADestroyedKeyErasesOneDeliveryOrAYearAlsoFromBackups) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  ASSERT_EQ(desk.Post(DeliveryText("d2", "d1")).status, 201);
  const std::string backup = store::testing::FreshPath("backup.db");
  desk.store->BackupTo(backup);
  std::string key_id;
  desk.store->Read(
      [&](const store::Reader& reader) { key_id = reader.FindDelivery("GM0148", "d1")->key_id; });
  ASSERT_TRUE(desk.keys->Shred(key_id, desk.clock.now));
  using store::testing::CodeOf;
  EXPECT_EQ(CodeOf([&] { desk.Unseal("d1"); }), "key-destroyed");
  EXPECT_EQ(desk.Unseal("d2").cases.size(), 3u);
  ASSERT_TRUE(desk.keys->Shred("year/GM0148/2022SJ", desk.clock.now));
  EXPECT_EQ(CodeOf([&] { desk.Unseal("d2"); }), "key-destroyed");
  desk.store = store::Store::Open(backup);
  EXPECT_EQ(CodeOf([&] { desk.Unseal("d2"); }), "key-destroyed");
}

TEST(Erasure, AnErasedYearTakesNoNewDeliveries) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  ASSERT_TRUE(desk.keys->Shred("year/GM0148/2022SJ", desk.clock.now));
  EXPECT_EQ(desk.Post(DeliveryText("d2", "d1")).status, 409);
  EXPECT_EQ(desk.Stored(), 1u);
}

TEST(SealedDeliveries, OpenOnlyInTheirOwnPlace) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  store::DeliveryRecord record;
  base::Bytes sealed;
  desk.store->Read([&](const store::Reader& reader) {
    record = *reader.FindDelivery("GM0148", "d1");
    sealed = reader.SealedDelivery(record.sequence);
  });
  const SealedKeys keys(*desk.keys, desk.root_key);
  const SecretBytes key = keys.OpenDeliveryKey("GM0148", record.period.year(), record.key_id);
  using store::testing::CodeOf;
  const auto open = [&](const std::string& context) {
    return CodeOf([&] { crypto::seal::Unseal(sealed, key, base::AsBytes(context)); });
  };
  EXPECT_EQ(open(store::DeliveryContext("GM0148", "2022SJ-Q3", "d1")), "");
  EXPECT_EQ(open(store::DeliveryContext("GM0160", "2022SJ-Q3", "d1")), "unseal-failed");
  EXPECT_EQ(open(store::DeliveryContext("GM0148", "2022SJ-Q2", "d1")), "unseal-failed");
  EXPECT_EQ(open(store::DeliveryContext("GM0148", "2022SJ-Q3", "d2")), "unseal-failed");
  const crypto::seal::FileRootKey other(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 9))));
  EXPECT_EQ(CodeOf([&] {
              SealedKeys(*desk.keys, other)
                  .OpenDeliveryKey("GM0148", record.period.year(), record.key_id);
            }),
            "unseal-failed");
}

}  // namespace
}  // namespace polder::server::collect::testing
