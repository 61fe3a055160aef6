// A file of cases that comes part by part says what it says as a whole, wherever it is cut.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/table/csv_rows.h"
#include "stats/table/spec.h"

namespace polder::stats::table {
namespace {

using Rows = std::vector<std::string>;

// Every row and problem, with its line.
Rows Parsed(std::string_view text, size_t part) {
  base::Problems problems;
  Rows rows;
  CsvParts parts(problems, [&](const CsvRow& row) {
    std::string all = std::to_string(row.line);
    for (const std::string_view field : row.fields) all += "|" + std::string(field);
    rows.push_back(std::move(all));
  });
  for (size_t at = 0; at < text.size(); at += part) parts.Take(text.substr(at, part));
  parts.Finish();
  for (const base::Problem& problem : problems.found()) {
    rows.push_back(problem.code + std::to_string(problem.line));
  }
  return rows;
}

constexpr std::string_view kFiles[] = {
    "a,b\n1,2\n3,4\n",
    "\xEF\xBB\xBF"
    "a,b\r\n1,2\r\n3,4",
    "a,b\r1,2\r3,4\r",
    "a,b\n\"x\ny\",\"1\"\"2\"\n3,4\n\n\n5,\"6,7\"\n",
    "a,b\n1\n1,2,3\n\"x\"y,2\n4,5\n",
    "a,b\n1,\"never closed\n2,3\n",
    "a",
    "\xEF\xBB\xBF",
    "",
};

TEST(CsvParts, AFileIsTheSameWhereverItIsCut) {
  for (const std::string_view file : kFiles) {
    const Rows whole = Parsed(file, file.size() + 1);
    for (size_t part = 1; part <= file.size(); ++part) {
      EXPECT_EQ(Parsed(file, part), whole) << file << " in parts of " << part;
    }
  }
  EXPECT_EQ(Parsed(kFiles[3], 2), (Rows{"1|a|b", "2|x\ny|1\"2", "4|3|4", "7|5|6,7"}));
  EXPECT_EQ(Parsed(kFiles[1], 1), (Rows{"1|a|b", "2|1|2", "3|3|4"}));
}

TEST(CaseCounter, CountsWhatTheWholeFileHolds) {
  const CountSpec spec = ParseCountSpec(
      R"({"dimensions":[{"column":"a","hierarchy":{"T":["x","y"]}}],"threshold":5})");
  const std::string file = "a,b\n\"x\",\"1\n2\"\ny,3\nx,4\n";
  for (size_t part = 1; part <= file.size(); ++part) {
    CaseCounter counter(spec.grid);
    for (size_t at = 0; at < file.size(); at += part) counter.Take(file.substr(at, part));
    EXPECT_EQ(counter.Finish(), (std::vector<int64_t>{3, 2, 1})) << part;
  }
}

// Codes that are much alike, in a dimension with many.
TEST(CaseCounter, FindsEachOfManyCodes) {
  std::string codes;
  std::string file = "a\n";
  for (int i = 0; i < 5000; ++i) {
    codes += (i > 0 ? ",\"GM" : "\"GM") + std::to_string(1000 + i) + "\"";
    file += "GM" + std::to_string(1000 + i) + "\n";
  }
  const CountSpec spec = ParseCountSpec("{\"dimensions\":[{\"column\":\"a\",\"hierarchy\":[" +
                                        codes + "]}],\"threshold\":5}");
  EXPECT_EQ(CountCases(spec.grid, file), std::vector<int64_t>(5000, 1));
  EXPECT_THROW(CountCases(spec.grid, "a\nGM999\n"), base::ProblemError);
  EXPECT_THROW(CountCases(spec.grid, "a,b\n,\n"), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::table
