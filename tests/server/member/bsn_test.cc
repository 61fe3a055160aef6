#include "server/member/bsn.h"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace polder::server::member {
namespace {

TEST(Bsn, TakesNumbersThatPassTheElevenTest) {
  EXPECT_TRUE(Bsn::Parse("111222333").has_value());  // the example of the public documentation
  EXPECT_TRUE(Bsn::Parse("123456782").has_value());
  EXPECT_TRUE(Bsn::Parse("900000028").has_value());
}

TEST(Bsn, RefusesEveryOtherNumberWithOneDigitChanged) {
  const std::string good = "111222333";
  for (size_t place = 0; place < 9; ++place) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = good;
      changed[place] = digit;
      EXPECT_EQ(Bsn::Parse(changed).has_value(), changed == good) << changed;
    }
  }
}

TEST(Bsn, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "1234567", "1112223330", "11122233a", "111.222.333", "000000000",
                           "00000000", " 111222333", "-11222333"}) {
    EXPECT_FALSE(Bsn::Parse(text).has_value()) << text;
  }
}

TEST(Bsn, PadsTheZeroThatANumberColumnDrops) {
  const auto padded = Bsn::Parse("10000008");
  const auto full = Bsn::Parse("010000008");
  ASSERT_EQ(padded.has_value(), full.has_value());
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(base::AsText(padded->digits()), "010000008");
}

TEST(Bsn, IsWipedWhenMovedFromAndCannotBeCopied) {
  static_assert(!std::is_copy_constructible_v<Bsn>);
  static_assert(!std::is_copy_assignable_v<Bsn>);
  auto first = Bsn::Parse("111222333");
  const Bsn second = std::move(*first);
  EXPECT_EQ(base::AsText(second.digits()), "111222333");
  for (const uint8_t digit : first->digits()) EXPECT_EQ(digit, 0);
}

TEST(EducationNumber, StartsWithOneAndLeavesFive) {
  EXPECT_TRUE(IsEducationNumber("101222331"));  // of the number's public documentation
  EXPECT_FALSE(IsEducationNumber("101222332"));
  EXPECT_FALSE(IsEducationNumber("111222333"));  // a citizen service number
  EXPECT_FALSE(IsEducationNumber("10122233"));
  EXPECT_FALSE(IsEducationNumber(""));
}

}  // namespace
}  // namespace polder::server::member
