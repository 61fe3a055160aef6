// Odd tables for the attack: each is told with its line, or taken for what it says.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/audit/count_bounds.h"
#include "stats/table/spec.h"

namespace polder::stats::audit {
namespace {

using ::testing::HasSubstr;

table::Grid TownsByKind() {
  return table::ParseCountSpec(
             R"({"dimensions":[{"column":"town","hierarchy":{"All":["A","B","C"]}},)"
             R"({"column":"kind","hierarchy":{"Both":["abs","rel"]}}],"threshold":5})")
      .grid;
}

struct Fault {
  std::string code;
  uint64_t line;
  friend bool operator==(const Fault&, const Fault&) = default;
};

std::vector<Fault> FaultsOf(const std::string& csv, CountDialect dialect = CountDialect::kPlain) {
  try {
    ParseCountStatements(TownsByKind(), csv, dialect, 1);
  } catch (const base::ProblemError& error) {
    std::vector<Fault> faults;
    for (const auto& problem : error.problems()) faults.push_back({problem.code, problem.line});
    return faults;
  }
  return {};
}

using Faults = std::vector<Fault>;

TEST(CountStatements, StatusesThatDisagreeWithTheirCountAreTold) {
  EXPECT_EQ(FaultsOf("town,kind,count,status\n"
                     "A,abs,7,hidden\n"
                     "B,abs,3,zero\n"
                     "C,abs,,value\n"
                     "A,rel,,zero\n"
                     "B,rel,4,suppressed\n"
                     "C,rel,0,zero\n"
                     "A,Both,,hidden\n"
                     "B,Both,0,value\n"),
            (Faults{{"wrong-status", 2},
                    {"wrong-status", 3},
                    {"wrong-count", 4},
                    {"wrong-count", 5},
                    {"wrong-status", 6},
                    {"wrong-status", 9}}));
  // A value that was rounded to nought.
  EXPECT_EQ(FaultsOf("town,kind,count,status,margin\nA,abs,0,value,2\n"), Faults{});
}

TEST(CountStatements, NumbersThatAreNoCountsAreTold) {
  EXPECT_EQ(FaultsOf("town,kind,count\nA,abs,-1\nB,abs,2.5\nC,abs,1e3\nA,rel, 4\nB,rel,+3\n"
                     "C,rel,99999999999999\nAll,Both,12\n"),
            (Faults{{"wrong-count", 2},
                    {"wrong-count", 3},
                    {"wrong-count", 4},
                    {"wrong-count", 5},
                    {"wrong-count", 6},
                    {"wrong-count", 7}}));
  EXPECT_EQ(FaultsOf("town,kind,low,high\nA,abs,5,4\nB,abs,-1,4\nC,abs,,4\nA,rel,5,\n"),
            (Faults{{"wrong-count", 2}, {"wrong-count", 3}, {"wrong-count", 4}}));
  EXPECT_EQ(FaultsOf("town,kind,count,margin\nA,abs,10,-2\nB,abs,10,5\n"),
            (Faults{{"wrong-count", 2}}));
}

TEST(CountStatements, CodesThatAreMissingOrUnknownAreTold) {
  EXPECT_EQ(
      FaultsOf("town,kind,count\n,abs,7\nD,abs,7\nA,lux,7\nA,abs\nA,abs,7\n"),
      (Faults{
          {"unknown-code", 2}, {"unknown-code", 3}, {"unknown-code", 4}, {"malformed-csv", 5}}));
}

TEST(CountStatements, OneCellWithTwoCountsIsTold) {
  EXPECT_EQ(FaultsOf("town,kind,count\nA,abs,7\nB,abs,7\nA,abs,8\n"),
            (Faults{{"duplicate-cell", 4}}));
  EXPECT_EQ(FaultsOf("town,kind,count\nA,abs,7\nB,abs,7\nA,abs,\n"),
            (Faults{{"duplicate-cell", 4}}));
  // The same twice is a row too many, and harms nobody.
  EXPECT_EQ(FaultsOf("town,kind,count\nA,abs,7\nB,abs,7\nA,abs,7\n"), Faults{});
}

TEST(CountStatements, EmptyFilesAndFilesAboutSomethingElseAreRefused) {
  EXPECT_EQ(FaultsOf(""), (Faults{{"missing-column", 0}}));
  EXPECT_EQ(FaultsOf("town,kind,count\n"), (Faults{{"empty-table", 0}}));
  EXPECT_EQ(FaultsOf("gemeente,soort,aantal\nA,abs,3\n"),
            (Faults{{"missing-column", 0}, {"missing-column", 0}, {"missing-column", 0}}));
  // Read as if they were of this table, every row would be the grand total.
  EXPECT_EQ(FaultsOf("gemeente,soort,count\nA,abs,3\n"),
            (Faults{{"missing-column", 0}, {"missing-column", 0}}));
  // A grand total needs no dimension.
  EXPECT_EQ(FaultsOf("count\n30\n"), Faults{});
}

TEST(CountStatements, ADimensionUnderAnotherNameIsNotTakenForItsTotal) {
  EXPECT_EQ(FaultsOf("town,kinds,count,status\nA,abs,7,value\n"), (Faults{{"missing-column", 0}}));
  EXPECT_EQ(FaultsOf("town,kinds,low,high\nA,abs,7,\n"), (Faults{{"missing-column", 0}}));
  // Absent it stands at its total; with all dimensions there, a remark is no dimension.
  EXPECT_EQ(FaultsOf("town,count\nA,7\n"), Faults{});
  EXPECT_EQ(FaultsOf("town,kind,remark,count\nA,abs,none,7\n"), Faults{});
}

TEST(CountStatements, AColumnThatStandsTwiceIsRefusedUnlessNobodyReadsIt) {
  EXPECT_EQ(FaultsOf("town,kind,count,count\nA,abs,4,9\n"), (Faults{{"duplicate-column", 0}}));
  EXPECT_EQ(FaultsOf("town,town,kind,count,status,status\nA,B,abs,4,value,hidden\n"),
            (Faults{{"duplicate-column", 0}, {"duplicate-column", 0}}));
  EXPECT_EQ(FaultsOf("town,kind,remark,remark,count\nA,abs,x,y,4\n"), Faults{});
}

TEST(CountStatements, TheDialectOfFoursHasNoughtsAndNoThrees) {
  const std::string csv = "town,kind,count\nA,abs,0\nB,abs,4\nC,abs,3\nA,rel,1\nB,rel,5\n";
  EXPECT_EQ(FaultsOf(csv, CountDialect::kDuo),
            (Faults{{"wrong-dialect", 4}, {"wrong-dialect", 5}}));
  EXPECT_EQ(FaultsOf(csv), Faults{});
  const auto said = ParseCountStatements(TownsByKind(), "town,kind,count\nA,abs,0\nB,abs,4\n",
                                         CountDialect::kDuo, 1);
  EXPECT_EQ(said[0].range, (CountRange{0, 0}));
  EXPECT_EQ(said[1].range, (CountRange{1, 4}));
}

TEST(CountStatements, EverySumThatDoesNotAddUpIsToldWithItsCells) {
  const table::Grid grid = TownsByKind();
  auto ranges =
      RangesOf(grid, ParseCountStatements(grid,
                                          "town,kind,count\nA,abs,7\nB,abs,8\nC,abs,9\nAll,abs,25\n"
                                          "A,rel,7\nB,rel,\nA,Both,13\n",
                                          CountDialect::kPlain, 1));
  try {
    PassAlong(grid, ranges);
    FAIL() << "24 is not 25, and 14 is not 13";
  } catch (const base::ProblemError& error) {
    ASSERT_EQ(error.problems().size(), 2u);
    EXPECT_EQ(error.code(), "tables-contradict");
    EXPECT_THAT(error.problems()[0].detail, HasSubstr("town=All, kind=abs and its parts by town"));
    EXPECT_THAT(error.problems()[1].detail, HasSubstr("town=A, kind=Both and its parts by kind"));
  }
}

}  // namespace
}  // namespace polder::stats::audit
