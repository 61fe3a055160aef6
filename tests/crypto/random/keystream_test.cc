#include "crypto/random/keystream.h"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/random/seed.h"
#include "policies/base/problem.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::random {
namespace {

using base::AsBytes;
using digest::SecretBytes;
using testing_support::CodeOf;

SecretBytes Counting(size_t size, uint8_t first) {
  SecretBytes seed(size);
  for (size_t i = 0; i < size; ++i) seed.writable()[i] = static_cast<uint8_t>(first + i);
  return seed;
}

std::vector<SecretBytes> Seeds() {
  std::vector<SecretBytes> seeds;
  seeds.push_back(Counting(32, 0));
  seeds.push_back(Counting(40, 100));
  return seeds;
}

std::string BlockHex(const base::RandomSource& source, std::string_view info, uint64_t position,
                     uint64_t block) {
  base::RandomBlock out;
  source.Open(info)->Block(position, block, out);
  return base::ToHex(out);
}

TEST(Keystream, AgreesWithPythonAndTheOpensslCommand) {
  // HKDF by Python's hmac, blocks by `openssl enc -aes-256-ctr -K … -iv
  // be64(position)be64(4*block)`.
  const Keystream stream(Seeds(), AsBytes("the salt"));
  EXPECT_EQ(BlockHex(stream, "polder-noise-1/persons/kind", 0, 0),
            "3e03009593010ca3024f9a865d0b84b57ad7b8fff39a51cd2ca38d7db9042b6a"
            "79b37a9c6fa2a81427e648a083aba845a391921c1da8f61628c099193b4af38e");
  EXPECT_EQ(BlockHex(stream, "polder-noise-1/persons/kind", 0x0102030405060708, 5),
            "aad8e5f7a42036d7e49b934fb92c928ef4b49731fba51e09b4a9c41d1fc38d07"
            "8c1fd27a4516865daa40334198ea3959f259408193223d270c17330c8a49094b");
  EXPECT_EQ(BlockHex(stream, "", std::numeric_limits<uint64_t>::max(), (uint64_t{1} << 62) - 1),
            "963d94bcbd038ca9916d3658253f2d815f854e7adca2acd75e43f568aa653aa3"
            "ba2bfe7f7d44b21c673659ea371ff55d0a21e414662be9e0347c037b51720f0d");
}

TEST(Keystream, IsAFunctionOfThePlaceInAnyOrderAndFromAnyThread) {
  const Keystream stream(Seeds(), AsBytes("salt"));
  std::map<std::pair<uint64_t, uint64_t>, base::RandomBlock> forward;
  const auto lane = stream.Open("info");
  for (uint64_t p = 0; p < 20; ++p) {
    for (uint64_t b = 0; b < 3; ++b) lane->Block(p, b, forward[{p, b}]);
  }
  std::vector<std::thread> threads;
  std::vector<int> wrong(3);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      const auto own = stream.Open("info");
      for (auto i = forward.rbegin(); i != forward.rend(); ++i) {
        base::RandomBlock block;
        own->Block(i->first.first, i->first.second, block);
        wrong[t] += block != i->second;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int w : wrong) EXPECT_EQ(w, 0);
}

TEST(Keystream, NoTwoPlacesShareACipherBlock) {
  const Keystream stream(Seeds(), AsBytes("salt"));
  std::set<std::string> pieces;
  size_t count = 0;
  for (const char* info : {"a", "b"}) {
    for (uint64_t position = 0; position < 8; ++position) {
      for (uint64_t block = 0; block < 8; ++block, count += 4) {
        const std::string hex = BlockHex(stream, info, position, block);
        for (size_t i = 0; i < 4; ++i) pieces.insert(hex.substr(32 * i, 32));
      }
    }
  }
  EXPECT_EQ(pieces.size(), count);
}

TEST(Keystream, OneChangedByteAnywhereChangesTheBits) {
  const std::string original = BlockHex(Keystream(Seeds(), AsBytes("the salt")), "info", 1, 1);
  std::set<std::string> seen = {original};
  for (size_t seed = 0; seed < 2; ++seed) {
    for (size_t byte = 0; byte < 32; ++byte) {
      std::vector<SecretBytes> changed = Seeds();
      changed[seed].writable()[byte] ^= 1;
      EXPECT_TRUE(
          seen.insert(BlockHex(Keystream(changed, AsBytes("the salt")), "info", 1, 1)).second);
    }
  }
  for (size_t byte = 0; byte < 8; ++byte) {
    std::string salt = "the salt";
    salt[byte] = '#';
    EXPECT_TRUE(seen.insert(BlockHex(Keystream(Seeds(), AsBytes(salt)), "info", 1, 1)).second);
  }
}

TEST(Keystream, SeedsCannotFlowIntoOneAnother) {
  std::vector<SecretBytes> split;
  split.push_back(Counting(33, 0));
  split.push_back(Counting(39, 33));
  std::vector<SecretBytes> other;
  other.push_back(Counting(34, 0));
  other.push_back(Counting(38, 34));
  EXPECT_NE(BlockHex(Keystream(split, {}), "i", 0, 0), BlockHex(Keystream(other, {}), "i", 0, 0));
  std::vector<SecretBytes> swapped;
  swapped.push_back(Counting(39, 33));
  swapped.push_back(Counting(33, 0));
  EXPECT_NE(BlockHex(Keystream(split, {}), "i", 0, 0), BlockHex(Keystream(swapped, {}), "i", 0, 0));
}

TEST(Keystream, RefusesMissingAndShortSeedsAndEndlessDrawing) {
  EXPECT_EQ(CodeOf([] { Keystream({}, AsBytes("salt")); }), "seed-missing");
  std::vector<SecretBytes> seeds = Seeds();
  seeds.push_back(Counting(31, 0));
  EXPECT_EQ(CodeOf([&] { Keystream(seeds, AsBytes("salt")); }), "seed-too-short");
  const Keystream stream(Seeds(), {});
  EXPECT_EQ(CodeOf([&] { BlockHex(stream, "i", 0, uint64_t{1} << 62); }), "keystream-exhausted");
}

TEST(SeedCommitment, IsTheDocumentedHash) {
  // From an independent computation with Python's hashlib.
  EXPECT_EQ(base::ToHex(SeedCommitment(Counting(32, 0), AsBytes("2022SJ-Q3/operator"))),
            "2c64fccb6cce09669fce83054c69e83831a700d18076d37027780fbfc1e1c65b");
}

TEST(SeedCommitment, OpensForItsSeedAndContextOnly) {
  const digest::Digest commitment = SeedCommitment(Counting(32, 0), AsBytes("operator"));
  EXPECT_TRUE(OpensCommitment(commitment, Counting(32, 0), AsBytes("operator")));
  EXPECT_FALSE(OpensCommitment(commitment, Counting(32, 1), AsBytes("operator")));
  EXPECT_FALSE(OpensCommitment(commitment, Counting(33, 0), AsBytes("operator")));
  EXPECT_FALSE(OpensCommitment(commitment, Counting(31, 0), AsBytes("operator")));
  EXPECT_FALSE(OpensCommitment(commitment, Counting(32, 0), AsBytes("auditor")));
  EXPECT_EQ(CodeOf([] { SeedCommitment(Counting(31, 0), {}); }), "seed-too-short");
}

}  // namespace
}  // namespace polder::crypto::random
