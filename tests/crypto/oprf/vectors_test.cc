// The published vectors: RFC 9497 (modes 0 and 1) and RFC 9380.
#include "tests/crypto/digest/vectors.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/oprf/fixed_scalars.h"
#include "crypto/oprf/hash_to_curve.h"
#include "crypto/oprf/oprf.h"

namespace polder::crypto::oprf {
namespace {

using digest::SecretBytes;
using tests::Fields;
using tests::Hex;
using tests::ReadVectors;

template <typename Array>
Array FromHex(const std::string& text) {
  const base::Bytes bytes = Hex(text);
  Array array{};
  EXPECT_EQ(bytes.size(), array.size());
  std::copy_n(bytes.begin(), std::min(bytes.size(), array.size()), array.begin());
  return array;
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

template <typename Array>
std::vector<Array> AllFromHex(const std::string& list) {
  std::vector<Array> all;
  for (const std::string& part : Split(list)) all.push_back(FromHex<Array>(part));
  return all;
}

Mode ModeOf(const std::string& text) { return text == "0" ? Mode::kOprf : Mode::kVoprf; }

TEST(Rfc9497, DerivesThePublishedKeyPairs) {
  int keys = 0;
  for (const Fields& c : ReadVectors("rfc9497_p256_sha256")) {
    if (c[0] != "key") continue;
    const OprfKey key = OprfKey::Derive(Hex(c[2]), Hex(c[3]), ModeOf(c[1]));
    EXPECT_EQ(base::ToHex(key.ToBytes().view()), c[4]);
    if (c[5] != "-") {
      EXPECT_EQ(base::ToHex(key.public_key()), c[5]);
    }
    ++keys;
  }
  EXPECT_EQ(keys, 2);
}

TEST(Rfc9497, EveryVectorFromInputToOutput) {
  int cases = 0;
  for (const Fields& c : ReadVectors("rfc9497_p256_sha256")) {
    if (c[0] != "case") continue;
    const Mode mode = ModeOf(c[1]);
    const OprfKey key = OprfKey::FromBytes(SecretBytes::CopyOf(base::ByteView(Hex(c[2]))));
    std::vector<base::Bytes> inputs;
    base::Bytes blinds;
    for (const std::string& input : Split(c[3])) inputs.push_back(Hex(input));
    for (const std::string& blind : Split(c[4])) {
      const base::Bytes bytes = Hex(blind);
      blinds.insert(blinds.end(), bytes.begin(), bytes.end());
    }
    const std::vector<base::ByteView> views(inputs.begin(), inputs.end());
    const Blinding blinding = BlindWith(views, mode, SecretBytes::CopyOf(base::ByteView(blinds)));
    EXPECT_EQ(blinding.elements(), AllFromHex<Element>(c[5]));
    const std::vector<Element> expected = AllFromHex<Element>(c[6]);
    std::vector<Output> outputs;
    if (mode == Mode::kOprf) {
      const std::vector<Element> evaluated = BlindEvaluateUnproven(key, blinding.elements());
      EXPECT_EQ(evaluated, expected);
      outputs = blinding.FinalizeUnproven({&evaluated, 1});
    } else {
      const auto nonce = FromHex<std::array<uint8_t, 32>>(c[8]);
      const Evaluation evaluation = BlindEvaluateWith(key, blinding.elements(), nonce);
      EXPECT_EQ(evaluation.elements, expected);
      EXPECT_EQ(base::ToHex(evaluation.proof), c[9]);
      const Holder holder{key.public_key(), evaluation};
      outputs = blinding.Finalize({&holder, 1});
    }
    EXPECT_EQ(outputs, AllFromHex<Output>(c[7])) << "mode " << c[1] << ", input " << c[3];
    ++cases;
  }
  EXPECT_EQ(cases, 5);
}

TEST(Rfc9380, EveryPointOfP256) {
  int cases = 0;
  for (const Fields& c : ReadVectors("rfc9380_p256")) {
    const base::Bytes message = Hex(c[1]);
    const base::ByteView view(message);
    const auto points = HashToCurve({&view, 1}, base::AsText(Hex(c[0])));
    ASSERT_TRUE(points.at(0).has_value());
    EXPECT_EQ(base::ToHex(points[0]->x.ToBytes()), c[2]) << base::AsText(message);
    EXPECT_EQ(base::ToHex(points[0]->y.ToBytes()), c[3]) << base::AsText(message);
    ++cases;
  }
  EXPECT_EQ(cases, 5);
}

TEST(Rfc9380, AllInputsOfABatchGiveWhatTheyGiveAlone) {
  std::vector<base::Bytes> messages;
  std::vector<std::string> expected;
  std::string label;
  for (const Fields& c : ReadVectors("rfc9380_p256")) {
    label = std::string(base::AsText(Hex(c[0])));
    messages.push_back(Hex(c[1]));
    expected.push_back(c[2]);
  }
  const std::vector<base::ByteView> views(messages.begin(), messages.end());
  const auto points = HashToCurve(views, label);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(base::ToHex(points[i]->x.ToBytes()), expected[i]);
  }
}

TEST(Rfc9380, EveryExpandedMessage) {
  int cases = 0;
  for (const Fields& c : ReadVectors("rfc9380_expand_message_xmd_sha256")) {
    const base::Bytes message = Hex(c[1]);
    const base::ByteView view(message);
    base::Bytes out(std::stoul(c[2]));
    const base::Bytes label = Hex(c[0]);
    ExpandMessage({&view, 1}, base::AsText(label), out);
    EXPECT_EQ(base::ToHex(out), c[3]);
    ++cases;
  }
  EXPECT_EQ(cases, 20);
}

}  // namespace
}  // namespace polder::crypto::oprf
