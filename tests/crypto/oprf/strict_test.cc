// What is no element, no key and no proof is refused, whoever sends it.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/oprf/group.h"
#include "crypto/oprf/oprf.h"
#include "policies/base/problem.h"
#include "tests/crypto/oprf/support.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::oprf {
namespace {

using digest::SecretBytes;
using testing_support::CodeOf;

const char kGenerator[] = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const char kGeneratorY[] = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const char kP[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
// x = 5 is on the curve; p + 5 is another name for it.
const char kPPlusFive[] = "ffffffff00000001000000000000000000000001000000000000000000000004";

std::string Number(const std::string& last) { return std::string(64 - last.size(), '0') + last; }

struct Form {
  const char* what;
  std::string hex;
  bool good;
};

std::vector<Form> Forms() {
  const std::string x = std::string(kGenerator).substr(2);
  return {
      {"compressed, odd", kGenerator, true},
      {"compressed, even", "02" + x, true},
      {"x = 5", "02" + Number("5"), true},
      {"nothing", "", false},
      {"the identity, one byte", "00", false},
      {"the identity, as many bytes as a point", std::string(66, '0'), false},
      {"uncompressed", "04" + x + kGeneratorY, false},
      {"uncompressed prefix, 33 bytes", "04" + x, false},
      {"hybrid, even", "06" + x + kGeneratorY, false},
      {"hybrid, odd", "07" + x + kGeneratorY, false},
      {"hybrid prefix 06, 33 bytes", "06" + x, false},
      {"hybrid prefix 07, 33 bytes", "07" + x, false},
      {"prefix 00", "00" + x, false},
      {"prefix 01", "01" + x, false},
      {"prefix ff", "ff" + x, false},
      {"x = p", "02" + std::string(kP), false},
      {"x = p + 5", "02" + std::string(kPPlusFive), false},
      {"x = 2^256 - 1", "02" + std::string(64, 'f'), false},
      {"x = 1, no point of the curve", "02" + Number("1"), false},
      {"x = 1, the other sign", "03" + Number("1"), false},
      {"a byte short", std::string(kGenerator).substr(0, 64), false},
      {"a byte long", std::string(kGenerator) + "00", false},
      {"x alone", x, false},
  };
}

TEST(Element, IsExactlyACompressedPoint) {
  for (const Form& form : Forms()) {
    EXPECT_EQ(IsElement(base::FromHex(form.hex).value()), form.good) << form.what;
  }
}

TEST(Element, RoundTripsThroughTheLibrarysPoint) {
  for (uint64_t factor = 1; factor < 40; ++factor) {
    const Element element = Encode(MultiplyBase(SecretScalar(Scalar::FromSmall(factor))).value());
    EXPECT_EQ(Encode(Decode(element).value()), element);
    EXPECT_EQ(Point(Decode(element).value()).ToElement(), element);
  }
}

TEST(BlindEvaluate, NamesEveryBadElementAndEvaluatesNone) {
  std::vector<Element> batch;
  std::vector<std::string> expected;
  for (const Form& form : Forms()) {
    if (form.hex.size() != 2 * kElementBytes) continue;
    if (!form.good) expected.push_back("/blindedElements/" + std::to_string(batch.size()));
    batch.push_back(ElementOf(form.hex));
  }
  ASSERT_GT(expected.size(), 8u);
  const OprfKey key = OprfKey::Generate();
  for (const bool proven : {true, false}) {
    try {
      proven ? void(BlindEvaluate(key, batch)) : void(BlindEvaluateUnproven(key, batch));
      ADD_FAILURE();
    } catch (const base::ProblemError& error) {
      std::vector<std::string> found;
      for (const base::Problem& problem : error.problems()) {
        EXPECT_EQ(problem.code, "oprf-element");
        found.push_back(problem.pointer);
      }
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(BlindEvaluate, RefusesAnEmptyAndAnEndlessBatch) {
  const OprfKey key = OprfKey::Generate();
  EXPECT_EQ(CodeOf([&] { BlindEvaluate(key, {}); }), "oprf-batch");
  const std::vector<Element> many(kMaxBatch + 1);
  EXPECT_EQ(CodeOf([&] { BlindEvaluate(key, many); }), "oprf-batch");
}

TEST(OprfKey, IsANumberFromOneToTheOrder) {
  const auto from = [](const std::string& hex) {
    return CodeOf([&] { OprfKey::FromBytes(SecretBytes::Taking(base::FromHex(hex).value())); });
  };
  const std::string order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63255";
  EXPECT_EQ(from(Number("0")), "oprf-key");
  EXPECT_EQ(from(order + "1"), "oprf-key");
  EXPECT_EQ(from(order + "2"), "oprf-key");
  EXPECT_EQ(from(std::string(64, 'f')), "oprf-key");
  EXPECT_EQ(from(""), "oprf-key");
  EXPECT_EQ(from(Number("1").substr(2)), "oprf-key");
  EXPECT_EQ(from(Number("1") + "00"), "oprf-key");
  EXPECT_EQ(from(Number("1")), "");
  EXPECT_EQ(from(order + "0"), "");
  EXPECT_EQ(base::ToHex(KeyOf(Number("1")).public_key()), kGenerator);
}

TEST(OprfKey, SurvivesItsBytesAndIsNewEachTime) {
  const OprfKey key = OprfKey::Generate();
  EXPECT_EQ(OprfKey::FromBytes(key.ToBytes()).public_key(), key.public_key());
  EXPECT_NE(OprfKey::Generate().public_key(), key.public_key());
}

TEST(OprfKey, DerivationDependsOnEveryIngredient) {
  const base::Bytes seed(32, 1), other(32, 2);
  const Element key = OprfKey::Derive(seed, base::AsBytes("a"), Mode::kVoprf).public_key();
  EXPECT_EQ(OprfKey::Derive(seed, base::AsBytes("a"), Mode::kVoprf).public_key(), key);
  EXPECT_NE(OprfKey::Derive(other, base::AsBytes("a"), Mode::kVoprf).public_key(), key);
  EXPECT_NE(OprfKey::Derive(seed, base::AsBytes("b"), Mode::kVoprf).public_key(), key);
  EXPECT_NE(OprfKey::Derive(seed, base::AsBytes("a"), Mode::kOprf).public_key(), key);
  EXPECT_EQ(CodeOf([&] { OprfKey::Derive(base::ByteView(seed).first(31), {}, Mode::kVoprf); }),
            "oprf-seed");
  EXPECT_EQ(CodeOf([&] { OprfKey::Derive(seed, base::Bytes(65536), Mode::kVoprf); }), "oprf-seed");
}

TEST(Blinding, RefusesInputsThatAreNone) {
  EXPECT_EQ(CodeOf([] { Blinding(std::vector<base::ByteView>{}); }), "oprf-batch");
  const base::Bytes longest(kMaxInputBytes, 'x'), longer(kMaxInputBytes + 1, 'x');
  try {
    Blinding(std::vector<base::ByteView>{base::AsBytes("good"), {}, longest, longer});
    ADD_FAILURE();
  } catch (const base::ProblemError& error) {
    ASSERT_EQ(error.problems().size(), 2u);
    EXPECT_EQ(error.problems()[0].pointer, "/inputs/1");
    EXPECT_EQ(error.problems()[1].pointer, "/inputs/3");
    EXPECT_EQ(error.code(), "oprf-input");
  }
}

}  // namespace
}  // namespace polder::crypto::oprf
