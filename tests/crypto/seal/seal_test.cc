#include "crypto/seal/seal.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/random/random.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"
#include "tests/crypto/digest/vectors.h"

namespace polder::crypto::seal {
namespace {

using base::AsBytes;
using digest::SecretBytes;

SecretBytes Key(uint8_t first = 1) {
  SecretBytes key(kKeyBytes);
  for (size_t i = 0; i < kKeyBytes; ++i) key.writable()[i] = static_cast<uint8_t>(first + i);
  return key;
}

base::Bytes Pattern(size_t size) {
  base::Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(7 * i);
  return bytes;
}

// The code of the problem and its text, so that two refusals can be compared word for word.
template <typename Act>
std::string Refusal(Act act) {
  try {
    act();
  } catch (const base::ProblemError& error) {
    return error.code() + ": " + error.problems().front().detail;
  }
  return "";
}

const base::Bytes kContext = Context({"delivery", "GM0505", "2022SJ-Q3"});

std::string Opening(base::ByteView sealed, const SecretBytes& key = Key(),
                    base::ByteView context = kContext) {
  return Refusal([&] { Unseal(sealed, key, context); });
}

const std::string kRefused = Opening({});

TEST(Seal, OpensWhatAnIndependentProgramSealed) {
  for (const tests::Fields& c : tests::ReadVectors("chunked_encryption")) {
    const size_t size = std::stoul(c[0]);
    const base::Bytes sealed = tests::Hex(c[3]);
    const SecretBytes opened =
        Unseal(sealed, SecretBytes::Taking(tests::Hex(c[1])), tests::Hex(c[2]));
    const base::Bytes expected = Pattern(size);
    EXPECT_TRUE(digest::ConstantTimeEqual(opened.view(), expected)) << size;
    EXPECT_EQ(sealed.size(), SealedSize(size));
  }
}

TEST(Seal, EverySizeAroundAChunkSurvives) {
  for (const size_t size : std::vector<size_t>{0, 1, 15, 16, 17, 16367, 16368, 16383, 16384, 16385,
                                               32767, 32768, 32769, 100000}) {
    const base::Bytes plain = Pattern(size);
    const base::Bytes sealed = Seal(plain, Key(), kContext);
    EXPECT_EQ(sealed.size(), SealedSize(size));
    EXPECT_TRUE(digest::ConstantTimeEqual(Unseal(sealed, Key(), kContext).view(), plain)) << size;
  }
}

TEST(Seal, ThePlaintextDoesNotShowAndNoTwoSealsAreAlike) {
  const std::string marker = "a marker that would be seen";
  std::set<base::Bytes> seen;
  for (int i = 0; i < 20; ++i) {
    const base::Bytes sealed = Seal(AsBytes(marker), Key(), kContext);
    EXPECT_EQ(base::AsText(sealed).find(marker.substr(0, 6)), std::string_view::npos);
    EXPECT_TRUE(seen.insert(base::Bytes(sealed.begin(), sealed.begin() + 24)).second) << "salt";
  }
}

TEST(Seal, EveryFlippedBitIsRefusedInOneVoice) {
  const base::Bytes sealed = Seal(Pattern(40), Key(), kContext);
  ASSERT_EQ(kRefused.substr(0, 15), "unseal-failed: ");
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (const int bit : {1, 128}) {
      base::Bytes changed = sealed;
      changed[i] = static_cast<uint8_t>(changed[i] ^ bit);
      EXPECT_EQ(Opening(changed), kRefused) << "byte " << i;
    }
  }
}

TEST(Seal, EveryTruncationAndExtensionIsRefused) {
  const base::Bytes small = Seal(Pattern(40), Key(), kContext);
  for (size_t cut = 0; cut < small.size(); ++cut) {
    EXPECT_EQ(Opening(base::ByteView(small).first(cut)), kRefused) << cut;
  }
  const base::Bytes large = Seal(Pattern(3 * 16384 + 5), Key(), kContext);
  const size_t whole = 16384 + 16;
  for (size_t chunks = 0; chunks <= 3; ++chunks) {
    EXPECT_EQ(Opening(base::ByteView(large).first(56 + chunks * whole)), kRefused) << chunks;
    EXPECT_EQ(Opening(base::ByteView(large).first(56 + chunks * whole + 16)), kRefused) << chunks;
  }
  for (const size_t more : {size_t{1}, size_t{16}, size_t{17}, whole}) {
    base::Bytes extended = large;
    extended.resize(large.size() + more);
    EXPECT_EQ(Opening(extended), kRefused) << more;
  }
}

TEST(Seal, ReorderedDroppedAndRepeatedChunksAreRefused) {
  const base::Bytes sealed = Seal(Pattern(3 * 16384 + 5), Key(), kContext);
  ASSERT_EQ(Opening(sealed), "");
  constexpr std::ptrdiff_t kWhole = 16384 + 16;
  const auto chunk = [](base::Bytes& bytes, std::ptrdiff_t n) {
    return bytes.begin() + 56 + n * kWhole;
  };
  base::Bytes swapped = sealed;
  std::swap_ranges(chunk(swapped, 0), chunk(swapped, 1), chunk(swapped, 1));
  EXPECT_EQ(Opening(swapped), kRefused);
  base::Bytes dropped = sealed;
  dropped.erase(chunk(dropped, 1), chunk(dropped, 2));
  EXPECT_EQ(Opening(dropped), kRefused);
  base::Bytes repeated = sealed;
  std::copy(chunk(repeated, 0), chunk(repeated, 1), chunk(repeated, 1));
  EXPECT_EQ(Opening(repeated), kRefused);
}

TEST(Seal, ChunksOfTwoMessagesDoNotMix) {
  const base::Bytes first = Seal(Pattern(20000), Key(), kContext);
  const base::Bytes second = Seal(Pattern(20000), Key(), kContext);
  base::Bytes mixed = first;
  std::copy(second.begin() + 56, second.begin() + 56 + 16400, mixed.begin() + 56);
  EXPECT_EQ(Opening(mixed), kRefused);
}

TEST(Seal, AnotherKeyOrContextIsRefused) {
  const base::Bytes sealed = Seal(Pattern(40), Key(), kContext);
  EXPECT_EQ(Opening(sealed, Key(2)), kRefused);
  EXPECT_EQ(Opening(sealed, Key(), Context({"delivery", "GM0505", "2022SJ-Q4"})), kRefused);
  EXPECT_EQ(Opening(sealed, Key(), {}), kRefused);
  EXPECT_EQ(Opening(sealed), "");
}

TEST(Seal, RefusesKeysOfAnotherLength) {
  for (const size_t size : {size_t{0}, size_t{16}, size_t{31}, size_t{33}}) {
    EXPECT_EQ(Refusal([&] { Seal({}, SecretBytes(size), {}); }).substr(0, 8), "seal-key");
    EXPECT_EQ(Refusal([&] { Unseal(base::Bytes(72), SecretBytes(size), {}); }).substr(0, 8),
              "seal-key");
  }
}

TEST(Context, PartsCannotFlowIntoOneAnother) {
  EXPECT_NE(Context({"ab", "c"}), Context({"a", "bc"}));
  EXPECT_NE(Context({"a"}), Context({"a", ""}));
}

TEST(Wrap, AKeyComesBackUnderItsKeyAndContextOnly) {
  const SecretBytes kek = Key(9);
  const base::Bytes wrapped = WrapKey(Key(), kek, AsBytes("GM0505/2022SJ"));
  EXPECT_TRUE(digest::ConstantTimeEqual(UnwrapKey(wrapped, kek, AsBytes("GM0505/2022SJ")).view(),
                                        Key().view()));
  EXPECT_EQ(Refusal([&] { UnwrapKey(wrapped, kek, AsBytes("GM0506/2022SJ")); }), kRefused);
  EXPECT_EQ(Refusal([&] { UnwrapKey(wrapped, Key(8), AsBytes("GM0505/2022SJ")); }), kRefused);
  EXPECT_EQ(Refusal([&] { Unseal(wrapped, kek, AsBytes("GM0505/2022SJ")); }), kRefused)
      << "a wrapped key is not a sealed message";
}

TEST(Wrap, ADeliveryHangsOnEveryKeyAboveIt) {
  const SecretBytes root = random::RandomSecret(kKeyBytes);
  const WrappedKey year = NewWrappedKey(root, AsBytes("GM0505/2022SJ"));
  const WrappedKey delivery = NewWrappedKey(year.key, AsBytes("d-1"));
  const base::Bytes sealed = Seal(AsBytes("cases"), delivery.key, AsBytes("d-1"));
  const auto open = [&](const base::Bytes& wrapped, const SecretBytes& kek, const char* context) {
    return Unseal(sealed, UnwrapKey(wrapped, kek, AsBytes(context)), AsBytes(context));
  };
  const SecretBytes again = UnwrapKey(year.wrapped, root, AsBytes("GM0505/2022SJ"));
  EXPECT_EQ(open(delivery.wrapped, again, "d-1").text(), "cases");
  EXPECT_EQ(Refusal([&] { open(delivery.wrapped, again, "d-2"); }), kRefused);
  EXPECT_EQ(Refusal([&] { open(delivery.wrapped, root, "d-1"); }), kRefused);
  // Keys are random, not derived: another year's key from the same root opens nothing.
  const WrappedKey other = NewWrappedKey(root, AsBytes("GM0505/2022SJ"));
  EXPECT_EQ(Refusal([&] { open(delivery.wrapped, other.key, "d-1"); }), kRefused);
  // Nor does another delivery's key, under the same year key and for the same name.
  const WrappedKey second = NewWrappedKey(year.key, AsBytes("d-1"));
  EXPECT_EQ(Refusal([&] { open(second.wrapped, again, "d-1"); }), kRefused);
}

TEST(Padding, FillsToFewSizesAndComesOffAgain) {
  EXPECT_EQ(PaddedSize(0), size_t{64} << 10);
  EXPECT_EQ(PaddedSize(size_t{64} << 10), size_t{64} << 10);
  EXPECT_EQ(PaddedSize((size_t{64} << 10) + 1), size_t{128} << 10);
  EXPECT_EQ(PaddedSize((size_t{200} << 20)), size_t{256} << 20);
  EXPECT_EQ(WithoutPadding(std::string("a\0b\n\0\0", 6)), std::string_view("a\0b\n", 4));
  EXPECT_EQ(WithoutPadding("whole\n"), "whole\n");
  EXPECT_EQ(WithoutPadding(std::string(9, '\0')), "");
}

}  // namespace
}  // namespace polder::crypto::seal
