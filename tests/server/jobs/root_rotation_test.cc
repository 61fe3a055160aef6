#include "server/jobs/root_rotation.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "crypto/seal/wrap.h"
#include "server/jobs/sealed_seeds.h"
#include "server/store/records.h"
#include "tests/server/store/samples.h"
#include "tests/support/problem_code.h"
#include "tests/support/soft_token.h"

namespace polder::server::jobs {
namespace {

using base::AsBytes;
using crypto::digest::SecretBytes;
using crypto::seal::FileRootKey;
using crypto::seal::RootKey;
using store::testing::FreshPath;
using testing_support::CodeOf;
using testing_support::SoftToken;

SecretBytes Filled(uint8_t byte) {
  return SecretBytes::CopyOf(base::ByteView(base::Bytes(32, byte)));
}

const base::Instant kNow{1'700'000'000};

// Two year keys, a delivery's key under the first, a seed.
struct Keys {
  explicit Keys(const RootKey& root)
      : path(FreshPath("keys.db")), keys(store::KeyStore::Open(path)) {
    for (const char* id : {"year/GM0148/2022SJ", "year/GM0160/2022SJ"}) {
      keys->PutIfAbsent(id, crypto::seal::NewWrappedKey(root, AsBytes(id)).wrapped, kNow);
    }
    const SecretBytes year =
        root.Unwrap(*keys->Find("year/GM0148/2022SJ"), AsBytes("year/GM0148/2022SJ"));
    auto made = crypto::seal::NewWrappedKey(year, AsBytes("delivery/GM0148/d"));
    delivery_key = std::move(made.key);
    keys->PutIfAbsent("delivery/GM0148/d", made.wrapped, kNow);
    seed = SealSeed(*keys, root, Filled(9), "polder/seed/v1/r/operator", kNow);
    CheckRoot(*keys, root, kNow);
  }

  // "" when everything opens under `root`, else the problem's code.
  std::string Opening(const RootKey& root) {
    return CodeOf([&] {
      CheckRoot(*keys, root, kNow);
      const SecretBytes year =
          root.Unwrap(*keys->Find("year/GM0148/2022SJ"), AsBytes("year/GM0148/2022SJ"));
      const SecretBytes key = crypto::seal::UnwrapKey(*keys->Find("delivery/GM0148/d"), year,
                                                      AsBytes("delivery/GM0148/d"));
      EXPECT_TRUE(crypto::digest::ConstantTimeEqual(key.view(), delivery_key.view()));
      const SecretBytes opened = OpenSeed(*keys, root, seed, "polder/seed/v1/r/operator");
      EXPECT_TRUE(crypto::digest::ConstantTimeEqual(opened.view(), Filled(9).view()));
    });
  }

  std::string path;
  std::unique_ptr<store::KeyStore> keys;
  SecretBytes delivery_key;
  base::Bytes seed;
};

TEST(RootRotation, EverythingOpensUnderTheNewRootAndNothingUnderTheOld) {
  const FileRootKey before(Filled(1));
  const FileRootKey after(Filled(2));
  Keys region(before);
  ASSERT_EQ(region.Opening(before), "");
  ASSERT_EQ(region.Opening(after), "wrong-root");
  const Rotated rotated = RotateRoot(*region.keys, before, after);
  EXPECT_EQ(rotated.rewrapped, 4u);
  EXPECT_EQ(rotated.already, 0u);
  EXPECT_EQ(region.Opening(after), "");
  EXPECT_EQ(region.Opening(before), "wrong-root");
  EXPECT_EQ(CodeOf([&] {
              before.Unwrap(*region.keys->Find("year/GM0160/2022SJ"),
                            AsBytes("year/GM0160/2022SJ"));
            }),
            "unseal-failed");
}

TEST(RootRotation, ASecondTimeChangesNothingMore) {
  const FileRootKey before(Filled(1));
  const FileRootKey after(Filled(2));
  Keys region(before);
  RotateRoot(*region.keys, before, after);
  const Rotated again = RotateRoot(*region.keys, before, after);
  EXPECT_EQ(again.rewrapped, 0u);
  EXPECT_EQ(again.already, 4u);
  EXPECT_EQ(region.Opening(after), "");
}

// Refuses after a number of wrappings, as a token that is pulled out would.
class FailingRoot : public RootKey {
 public:
  FailingRoot(const RootKey& root, int good) : root_(root), good_(good) {}
  base::Bytes Wrap(const SecretBytes& key, base::ByteView context) const override {
    if (good_-- == 0) throw base::ProblemError("pkcs11-failed", "", "The token is gone.");
    return root_.Wrap(key, context);
  }
  SecretBytes Unwrap(base::ByteView wrapped, base::ByteView context) const override {
    return root_.Unwrap(wrapped, context);
  }

 private:
  const RootKey& root_;
  mutable int good_;
};

TEST(RootRotation, StoppedAnywhereItChangedNothingAndBeginsAgain) {
  const FileRootKey before(Filled(1));
  const FileRootKey after(Filled(2));
  Keys region(before);
  for (int good = 0; good < 4; ++good) {
    const FailingRoot failing(after, good);
    EXPECT_EQ(CodeOf([&] { RotateRoot(*region.keys, before, failing); }), "pkcs11-failed");
    EXPECT_EQ(region.Opening(before), "") << good;
  }
  RotateRoot(*region.keys, before, after);
  EXPECT_EQ(region.Opening(after), "");
}

TEST(RootRotation, AKeyUnderAThirdRootStopsItAll) {
  const FileRootKey before(Filled(1));
  const FileRootKey after(Filled(2));
  const FileRootKey third(Filled(3));
  Keys region(before);
  EXPECT_EQ(CodeOf([&] { RotateRoot(*region.keys, third, after); }), "wrong-root");
  EXPECT_EQ(region.Opening(before), "");
}

TEST(RootRotation, TheOldWrappingsAreInNoFile) {
  const FileRootKey before(Filled(1));
  Keys region(before);
  const base::Bytes old = *region.keys->Find("year/GM0148/2022SJ");
  const auto stands = [&] {
    std::string files;
    for (const char* end : {"", "-wal", "-shm"}) {
      std::ifstream file(region.path + end, std::ios::binary);
      files += std::string{std::istreambuf_iterator<char>(file), {}};
    }
    return files.find(base::AsText(old)) != std::string::npos;
  };
  ASSERT_TRUE(stands());
  RotateRoot(*region.keys, before, FileRootKey(Filled(2)));
  EXPECT_FALSE(stands());
}

TEST(RootRotation, AShreddedKeyStaysShredded) {
  const FileRootKey before(Filled(1));
  Keys region(before);
  region.keys->Shred("year/GM0160/2022SJ", kNow);
  EXPECT_EQ(RotateRoot(*region.keys, before, FileRootKey(Filled(2))).rewrapped, 3u);
  EXPECT_EQ(CodeOf([&] { region.keys->Find("year/GM0160/2022SJ"); }), "key-destroyed");
}

TEST(RootRotation, FromAFileIntoATokenAndBack) {
  if (SoftToken::Get() == nullptr) GTEST_SKIP() << "softhsm2 and opensc are not installed";
  const FileRootKey before(Filled(1));
  Keys region(before);
  const auto token = crypto::seal::OpenPkcs11RootKey(SoftToken::Get()->Uri());
  EXPECT_EQ(RotateRoot(*region.keys, before, *token).rewrapped, 4u);
  EXPECT_EQ(region.Opening(*token), "");
  EXPECT_EQ(region.Opening(before), "wrong-root");
  EXPECT_EQ(RotateRoot(*region.keys, *token, before).rewrapped, 4u);
  EXPECT_EQ(region.Opening(before), "");
}

}  // namespace
}  // namespace polder::server::jobs
