#include "crypto/jws/jws.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "crypto/jws/key_set.h"
#include "tests/crypto/jws/issuer.h"
#include "tests/support/places.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::jws {
namespace {

using polder::testing_support::CodeOf;
using testing_support::Encode;
using testing_support::Issuer;

constexpr char kHeader[] = R"({"alg":"ES256","kid":"key-1"})";

class JwsTest : public testing::Test {
 protected:
  std::string Code(const std::string& token) const { return Verify(token, keys).code; }
  Issuer issuer;
  KeySet keys = KeySet::Parse(issuer.KeySetText());
};

TEST_F(JwsTest, GivesBackExactlyTheBytesThatWereSigned) {
  const Verdict verdict = Verify(issuer.Sign(R"({"sub": "a" })"), keys);
  ASSERT_TRUE(verdict.ok) << verdict.detail;
  EXPECT_EQ(base::AsText(verdict.payload), R"({"sub": "a" })");
  EXPECT_EQ(verdict.key_id, "key-1");
  EXPECT_EQ(verdict.type, "at+jwt");
}

TEST_F(JwsTest, HasThreeSegmentsNeitherMoreNorFewer) {
  const std::string token = issuer.Sign("{}");
  EXPECT_EQ(Code(token + ".extra"), "malformed-token");
  EXPECT_EQ(Code(token + "."), "malformed-token");
  EXPECT_EQ(Code("." + token), "malformed-token");
  EXPECT_EQ(Code(token.substr(0, token.rfind('.'))), "malformed-token");
  EXPECT_EQ(Code(token.substr(0, token.rfind('.') + 1)), "malformed-token");
  EXPECT_EQ(Code(""), "malformed-token");
  EXPECT_EQ(Code(".."), "malformed-token");
}

TEST_F(JwsTest, HasOneSpelling) {
  const std::string token = issuer.Sign(kHeader, "{}");
  for (const char* more : {"=", "==", " ", "\n", "+", "/", "\t"}) {
    EXPECT_FALSE(Verify(token + more, keys).ok) << more;
    EXPECT_FALSE(Verify(more + token, keys).ok) << more;
  }
  // The last character of 64 bytes carries four bits that mean nothing: any other value of them is
  // another text for the same bytes.
  std::string other = token;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t i = 1; i < 16; ++i) {
    other.back() = kAlphabet[kAlphabet.find(token.back()) + i];
    EXPECT_EQ(Code(other), "malformed-token");
  }
}

TEST_F(JwsTest, EveryChangedCharacterIsRefused) {
  const std::string token = issuer.Sign(R"({"sub":"a"})");
  for (size_t at = 0; at < token.size(); ++at) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(changed, token);
    EXPECT_FALSE(Verify(changed, keys).ok) << at;
  }
}

