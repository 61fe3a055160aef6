#include "server/member/holder_tokens.h"

#include <set>

#include <gmock/gmock.h>

#include "policies/base/problem.h"
#include "server/member/identifiers.h"
#include "server/member/token_class.h"
#include "tests/server/member/key_holders.h"

namespace polder::server::member {
namespace {

using crypto::token::Token;
using testing::HasSubstr;

const crypto::token::TokenDomain kDomain{"RMC10", "absence", "2022SJ"};

class Tokens : public testing::Test {
 protected:
  AskOptions Options() const {
    AskOptions options;
    options.certificate = Tls().member_certificate;
    options.private_key = Tls().member_key;
    options.public_pupils = 4690;
    options.patience = std::chrono::milliseconds(3'000);
    options.longest_pause = std::chrono::milliseconds(50);
    options.language = Language::kEnglish;
    return options;
  }
  std::vector<Token> Get(const std::vector<std::string>& texts, AskOptions options) {
    const auto sheet = TokenSheet::FromJson(holders_.Sheet());
    std::vector<base::ByteView> inputs;
    for (const std::string& text : texts) inputs.push_back(base::AsBytes(text));
    return HolderTokens(sheet, std::move(options)).Tokens(kDomain, inputs);
  }
  std::vector<Token> Get(const std::vector<std::string>& texts) { return Get(texts, Options()); }
  // The one problem of a call that fails.
  base::Problem ProblemOf(const std::vector<std::string>& texts) {
    try {
      Get(texts);
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.problems().size(), 1U);
      return error.problems().front();
    }
    ADD_FAILURE() << "was accepted";
    return {};
  }

