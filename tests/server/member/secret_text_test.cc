#include "server/member/secret_text.h"

#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace polder::server::member {
namespace {

TEST(SecretText, CannotBeCopiedAndIsEmptyOnceMovedFrom) {
  static_assert(!std::is_copy_constructible_v<SecretText>);
  static_assert(!std::is_copy_assignable_v<SecretText>);
  SecretText first;
  first.Append("short");
  SecretText second = std::move(first);
  EXPECT_EQ(second.view(), "short");
  EXPECT_TRUE(first.empty());  // also for a text that lies inside the object
  SecretText third;
  third.Append("other");
  third = std::move(second);
  EXPECT_EQ(third.view(), "short");
  EXPECT_TRUE(second.empty());
}

TEST(SecretText, KeepsWhatIsAppendedWhileItGrows) {
  SecretText text;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string part = std::to_string(i) + ",";
    text.Append(part);
    expected += part;
  }
  text.Append('x');
  EXPECT_EQ(text.view(), expected + "x");
}

}  // namespace
}  // namespace polder::server::member
