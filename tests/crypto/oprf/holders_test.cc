// One key over several holders, and holders that cheat.
#include <concepts>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/oprf/group.h"
#include "crypto/oprf/oprf.h"
#include "policies/base/problem.h"
#include "tests/crypto/oprf/support.h"

namespace polder::crypto::oprf {
namespace {

using digest::SecretBytes;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<OprfKey> && std::is_move_constructible_v<OprfKey>);
static_assert(!std::is_copy_constructible_v<Blinding> && std::is_move_constructible_v<Blinding>);
static_assert(!std::equality_comparable<OprfKey> && !Printable<OprfKey> && !Printable<Blinding>);

const std::vector<std::string> kInputs = {"one", "two", "three", "four", "five"};

OprfKey Sum(std::initializer_list<const OprfKey*> keys) {
  Scalar sum;
  for (const OprfKey* key : keys) sum = sum + SecretScalar(key->bytes()).value();
  return OprfKey::FromBytes(SecretBytes::CopyOf(base::ByteView(sum.ToBytes())));
}

// What a client says to `holders`: "code pointer" of each problem; "" when it accepts.
std::string Verdict(const Blinding& blinding, const std::vector<Holder>& holders) {
  try {
    blinding.Finalize(holders);
    return "";
  } catch (const base::ProblemError& error) {
    std::string verdict;
    for (const base::Problem& problem : error.problems()) {
      verdict += (verdict.empty() ? "" : ", ") + problem.code + " " + problem.pointer;
    }
    return verdict;
  }
}

// `element` plus `factor` times the generator.
Element Shifted(const Element& element, const Scalar& factor) {
  Point point(Decode(element).value());
  point.Add(Point(MultiplyBase(SecretScalar(factor)).value()));
  return point.ToElement().value();
}

TEST(Holders, AnyNumberOfThemGiveWhatOneWithTheSumOfTheirKeysGives) {
  const OprfKey a = OprfKey::Generate(), b = OprfKey::Generate(), c = OprfKey::Generate();
  const Blinding blinding(ViewsOf(kInputs));
  const auto finalize = [&](const std::vector<Holder>& holders) {
    return blinding.Finalize(holders);
  };
  const OprfKey two = Sum({&a, &b}), three = Sum({&a, &b, &c});
  EXPECT_EQ(finalize({Answer(a, blinding), Answer(b, blinding)}),
            finalize({Answer(two, blinding)}));
  EXPECT_EQ(finalize({Answer(c, blinding), Answer(a, blinding), Answer(b, blinding)}),
            finalize({Answer(three, blinding)}));
  EXPECT_NE(finalize({Answer(a, blinding)}), finalize({Answer(a, blinding), Answer(b, blinding)}));
}

TEST(Holders, OutputsDependOnInputAndKeysAndNotOnTheBlinding) {
  const OprfKey key = OprfKey::Generate(), other = OprfKey::Generate();
  const Blinding first(ViewsOf({"one", "two", "one"})), second(ViewsOf({"two", "one"}));
  const auto of = [](const OprfKey& k, const Blinding& blinding) {
    const Holder holder = Answer(k, blinding);
    return blinding.Finalize({&holder, 1});
  };
  const std::vector<Output> outputs = of(key, first);
  EXPECT_EQ(outputs[0], outputs[2]);
  EXPECT_NE(outputs[0], outputs[1]);
  EXPECT_EQ(of(key, second), (std::vector<Output>{outputs[1], outputs[0]}));
  EXPECT_NE(of(other, first)[0], outputs[0]);
  // What travels tells nothing: not even that two inputs are equal.
  EXPECT_NE(first.elements()[0], first.elements()[2]);
  EXPECT_NE(first.elements()[0], second.elements()[1]);
}

TEST(Holders, TheTwoModesGiveUnrelatedOutputs) {
  const OprfKey key = OprfKey::Generate();
  const Blinding proven(ViewsOf({"one"})), unproven(ViewsOf({"one"}), Mode::kOprf);
  const std::vector<Element> evaluated = BlindEvaluateUnproven(key, unproven.elements());
  const Holder holder = Answer(key, proven);
  EXPECT_NE(unproven.FinalizeUnproven({&evaluated, 1}), proven.Finalize({&holder, 1}));
  EXPECT_THROW(unproven.Finalize({&holder, 1}), std::logic_error);
  EXPECT_THROW(proven.FinalizeUnproven({&evaluated, 1}), std::logic_error);
}

TEST(Holders, ManyThreadsEvaluateWithOneKey) {
  const OprfKey key = OprfKey::Generate();
  std::vector<std::thread> threads;
  std::vector<std::string> verdicts(4, "did not run");
  for (std::string& verdict : verdicts) {
    threads.emplace_back([&] {
      verdict.clear();
      for (int i = 0; i < 10; ++i) {
        const Blinding blinding(ViewsOf(kInputs));
        verdict += Verdict(blinding, {Answer(key, blinding)});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(verdicts, std::vector<std::string>(4));
}

class CheatingHolder : public testing::Test {
 protected:
  const OprfKey key_ = OprfKey::Generate();
  const OprfKey other_ = OprfKey::Generate();
  const Blinding blinding_{ViewsOf(kInputs)};
  const Holder honest_ = Answer(key_, blinding_);
  Holder cheating_ = honest_;

  // The cheat stands second, behind an honest holder.
  std::string Verdict() { return oprf::Verdict(blinding_, {Answer(other_, blinding_), cheating_}); }
};

TEST_F(CheatingHolder, TheHonestOneIsBelieved) { EXPECT_EQ(Verdict(), ""); }

TEST_F(CheatingHolder, EvaluatingEverythingWithAnotherKeyIsFound) {
  // The proof is right for the other key, not for the published one.
  cheating_.evaluation = BlindEvaluate(OprfKey::Generate(), blinding_.elements());
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
}

TEST_F(CheatingHolder, MarkingOnePupilWithAnotherKeyIsFound) {
  const std::vector<Element> marked = BlindEvaluateUnproven(other_, blinding_.elements());
  for (size_t i = 0; i < kInputs.size(); ++i) {
    cheating_ = honest_;
    cheating_.evaluation.elements[i] = marked[i];
    EXPECT_EQ(Verdict(), "oprf-proof /holders/1") << i;
  }
}

TEST_F(CheatingHolder, MarkingTwoPupilsSoThatTheirSumStaysIsFound) {
  // The weights of a batch proof are there for this one.
  auto& elements = cheating_.evaluation.elements;
  elements[1] = Shifted(elements[1], Scalar::FromSmall(7));
  elements[3] = Shifted(elements[3], -Scalar::FromSmall(7));
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
}

TEST_F(CheatingHolder, GivingTheAnswersInAnotherOrderIsFound) {
  std::swap(cheating_.evaluation.elements[0], cheating_.evaluation.elements[4]);
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
}

TEST_F(CheatingHolder, GivingTheAnswerToAnotherBatchIsFound) {
  const Blinding earlier(ViewsOf(kInputs));
  cheating_ = Answer(key_, earlier);
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
}

TEST_F(CheatingHolder, AProofOfAnotherBatchOrAnotherHolderIsFound) {
  cheating_.evaluation.proof = Answer(key_, Blinding(ViewsOf(kInputs))).evaluation.proof;
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
  cheating_.evaluation.proof = Answer(other_, blinding_).evaluation.proof;
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
}

TEST_F(CheatingHolder, EveryByteOfTheProofCounts) {
  for (size_t i = 0; i < cheating_.evaluation.proof.size(); ++i) {
    cheating_ = honest_;
    cheating_.evaluation.proof[i] ^= 1;
    EXPECT_EQ(Verdict(), "oprf-proof /holders/1") << i;
  }
}

TEST_F(CheatingHolder, AProofOfNothingIsFound) {
  cheating_.evaluation.proof.fill(0);
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
  cheating_.evaluation.proof.fill(0xff);
  EXPECT_EQ(Verdict(), "oprf-proof /holders/1");
}

TEST_F(CheatingHolder, TooFewOrTooManyAnswersAreFound) {
  cheating_.evaluation.elements.pop_back();
  EXPECT_EQ(Verdict(), "oprf-count /holders/1");
  cheating_.evaluation.elements.resize(6, honest_.evaluation.elements[0]);
  EXPECT_EQ(Verdict(), "oprf-count /holders/1");
  cheating_.evaluation.elements.clear();
  EXPECT_EQ(Verdict(), "oprf-count /holders/1");
}

TEST_F(CheatingHolder, ThePublicKeyIsAPointAndNotTheIdentity) {
  cheating_.public_key.fill(0);
  EXPECT_EQ(Verdict(), "oprf-public-key /holders/1");
  cheating_.public_key = key_.public_key();
  cheating_.public_key[0] = 4;
  EXPECT_EQ(Verdict(), "oprf-public-key /holders/1");
}

TEST_F(CheatingHolder, AnswersThatAreNoElementsAreNamed) {
  cheating_.evaluation.elements[2].fill(0);
  cheating_.evaluation.elements[4][0] = 7;
  EXPECT_EQ(Verdict(),
            "oprf-element /holders/1/evaluatedElements/2, "
            "oprf-element /holders/1/evaluatedElements/4");
}

TEST_F(CheatingHolder, EveryCheatIsNamedAtOnce) {
  Holder first = honest_, third = honest_;
  first.evaluation.proof[0] ^= 1;
  third.public_key = other_.public_key();
  third.evaluation.elements.pop_back();
  EXPECT_EQ(oprf::Verdict(blinding_, {first, Answer(other_, blinding_), third}),
            "oprf-proof /holders/0, oprf-count /holders/2, oprf-holders /holders/2");
}

TEST_F(CheatingHolder, OneHolderCannotStandForTwo) {
  EXPECT_EQ(oprf::Verdict(blinding_, {honest_, honest_}), "oprf-holders /holders/1");
  EXPECT_EQ(oprf::Verdict(blinding_, {}), "oprf-holders /holders");
}

TEST_F(CheatingHolder, KeysThatCancelGiveNothing) {
  const Scalar opposite = -SecretScalar(key_.bytes()).value();
  const OprfKey cancelling =
      OprfKey::FromBytes(SecretBytes::CopyOf(base::ByteView(opposite.ToBytes())));
  EXPECT_EQ(oprf::Verdict(blinding_, {honest_, Answer(cancelling, blinding_)}),
            "oprf-cancelled /holders");
}

}  // namespace
}  // namespace polder::crypto::oprf