  TestHolders holders_;
};

TEST_F(Tokens, AreTheOutputsOfTheSumOfBothKeys) {
  const auto tokens = Get({"a", "b", "c"});
  EXPECT_EQ(std::set<Token>(tokens.begin(), tokens.end()).size(), 3U);
  EXPECT_EQ(Get({"c", "a"}), (std::vector<Token>{tokens[2], tokens[0]}));
}

TEST_F(Tokens, OfSeveralBatchesStayInTheOrderOfTheInputs) {
  std::vector<std::string> texts;
  for (int i = 0; i < 700; ++i) texts.push_back("input " + std::to_string(i));
  size_t calls = 0, last = 0, all = 0;
  AskOptions options = Options();
  options.progress = [&](size_t done, size_t of) {
    ++calls;
    EXPECT_EQ(done, ++last);
    all = of;
  };
  const auto tokens = Get(texts, std::move(options));
  EXPECT_EQ(Get({texts[0], texts[699], texts[512]}),
            (std::vector<Token>{tokens[0], tokens[699], tokens[512]}));
  EXPECT_EQ(calls, all);
  EXPECT_EQ(all, BatchesOf(TokenClass(700, 4690)).size());
}

TEST_F(Tokens, AHolderSeesTheSameSizesWhateverTheNumberOfPupils) {
  std::set<std::vector<size_t>> sizes;
  for (const size_t count : {0U, 1U, 2U, 320U}) {
    const size_t before = holders_.first.Asked().size();
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; ++i) texts.push_back(std::to_string(i));
    Get(texts);
    std::vector<size_t> seen;
    const auto asked = holders_.first.Asked();
    for (size_t i = before; i < asked.size(); ++i) seen.push_back(asked[i].size());
    sizes.insert(seen);
  }
  EXPECT_EQ(sizes.size(), 1U);
}

TEST_F(Tokens, AHolderWithAnotherKeyIsNamedAndNothingIsGiven) {
  holders_.second.used = std::make_unique<crypto::oprf::OprfKey>(crypto::oprf::OprfKey::Generate());
  const auto problem = ProblemOf({"a"});
  EXPECT_EQ(problem.code, "holder-proof");
  EXPECT_EQ(problem.pointer, "south");
  EXPECT_THAT(problem.detail, HasSubstr("south"));
  EXPECT_THAT(problem.detail, Not(HasSubstr("north")));
}

TEST_F(Tokens, AHolderThatSendsItsOwnPublicKeyAlongIsNotUnderstood) {
  holders_.first.instead = [](const http::Request&) -> std::optional<http::Response> {
    return http::Response::Json(200, base::Json{{"keyId", "key-of-north"},
                                                {"publicKey", "trust me"},
                                                {"evaluatedElements", base::Json::array()},
                                                {"proof", ""}});
  };
  EXPECT_EQ(ProblemOf({"a"}).code, "holder-answer");
}

TEST_F(Tokens, AnAnswerForTooFewElementsIsNoAnswer) {
  holders_.first.instead = [](const http::Request&) -> std::optional<http::Response> {
    return http::Response::Json(200, base::Json{{"keyId", "key-of-north"},
                                                {"evaluatedElements", base::Json::array()},
                                                {"proof", std::string(86, 'A')}});
  };
  const auto problem = ProblemOf({"a"});
  EXPECT_EQ(problem.code, "holder-answer");
  EXPECT_EQ(problem.pointer, "north");
}

TEST_F(Tokens, ABusyHolderIsAskedTheSameBatchAgain) {
  std::atomic<int> left = 3;
  holders_.second.instead = [&](const http::Request&) -> std::optional<http::Response> {
    if (left-- <= 0) return std::nullopt;
    return http::Response::Problem(503, "store-unavailable", "Service Unavailable", "later");
  };
  EXPECT_EQ(Get({"a"}).size(), 1U);
  const auto asked = holders_.second.Asked();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(std::set<std::string>(asked.begin(), asked.end()).size(), 1U) << "so no quota is lost";
}

TEST_F(Tokens, AHolderThatStaysAwayIsNamedWithinTheGivenTime) {
  const auto sheet = holders_.Sheet();
  holders_.second.server->Drain();
  const auto problem = ProblemOf({"a"});
  EXPECT_EQ(problem.code, "holder-unreachable");
  EXPECT_EQ(problem.pointer, "south");
}

TEST_F(Tokens, ARefusalIsPassedOnAndNotRepeated) {
  holders_.first.instead = [](const http::Request&) -> std::optional<http::Response> {
    return http::Response::Problem(429, "quota-exhausted", "Too Many Requests", "Nothing left.");
  };
  const auto problem = ProblemOf({"a"});
  EXPECT_EQ(problem.code, "holder-refused");
  EXPECT_THAT(problem.detail, HasSubstr("Nothing left."));
  EXPECT_EQ(holders_.first.Asked().size(), 1U);
}

TEST_F(Tokens, ADomainWithoutKeysAsksNobody) {
  const auto sheet = TokenSheet::FromJson(holders_.Sheet());
  HolderTokens tokens(sheet, Options());
  EXPECT_THROW(tokens.Tokens({"RMC10", "vsv", "2022VSV"}, {}), base::ProblemError);
  EXPECT_TRUE(holders_.first.Asked().empty());
}

TEST(TokenClass, FollowsFromPublicPupilsUntilItIsFull) {
  EXPECT_EQ(TokenClass(0, 4690), 320U);
  EXPECT_EQ(TokenClass(320, 4690), 320U);
  EXPECT_EQ(TokenClass(321, 4690), 640U);
  EXPECT_EQ(TokenClass(0, 0), 64U);
  EXPECT_EQ(TokenClass(5000, 0), 8192U);
  EXPECT_EQ(BatchesOf(1280), (std::vector<size_t>{512, 512, 256}));
}

TEST(Identifiers, EqualNumbersOfOneTypeAreOneInput) {
  Identifiers identifiers;
  EXPECT_EQ(identifiers.Add(kBsnType, base::AsBytes("111222333")), 0U);
  EXPECT_EQ(identifiers.Add(kEducationNumberType, base::AsBytes("111222333")), 1U);
  EXPECT_EQ(identifiers.Add(kBsnType, base::AsBytes("999990019")), 2U);
  EXPECT_EQ(identifiers.Add(kBsnType, base::AsBytes("111222333")), 0U);
  const auto inputs = identifiers.inputs();
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(base::AsText(inputs[0]), std::string_view("NL-BSN\0"
                                                      "111222333",
                                                      16));
  EXPECT_EQ(base::AsText(inputs[1]), std::string_view("NL-EDUCATION-NUMBER\0"
                                                      "111222333",
                                                      29));
}

TEST(TokenSheet, TellsEveryFaultAtOnce) {
  TestHolders holders;
  base::Json json = holders.Sheet();
  json["holders"][0]["url"] = "http://north.example";
  json["holders"][1]["authority"] = "none";
  json["domains"][0]["keys"][1]["publicKey"] = json["domains"][0]["keys"][0]["publicKey"];
  json["domains"].push_back({{"domain", "RMC11/absence/2022SJ"}, {"keys", base::Json::array()}});
  std::vector<std::string> places;
  try {
    TokenSheet::FromJson(json);
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) places.push_back(problem.pointer);
  }
  for (const char* place : {"/holders/0/url", "/holders/1/authority", "/domains/0/keys/1/publicKey",
                            "/domains/1/domain", "/domains/1/keys"}) {
    EXPECT_THAT(places, testing::Contains(place));
  }
}

TEST(TokenSheet, OneHolderIsNotEnough) {
  TestHolders holders;
  base::Json json = holders.Sheet();
  json["holders"].erase(1);
  json["domains"][0]["keys"].erase(1);
  EXPECT_THROW(TokenSheet::FromJson(json), base::ProblemError);
}

}  // namespace
}  // namespace polder::server::member
