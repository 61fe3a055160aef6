#include <set>
#include <string>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/population/exports.h"

namespace polder::stats::population {
namespace {

int ElevenTest(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < 8; ++i) sum += (9 - static_cast<int>(i)) * (digits[i] - '0');
  return ((sum - (digits[8] - '0')) % 11 + 11) % 11;
}

TEST(Numbers, ServiceNumbersPassTheElevenTestInTheRangeThatIsNotIssued) {
  std::set<std::string> seen;
  for (uint32_t person = 0; person < 100'000; ++person) {
    const std::string number = ServiceNumber(person);
    ASSERT_EQ(number.size(), 9U);
    ASSERT_EQ(number[0], '9');
    ASSERT_EQ(ElevenTest(number), 0) << person;
    ASSERT_TRUE(seen.insert(number).second) << "given twice";
  }
}

TEST(Numbers, EducationNumbersLeaveFiveAndStartWithOne) {
  std::set<std::string> seen;
  for (uint32_t person = 4'000'000; person < 4'020'000; ++person) {
    const std::string number = EducationNumber(person);
    ASSERT_EQ(number[0], '1');
    ASSERT_EQ(ElevenTest(number), 5) << person;
    ASSERT_TRUE(seen.insert(number).second);
  }
}

TEST(Numbers, RunOutLoudly) {
  EXPECT_NO_THROW(ServiceNumber(4'999'999));
  EXPECT_THROW(ServiceNumber(5'000'000), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::population
