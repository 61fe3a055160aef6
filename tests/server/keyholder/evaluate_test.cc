#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "server/store/connection.h"
#include "tests/server/keyholder/holder.h"

namespace polder::server::keyholder {
namespace {

using crypto::oprf::Element;

crypto::oprf::Evaluation Read(const http::Response& response) {
  const base::Json json = base::ParseJson(base::AsText(response.body));
  crypto::oprf::Evaluation evaluation;
  for (const auto& item : json.at("evaluatedElements")) {
    const auto bytes = base::FromBase64Url(item.get<std::string>()).value();
    Element element{};
    std::copy(bytes.begin(), bytes.end(), element.begin());
    evaluation.elements.push_back(element);
  }
  const auto proof = base::FromBase64Url(json.at("proof").get<std::string>()).value();
  std::copy(proof.begin(), proof.end(), evaluation.proof.begin());
  return evaluation;
}

Element PublicKeyOf(const store::HolderStore::Key& key) {
  Element element{};
  std::copy(key.public_key.begin(), key.public_key.end(), element.begin());
  return element;
}

TEST(Evaluate, TwoHoldersGiveWhatOneKeyOfTheirSumWouldGive) {
  Holder first("first"), second("second");
  const auto key_1 = first.Create();
  const auto key_2 = second.Create();
  const std::string text = "NL-BSN 111222333";
  const std::vector<base::ByteView> inputs = {base::AsBytes(text)};
  const auto token = [&] {
    const crypto::oprf::Blinding blinding(inputs);
    const std::vector<crypto::oprf::Holder> holders = {
        {PublicKeyOf(key_1), Read(first.Ask(key_1.id, blinding.elements()))},
        {PublicKeyOf(key_2), Read(second.Ask(key_2.id, blinding.elements()))}};
    return blinding.Finalize(holders).front();
  };
  EXPECT_EQ(token(), token()) << "blinded anew, the same token";
}

TEST(Evaluate, AnotherHoldersProofDoesNotHoldUnderTheWrongPublicKey) {
  Holder first("proof-1"), second("proof-2");
  const auto key_1 = first.Create();
  const auto key_2 = second.Create();
  const std::string text = "x";
  const std::vector<base::ByteView> inputs = {base::AsBytes(text)};
  const crypto::oprf::Blinding blinding(inputs);
  const std::vector<crypto::oprf::Holder> swapped = {
      {PublicKeyOf(key_2), Read(first.Ask(key_1.id, blinding.elements()))},
      {PublicKeyOf(key_1), Read(second.Ask(key_2.id, blinding.elements()))}};
  EXPECT_THROW(blinding.Finalize(swapped), base::ProblemError);
}

TEST(Evaluate, OnlyAMemberOfTheKeysRegionAndYearIsAnswered) {
  Holder holder("members");
  const auto key = holder.Create();
  const auto elements = Elements(1);
  EXPECT_EQ(holder.Ask(key.id, elements, kDalfsen).status, 200);
  for (const char* oin : {"", "00000001999000009999"}) {
    const auto refused = holder.Ask(key.id, elements, oin);
    EXPECT_EQ(refused.status, 403) << oin;
    EXPECT_EQ(CodeOfAnswer(refused), "not-a-member");
  }
  const auto old = holder.Create("RMC10/absence/2001SJ");  // the region began in 2020
  EXPECT_EQ(holder.Ask(old.id, elements).status, 403);
}

TEST(Evaluate, WithoutACertificateNothingOfTheBodyIsRead) {
  Holder holder("anonymous");
  http::Request request;
  request.method = "POST";
  request.path = "/v1/evaluate";
  request.headers["Content-Type"] = "application/json";
  EXPECT_EQ(holder.router.Handle(std::move(request)).status, 403);
}

TEST(Evaluate, EveryFaultOfABatchIsToldAtOnceAndNothingIsCharged) {
  Holder holder("faults");
  const auto key = holder.Create();
  const std::string good = base::ToBase64Url(Elements(1).front());
  Element identity{};
  const auto refused = holder.Post(base::Json{
      {"blindedElements", {good, "not base64url!", base::ToBase64Url(identity), 7, ""}},
      {"extra", true}}.dump());
  EXPECT_EQ(refused.status, 400);
  std::vector<std::string> places;
  const base::Json refusal = base::ParseJson(base::AsText(refused.body));
  for (const auto& error : refusal.at("errors")) {
    places.push_back(error.value("pointer", ""));
  }
  EXPECT_THAT(places,
              testing::UnorderedElementsAre("/keyId", "/blindedElements/1", "/blindedElements/2",
                                            "/blindedElements/3", "/blindedElements/4", "/extra"));
  EXPECT_EQ(holder.store->Charged(key.id, "GM0148", "2023-Q1"), 0U);
}

TEST(Evaluate, ABatchOfNoneOrTooManyIsRefused) {
  Holder holder("sizes");
  const auto key = holder.Create();
  EXPECT_EQ(CodeOfAnswer(holder.Ask(key.id, {})), "empty-list");
  const std::vector<Element> many(kMaxElements + 1, Elements(1).front());
  EXPECT_EQ(CodeOfAnswer(holder.Ask(key.id, many)), "too-many-elements");
}

// Dalfsen has 4690 public pupils: its classes are 320, 640, 1280, 2560, …, asked 512 at a time.
TEST(Padding, ABatchThatIsNoClassSizeIsRefusedAndChargesNothing) {
  Holder holder("padding", false, true);
  const auto key = holder.Create();
  for (const size_t size : {1u, 63u, 64u, 192u, 319u, 321u, 511u, 640u}) {
    const auto refused = holder.Ask(key.id, Elements(size));
    EXPECT_EQ(refused.status, 400) << size;
    EXPECT_EQ(CodeOfAnswer(refused), "not-padded") << size;
    EXPECT_EQ(base::AsText(refused.body).find("evaluatedElements"), std::string_view::npos);
  }
  EXPECT_EQ(holder.store->Charged(key.id, "GM0148", "2023-Q1"), 0U);
  for (const size_t size : {128u, 256u, 320u, 512u}) {
    EXPECT_EQ(holder.Ask(key.id, Elements(size)).status, 200) << size;
  }
  EXPECT_EQ(holder.Ask(key.id, Elements(320), kZwolle).status, 400)
      << "another municipality's class is its own";
}

// Mutants: each guard taken out lets through what it is there to stop, so that it is this guard and
// nothing beside it that refuses.
TEST(Mutants, EachGuardOfTheHolderIsWhatRefuses) {
  Holder holder("mutants", false, true);
  const auto key = holder.Create();
  const auto with = [&](bool padded, const base::Rational& quota) {
    http::Router router;
    AddEvaluateRoutes(router,
                      {*holder.store, *holder.keys, holder.clock, holder.codebooks, quota, padded});
    holder.router = std::move(router);
  };
  const auto few = Elements(1);
  EXPECT_EQ(holder.Ask(key.id, few).status, 400);
  with(false, base::Rational(6, 5));
  EXPECT_EQ(holder.Ask(key.id, few).status, 200) << "padding";

  with(true, base::Rational(1, 100));  // 64 elements
  const auto batch = Elements(320, "quota");
  EXPECT_EQ(holder.Ask(key.id, batch).status, 429);
  with(true, base::Rational(6, 5));
  EXPECT_EQ(holder.Ask(key.id, batch).status, 200) << "quota";
  with(true, base::Rational(1, 100));
  EXPECT_EQ(holder.Ask(key.id, batch).status, 200) << "the same batch again";
  EXPECT_EQ(holder.Ask(key.id, Elements(320, "new")).status, 429) << "another one is not free";

  // A region whose codebook does not list the year's members; then the real one.
  const auto old = holder.Create("RMC10/absence/2001SJ");
  EXPECT_EQ(holder.Ask(old.id, batch).status, 403) << "no member in that year";
  const std::vector<policies::codebook::Codebook> none;
  http::Router stranger;
  AddEvaluateRoutes(stranger,
                    {*holder.store, *holder.keys, holder.clock, none, base::Rational(6, 5), true});
  holder.router = std::move(stranger);
  EXPECT_EQ(holder.Ask(key.id, batch).status, 403);

  with(true, base::Rational(6, 5));
  holder.clock.now = key.destroyable_from;
  EXPECT_EQ(holder.Ask(key.id, Elements(320, "late")).status, 200) << "not destroyed yet";
  holder.keys->Destroy(key.id, holder.clock.now);
  EXPECT_EQ(holder.Ask(key.id, Elements(320, "late")).status, 410) << "also what was paid for";
}

// A key of one domain answers for that domain only: another's batch, even the same one, is another
// charge, and its tokens are unrelated.
TEST(Domains, AKeyOfAnotherDomainGivesUnrelatedTokensAndNoFreeTries) {
  Holder holder("domains");
  const auto absence = holder.Create("RMC10/absence/2022SJ");
  const auto vsv = holder.Create("RMC10/vsv/2022VSV");
  const auto elements = Elements(64);
  const auto first = Read(holder.Ask(absence.id, elements));
  const auto second = Read(holder.Ask(vsv.id, elements));
  for (size_t i = 0; i < elements.size(); ++i) {
    EXPECT_NE(first.elements[i], second.elements[i]);
  }
  EXPECT_EQ(holder.store->Charged(absence.id, "GM0148", "2023-Q1"), 64U);
  EXPECT_EQ(holder.store->Charged(vsv.id, "GM0148", "2023-Q1"), 64U);
  // One key's answer does not hold under the other's published key.
  const std::string text = "x";
  const crypto::oprf::Blinding blinding(std::vector<base::ByteView>{base::AsBytes(text)});
  const std::vector<crypto::oprf::Holder> wrong = {
      {PublicKeyOf(absence), Read(holder.Ask(vsv.id, blinding.elements()))}};
  EXPECT_THROW(blinding.Finalize(wrong), base::ProblemError);
}

TEST(Evaluate, AnUnknownKeyIsNotFound) {
  Holder holder("unknown");
  const auto refused = holder.Ask("RMC10.absence.2022SJ.0000000000000000", Elements(1));
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(CodeOfAnswer(refused), "unknown-key");
}

TEST(Evaluate, ADestroyedKeyIsGone) {
  Holder holder("destroyed");
  const auto key = holder.Create();
  holder.clock.now = key.destroyable_from;
  holder.keys->Destroy(key.id, holder.clock.now);
  const auto refused = holder.Ask(key.id, Elements(1));
  EXPECT_EQ(refused.status, 410);
  EXPECT_EQ(CodeOfAnswer(refused), "key-destroyed");
}

TEST(Evaluate, AKeyThatIsNotThePublishedOneEvaluatesNothing) {
  Holder holder("damaged");
  const auto key = holder.Create();
  // The same store beside another root key: what is unwrapped would not be the key.
  const crypto::seal::FileRootKey other(crypto::digest::SecretBytes::CopyOf(std::string(32, 'x')));
  const TokenKeys keys(*holder.store, *holder.wrapped, other);
  http::Router router;
  AddEvaluateRoutes(
      router, {*holder.store, keys, holder.clock, holder.codebooks, base::Rational(6, 5), false});
  holder.router = std::move(router);
  const auto refused = holder.Ask(key.id, Elements(1));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(CodeOfAnswer(refused), "key-damaged");
  EXPECT_EQ(holder.store->Charged(key.id, "GM0148", "2023-Q1"), 0U);
}

TEST(Quota, FollowsFromPublicPupilsInWholeSteps) {
  // Dalfsen's largest public count is 4690: 1.2 times that is 5628, in steps of 64 it is 5632.
  EXPECT_EQ(QuotaOf(TheCodebook(), "GM0148", base::Rational(6, 5)), 5632U);
  EXPECT_EQ(QuotaOf(TheCodebook(), "GM9999", base::Rational(6, 5)), 0U) << "not known: nothing";
  EXPECT_EQ(QuotaPeriod(*base::Instant::Parse("2023-03-31T23:59:59Z")), "2023-Q1");
  EXPECT_EQ(QuotaPeriod(*base::Instant::Parse("2023-04-01T00:00:00Z")), "2023-Q2");
}

TEST(Quota, IsSpentInWholeStepsAndThenRefused) {
  Holder holder("spent");
  const auto key = holder.Create();
  const auto fill = [&](uint64_t size) {
    return holder.store->ChargeBatch({key.id, "GM0148", "2023-Q1", size, {}}, 5632,
                                     holder.clock.now);
  };
  ASSERT_EQ(fill(5632 - 64), store::HolderStore::Charge::kCharged);
  EXPECT_EQ(holder.Ask(key.id, Elements(65)).status, 429) << "counts as 128";
  EXPECT_EQ(holder.Ask(key.id, Elements(3)).status, 200) << "counts as 64";
  const auto refused = holder.Ask(key.id, Elements(1, "more"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(CodeOfAnswer(refused), "quota-exhausted");
  EXPECT_EQ(holder.store->Charged(key.id, "GM0148", "2023-Q1"), 5632U);
  EXPECT_EQ(holder.Ask(key.id, Elements(1), kZwolle).status, 200) << "another member's is its own";
  EXPECT_EQ(holder.Ask(holder.Create("RMC10/vsv/2022VSV").id, Elements(1)).status, 200)
      << "another domain's is its own";
  holder.clock.now = *base::Instant::Parse("2023-04-01T00:00:00Z");
  EXPECT_EQ(holder.Ask(key.id, Elements(1, "next")).status, 200) << "a new quarter";
}

TEST(Quota, TheSameBatchAgainIsAnsweredAndNotCharged) {
  Holder holder("again");
  const auto key = holder.Create();
  const auto elements = Elements(64);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(holder.Ask(key.id, elements).status, 200);
  EXPECT_EQ(holder.store->Charged(key.id, "GM0148", "2023-Q1"), 64U);
  EXPECT_EQ(holder.Ask(key.id, elements, kZwolle).status, 200);
  EXPECT_EQ(holder.store->Charged(key.id, "GM0193", "2023-Q1"), 64U)
      << "another member's batch is its own";
}

TEST(Quota, FiftyRequestsAtOnceAndARestartNeverTakeMoreThanThereIs) {
  constexpr uint64_t kQuota = 5632;
  constexpr uint64_t kBatches = kQuota / 64;
  std::string key_id;
  std::atomic<uint64_t> answered = 0, refused = 0;
  const auto fire = [&](Holder& holder, int round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 50; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 2; ++i) {
          const auto elements = Elements(
              1, std::to_string(round) + "/" + std::to_string(t) + "/" + std::to_string(i) + "/");
          const int status = holder.Ask(key_id, elements).status;
          (status == 200 ? answered : refused) += 1;
          EXPECT_TRUE(status == 200 || status == 429) << status;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  {
    Holder holder("fire");
    key_id = holder.Create().id;
    // Part of it is gone, so that the end is reached in the middle of the second round.
    for (uint8_t i = 0; i < 40; ++i) {
      store::Hash digest{};
      digest[0] = i;
      holder.store->ChargeBatch({key_id, "GM0148", "2023-Q1", 64, digest}, kQuota,
                                holder.clock.now);
    }
    fire(holder, 1);
  }
  Holder restarted("fire", true);
  fire(restarted, 2);
  EXPECT_EQ(answered, kBatches - 40);
  EXPECT_EQ(refused, 200 - answered);
  EXPECT_EQ(restarted.store->Charged(key_id, "GM0148", "2023-Q1"), kQuota);
}

TEST(Quota, WhatCannotBeChargedIsNotEvaluated) {
  Holder holder("closed");
  const auto key = holder.Create();
  store::Connection saboteur(holder.folder() + "/holder.db", false, 1'000);
  saboteur.Execute("ALTER TABLE batches RENAME TO gone");
  const auto refused = holder.Ask(key.id, Elements(1));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(CodeOfAnswer(refused), "store-unavailable");
  EXPECT_EQ(base::AsText(refused.body).find("evaluatedElements"), std::string_view::npos);
}

TEST(Quota, ChargesCannotBeTakenBackWithSql) {
  Holder holder("facts");
  const auto key = holder.Create();
  ASSERT_EQ(holder.Ask(key.id, Elements(1)).status, 200);
  store::Connection shell(holder.folder() + "/holder.db", false, 1'000);
  for (const char* sql : {"DELETE FROM batches", "UPDATE batches SET size = 64, period = '1999-Q1'",
                          "DELETE FROM holder_keys", "DELETE FROM holder_key_ends"}) {
    EXPECT_THROW(
        {
          shell.Execute(sql);
          // An empty table has nothing to refuse.
          if (std::string_view(sql) == "DELETE FROM holder_key_ends") {
            throw base::ProblemError("append-only", "", "");
          }
        },
        base::ProblemError)
        << sql;
  }
}

TEST(Evaluate, TheStoreHoldsNoCountAndNoElement) {
  Holder holder("store");
  const auto key = holder.Create();
  const auto elements = Elements(3);
  ASSERT_EQ(holder.Ask(key.id, elements).status, 200);
  EXPECT_EQ(holder.store->Charged(key.id, "GM0148", "2023-Q1"), 64U);
  for (const auto& entry : std::filesystem::directory_iterator(holder.folder())) {
    const std::string content = ReadText(entry.path());
    for (const Element& element : elements) {
      EXPECT_EQ(content.find(base::AsText(element)), std::string::npos) << entry.path();
      EXPECT_EQ(content.find(base::ToBase64Url(element)), std::string::npos) << entry.path();
    }
  }
}

}  // namespace
}  // namespace polder::server::keyholder
