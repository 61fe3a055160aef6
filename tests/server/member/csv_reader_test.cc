#include "server/member/csv_reader.h"

#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace polder::server::member {
namespace {

using Fault = std::tuple<std::string, uint64_t, uint64_t>;

struct Outcome {
  std::vector<std::vector<std::string>> rows;
  std::vector<uint64_t> lines;
  std::vector<Fault> faults;
};

Outcome ReadAll(const std::string& text, char delimiter = ',',
                Encoding encoding = Encoding::kUtf8) {
  Outcome outcome;
  std::istringstream in(text);
  CsvReader reader(in, delimiter, encoding,
                   [&](std::string_view code, uint64_t line, uint64_t column) {
                     outcome.faults.emplace_back(std::string(code), line, column);
                   });
  CsvRecord record;
  bool sound = true;
  while (reader.Next(record, sound)) {
    outcome.rows.emplace_back();
    outcome.lines.push_back(record.line);
    for (const CsvField& field : record.fields) outcome.rows.back().emplace_back(field.text);
  }
  return outcome;
}

using Rows = std::vector<std::vector<std::string>>;

TEST(CsvReader, ReadsQuotesDelimitersAndLineBreaksInFields) {
  const Outcome outcome = ReadAll("a,\"b,1\",\"c\n2\"\r\n\"\"\"x\"\"\",,z\n\nlast,\"\",\"e\r\nf\"");
  EXPECT_TRUE(outcome.faults.empty());
  EXPECT_EQ(outcome.rows, (Rows{{"a", "b,1", "c\n2"}, {"\"x\"", "", "z"}, {"last", "", "e\r\nf"}}));
  EXPECT_EQ(outcome.lines, (std::vector<uint64_t>{1, 3, 5}));
}

TEST(CsvReader, SkipsAByteOrderMarkAndKeepsOneInside) {
  EXPECT_EQ(ReadAll("\xEF\xBB\xBF"
                    "a,b\n")
                .rows,
            (Rows{{"a", "b"}}));
  EXPECT_EQ(ReadAll("a,\xEF\xBB\xBF"
                    "b\n")
                .rows,
            (Rows{{"a",
                   "\xEF\xBB\xBF"
                   "b"}}));
}

TEST(CsvReader, DecodesWindows1252) {
  const Outcome outcome = ReadAll("Zo\xEB;\x80 5\n", ';', Encoding::kWindows1252);
  EXPECT_EQ(outcome.rows, (Rows{{"Zoë", "€ 5"}}));
  const Outcome bad = ReadAll("ab\x81;x\n", ';', Encoding::kWindows1252);
  EXPECT_EQ(bad.faults, (std::vector<Fault>{{"bad-encoding", 1, 3}}));
}

TEST(CsvReader, PlacesFaultsByLineAndCharacter) {
  const Outcome outcome = ReadAll("é,\xFFx\nok,a\"b\n\"q\"r,s\nlast,\x01\n");
  EXPECT_EQ(outcome.faults, (std::vector<Fault>{{"bad-encoding", 1, 3},
                                                {"bad-quoting", 2, 5},
                                                {"bad-quoting", 3, 4},
                                                {"bad-encoding", 4, 6}}));
  EXPECT_EQ(outcome.rows.size(), 4U);
}

TEST(CsvReader, GoesOnAfterAQuoteThatIsNeverClosed) {
  const Outcome outcome = ReadAll("a,\"b\nc,d\ne,f\n");
  EXPECT_EQ(outcome.faults, (std::vector<Fault>{{"unclosed-quote", 1, 3}}));
  ASSERT_EQ(outcome.rows.size(), 3U);
  EXPECT_EQ(outcome.rows[1], (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(outcome.lines, (std::vector<uint64_t>{1, 2, 3}));
}

TEST(CsvReader, ReadsFilesLargerThanItsBuffer) {
  std::string text;
  for (int i = 0; i < 60'000; ++i)
    text += std::to_string(i) + ",\"é\n" + std::to_string(i) + "\"\n";
  const Outcome outcome = ReadAll(text);
  EXPECT_TRUE(outcome.faults.empty());
  ASSERT_EQ(outcome.rows.size(), 60'000U);
  for (size_t i = 0; i < outcome.rows.size(); ++i) {
    ASSERT_EQ(outcome.rows[i][0], std::to_string(i));
    ASSERT_EQ(outcome.rows[i][1], "é\n" + std::to_string(i));
    ASSERT_EQ(outcome.lines[i], 2 * i + 1);
  }
}

TEST(CsvReader, RefusesRecordsThatDoNotEndAndStaysInStep) {
  std::string text = "a,b\n" + std::string(400'000, 'x') + "\nc,d\n";
  Outcome outcome = ReadAll(text);
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_EQ(std::get<0>(outcome.faults[0]), "record-too-long");
  EXPECT_EQ(outcome.rows.back(), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(outcome.lines.back(), 3U);

  text = "a,\"" + std::string(100'000, 'x') + "\nc,d\n" + std::string(100'000, 'y');
  outcome = ReadAll(text);
  ASSERT_EQ(outcome.faults.size(), 2U);
  EXPECT_EQ(std::get<0>(outcome.faults[0]), "unclosed-quote");
  EXPECT_EQ(std::get<0>(outcome.faults[1]), "record-too-long");
}

TEST(CsvReader, FindsNothingInAnEmptyFile) {
  EXPECT_TRUE(ReadAll("").rows.empty());
  EXPECT_TRUE(ReadAll("\n\r\n\n").rows.empty());
  EXPECT_TRUE(ReadAll("\xEF\xBB\xBF").rows.empty());
}

}  // namespace
}  // namespace polder::server::member
