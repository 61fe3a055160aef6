#include "crypto/random/random.h"

#include <set>

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include "policies/base/problem.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // the only way to break the generator

namespace polder::crypto::random {
namespace {

TEST(RandomBytes, AreAsManyAsAskedForAndNeverTheSame) {
  EXPECT_TRUE(RandomBytes(0).empty());
  EXPECT_TRUE(RandomSecret(0).empty());
  std::set<base::Bytes> seen;
  for (int i = 0; i < 200; ++i) {
    const base::Bytes bytes = RandomBytes(16);
    EXPECT_EQ(bytes.size(), 16u);
    seen.insert(bytes);
    const digest::SecretBytes secret = RandomSecret(16);
    seen.insert(base::Bytes(secret.view().begin(), secret.view().end()));
  }
  EXPECT_EQ(seen.size(), 400u);
}

TEST(RandomBytes, EveryByteIsDrawn) {
  // 64 draws leave a byte at one value with probability 2^-504.
  std::array<std::set<uint8_t>, 40> values;
  for (int i = 0; i < 64; ++i) {
    const base::Bytes bytes = RandomBytes(40);
    for (size_t b = 0; b < 40; ++b) values[b].insert(bytes[b]);
  }
  for (const std::set<uint8_t>& v : values) EXPECT_GT(v.size(), 1u);
}

int Fail(unsigned char*, int) { return 0; }
int NotReady() { return 0; }

class BrokenGenerator {
 public:
  BrokenGenerator() : before_(RAND_get_rand_method()) { RAND_set_rand_method(&kBroken); }
  ~BrokenGenerator() { RAND_set_rand_method(before_); }

 private:
  static constexpr RAND_METHOD kBroken = {nullptr, Fail, nullptr, nullptr, Fail, NotReady};
  const RAND_METHOD* before_;
};

TEST(RandomBytes, ABrokenGeneratorThrows) {
  const BrokenGenerator broken;
  for (const bool secret : {false, true}) {
    try {
      secret ? static_cast<void>(RandomSecret(32)) : static_cast<void>(RandomBytes(32));
      ADD_FAILURE() << "secret " << secret;
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "random-source-failed");
    }
  }
}

}  // namespace
}  // namespace polder::crypto::random
