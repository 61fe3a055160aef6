// Published tables as ranges of cells.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "policies/base/problem.h"
#include "stats/audit/count_bounds.h"
#include "stats/table/csv_rows.h"

namespace polder::stats::audit {
namespace {

// Beyond any population; sums of as many as a grid holds still fit a word.
constexpr int64_t kMostCount = int64_t{1} << 36;

std::optional<int64_t> Number(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || rest != end || value < 0 || value > kMostCount) {
    return std::nullopt;
  }
  return value;
}

class Reader {
 public:
  Reader(const table::Grid& grid, CountDialect dialect, int64_t least_hidden)
      : grid_(grid), dialect_(dialect), least_hidden_(least_hidden) {}

  void Take(const table::CsvRow& row, base::Problems& problems) {
    if (columns_.empty()) return TakeHeader(row, problems);
    std::vector<size_t> nodes;
    for (const table::Tree& tree : grid_.trees()) {
      const std::string_view* name = Field(row, tree.column());
      const std::optional<size_t> node = name != nullptr ? tree.Find(*name) : tree.Root();
      if (!node) {
        problems.Add({.code = "unknown-code",
                      .pointer = tree.column(),
                      .detail = "This code is no node of the hierarchy; correct it, or add it to "
                                "the specification.",
                      .line = row.line});
        return;
      }
      nodes.push_back(*node);
    }
    const std::optional<CountRange> range = RangeOf(row, problems);
    if (!range) return;
    const size_t cell = grid_.CellOf(nodes);
    const auto [first, fresh] = taken_.emplace(cell, std::pair(*range, row.line));
    if (fresh) {
      statements_.push_back({cell, *range});
    } else if (!(first->second.first == *range)) {
      problems.Add({.code = "duplicate-cell",
                    .pointer = "count",
                    .detail = "Line " + std::to_string(first->second.second) +
                              " says something else of the same cell; leave one of the two.",
                    .line = row.line});
    }
  }

  std::vector<CountStatement> Done(base::Problems& problems) {
    if (columns_.empty()) problems.Add("missing-column", "", "The table has no header line.");
    if (!columns_.empty() && taken_.empty() && problems.empty()) {
      problems.Add("empty-table", "", "The table has no rows: there is nothing to attack.");
    }
    problems.ThrowIfAny();
    return std::move(statements_);
  }

 private:
  void TakeHeader(const table::CsvRow& row, base::Problems& problems) {
    for (size_t i = 0; i < row.fields.size(); ++i) {
      const std::string column(row.fields[i]);
      if (columns_.emplace(column, i).second || !IsRead(column)) continue;
      problems.Add("duplicate-column", column,
                   "The header line has this column twice; leave one of them out.");
    }
    const bool banded = columns_.contains("low") && columns_.contains("high");
    if (!banded && !columns_.contains("count")) {
      problems.Add("missing-column", "count", "A table has a column count, or low and high.");
    }
    for (const table::Tree& tree : grid_.trees()) {
      if (columns_.contains(tree.column()) || tree.Root()) continue;
      problems.Add("missing-column", tree.column(),
                   "The table has no such column and the dimension has no total to stand for it.");
    }
    RefuseStrangersForDimensions(problems);
    problems.ThrowIfAny();
  }

  // A dimension that is not there stands at its total; one that goes by another name does not.
  void RefuseStrangersForDimensions(base::Problems& problems) const {
    const bool strangers = std::any_of(columns_.begin(), columns_.end(),
                                       [&](const auto& column) { return !IsRead(column.first); });
    if (!strangers) return;
    for (const table::Tree& tree : grid_.trees()) {
      if (columns_.contains(tree.column()) || !tree.Root()) continue;
      problems.Add("missing-column", tree.column(),
                   "The table has no such column, but one that is no dimension of the "
                   "specification, so that nothing says which cells these are. Name the columns as "
                   "the specification does, or, when the table stands at the total of this "
                   "dimension, leave the others out.");
    }
  }

