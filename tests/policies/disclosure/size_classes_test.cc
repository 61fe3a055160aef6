#include "policies/disclosure/size_classes.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "policies/disclosure/lint.h"
#include "tests/support/places.h"
#include "tests/support/problem_code.h"

namespace polder::policies::disclosure {
namespace {

using base::Json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

Json Document(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/policies/data/" + path, std::ios::binary);
  return base::ParseJson(std::string(std::istreambuf_iterator<char>(file), {}));
}

const codebook::Codebook& Book() {
  static const auto book =
      codebook::Codebook::FromJson(Document("codebooks/nl-leerplicht-2026.1.json"));
  return book;
}

base::Period SchoolYear(int start = 2022) {
  return base::Period(base::Year(base::Calendar::kAbsence, start));
}

Json Shipped() { return Document("policies/peer-classes.json"); }

Policy With(const std::vector<int64_t>& limits, std::optional<int> year = {}) {
  Json json = Shipped();
  json["peers"]["classLimits"] = limits;
  json["peers"].erase("classYear");
  if (year) json["peers"]["classYear"] = *year;
  return Policy::FromJson(json, Book());
}

std::vector<std::string> FaultsOf(const Json& json) {
  try {
    Policy::FromJson(json, Book());
  } catch (const base::ProblemError& error) {
    std::vector<std::string> faults;
    for (const auto& problem : error.problems())
      faults.push_back(problem.code + " " + problem.pointer);
    return faults;
  }
  return {};
}

SizeClasses ClassesOf(const Policy& policy, const base::Period& period = SchoolYear()) {
  return SizeClassesOf(policy, Book(), period, Book().MembersIn(period));
}

TEST(SizeClasses, FollowFromTheBoundsAndThePublicCounts) {
  const SizeClasses classes = ClassesOf(With({5000}));
  EXPECT_THAT(classes.codes, ElementsAre("under-5000", "5000-up"));
  const auto members = Book().MembersIn(SchoolYear());
  ASSERT_EQ(classes.class_of.size(), members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    const int64_t pupils = Book().FindPublicCount("inhabitants5to17", members[i], 2022)->count;
    EXPECT_EQ(classes.class_of[i], pupils < 5000 ? 0U : 1U) << members[i];
  }
}

TEST(SizeClasses, ABoundIsTheFirstOfTheNextClassAndEmptyClassesAreNone) {
  // 4650 of Dalfsen: under 4651, and not under 4650.
  const auto in_first = [](const SizeClasses& classes) {
    return std::count(classes.class_of.begin(), classes.class_of.end(), size_t{0});
  };
  EXPECT_EQ(in_first(ClassesOf(With({4651}))), 6);
  EXPECT_EQ(in_first(ClassesOf(With({4650}))), 5);
  EXPECT_THAT(ClassesOf(With({100, 1000, 5000, 90'000})).codes,
              ElementsAre("1000-4999", "5000-89999"));
}

TEST(SizeClasses, ANamedYearKeepsThemTheSame) {
  // Dalfsen grows from 4650 in 2022 to 4690 in 2023.
  const base::Period later = SchoolYear(2023);
  EXPECT_NE(ClassesOf(With({4670})).class_of, ClassesOf(With({4670}), later).class_of);
  EXPECT_EQ(ClassesOf(With({4670}, 2022)).class_of, ClassesOf(With({4670}, 2022), later).class_of);
}

TEST(SizeClasses, EveryGroupThatIsNoPeerGroupIsToldAtOnce) {
  Json json = Shipped();
  json["peers"]["classLimits"] = {3000, 4000};  // 3, 1 and 7
  json["peers"]["largestShare"] = "0.3";
  const Policy policy = Policy::FromJson(json, Book());
  std::vector<std::string> codes;
  try {
    ClassesOf(policy);
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) codes.push_back(problem.code);
  }
  // One of three holds 39 %, one of one everything, one of seven 33 %.
  EXPECT_THAT(codes, ElementsAre("class-too-small", "class-too-lopsided", "class-too-small",
                                 "class-too-lopsided", "class-too-lopsided"));
}

TEST(SizeClasses, ThoseThatDeliveredMustBePeersToo) {
  const Policy policy = With({5000}, 2022);
  const auto members = Book().MembersIn(SchoolYear());
  const SizeClasses classes = ClassesOf(policy);
  std::vector<std::string> of_first, others;
  for (size_t i = 0; i < members.size(); ++i) {
    (classes.class_of[i] == 0 ? of_first : others).push_back(members[i]);
  }
  const auto code_with = [&](size_t delivered, const Policy& under) {
    std::vector<std::string> all = others;
    all.insert(all.end(), of_first.begin(), of_first.begin() + static_cast<long>(delivered));
    return testing_support::CodeOf(
        [&] { RequirePeersDelivered(under, Book(), SchoolYear(), members, all); });
  };
  EXPECT_EQ(code_with(4, policy), "") << "each has three others";
  EXPECT_EQ(code_with(3, policy), "class-incomplete");
  EXPECT_EQ(code_with(1, policy), "class-incomplete");
  EXPECT_EQ(code_with(0, policy), "") << "the class has no figure";
}

TEST(SizeClasses, TheRegionIsNoClass) {
  try {
    ClassesOf(With({90'000}));
    FAIL() << "one class of all";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "one-class");
  }
}

TEST(SizeClasses, AMemberWithoutACountHasNoClass) {
  EXPECT_THROW(ClassesOf(With({5000}, 1999)), base::ProblemError);
  EXPECT_THROW(ClassesOf(With({5000}), SchoolYear(2040)), base::ProblemError);
}

TEST(SizeClasses, ACodeSaysItsBounds) {
  EXPECT_EQ(SizeClassLabel("under-5000")->nl, "gemeenten met minder dan 5000 leerlingen");
  EXPECT_EQ(SizeClassLabel("5000-6999")->nl, "gemeenten met 5000 tot en met 6999 leerlingen");
  EXPECT_EQ(SizeClassLabel("7000-up")->en, "municipalities with 7000 or more pupils");
  for (const char* code : {"", "under-", "5000", "5000-", "-up", "GM0148", "under-5x", "a-up"}) {
    EXPECT_FALSE(SizeClassLabel(code)) << code;
  }
}

TEST(SizeClasses, APolicyNamesThemInTablesUnderNoiseOnly) {
  EXPECT_TRUE(HasSizeClasses(Policy::FromJson(Shipped(), Book())));
  EXPECT_FALSE(HasSizeClasses(Policy::FromJson(Document("policies/default.json"), Book())));
  Json json = Shipped();
  auto& tables = json["measures"][0]["tables"];
  tables.push_back({{"id", "a"}, {"attributes", {"sizeClass", "municipality"}}, {"weight", "1"}});
  tables.push_back({{"id", "b"}, {"attributes", {"sizeClass", "kind", "group"}}, {"weight", "1"}});
  json["peers"]["classYear"] = "2022";
  EXPECT_THAT(FaultsOf(json), IsSupersetOf({"class-of-another /measures/0/tables/8/attributes",
                                            "table-too-fine /measures/0/tables/9/attributes",
                                            "out-of-range /peers/classYear"}));
  Json exact = Document("policies/exact-counts.json");
  exact["measures"][0]["tables"].push_back(
      {{"id", "c"}, {"attributes", {"sizeClass", "kind"}}, {"weight", "1"}});
  EXPECT_THAT(FaultsOf(exact), ElementsAre("classes-need-noise /measures/0/tables/6/attributes"));
  Json known = Shipped();
  known["known"] = Json::array({{{"id", "k"},
                                 {"source", "someone"},
                                 {"measure", "persons"},
                                 {"period", "2022SJ"},
                                 {"attributes", {"sizeClass"}},
                                 {"figures", Json::array()}}});
  EXPECT_THAT(FaultsOf(known), Contains("unknown-attribute /known/0/attributes/0"));
}

TEST(SizeClasses, LintSaysWhichYearsCouldNotBeReleased) {
  const auto remarks_of = [](const Policy& policy) {
    std::vector<std::string> codes;
    for (const auto& remark : Lint(policy, Book())) codes.push_back(remark.code);
    return codes;
  };
  EXPECT_THAT(remarks_of(Policy::FromJson(Shipped(), Book())), IsEmpty());
  const auto codes = remarks_of(With({4000, 7000}));
  EXPECT_EQ(std::count(codes.begin(), codes.end(), "class-too-small"), 5) << "2021 to 2025";
}

}  // namespace
}  // namespace polder::policies::disclosure
