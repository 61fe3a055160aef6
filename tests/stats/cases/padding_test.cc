#include "stats/cases/padding.h"

#include <set>

#include <gtest/gtest.h>

#include "policies/codebook/public_pupils.h"
#include "tests/stats/cases/delivery_fixture.h"
#include "tests/support/problem_code.h"

namespace polder::stats::cases {
namespace {

using testing_support::CodeOf;

std::string Padded(unsigned cases, int64_t pupils) {
  std::string text = Join(Lines(cases));
  return text + PaddingLine(text.size(), pupils);
}

TEST(Padding, OneMoreCaseChangesNoSize) {
  std::set<size_t> sizes;
  for (const unsigned cases : {0u, 1u, 2u, 39u, 40u, 450u})
    sizes.insert(Padded(cases, 4690).size());
  EXPECT_EQ(sizes, std::set<size_t>{size_t{256} << 10});
}

TEST(Padding, TheClassFollowsFromThePublicNumberOfPupils) {
  EXPECT_EQ(DeliveryClass(0, 0), size_t{64} << 10);
  EXPECT_EQ(DeliveryClass(0, 2048), size_t{64} << 10);
  EXPECT_EQ(DeliveryClass(0, 2049), size_t{128} << 10);
  EXPECT_EQ(DeliveryClass(100'000, 19'490), size_t{1} << 20);
  EXPECT_EQ(DeliveryClass(0, -5), size_t{64} << 10);
}

TEST(Padding, ALargerDeliveryGoesToOneOfFewClasses) {
  std::set<size_t> classes;
  size_t before = 0;
  for (size_t bytes = 1000; bytes < (size_t{62} << 20); bytes += 9'973) {
    const size_t size = DeliveryClass(bytes, 4690);
    EXPECT_GT(size, bytes);
    EXPECT_GE(size, before);
    EXPECT_LE(size, std::max(size_t{256} << 10,
                             bytes > (size_t{1} << 20) ? bytes + bytes / 4 + 64 : 2 * bytes + 64));
    before = size;
    classes.insert(size);
  }
  EXPECT_LE(classes.size(), 40u);
}

TEST(Padding, FillsToTheLastByteAndIsReadAsNothing) {
  for (const unsigned cases : {0u, 3u}) {
    const std::string text = Padded(cases, 0);
    EXPECT_EQ(text.size(), size_t{64} << 10);
    EXPECT_EQ(text.back(), '\n');
    EXPECT_EQ(ReadDelivery(text, Book()).cases.size(), cases);
    EXPECT_EQ(ReadDelivery(text.substr(0, text.size() - 1), Book()).cases.size(), cases);
  }
  const size_t exact = (size_t{64} << 10) - PaddingLine(0, 0).find('.') - 3;
  EXPECT_EQ(PaddingLine(exact, 0), "{\"padding\":\"\"}\n");
  EXPECT_EQ(exact + PaddingLine(exact, 0).size(), size_t{64} << 10);
  EXPECT_EQ(exact + 1 + PaddingLine(exact + 1, 0).size(), size_t{128} << 10);
}

TEST(Padding, NothingHidesInItAndNothingFollowsIt) {
  for (const char* line : {R"({"padding":"..x.."})", R"({"padding":"..","x":1})",
                           R"({"padding":".)", R"({"padding":5})", R"({"padding":")", "{}"}) {
    EXPECT_FALSE(IsPadding(line)) << line;
  }
  EXPECT_TRUE(IsPadding(R"({"padding":""})"));
  const auto reading = [](const std::string& text) {
    return CodeOf([&] { ReadDelivery(text, Book()); });
  };
  auto three = Lines(2);
  three[0] = ManifestJson(3).dump();
  EXPECT_EQ(reading(Join(three) + "{\"padding\":\"..x\"}\n"), "unknown-field");
  std::string text = Join(Lines(2));
  EXPECT_EQ(reading(text + PaddingLine(text.size(), 0) + CaseJson(2).dump() + "\n"),
            "after-padding");
  EXPECT_EQ(reading(text + "{\"padding\":\"\"}\n{\"padding\":\"\"}\n"), "after-padding");
  // Padding is no case: the count is of cases.
  auto lines = Lines(2);
  lines[0] = ManifestJson(3).dump();
  text = Join(lines);
  EXPECT_EQ(reading(text + PaddingLine(text.size(), 0)), "count-mismatch");
}

TEST(Padding, ThePublicNumberIsTheCodebooks) {
  EXPECT_GE(policies::codebook::PublicPupils(Book(), "GM0148"), 4690);
  EXPECT_GT(policies::codebook::PublicPupils(Book(), "GM0193"), policies::codebook::PublicPupils(Book(), "GM0148"));
  EXPECT_EQ(policies::codebook::PublicPupils(Book(), "GM9999"), 0);
}

}  // namespace
}  // namespace polder::stats::cases
