#include "crypto/jws/claims.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/jws/key_ring.h"
#include "tests/crypto/jws/issuer.h"

namespace polder::crypto::jws {
namespace {

using testing_support::Issuer;

constexpr int64_t kNow = 1'700'000'000;
constexpr char kAccess[] = R"({"alg":"ES256","typ":"at+jwt"})";
constexpr char kIdentity[] = R"({"alg":"ES256","typ":"JWT"})";

nlohmann::json Good() {
  return {{"iss", "https://login.example"},
          {"sub", "a1"},
          {"aud", "polder"},
          {"iat", kNow - 10},
          {"exp", kNow + 300},
          {"nonce", "n1"}};
}

class Claims : public testing::Test {
 protected:
  std::string Code(const nlohmann::json& claims, const std::string& header = kAccess) {
    const std::string token =
        issuer.Sign(header, claims.is_string() ? claims.get<std::string>() : claims.dump());
    verdict = CheckClaims(Verify(token, keys), expected, base::Instant{kNow});
    EXPECT_EQ(verdict.ok, verdict.code.empty());
    EXPECT_EQ(verdict.ok, !verdict.subject.empty());
    return verdict.code;
  }
  std::string With(const char* name, const nlohmann::json& value,
                   const std::string& header = kAccess) {
    nlohmann::json claims = Good();
    claims[name] = value;
    return Code(claims, header);
  }
  std::string Without(const char* name, const std::string& header = kAccess) {
    nlohmann::json claims = Good();
    claims.erase(name);
    return Code(claims, header);
  }

