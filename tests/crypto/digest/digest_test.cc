#include "crypto/digest/digest.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/crypto/digest/vectors.h"

namespace polder::crypto::digest {
namespace {

using base::AsBytes;
using tests::Hex;
using tests::ReadVectors;

TEST(Sha256, GivesThePublishedDigests) {
  // FIPS 180-4 examples, and the empty message.
  EXPECT_EQ(Sha256Hex(AsBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex(AsBytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, IsTheSameInPartsAndAfterReuse) {
  const std::string text(1000, 'x');
  Hasher hasher;
  for (size_t cut = 0; cut <= text.size(); cut += 37) {
    hasher.Update(AsBytes(text.substr(0, cut))).Update({}).Update(AsBytes(text.substr(cut)));
    EXPECT_EQ(hasher.Finish(), Sha256(AsBytes(text)));
  }
}

TEST(Sha256, IsTheSameFromManyThreads) {
  const Digest expected = Sha256(AsBytes("abc"));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) wrong[t] += Sha256(AsBytes("abc")) != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(wrong.begin(), wrong.end(), 0), 4);
}

TEST(Hmac, AgreesWithEveryWycheproofCase) {
  int valid = 0;
  for (const tests::Fields& c : ReadVectors("hmac_sha256")) {
    const Digest mac = HmacSha256(Hex(c[3]), Hex(c[4]));
    const base::Bytes tag = Hex(c[5]);
    const bool equal =
        tag.size() * 8 == std::stoul(c[2]) && std::equal(tag.begin(), tag.end(), mac.begin());
    EXPECT_EQ(equal, c[1] == "valid") << "case " << c[0];
    valid += c[1] == "valid";
  }
  EXPECT_GT(valid, 50);
}

TEST(Hmac, APreparedKeyGivesTheSameFromManyThreads) {
  const MacKey key(AsBytes("key"));
  const Digest expected = HmacSha256(AsBytes("key"), AsBytes("message"));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) wrong[t] += key.Mac(AsBytes("message")) != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(wrong.begin(), wrong.end(), 0), 4);
}

TEST(Hkdf, AgreesWithEveryWycheproofCase) {
  int valid = 0, cases = 0;
  for (const tests::Fields& c : ReadVectors("hkdf_sha256")) {
    const size_t size = std::stoul(c[5]);
    ++cases;
    if (c[1] == "valid") {
      ++valid;
      const base::Bytes out = HkdfSha256(Hex(c[2]), Hex(c[3]), Hex(c[4]), size);
      EXPECT_EQ(size == 8160 ? "sha256:" + Sha256Hex(out) : base::ToHex(out), c[6])
          << "case " << c[0];
    } else {
      EXPECT_THROW(HkdfSha256(Hex(c[2]), Hex(c[3]), Hex(c[4]), size), base::ProblemError)
          << "case " << c[0];
    }
  }
  EXPECT_GT(valid, 40);
  EXPECT_EQ(cases, 86);
}

TEST(Hkdf, RefusesLengthsOutsideTheStandard) {
  EXPECT_EQ(HkdfSha256(AsBytes("k"), {}, {}, 8160).size(), 8160u);
  for (const size_t length : {size_t{0}, size_t{8161}}) {
    try {
      HkdfSha256(AsBytes("k"), {}, {}, length);
      ADD_FAILURE() << length;
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "kdf-length");
    }
  }
}

TEST(Hkdf, ExpandSha512IsHmacOfInfoAndCounter) {
  // RFC 5869 §2.3: T(1) = HMAC(PRK, info || 0x01). Computed with Python's hmac module.
  const SecretBytes out =
      HkdfExpandSha512(AsBytes("0123456789abcdef0123456789abcdef"), AsBytes("context"), 64);
  EXPECT_EQ(base::ToHex(out.view()),
            "500686e26c8939d0c1620dd98813c001772e804c5f463753904adce045e2fa344f48febfb352c1471f49a1"
            "b6ace64dbd24bd6da4970348791542a929a9b383da");
}

}  // namespace
}  // namespace polder::crypto::digest
