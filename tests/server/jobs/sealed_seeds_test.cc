// Seeds and their escrow: what opens, what does not, and what is gone when the key is.
#include "server/jobs/sealed_seeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/jobs/worker_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using testing_support::CodeOf;

TEST(SealedSeeds, TheEscrowIsErasedWithTheSeedAndNeitherPassesForTheOther) {
  const std::string directory = WorkerRegion::FreshDirectory("sealed-seeds");
  const auto keys = store::KeyStore::Open(directory + "/keys.db");
  const crypto::seal::FileRootKey root(Filled(0x52));
  const std::string about = store::SeedContext("2022SJ-Q1-monitor-1", "operator");
  const std::string other = store::SeedContext("2022SJ-Q1-monitor-1", "auditor");
  const base::Instant now{1'700'000'000};
  const base::Bytes envelope(700, 0x41);
  const base::Bytes seed = SealSeed(*keys, root, Filled(0x11), about, now);
  const base::Bytes escrow = SealEscrow(*keys, root, envelope, about, now);
  static_cast<void>(SealSeed(*keys, root, Filled(0x22), other, now));

  EXPECT_EQ(OpenEscrow(*keys, root, escrow, about), envelope);
  EXPECT_EQ(base::ToHex(OpenSeed(*keys, root, seed, about).view()),
            base::ToHex(Filled(0x11).view()));
  EXPECT_THAT(std::string(base::AsText(escrow)), testing::Not(testing::HasSubstr("AAAA")));
  EXPECT_EQ(CodeOf([&] { OpenSeed(*keys, root, escrow, about); }), "unseal-failed");
  EXPECT_EQ(CodeOf([&] { OpenEscrow(*keys, root, seed, about); }), "unseal-failed");
  EXPECT_EQ(CodeOf([&] { OpenEscrow(*keys, root, escrow, other); }), "unseal-failed");

  EXPECT_TRUE(keys->Shred(store::SeedKeyId(about), now));
  EXPECT_EQ(CodeOf([&] { OpenSeed(*keys, root, seed, about); }), "key-destroyed");
  EXPECT_EQ(CodeOf([&] { OpenEscrow(*keys, root, escrow, about); }), "key-destroyed");
  EXPECT_EQ(CodeOf([&] { SealEscrow(*keys, root, envelope, about, now); }), "key-destroyed");
}

}  // namespace
}  // namespace polder::server::jobs