  Issuer issuer;
  KeySet keys = KeySet::Parse(issuer.KeySetText());
  Expected expected{
      .use = TokenUse::kAccess, .issuer = "https://login.example", .audience = "polder"};
  ClaimsVerdict verdict;
};

TEST_F(Claims, TheIdentityIsTheSubject) {
  EXPECT_EQ(Code(Good()), "");
  EXPECT_EQ(verdict.subject, "a1");
  EXPECT_EQ(verdict.claims, Good().dump());
  EXPECT_EQ(Without("sub"), "token-claims");
  EXPECT_EQ(With("sub", ""), "token-claims");
  EXPECT_EQ(With("sub", 7), "token-claims");
}

TEST_F(Claims, TimesAreHeldToTheMinuteOfSkew) {
  const auto at = [&](int64_t issued, int64_t expires) {
    nlohmann::json claims = Good();
    claims["iat"] = issued;
    claims["exp"] = expires;
    return Code(claims);
  };
  EXPECT_EQ(at(kNow - 600, kNow - 59), "");
  EXPECT_EQ(at(kNow - 600, kNow - 60), "token-expired");
  EXPECT_EQ(at(kNow + 60, kNow + 600), "");
  EXPECT_EQ(at(kNow + 61, kNow + 600), "token-not-yet");
  EXPECT_EQ(With("nbf", kNow + 60), "");
  EXPECT_EQ(With("nbf", kNow + 61), "token-not-yet");
  EXPECT_EQ(at(kNow, kNow), "token-claims");
  EXPECT_EQ(at(kNow - 100, kNow + 86'301), "token-claims");  // longer than a day
}

TEST_F(Claims, TimesAreNeededAndAreWholeSeconds) {
  for (const char* name : {"exp", "iat"}) {
    EXPECT_EQ(Without(name), "token-claims");
    for (const nlohmann::json& bad :
         {nlohmann::json("1700000100"), nlohmann::json(1700000100.5), nlohmann::json(-1),
          nlohmann::json(UINT64_MAX), nlohmann::json(nullptr)}) {
      EXPECT_EQ(With(name, bad), "token-claims") << name << " " << bad;
    }
  }
  EXPECT_EQ(With("nbf", "0"), "token-claims");
}

TEST_F(Claims, IssuerAndAudienceAreExact) {
  for (const nlohmann::json& bad :
       {nlohmann::json("https://login.example/"), nlohmann::json("https://LOGIN.example"),
        nlohmann::json(""), nlohmann::json(1), nlohmann::json({"https://login.example"})}) {
    EXPECT_EQ(With("iss", bad), "token-issuer") << bad;
  }
  EXPECT_EQ(Without("iss"), "token-issuer");
  for (const nlohmann::json& bad :
       {nlohmann::json("Polder"), nlohmann::json("polder2"), nlohmann::json::array(),
        nlohmann::json({"other"}), nlohmann::json({"polder", 1}), nlohmann::json(1)}) {
    EXPECT_EQ(With("aud", bad), "token-audience") << bad;
  }
  EXPECT_EQ(Without("aud"), "token-audience");
  EXPECT_EQ(With("aud", {"other", "polder"}), "");
  expected.issuer.clear();
  EXPECT_EQ(With("iss", ""), "token-issuer");
}

TEST_F(Claims, AnAccessTokenAndAnIdentityTokenNeverPassForEachOther) {
  EXPECT_EQ(Code(Good(), kIdentity), "token-type");
  EXPECT_EQ(Code(Good(), R"({"alg":"ES256"})"), "token-type");
  EXPECT_EQ(Code(Good(), R"({"alg":"ES256","typ":"application/AT+JWT"})"), "");
  expected.use = TokenUse::kIdentity;
  EXPECT_EQ(Code(Good(), kIdentity), "");
  EXPECT_EQ(Code(Good(), R"({"alg":"ES256"})"), "");
  EXPECT_EQ(Code(Good(), kAccess), "token-type");
}

TEST_F(Claims, AnIdentityTokenAnswersThisSignInForThisClient) {
  expected.use = TokenUse::kIdentity;
  expected.nonce = "n1";
  EXPECT_EQ(Code(Good(), kIdentity), "");
  EXPECT_EQ(With("nonce", "n2", kIdentity), "token-nonce");
  EXPECT_EQ(Without("nonce", kIdentity), "token-nonce");
  EXPECT_EQ(With("azp", "other", kIdentity), "token-audience");
  EXPECT_EQ(With("azp", "polder", kIdentity), "");
  EXPECT_EQ(With("aud", {"other", "polder"}, kIdentity), "token-audience");
  nlohmann::json both = Good();
  both["aud"] = {"other", "polder"};
  both["azp"] = "polder";
  EXPECT_EQ(Code(both, kIdentity), "");
  expected.nonce = "";
  EXPECT_EQ(With("nonce", "", kIdentity), "token-nonce");
}

TEST_F(Claims, UnverifiedOrUnreadableClaimsAreNotRead) {
  Verdict unverified;
  unverified.code = "token-signature";
  unverified.payload = base::ToBytes(Good().dump());
  EXPECT_EQ(CheckClaims(unverified, expected, base::Instant{kNow}).code, "token-signature");
  EXPECT_EQ(Code("not json"), "token-claims");
  EXPECT_EQ(Code("[]"), "token-claims");
  EXPECT_EQ(Code(R"({"sub":"a","sub":"b"})"), "token-claims");
}

class MovedClock : public base::Clock {
 public:
  base::Instant Now() const override { return now; }
  bool simulated() const override { return true; }
  base::Instant now{kNow};
};

class Ring : public testing::Test {
 protected:
  MovedClock clock;
  Issuer old_issuer{"old"}, new_issuer{"new"};
  std::optional<std::string> served = old_issuer.KeySetText();
  int fetched = 0;
  KeyRing ring{[this] {
                 ++fetched;
                 return served;
               },
               clock};
  static std::string Token(const Issuer& issuer, const std::string& id) {
    return issuer.Sign(R"({"alg":"ES256","kid":")" + id + "\"}", "{}");
  }
};

TEST_F(Ring, FollowsARotation) {
  EXPECT_TRUE(ring.Verify(Token(old_issuer, "old")).ok);
  EXPECT_TRUE(ring.Verify(Token(old_issuer, "old")).ok);
  EXPECT_EQ(fetched, 1);
  served = new_issuer.KeySetText();
  clock.now = clock.now.Plus(60);
  EXPECT_TRUE(ring.Verify(Token(new_issuer, "new")).ok);
  EXPECT_EQ(fetched, 2);
  EXPECT_EQ(ring.Verify(Token(old_issuer, "old")).code, "token-key-unknown");
}

TEST_F(Ring, InventedKeyNamesCostTheIssuerOneRequestAMinute) {
  EXPECT_TRUE(ring.Verify(Token(old_issuer, "old")).ok);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(ring.Verify(Token(old_issuer, "k" + std::to_string(i))).ok);
  }
  EXPECT_EQ(fetched, 1);
  clock.now = clock.now.Plus(59);
  EXPECT_FALSE(ring.Verify(Token(old_issuer, "k")).ok);
  EXPECT_EQ(fetched, 1);
  clock.now = clock.now.Plus(1);
  EXPECT_FALSE(ring.Verify(Token(old_issuer, "k")).ok);
  EXPECT_FALSE(ring.Verify(Token(old_issuer, "k")).ok);
  EXPECT_EQ(fetched, 2);
}

TEST_F(Ring, AnIssuerThatIsAwayDoesNotStopTheKeysInUseForAnHour) {
  EXPECT_TRUE(ring.Verify(Token(old_issuer, "old")).ok);
  served.reset();
  clock.now = clock.now.Plus(3599);
  EXPECT_TRUE(ring.Verify(Token(old_issuer, "old")).ok);
  served = "nonsense";
  clock.now = clock.now.Plus(1);
  EXPECT_FALSE(ring.Verify(Token(old_issuer, "old")).ok);
  served = old_issuer.KeySetText();
  EXPECT_FALSE(ring.Verify(Token(old_issuer, "old")).ok);  // asked a moment ago
  clock.now = clock.now.Plus(60);
  EXPECT_TRUE(ring.Verify(Token(old_issuer, "old")).ok);
}

}  // namespace
}  // namespace polder::crypto::jws
