#include <gtest/gtest.h>

#include "tests/server/store/samples.h"

namespace polder::server::store::testing {
namespace {

std::optional<JobRecord> Lease(Store& store, const std::string& worker, int64_t now) {
  std::optional<JobRecord> job;
  store.Write([&](Transaction& t) { job = t.LeaseJob(worker, base::Instant{now}, 60); });
  return job;
}

TEST(Jobs, OneLiveJobForASubject) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) {
    EXPECT_EQ(transaction.EnqueueJob(Job("j1", "r1")).id, "j1");
    EXPECT_EQ(transaction.EnqueueJob(Job("j2", "r1")).id, "j1");
    EXPECT_EQ(transaction.EnqueueJob(Job("j3", "r2")).id, "j3");
  });
  auto job = Lease(*store, "w", 100);
  store->Write([&](Transaction& transaction) {
    transaction.FailJob(job->id, job->fence, base::Instant{101}, "audit-failed");
    EXPECT_EQ(transaction.EnqueueJob(Job("j4", "r1")).id, "j4");
  });
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.FindJob("j1")->state, JobState::kFailed);
    EXPECT_EQ(reader.FindJob("j1")->message, "audit-failed");
    EXPECT_EQ(reader.FindJob("release", "r1")->id, "j4");
    EXPECT_EQ(reader.Jobs().size(), 3u);
    EXPECT_FALSE(reader.FindJob("j2").has_value());
  });
}

TEST(Jobs, AreLeasedInOrderAndOnce) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) {
    transaction.EnqueueJob(Job("j1", "r1"));
    transaction.EnqueueJob(Job("j2", "r2"));
  });
  auto first = Lease(*store, "w1", 100);
  EXPECT_EQ(first->id, "j1");
  EXPECT_EQ(first->worker, "w1");
  EXPECT_EQ(first->lease_until, base::Instant{160});
  EXPECT_EQ(first->attempts, 1);
  EXPECT_EQ(Lease(*store, "w2", 100)->id, "j2");
  EXPECT_FALSE(Lease(*store, "w3", 159).has_value());
}

TEST(Jobs, AWorkerThatSleptThroughItsLeaseCannotWrite) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) { transaction.EnqueueJob(Job("j1", "r1")); });
  auto sleeper = Lease(*store, "sleeper", 100);
  auto heir = Lease(*store, "heir", 160);
  ASSERT_TRUE(heir.has_value());
  EXPECT_GT(heir->fence, sleeper->fence);
  EXPECT_EQ(heir->attempts, 2);
  base::Instant now{161};
  store->Write([&](Transaction& t) {
    int64_t stale = sleeper->fence;
    EXPECT_EQ(CodeOf([&] { t.CheckLease("j1", stale); }), "lease-lost");
    EXPECT_EQ(CodeOf([&] { t.RenewJob("j1", stale, now, 60, "2/8"); }), "lease-lost");
    EXPECT_EQ(CodeOf([&] { t.FinishJob("j1", stale, now); }), "lease-lost");
    EXPECT_EQ(CodeOf([&] { t.FailJob("j1", stale, now, "x"); }), "lease-lost");
    EXPECT_EQ(CodeOf([&] { t.RequeueJob("j1", stale, now, "x"); }), "lease-lost");
    EXPECT_EQ(CodeOf([&] { t.CheckLease("none", 1); }), "lease-lost");
    t.RenewJob("j1", heir->fence, now, 60, "2/8 tabulate");
  });
  store->Read([](const Reader& reader) {
    EXPECT_EQ(reader.FindJob("j1")->progress, "2/8 tabulate");
    EXPECT_EQ(reader.FindJob("j1")->lease_until, base::Instant{221});
    EXPECT_EQ(reader.FindJob("j1")->worker, "heir");
  });
}

TEST(Jobs, AFinishedJobStaysFinished) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) { transaction.EnqueueJob(Job("j1", "r1")); });
  auto job = Lease(*store, "w", 100);
  store->Write([&](Transaction& t) { t.FinishJob("j1", job->fence, base::Instant{101}); });
  store->Write([&](Transaction& t) {
    EXPECT_EQ(CodeOf([&] { t.FailJob("j1", job->fence, base::Instant{102}, "x"); }), "lease-lost");
    EXPECT_EQ(t.EnqueueJob(Job("j9", "r1")).id, "j1");
  });
  EXPECT_FALSE(Lease(*store, "w", 10'000).has_value());
}

TEST(Jobs, AJobGivenBackIsLeasedAgainAtOnce) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([](Transaction& transaction) { transaction.EnqueueJob(Job("j1", "r1")); });
  auto job = Lease(*store, "w1", 100);
  store->Write([&](Transaction& t) { t.RequeueJob("j1", job->fence, base::Instant{101}, "busy"); });
  store->Write([&](Transaction& t) {
    EXPECT_EQ(CodeOf([&] { t.FinishJob("j1", job->fence, base::Instant{102}); }), "lease-lost");
  });
  auto again = Lease(*store, "w2", 102);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->fence, job->fence + 1);
}

}  // namespace
}  // namespace polder::server::store::testing
