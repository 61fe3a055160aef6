#include "stats/release/release.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "stats/table/csv.h"
#include "stats/table/interval.h"
#include "tests/support/example_release.h"

namespace polder::stats::release {
namespace {

using table::CellStatus;
using table::PublishedRelease;

const tests::Example kLarge = {.scale = 5};

table::LinkedTables Hidden(const tests::Example& example) {
  auto tables = tests::RandomTables(example);
  tests::HideSmallKinds(tables);
  return tables;
}

tests::ExampleRelease Made(const tests::Example& example = kLarge) {
  return tests::MakeExampleRelease({Hidden(example)}, tests::SchoolYear(),
                                   tests::Delivered(tests::Towns(example.towns)));
}

TEST(MakeRelease, IsCanonicalAndReadBackAsItWas) {
  const auto made = Made();
  const PublishedRelease release = PublishedRelease::Parse(made.text);
  EXPECT_EQ(release.canonical(), made.text);
  EXPECT_EQ(release.header().release_id, "release-2022SJ-definitive");
  EXPECT_EQ(release.header().members.size(), 11U);
  const auto* measure = release.FindMeasure("persons");
  ASSERT_NE(measure, nullptr);
  EXPECT_EQ(measure->unit, "persons");
  const auto& tables = made.candidate.measures.front();
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const auto* published = measure->FindTable(tables.tables()[t].id);
    ASSERT_NE(published, nullptr);
    EXPECT_EQ(published->variance, tables.Variance(t));
    for (size_t c = 0; c < published->cells.size(); ++c) {
      const CellStatus status = tables.statuses()[tables.Number(t, c)];
      EXPECT_EQ(published->cells[c].status, status);
      EXPECT_EQ(published->cells[c].value.has_value(), table::HasNumber(status));
      if (published->cells[c].value) {
        EXPECT_EQ(*published->cells[c].value, tables.values()[tables.Number(t, c)]);
      }
    }
  }
}

TEST(MakeRelease, TheSameTablesGiveTheSameBytes) { EXPECT_EQ(Made().text, Made().text); }

TEST(MakeRelease, HiddenValuesLeaveNoTraceInTheBytes) {
  // Two candidates that differ in hidden values only give the same bytes.
  const auto members = tests::Delivered(tests::Towns(11));
  const auto made = Made();
  auto other = made.candidate;
  auto& measure = other.measures.front();
  size_t crossed = 0;
  while (measure.tables()[crossed].id != "municipality-kind") ++crossed;
  // A rectangle of hidden cells moves: kinds 5 and 6 in towns 0 and 1.
  for (const size_t kind : {5U, 6U}) {
    for (const size_t town : {0U, 1U}) {
      const size_t cell = measure.Number(crossed, kind * 11 + town);
      ASSERT_EQ(measure.statuses()[cell], CellStatus::kHidden);
      measure.values()[cell] += (kind == 5) == (town == 0) ? 7 : -7;
    }
  }
  ASSERT_TRUE(measure.AddsUp());
  const auto policy = tests::ShippedPolicy();
  const auto audited = audit::Audit(std::move(other), policy, {});
  auto header = tests::ExampleHeader(tests::SchoolYear(), members, policy);
  header.release_id += "-definitive";
  header.min_hidden_sd = audited.certificate().smallest_standard_error;
  EXPECT_EQ(MakeRelease(audited, header, tests::ShippedCodebook(), policy), made.text);
}

TEST(MakeRelease, AHiddenCellHasCodesAndStatusAndNothingElse) {
  const auto json = base::ParseJson(Made().text);
  size_t hidden = 0;
  for (const auto& table : json["measures"][0]["tables"]) {
    for (const auto& cell : table["cells"]) {
      if (cell["status"] != "hidden") continue;
      ++hidden;
      EXPECT_EQ(cell.size(), 2U) << cell;
    }
  }
  EXPECT_GT(hidden, 20U);
}

TEST(MakeRelease, RefusesAHeaderThatSpeaksOfSomethingElse) {
  const auto members = tests::Delivered(tests::Towns(11));
  const auto policy = tests::ShippedPolicy();
  std::vector<table::LinkedTables> measures = {Hidden(kLarge)};
  const auto audited = audit::Audit({tests::SchoolYear(), measures}, policy, {});
  const auto expect = [&](auto change, const std::string& code) {
    auto header = tests::ExampleHeader(tests::SchoolYear(), members, policy);
    header.min_hidden_sd = audited.certificate().smallest_standard_error;
    change(header);
    try {
      MakeRelease(audited, header, tests::ShippedCodebook(), policy);
      FAIL() << code << " accepted";
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), code);
    }
  };
  expect([](auto& header) { header.period = tests::SchoolYear(2021); }, "wrong-period");
  expect([](auto& header) { header.region = "RMC11"; }, "wrong-region");
  expect([](auto& header) { header.policy.version = "0"; }, "wrong-policy");
  expect([](auto& header) { header.codebook.id = "x"; }, "wrong-codebook");
  expect([](auto& header) { header.min_hidden_sd = "9.9"; }, "wrong-audit");
  expect([](auto& header) { header.members.pop_back(); }, "unknown-member");
  expect([](auto& header) { header.members[0].delivered = false; }, "status-against-header");
}

TEST(MakeRelease, IntervalsAreTheExactOnes) {
  const PublishedRelease release = PublishedRelease::Parse(Made().text);
  const auto policy = tests::ShippedPolicy();
  for (const auto& table : release.measures().front().tables) {
    for (const auto& cell : table.cells) {
      if (!cell.value) continue;
      const auto names = release.measures().front().schema.Names(table.attributes);
      const std::string kind = !names.empty() && names.front() == "kind" ? cell.codes.front() : "";
      const auto expected = table::IntervalOf(*cell.value, table.variance,
                                              release.measures().front().rounding_deviation,
                                              policy.RuleOf(kind).threshold);
      EXPECT_EQ(cell.interval->low, expected.low);
      EXPECT_EQ(cell.interval->high, expected.high);
    }
  }
}

TEST(CellsCsv, HasEveryCellOnceAndNoNumberForHiddenOnes) {
  const PublishedRelease release = PublishedRelease::Parse(Made().text);
  const std::string csv = table::CellsCsv(release);
  EXPECT_EQ(
      csv.substr(0, csv.find("\r\n")),
      "measure,table,kind,municipality,ageBand,group,administrative,status,value,low,high,sd");
  size_t rows = 0;
  for (size_t at = 0; (at = csv.find("\r\n", at)) != std::string::npos; at += 2) ++rows;
  size_t cells = 1;
  for (const auto& table : release.measures().front().tables) cells += table.cells.size();
  EXPECT_EQ(rows, cells);
  for (size_t at = 0; (at = csv.find(",hidden,", at)) != std::string::npos; ++at) {
    EXPECT_EQ(csv.substr(at, 11), ",hidden,,,,");
  }
}

TEST(MakeRelease, AWholeCountryFromAuditToBytesTakesSeconds) {
  const auto begin = std::chrono::steady_clock::now();
  const auto made = Made({.towns = 342, .scale = 30});
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("seconds", std::to_string(seconds));
  RecordProperty("bytes", std::to_string(made.text.size()));
  EXPECT_LT(seconds, 60);
}

}  // namespace
}  // namespace polder::stats::release