TEST_F(JwsTest, TheKeyDecidesTheAlgorithm) {
  for (const char* algorithm : {"none", "None", "HS256", "RS256", "PS256", "ES384", "es256"}) {
    const std::string header = std::string(R"({"alg":")") + algorithm + R"(","kid":"key-1"})";
    EXPECT_EQ(Code(issuer.Sign(header, "{}")), "token-algorithm") << algorithm;
    EXPECT_EQ(Code(issuer.SignedPart(header, "{}") + "."), "malformed-token") << algorithm;
  }
  EXPECT_EQ(Code(issuer.Sign(R"({"kid":"key-1"})", "{}")), "token-header");
  EXPECT_EQ(Code(issuer.Sign(R"({"alg":1,"kid":"key-1"})", "{}")), "token-header");
}

TEST_F(JwsTest, AHeaderMayNotBringAKeyOrAReadingOfItsOwn) {
  for (const char* member :
       {R"("crit":["exp"])", R"("crit":[])", R"("b64":false)", R"("b64":true)", R"("zip":"DEF")",
        R"("jku":"https://attacker.example/keys")", R"("x5u":"https://attacker.example/c")",
        R"("jwk":{})", R"("x5c":[])", R"("kid":"key-1")"}) {  // the last one twice
    EXPECT_EQ(
        Code(issuer.Sign(R"({"alg":"ES256","kid":"key-1",)" + std::string(member) + "}", "{}")),
        "token-header")
        << member;
  }
  for (const char* header : {"[]", "\"ES256\"", "{", "", R"({"alg":"ES256","kid":"key-1"} x)"}) {
    EXPECT_FALSE(Verify(issuer.Sign(header, "{}"), keys).ok) << header;
  }
}

TEST_F(JwsTest, IsAtMost16KiB) {
  const std::string header = kHeader;
  EXPECT_TRUE(Verify(issuer.Sign(header, std::string(12'000, ' ')), keys).ok);
  const std::string token = issuer.Sign(header, std::string(12'300, ' '));
  ASSERT_GT(token.size(), kMaxTokenBytes);
  EXPECT_EQ(Code(token), "token-too-large");
}

TEST_F(JwsTest, SignaturesOfTheWrongFormAreRefused) {
  const std::string part = issuer.SignedPart(kHeader, "{}");
  EXPECT_EQ(Code(part + "." + base::ToBase64Url(base::Bytes(64, 0))), "token-signature");
  EXPECT_EQ(Code(part + "." + base::ToBase64Url(base::Bytes(64, 255))), "token-signature");
  EXPECT_EQ(Code(part + "." + base::ToBase64Url(base::Bytes(63, 1))), "token-signature");
  EXPECT_EQ(Code(part + "." + base::ToBase64Url(base::Bytes(65, 1))), "token-signature");
  EXPECT_EQ(Code(part + "." + base::ToBase64Url(base::Bytes(72, 0x30))), "token-signature");
}

TEST_F(JwsTest, AnotherIssuersKeyOfTheSameNameIsNotThisOne) {
  const Issuer other;
  EXPECT_EQ(Code(other.Sign("{}")), "token-signature");
  EXPECT_EQ(Code(Issuer("key-2").Sign("{}")), "token-key-unknown");
}

TEST_F(JwsTest, WithoutAnIdTheOnlyKeyIsMeant) {
  const std::string token = issuer.Sign(R"({"alg":"ES256"})", "{}");
  EXPECT_TRUE(Verify(token, keys).ok);
  const nlohmann::json two{{"keys", {issuer.Jwk(), Issuer("key-2").Jwk()}}};
  EXPECT_EQ(Verify(token, KeySet::Parse(two.dump())).code, "token-key-unknown");
}

TEST(KeySet, LeavesOutWhatCannotVerifyHere) {
  const auto left_out = [](const nlohmann::json& jwk) {
    const KeySet set = KeySet::Parse(nlohmann::json{{"keys", {jwk}}}.dump());
    return set.keys().empty() && set.left_out().size() == 1;
  };
  const nlohmann::json good = Issuer().Jwk();
  EXPECT_FALSE(left_out(good));
  const auto with = [&](const char* name, const nlohmann::json& value) {
    nlohmann::json changed = good;
    changed[name] = value;
    return changed;
  };
  EXPECT_FALSE(left_out(with("alg", "ES256")));
  EXPECT_FALSE(left_out(with("key_ops", {"verify"})));
  EXPECT_TRUE(left_out(with("alg", "ES384")));
  EXPECT_TRUE(left_out(with("use", "enc")));
  EXPECT_TRUE(left_out(with("use", 1)));
  EXPECT_TRUE(left_out(with("key_ops", {"sign"})));
  EXPECT_TRUE(left_out(with("key_ops", "verify")));
  EXPECT_TRUE(left_out(with("kty", "RSA")));
  EXPECT_TRUE(left_out(with("crv", "secp256k1")));
  EXPECT_TRUE(left_out(with("d", "AAAA")));
  EXPECT_TRUE(left_out(with("y", good["x"])));  // off the curve
  EXPECT_TRUE(left_out(with("x", base::ToBase64Url(base::Bytes(32, 0)))));
  EXPECT_TRUE(left_out(with("x", base::ToBase64Url(base::Bytes(32, 255)))));  // not below p
  EXPECT_TRUE(left_out(with("x", good["x"].get<std::string>() + "=")));
  EXPECT_TRUE(left_out(nlohmann::json("text")));
}

// The first RSA key that the vectors sign with.
nlohmann::json RsaKey() {
  std::ifstream file(polder::tests::SourceDir() + "/tests/vectors/json_web_signature.txt");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("keys ") || line.find("PS256_2048") == std::string::npos) continue;
    return nlohmann::json::parse(line.substr(line.find('{')))["keys"][0];
  }
  ADD_FAILURE() << "the vectors have no RSA key";
  return {};
}

TEST(KeySet, RsaKeysAreLargeEnough) {
  const nlohmann::json good = RsaKey();
  const base::Bytes modulus = *base::FromBase64Url(good["n"].get<std::string>());
  const auto kept = [&](const base::Bytes& n, const std::string& exponent) {
    nlohmann::json jwk = good;
    jwk["n"] = base::ToBase64Url(n);
    jwk["e"] = exponent;
    return !KeySet::Parse(nlohmann::json{{"keys", {jwk}}}.dump()).keys().empty();
  };
  EXPECT_TRUE(kept(modulus, "AQAB"));
  base::Bytes changed = modulus;
  changed.pop_back();
  EXPECT_FALSE(kept(changed, "AQAB"));  // 2040 bits
  changed = modulus;
  changed.front() &= 0x7f;
  EXPECT_FALSE(kept(changed, "AQAB"));  // 2047 bits
  changed = modulus;
  changed.insert(changed.begin(), 0);
  EXPECT_FALSE(kept(changed, "AQAB"));  // another spelling of the same number
  EXPECT_FALSE(kept(base::Bytes(2048, 0xc1), "AQAB"));
  EXPECT_FALSE(kept(modulus, "AQ"));    // 1
  EXPECT_FALSE(kept(modulus, "AQAA"));  // even
  EXPECT_FALSE(kept(modulus, "AAEAAQ"));
  EXPECT_FALSE(kept(modulus, ""));
}

TEST(KeySet, IsRefusedWholeWhenItIsAmbiguousOrNone) {
  const nlohmann::json jwk = Issuer().Jwk();
  for (const nlohmann::json& set :
       {nlohmann::json{{"keys", {jwk, jwk}}}, nlohmann::json::object(), nlohmann::json(1),
        nlohmann::json{{"keys", 1}}, nlohmann::json{{"keys", std::vector<int>(33)}}}) {
    EXPECT_EQ(CodeOf([&] { KeySet::Parse(set.dump()); }), "key-set");
  }
  EXPECT_EQ(CodeOf([&] { KeySet::Parse("{"); }), "malformed-json");
  EXPECT_EQ(CodeOf([&] { KeySet::Parse(std::string(70'000, ' ') + R"({"keys":[]})"); }),
            "too-large");
}

}  // namespace
}  // namespace polder::crypto::jws
