// Wycheproof's tokens and keys. Where we are stricter than the vectors, each case is named with its
// reason; a case that is accepted though the vectors refuse it is never excused.
#include "tests/crypto/digest/vectors.h"

#include <fstream>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "crypto/jws/jws.h"
#include "crypto/jws/key_set.h"
#include "crypto/jws/public_key_parts.h"
#include "crypto/jws/signature.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "tests/support/places.h"

namespace polder::crypto::jws {
namespace {

struct Counts {
  int valid = 0, invalid = 0;
  std::set<int> refused_though_valid;
};

bool Accepts(const std::string& keys, const std::string& token) {
  try {
    return Verify(token, KeySet::Parse(keys)).ok;
  } catch (const base::ProblemError&) {
    return false;  // a key set that is refused as a whole
  }
}

Counts RunVectors(const std::string& name) {
  std::ifstream file(polder::tests::SourceDir() + "/tests/vectors/" + name);
  EXPECT_TRUE(file) << name;
  std::map<int, std::string> keys;
  Counts counts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "keys") {
      int number = 0;
      words >> number >> std::ws;
      std::getline(words, keys[number]);
    } else if (what == "case") {
      int id = 0, number = 0;
      std::string result, comment, hex;
      words >> id >> result >> number >> comment >> hex;
      const auto token = base::FromHex(hex);
      EXPECT_TRUE(token.has_value()) << line;
      const bool accepted = Accepts(keys.at(number), std::string(base::AsText(*token)));
      if (result == "valid") {
        accepted ? ++counts.valid : (counts.refused_though_valid.insert(id), 0);
      } else {
        EXPECT_FALSE(accepted) << name << " case " << id << " (" << comment << ")";
        ++counts.invalid;
      }
    }
  }
  return counts;
}

TEST(Wycheproof, EveryTokenOfJsonWebSignature) {
  const Counts counts = RunVectors("json_web_signature.txt");
  EXPECT_EQ(counts.valid, 8);
  std::set<int> expected;
  const auto because = [&](const char*, std::initializer_list<std::pair<int, int>> ranges) {
    for (const auto& [from, to] : ranges) {
      for (int id = from; id <= to; ++id) expected.insert(id);
    }
  };
  because("symmetric keys (HS256): no issuer publishes one",
          {{1, 1}, {348, 348}, {352, 352}, {357, 359}, {376, 377}});
  because("symmetric, and characters outside the alphabet in a segment", {{372, 373}});
  because("RS256, RS384 and RS512 (PKCS #1 v1.5)", {{33, 33}, {259, 271}});
  because("PS384 and PS512", {{320, 323}, {325, 328}});
  because("RFC 7520's figures: keys for RS256, for another header's algorithm, of P-521",
          {{345, 347}, {349, 351}});
  EXPECT_EQ(counts.refused_though_valid, expected);
  EXPECT_EQ(counts.valid + counts.invalid + static_cast<int>(expected.size()), 401);
}

TEST(Wycheproof, EveryKeySetOfJsonWebKey) {
  const Counts counts = RunVectors("json_web_key.txt");
  EXPECT_EQ(counts.valid, 0);
  // 2, 13 to 15 are HS256 and its kin; 5 is RS256.
  EXPECT_EQ(counts.refused_though_valid, (std::set<int>{2, 5, 13, 14, 15}));
  EXPECT_EQ(counts.invalid, 21);
}

TEST(Wycheproof, EveryEcdsaSignatureInTheFormOfTokens) {
  int valid = 0, cases = 0;
  for (const tests::Fields& c : tests::ReadVectors("ecdsa_p256_sha256_p1363")) {
    const base::Bytes point = tests::Hex(c[2]);
    const base::ByteView view(point);
    const auto key = P256FromCoordinates(view.first(32), view.last(32));
    ASSERT_TRUE(key.has_value()) << "case " << c[0];
    EXPECT_EQ(SignatureHolds({"", Algorithm::kEs256, *key}, tests::Hex(c[3]), tests::Hex(c[4])),
              c[1] == "valid")
        << "case " << c[0];
    valid += c[1] == "valid";
    ++cases;
  }
  EXPECT_EQ(valid, 173);
  EXPECT_EQ(cases, 262);
}

TEST(Wycheproof, EveryRsaPssSignatureWithASaltOf32Bytes) {
  std::optional<keys::PublicKey> key;
  int valid = 0, cases = 0;
  for (const tests::Fields& c : tests::ReadVectors("rsa_pss_2048_sha256")) {
    if (c[0] == "key") {
      // As a number of a JWK it has no leading zero.
      key = RsaFromNumbers(base::ByteView(tests::Hex(c[1])).subspan(1), tests::Hex(c[2]));
      ASSERT_TRUE(key.has_value());
      continue;
    }
    EXPECT_EQ(SignatureHolds({"", Algorithm::kPs256, *key}, tests::Hex(c[2]), tests::Hex(c[3])),
              c[1] == "valid")
        << "case " << c[0];
    valid += c[1] == "valid";
    ++cases;
  }
  EXPECT_EQ(valid, 63);
  EXPECT_EQ(cases, 108);
}

}  // namespace
}  // namespace polder::crypto::jws
