#include "server/member/holder_tokens.h"

#include <set>

#include <gmock/gmock.h>

#include "policies/base/problem.h"
#include "policies/codebook/token_class.h"
#include "server/member/identifiers.h"
#include "tests/server/member/key_holders.h"

namespace polder::server::member {
namespace {

using crypto::token::Token;
using policies::codebook::BatchesOf;
using policies::codebook::IsBatchOfAClass;
using policies::codebook::TokenClass;
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

// What a member asks for a holder takes, and nothing between the classes.
TEST(TokenClass, ItsBatchesAreThoseThatAHolderTakes) {
  for (const int64_t pupils : {0, 100, 1024, 4690, 9000, 61'000, 2'400'000}) {
    std::set<size_t> asked;
    for (size_t count = 0; count < 200'000; count = count * 3 / 2 + 1) {
      for (const size_t size : BatchesOf(TokenClass(count, pupils))) asked.insert(size);
    }
    for (size_t size = 0; size <= 600; ++size) {
      if (asked.contains(size)) {
        EXPECT_TRUE(IsBatchOfAClass(size, pupils)) << size << " " << pupils;
      }
      if (size % 64 != 0 || size == 0 || size > 512) {
        EXPECT_FALSE(IsBatchOfAClass(size, pupils)) << size << " " << pupils;
      }
    }
  }
  EXPECT_FALSE(IsBatchOfAClass(64, 4690));
  EXPECT_TRUE(IsBatchOfAClass(320, 4690));
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

// What the sheet says of its keys, with one thing changed: in the sheet, in the log, or in who
// signed the log. Sound as it is, refused with each change.
TEST(TokenSheet, EveryKeyStandsInTheLogAsItIsGiven) {
  const TestHolders holders;
  const auto policy = crypto::log::LogPolicy::Parse(TestHolders::LogPolicyText());
  const auto verdict = [&](const base::Json& json) -> std::string {
    try {
      TokenSheet::FromJson(json).CheckProofs(policy);
    } catch (const base::ProblemError& error) {
      return error.code();
    }
    return "";
  };
  const base::Json sound = holders.Sheet();
  EXPECT_EQ(verdict(sound), "");

  const TestHolder rogue("south");
  base::Json json = sound;
  json["domains"][0]["keys"][1]["publicKey"] = rogue.KeyLine()["publicKey"];
  EXPECT_EQ(verdict(json), "key-not-in-log") << "a swapped key";
  json = sound;
  json["domains"][0]["keys"][1]["keyId"] = "another";
  EXPECT_EQ(verdict(json), "key-not-in-log");
  json = sound;
  json["domains"][0]["domain"] = "RMC10/absence/2023SJ";
  EXPECT_EQ(verdict(json), "key-not-in-log") << "another year's keys";
  json = sound;
  std::swap(json["domains"][0]["keys"][0]["proof"], json["domains"][0]["keys"][1]["proof"]);
  EXPECT_EQ(verdict(json), "key-not-in-log");
  json = sound;
  json["domains"][0]["keys"][0]["proof"] = "nothing";
  EXPECT_EQ(verdict(json), "key-not-in-log");
  json = sound;
  json["domains"][0]["keys"][0].erase("proof");
  EXPECT_EQ(verdict(json), "missing-field");

  // The region makes a log of its own for one member: other leaves, other signatures.
  const std::string domain = "RMC10/absence/2022SJ";
  const base::Json one = holders.first.KeyLine(), two = rogue.KeyLine();
  const auto logged = [&](const base::Json& first_leaf, const base::Json& second_leaf,
                          const crypto::log::NoteSigner& by) {
    base::Json changed = sound;
    changed["domains"][0]["keys"] = TestHolders::InLog({first_leaf, second_leaf}, {one, two}, by);
    return verdict(changed);
  };
  const auto leaf = [&](const base::Json& line, const char* oin) {
    return TestHolders::LeafOf(domain, line, oin);
  };
  const base::Json first_leaf = leaf(one, "00000001999900000001");
  const base::Json second_leaf = leaf(two, "00000001999900000002");
  const crypto::log::NoteSigner impostor(
      "polder.example/test", crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519));
  EXPECT_EQ(logged(first_leaf, second_leaf, TestHolders::LogSigner()), "");
  EXPECT_EQ(logged(first_leaf, second_leaf, impostor), "key-not-in-log");
  EXPECT_EQ(logged(first_leaf, leaf(two, "00000001999900000001"), TestHolders::LogSigner()),
            "key-not-in-log")
      << "one organisation holds both";
  base::Json ended = second_leaf;
  ended["state"] = "destroyed";
  EXPECT_EQ(logged(first_leaf, ended, TestHolders::LogSigner()), "key-not-in-log");
  base::Json other = second_leaf;
  other["kind"] = "policy";
  EXPECT_EQ(logged(first_leaf, other, TestHolders::LogSigner()), "key-not-in-log");
}

// The log's own signature is not enough where the member's policy asks for witnesses.
TEST(TokenSheet, KeysThatNoWitnessSawAreRefused) {
  const crypto::log::NoteSigner witness(
      "witness.example", crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519),
      crypto::log::SignatureKind::kCosignature);
  const std::string text = "log " + TestHolders::LogSigner().verifier().Text() + "\nwitness w " +
                           witness.verifier().Text() + "\nquorum w\n";
  const TestHolders holders;
  const auto sheet = TokenSheet::FromJson(holders.Sheet());
  EXPECT_THROW(sheet.CheckProofs(crypto::log::LogPolicy::Parse(text)), base::ProblemError);
  EXPECT_NO_THROW(sheet.CheckProofs(crypto::log::LogPolicy::Parse(TestHolders::LogPolicyText())));
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
