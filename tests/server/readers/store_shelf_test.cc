#include "server/readers/store_shelf.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/log/merkle.h"
#include "policies/base/problem.h"
#include "tests/server/readers/sample_release.h"

namespace polder::server::readers {
namespace {

class StoreShelfTest : public testing::Test {
 protected:
  StoreShelfTest() : clock_("2023-10-08T06:00:00Z") {
    const std::string directory = testing::TempDir() + "/polder-shelf-" +
                                  testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    store_ = store::Store::Open(directory + "/region.db");
  }

  static uint64_t Leaf(store::Transaction& transaction, const std::string& text) {
    return transaction.AddLeaf(crypto::log::LeafHash(base::AsBytes(text)), text);
  }

  // Stores a release with the documents and the freeze that it refers to.
  void Put(const SampleOptions& options, const std::string& digest = "") {
    const std::string text = SampleRelease(options);
    store_->Write([&](store::Transaction& transaction) {
      store::DocumentRecord document;
      for (const std::string kind : {"policy", "codebook"}) {
        document.kind = document.id = kind;
        document.digest = kind;
        document.version = "1";
        document.canonical = "{}";
        document.author = "anna";
        document.at = clock_.now;
        if (transaction.FindDocument(kind)) continue;
        document.log_index = Leaf(transaction, kind);
        transaction.AddDocument(document);
      }
      store::FreezeRecord freeze;
      freeze.release_id = options.id;
      freeze.period = *base::Period::Parse(options.period);
      freeze.kind = options.kind;
      freeze.policy_digest = "policy";
      freeze.codebook_digest = "codebook";
      freeze.canonical = freeze.digest = "freeze of " + options.id;
      freeze.officer = "coordinator";
      freeze.frozen_at = clock_.now;
      freeze.log_index = Leaf(transaction, freeze.digest);
      transaction.AddFreeze(freeze);
      store::ReleaseRecord release;
      release.id = options.id;
      release.period = freeze.period;
      release.kind = options.kind;
      release.canonical = text;
      release.digest = digest.empty() ? crypto::digest::Sha256Hex(base::AsBytes(text)) : digest;
      release.note = "note";
      release.proof = "proof";
      release.certificate = "{}";
      release.policy_digest = "policy";
      release.codebook_digest = "codebook";
      release.freeze_digest = freeze.digest;
      release.reservation_id = "R of " + options.id;
      release.made_at = *base::Instant::Parse(options.made_at);
      release.public_at = *base::Instant::Parse(options.public_at);
      release.log_index = Leaf(transaction, options.id);
      transaction.AddRelease(release);
    });
  }
  void SetState(const std::string& id, store::ReleaseState state) {
    store_->Write([&](store::Transaction& transaction) {
      transaction.SetReleaseState(id, state, clock_.now);
    });
  }

  SetClock clock_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(StoreShelfTest, ShowsWhatTheStoreMadePublic) {
  const SampleOptions options;
  Put(options);
  SetState(options.id, store::ReleaseState::kPublic);
  StoreShelf shelf(*store_, clock_);
  ASSERT_EQ(shelf.All().size(), 1u);
  const ItemPtr item = shelf.Find(options.id);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->release.canonical(), SampleRelease(options));
  EXPECT_EQ(item->note, "note");
  EXPECT_EQ(shelf.Find(options.id), item) << "parsed once";
}

TEST_F(StoreShelfTest, AnEmbargoIsNotOverWhenOnlyTheHourHasCome) {
  Put({});
  StoreShelf shelf(*store_, clock_);
  EXPECT_THAT(shelf.All(), testing::IsEmpty());
  EXPECT_EQ(shelf.Find(SampleOptions().id), nullptr);
}

TEST_F(StoreShelfTest, AnEmbargoIsNotOverWhenOnlyTheStateSaysSo) {
  Put({});
  SetState(SampleOptions().id, store::ReleaseState::kPublic);
  clock_.now = clock_.now.Plus(-1);
  StoreShelf shelf(*store_, clock_);
  EXPECT_THAT(shelf.All(), testing::IsEmpty());
  EXPECT_EQ(shelf.Find(SampleOptions().id), nullptr);
}

TEST_F(StoreShelfTest, AWithheldReleaseIsNeverShown) {
  Put({});
  SetState(SampleOptions().id, store::ReleaseState::kWithheld);
  clock_.now = clock_.now.Plus(1'000'000);
  StoreShelf shelf(*store_, clock_);
  EXPECT_THAT(shelf.All(), testing::IsEmpty());
  EXPECT_EQ(shelf.Find(SampleOptions().id), nullptr);
}

TEST_F(StoreShelfTest, AReleaseThatBecomesPublicAppearsWithoutARestart) {
  Put({});
  StoreShelf shelf(*store_, clock_);
  EXPECT_EQ(shelf.Find(SampleOptions().id), nullptr);
  SetState(SampleOptions().id, store::ReleaseState::kPublic);
  EXPECT_NE(shelf.Find(SampleOptions().id), nullptr);
}

TEST_F(StoreShelfTest, BytesThatAreNotTheirDigestsAreNotServed) {
  Put({}, std::string(64, '0'));
  SetState(SampleOptions().id, store::ReleaseState::kPublic);
  StoreShelf shelf(*store_, clock_);
  EXPECT_THROW(shelf.All(), base::ProblemError);
  EXPECT_THROW(shelf.Find(SampleOptions().id), base::ProblemError);
}

TEST_F(StoreShelfTest, OrderIsByPeriodThenByMaking) {
  SampleOptions late{.id = "b", .period = "2023SJ", .more = 1};
  SampleOptions early{.id = "c", .more = 2};
  SampleOptions provisional{
      .id = "d", .kind = "provisional", .made_at = "2023-08-01T06:00:00Z", .more = 3};
  for (const SampleOptions& options : {late, early, provisional}) {
    Put(options);
    SetState(options.id, store::ReleaseState::kPublic);
  }
  StoreShelf shelf(*store_, clock_);
  std::vector<std::string> ids;
  for (const ItemPtr& item : shelf.All()) ids.push_back(item->release.header().release_id);
  EXPECT_THAT(ids, testing::ElementsAre("d", "c", "b"));
}

}  // namespace
}  // namespace polder::server::readers
