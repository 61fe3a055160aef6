#include "crypto/token/token.h"

#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::token {
namespace {

using base::AsBytes;
using digest::SecretBytes;
using testing_support::CodeOf;

SecretBytes Root(uint8_t first = 0) {
  SecretBytes root(32);
  for (size_t i = 0; i < 32; ++i) root.writable()[i] = static_cast<uint8_t>(first + i);
  return root;
}

const TokenDomain kDomain{"RMC10", "absence", "2022SJ"};

TEST(TokenDomain, TextAndParseAreInverses) {
  EXPECT_EQ(kDomain.Text(), "RMC10/absence/2022SJ");
  EXPECT_EQ(TokenDomain::Parse("RMC10/absence/2022SJ"), kDomain);
  for (const char* wrong : {"", "/", "//", "RMC10/absence", "RMC10/absence/", "/absence/2022SJ",
                            "RMC10/absence/2022SJ/", "RMC10/absence/2022SJ/x", "RMC 10/absence/x",
                            "RMC10//2022SJ", "RMC10/absence/2022SJ\n"}) {
    EXPECT_FALSE(TokenDomain::Parse(wrong).has_value()) << wrong;
  }
}

TEST(DomainKey, IsTheDocumentedDerivation) {
  // From an independent computation with Python's hmac.
  EXPECT_EQ(base::ToHex(DomainKey(Root(), kDomain).view()),
            "ccf1f97dce45b859dcce6b797cf842baa321d6d2d910a9f696d362755beab23d");
}

TEST(DomainKey, PartsCannotShiftBetweenFields) {
  EXPECT_NE(base::ToHex(DomainKey(Root(), {"ab", "c", "d"}).view()),
            base::ToHex(DomainKey(Root(), {"a", "bc", "d"}).view()));
}

TEST(DomainKey, RefusesShortRootsAndOddDomains) {
  EXPECT_EQ(CodeOf([] { DomainKey(SecretBytes(31), kDomain); }), "token-key");
  EXPECT_EQ(CodeOf([] { DomainKey(Root(), {"RMC10", "", "2022SJ"}); }), "token-domain");
  EXPECT_EQ(CodeOf([] { DomainKey(Root(), {"RMC/10", "absence", "2022SJ"}); }), "token-domain");
}

TEST(HmacTokenDeriver, IsTheDocumentedFunction) {
  const HmacTokenDeriver deriver(DomainKey(Root(), kDomain));
  EXPECT_EQ(base::ToHex(deriver.Derive(kDomain, "NL-BSN", AsBytes("999990019"))),
            "a5e6bfbaa7fa92739774600fcca810bcd4d11ecdaed84d7fcc6a66097797e7f8");
}

TEST(HmacTokenDeriver, EveryIngredientChangesTheToken) {
  const HmacTokenDeriver deriver(DomainKey(Root(), kDomain));
  const HmacTokenDeriver other(DomainKey(Root(1), kDomain));
  const std::set<Token> tokens = {
      deriver.Derive(kDomain, "NL-BSN", AsBytes("999990019")),
      deriver.Derive(kDomain, "NL-BSN", AsBytes("999990020")),
      deriver.Derive(kDomain, "NL-BS", AsBytes("N999990019")),
      deriver.Derive(kDomain, "NL-OWN", AsBytes("999990019")),
      deriver.Derive({"RMC10", "absence", "2023SJ"}, "NL-BSN", AsBytes("999990019")),
      deriver.Derive({"RMC10", "vsv", "2022SJ"}, "NL-BSN", AsBytes("999990019")),
      deriver.Derive({"RMC11", "absence", "2022SJ"}, "NL-BSN", AsBytes("999990019")),
      other.Derive(kDomain, "NL-BSN", AsBytes("999990019"))};
  EXPECT_EQ(tokens.size(), 8u);
  EXPECT_EQ(*tokens.find(deriver.Derive(kDomain, "NL-BSN", AsBytes("999990019"))),
            deriver.Derive(kDomain, "NL-BSN", AsBytes("999990019")));
}

TEST(HmacTokenDeriver, ALongIdentifierIsWholeInTheToken) {
  const HmacTokenDeriver deriver(DomainKey(Root(), kDomain));
  std::string identifier(5000, 'i');
  const Token token = deriver.Derive(kDomain, "NL-OWN", AsBytes(identifier));
  for (const size_t place : {size_t{0}, size_t{200}, size_t{4999}}) {
    std::string changed = identifier;
    changed[place] = 'j';
    EXPECT_NE(deriver.Derive(kDomain, "NL-OWN", AsBytes(changed)), token) << place;
  }
}

TEST(HmacTokenDeriver, RefusesNothingnessWithoutQuotingIt) {
  const HmacTokenDeriver deriver(DomainKey(Root(), kDomain));
  EXPECT_EQ(CodeOf([&] { deriver.Derive(kDomain, "NL-BSN", {}); }), "token-identifier");
  EXPECT_EQ(CodeOf([&] { deriver.Derive(kDomain, "", AsBytes("1")); }), "token-identifier");
  EXPECT_EQ(CodeOf([] { HmacTokenDeriver{SecretBytes(31)}; }), "token-key");
  try {
    deriver.Derive({"", "", ""}, "NL-BSN", AsBytes("999990019"));
    ADD_FAILURE();
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(std::string(error.what()).find("999990019"), std::string::npos);
  }
}

TEST(ReKeyer, IsTheDocumentedFunctionAndNotTheDelivererKey) {
  const ReKeyer keyer(Root(), kDomain);
  EXPECT_EQ(base::ToHex(keyer.ReKey(base::Bytes(32, 7))),
            "ab4d615717885ed474207fa60993cd2188ac106ee14fa5d5079a72e1151412fd");
  EXPECT_NE(keyer.ReKey(base::Bytes(32, 7)), ReKeyer(Root(1), kDomain).ReKey(base::Bytes(32, 7)));
  EXPECT_NE(keyer.ReKey(base::Bytes(32, 7)), keyer.ReKey(base::Bytes(32, 8)));
  EXPECT_NE(keyer.ReKey(base::Bytes(32, 7)),
            ReKeyer(Root(), {"RMC10", "vsv", "2022VSV"}).ReKey(base::Bytes(32, 7)));
}

}  // namespace
}  // namespace polder::crypto::token
