#include "server/store/key_store.h"

#include <fstream>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/server/store/samples.h"

namespace polder::server::store::testing {
namespace {

using ::testing::ElementsAre;

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(KeyStore, TheFirstKeyOfAnIdStands) {
  auto keys = KeyStore::Open(FreshPath("keys.db"));
  EXPECT_FALSE(keys->Find("year/GM0518/2022SJ").has_value());
  EXPECT_EQ(keys->PutIfAbsent("k", base::AsBytes("one"), {1}), base::ToBytes("one"));
  EXPECT_EQ(keys->PutIfAbsent("k", base::AsBytes("two"), {2}), base::ToBytes("one"));
  EXPECT_EQ(*keys->Find("k"), base::ToBytes("one"));
}

TEST(KeyStore, AllWhoMakeAKeyAtOnceGetTheSame) {
  std::string path = FreshPath("keys.db");
  auto a = KeyStore::Open(path);
  auto b = KeyStore::Open(path);
  std::vector<base::Bytes> got(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < got.size(); ++i) {
    threads.emplace_back([&, i] {
      KeyStore& keys = i % 2 == 0 ? *a : *b;
      got[i] = keys.PutIfAbsent("k", base::Bytes(32, static_cast<uint8_t>(i)), {1});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<base::Bytes>(got.begin(), got.end()).size(), 1u);
}

TEST(KeyStore, AShreddedKeyIsInNoFileAndItsIdIsNeverUsedAgain) {
  std::string path = FreshPath("keys.db");
  auto keys = KeyStore::Open(path);
  const std::string secret = "A-WRAPPED-KEY-OF-32-BYTES-LENGTH";
  keys->PutIfAbsent("year/GM0518/2022SJ", base::AsBytes(secret), {1});
  keys->PutIfAbsent("year/GM0599/2022SJ", base::AsBytes("another"), {1});
  EXPECT_NE((Content(path) + Content(path + "-wal")).find(secret), std::string::npos);
  EXPECT_TRUE(keys->Shred("year/GM0518/2022SJ", {2}));
  EXPECT_EQ((Content(path) + Content(path + "-wal")).find(secret), std::string::npos);
  EXPECT_EQ(CodeOf([&] { keys->Find("year/GM0518/2022SJ"); }), "key-destroyed");
  EXPECT_EQ(CodeOf([&] { keys->PutIfAbsent("year/GM0518/2022SJ", base::AsBytes("new"), {3}); }),
            "key-destroyed");
  EXPECT_FALSE(keys->Shred("year/GM0518/2022SJ", {4}));
  EXPECT_FALSE(keys->Shred("never", {4}));
  EXPECT_THAT(keys->Ids("year/"), ElementsAre("year/GM0599/2022SJ"));
  EXPECT_THAT(keys->Ids("delivery/"), ElementsAre());
}

TEST(KeyStore, KeysSurviveAndAreReadableByTheirOwnerOnly) {
  std::string path = FreshPath("keys.db");
  KeyStore::Open(path)->PutIfAbsent("k", base::AsBytes("one"), {1});
  EXPECT_EQ(*KeyStore::Open(path)->Find("k"), base::ToBytes("one"));
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace polder::server::store::testing