  bool IsRead(const std::string& column) const {
    static constexpr std::string_view kOwn[] = {"count", "status", "margin", "low", "high"};
    return std::find(std::begin(kOwn), std::end(kOwn), column) != std::end(kOwn) ||
           std::any_of(grid_.trees().begin(), grid_.trees().end(),
                       [&](const table::Tree& tree) { return tree.column() == column; });
  }

  const std::string_view* Field(const table::CsvRow& row, const std::string& column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? nullptr : &row.fields[found->second];
  }

  std::optional<CountRange> RangeOf(const table::CsvRow& row, base::Problems& problems) const {
    const auto wrong = [&](const char* code, const char* column, const char* detail) {
      problems.Add({.code = code, .pointer = column, .detail = detail, .line = row.line});
      return std::nullopt;
    };
    const std::string_view* low = Field(row, "low");
    const std::string_view* high = Field(row, "high");
    if (low != nullptr && high != nullptr) {
      const auto from = Number(*low);
      const auto to = high->empty() ? CountRange::kMany : Number(*high);
      if (!from || !to || *from > *to) {
        return wrong("wrong-count", "low",
                     "A banded row has a whole low that is not above its high; no high means no "
                     "end.");
      }
      return CountRange{*from, *to};
    }
    const std::string_view count = *Field(row, "count");
    const std::string_view* status = Field(row, "status");
    if (status != nullptr && *status != "value" && *status != "zero" && *status != "hidden") {
      return wrong("wrong-status", "status", "A status is value, zero or hidden.");
    }
    if (count.empty()) {
      if (status != nullptr && *status != "hidden") {
        return wrong("wrong-count", "count", "Only a hidden cell has no count.");
      }
      return CountRange{least_hidden_, CountRange::kMany};
    }
    const auto value = Number(count);
    if (!value) {
      return wrong("wrong-count", "count",
                   "A count is a whole number from 0, or empty when hidden.");
    }
    if (status != nullptr && *status == "hidden") {
      return wrong("wrong-status", "status",
                   "The row calls the cell hidden and shows a count; which of the two is public?");
    }
    if (status != nullptr && *status == "zero" && *value != 0) {
      return wrong("wrong-status", "status", "The row calls the cell zero and shows a count.");
    }
    if (const std::string_view* margin = Field(row, "margin");
        margin != nullptr && !margin->empty()) {
      const auto by = Number(*margin);
      if (!by) return wrong("wrong-count", "margin", "A margin is a whole number from 0.");
      return CountRange{std::max<int64_t>(0, *value - *by), *value + *by};
    }
    if (status != nullptr && *status == "value" && *value == 0) {
      return wrong("wrong-status", "status", "The row shows nought; its status is zero.");
    }
    if (dialect_ == CountDialect::kDuo && *value > 0 && *value < 4) {
      return wrong("wrong-dialect", "count",
                   "In this dialect 1 to 4 are shown as 4, so that no 1, 2 or 3 stands in a "
                   "table. Attack it without the dialect.");
    }
    if (dialect_ == CountDialect::kDuo && *value == 4) return CountRange{1, 4};
    return CountRange{*value, *value};
  }

  const table::Grid& grid_;
  CountDialect dialect_;
  int64_t least_hidden_;
  std::map<std::string, size_t> columns_;
  std::map<size_t, std::pair<CountRange, uint64_t>> taken_;  // by cell: what, and on which line
  std::vector<CountStatement> statements_;
};

}  // namespace

std::vector<CountStatement> ParseCountStatements(const table::Grid& grid, std::string_view csv,
                                                 CountDialect dialect, int64_t least_hidden) {
  base::Problems problems;
  Reader reader(grid, dialect, least_hidden);
  table::ReadCsvRows(csv, problems, [&](const table::CsvRow& row) { reader.Take(row, problems); });
  return reader.Done(problems);
}

}  // namespace polder::stats::audit
