#include "server/report/hidden_report.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "tests/support/places.h"

namespace polder::server::report {
namespace {

using stats::table::CountCell;
using stats::table::CountStatus;
using testing::HasSubstr;
using testing::Not;

std::string Text(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const policies::codebook::Codebook& Book() {
  static const auto book = policies::codebook::Codebook::FromJson(
      base::ParseJson(Text("policies/data/codebooks/nl-leerplicht-2026.1.json")));
  return book;
}

stats::table::PublishedRelease Example() {
  return stats::table::PublishedRelease::Parse(Text("docs/formats/examples/release.json"));
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// Three municipalities by three kinds; two cells of two rows are hidden.
HiddenReport Square(Language language) {
  const auto spec = stats::table::ParseCountSpec(
      R"({"dimensions":[{"column":"municipality","hierarchy":{"Total":["A","B","C"]}},)"
      R"({"column":"kind","hierarchy":{"Both":["x","y","z"]}}],"threshold":5})");
  std::vector<CountCell> cells;
  for (size_t cell = 0; cell < spec.grid.cells(); ++cell) {
    const size_t row = spec.grid.NodeOf(cell, 0), column = spec.grid.NodeOf(cell, 1);
    const bool hidden = (row == 1 || row == 2) && (column == 1 || column == 2);
    cells.push_back({cell, hidden ? std::nullopt : std::optional<int64_t>(20),
                     hidden ? CountStatus::kHidden : CountStatus::kValue});
  }
  return ReportOf(spec, cells, language);
}

TEST(HiddenReport, CountsTheCellsOfEveryTableAndRow) {
  const HiddenReport report = Square(Language::kEnglish);
  ASSERT_EQ(report.tables.size(), 4U);
  EXPECT_EQ(report.tables.back().cells, 9U);
  EXPECT_EQ(report.tables.back().hidden, 4U);
  EXPECT_EQ(report.tables.front().hidden, 0U);
  ASSERT_EQ(report.rows.size(), 3U);
  EXPECT_EQ(report.rows[0].hidden, 2U);
  EXPECT_EQ(report.rows[2].hidden, 0U);
}

TEST(HiddenReport, ThePictureShowsEveryHiddenCellAndSaysItInWords) {
  const HiddenReport report = Square(Language::kDutch);
  const auto hidden =
      static_cast<size_t>(std::count(report.marks.begin(), report.marks.end(), Mark::kHidden));
  ASSERT_GT(hidden, 0U);
  const std::string svg = PictureOf(report, Language::kDutch);
  // One more in the legend. A hidden cell is hatched as well as dark.
  EXPECT_EQ(Count(svg, "fill=\"url(#hatch)\""), hidden + 1);
  EXPECT_THAT(svg, HasSubstr("<title id=\"t\">Wat is verborgen</title>"));
  EXPECT_THAT(svg, HasSubstr("role=\"img\" aria-labelledby=\"t d\" lang=\"nl\""));
  for (size_t row = 0; row < report.rows.size(); ++row) {
    for (size_t column = 0; column < report.columns.size(); ++column) {
      if (report.At(row, column) == Mark::kHidden) {
        EXPECT_THAT(svg, HasSubstr(report.rows[row].label + ", verborgen:"));
      }
    }
  }
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
}

TEST(HiddenReport, ThePageSaysInTablesWhatThePictureShows) {
  const HiddenReport report = Square(Language::kEnglish);
  const std::string page = PageOf(report, Language::kEnglish);
  EXPECT_THAT(page, HasSubstr("<html lang=\"en\">"));
  for (const auto& tallies : {report.rows, report.tables}) {
    for (const Tally& tally : tallies) {
      EXPECT_THAT(page, HasSubstr("</th><td>" + std::to_string(tally.cells) + "</td><td>" +
                                  std::to_string(tally.hidden) + "</td>"));
    }
  }
  EXPECT_THAT(page, Not(HasSubstr("http://www.w3.org/1999")));
  EXPECT_EQ(Count(page, "<script") + Count(page, "<link") + Count(page, "<img"), 0U);
}

// A name is data: it may hold anything.
TEST(HiddenReport, NamesAreEscaped) {
  const auto spec = stats::table::ParseCountSpec(
      R"({"dimensions":[{"column":"m","hierarchy":{"T":["<a>","b & \"c\""]}},)"
      R"({"column":"k","hierarchy":{"S":["x","y"]}}],"threshold":5})");
  std::vector<CountCell> cells;
  for (size_t cell = 0; cell < spec.grid.cells(); ++cell) {
    cells.push_back({cell, 7, CountStatus::kValue});
  }
  const std::string page = PageOf(ReportOf(spec, cells, Language::kDutch), Language::kDutch);
  EXPECT_THAT(page, Not(HasSubstr("<a>")));
  EXPECT_THAT(page, HasSubstr("&lt;a&gt;"));
  EXPECT_THAT(page, HasSubstr("b &amp; &quot;c&quot;"));
}

// 40 shown, of which 30 in shown cells: a quarter lies behind the hidden ones, as anyone can see.
TEST(HiddenReport, TheShareIsWhatShownNumbersTell) {
  const auto spec = stats::table::ParseCountSpec(
      R"({"dimensions":[{"column":"m","hierarchy":{"T":["a","b"]}},)"
      R"({"column":"k","hierarchy":{"S":["x","y","z"]}}],"threshold":5})");
  std::vector<CountCell> cells;
  const auto add = [&](const char* m, const char* k, std::optional<int64_t> count) {
    cells.push_back(
        {spec.grid.CellOf({*spec.grid.trees()[0].Find(m), *spec.grid.trees()[1].Find(k)}), count,
         count ? CountStatus::kValue : CountStatus::kHidden});
  };
  for (const char* m : {"T", "a", "b"}) {
    add(m, "S", m == std::string("b") ? std::nullopt : std::optional<int64_t>(40));
    add(m, "x", 30);
    add(m, "y", std::nullopt);
    add(m, "z", std::nullopt);
  }
  const HiddenReport report = ReportOf(spec, cells, Language::kDutch);
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_EQ(report.rows[0].share, 25);
  EXPECT_EQ(report.rows[1].share, std::nullopt);
  EXPECT_EQ(report.rows[0].hidden, 2U);
  EXPECT_EQ(report.rows[1].hidden, 3U);
}

TEST(HiddenReport, RefusesWhatItCannotDraw) {
  EXPECT_THROW(ReportOf(Example(), "pupils", Book(), Language::kDutch), base::ProblemError);
  const auto row = stats::table::ParseCountSpec(
      R"({"dimensions":[{"column":"m","hierarchy":{"T":["a","b"]}}],"threshold":5})");
  EXPECT_THROW(ReportOf(row, {}, Language::kDutch), base::ProblemError);
}

}  // namespace
}  // namespace polder::server::report
