#include "crypto/digest/secret.h"

#include <concepts>
#include <ostream>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace polder::crypto::digest {
namespace {

using base::AsBytes;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(!std::equality_comparable<SecretBytes>);
static_assert(!Printable<SecretBytes>);

TEST(SecretBytes, MovesLeaveNothingBehind) {
  SecretBytes first = SecretBytes::CopyOf("secret");
  SecretBytes second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT: the promise is about the moved-from state
  EXPECT_EQ(second.text(), "secret");
  SecretBytes third = SecretBytes::CopyOf("other");
  third = std::move(second);
  EXPECT_EQ(third.text(), "secret");
  EXPECT_TRUE(second.empty());  // NOLINT
}

TEST(SecretBytes, TakingWipesTheSource) {
  base::Bytes source = base::ToBytes("secret");
  const uint8_t* memory = source.data();
  const SecretBytes taken = SecretBytes::Taking(std::move(source));
  EXPECT_EQ(taken.text(), "secret");
  // The vector keeps its memory after clear(), so that what lies there may be looked at.
  ASSERT_EQ(source.data(), memory);  // NOLINT
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(memory[i], 0);
}

TEST(SecretBytes, ShrinkWipesTheRest) {
  SecretBytes secret = SecretBytes::CopyOf("secret");
  const uint8_t* memory = secret.view().data();
  secret.Shrink(2);
  EXPECT_EQ(secret.text(), "se");
  for (size_t i = 2; i < 6; ++i) EXPECT_EQ(memory[i], 0);
  secret.Shrink(100);
  EXPECT_EQ(secret.size(), 2u);
}

TEST(SecureWipe, ReachesTheWholeCapacityOfAText) {
  std::string text(200, 's');
  text.resize(3);
  const char* memory = text.data();
  SecureWipe(text);
  EXPECT_TRUE(text.empty());
  for (size_t i = 1; i < 200; ++i) EXPECT_EQ(memory[i], 0);
}

TEST(ConstantTimeEqual, IsEqualityOfBytes) {
  EXPECT_TRUE(ConstantTimeEqual(AsBytes("abc"), AsBytes("abc")));
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("xbc")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("ab")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), {}));
}

}  // namespace
}  // namespace polder::crypto::digest
