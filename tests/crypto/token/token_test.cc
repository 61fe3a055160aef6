#include "crypto/token/token.h"

#include <string>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::token {
namespace {

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

TEST(ReKeyer, RefusesShortRootsAndOddDomains) {
  EXPECT_EQ(CodeOf([] { ReKeyer(SecretBytes(31), kDomain); }), "token-key");
  EXPECT_EQ(CodeOf([] { ReKeyer(Root(), {"RMC10", "", "2022SJ"}); }), "token-domain");
  EXPECT_EQ(CodeOf([] { ReKeyer(Root(), {"RMC/10", "absence", "2022SJ"}); }), "token-domain");
}

TEST(ReKeyer, PartsCannotShiftBetweenFields) {
  EXPECT_NE(ReKeyer(Root(), {"ab", "c", "d"}).ReKey(base::Bytes(32, 7)),
            ReKeyer(Root(), {"a", "bc", "d"}).ReKey(base::Bytes(32, 7)));
}

TEST(ReKeyer, IsTheDocumentedFunctionOfRootDomainAndToken) {
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
