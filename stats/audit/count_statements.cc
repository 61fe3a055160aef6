// Published tables as ranges of cells.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "policies/base/problem.h"
#include "stats/audit/count_bounds.h"
#include "stats/table/csv_rows.h"

namespace polder::stats::audit {
namespace {

std::optional<int64_t> Number(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || rest != end || value < 0 ||
      value > CountRange::kMany) {
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
    if (const std::optional<CountRange> range = RangeOf(row)) {
      statements_.push_back({grid_.CellOf(nodes), *range});
    } else {
      problems.Add({.code = "wrong-count",
                    .pointer = "count",
                    .detail = "A row has a whole count, or none and status hidden, or a low that "
                              "is not above its high.",
                    .line = row.line});
    }
  }

  std::vector<CountStatement> Done(base::Problems& problems) {
    if (columns_.empty()) problems.Add("missing-column", "", "The table has no header line.");
    problems.ThrowIfAny();
    return std::move(statements_);
  }

 private:
  void TakeHeader(const table::CsvRow& row, base::Problems& problems) {
    for (size_t i = 0; i < row.fields.size(); ++i) columns_[std::string(row.fields[i])] = i;
    const bool banded = columns_.contains("low") && columns_.contains("high");
    if (!banded && !columns_.contains("count")) {
      problems.Add("missing-column", "count", "A table has a column count, or low and high.");
    }
    for (const table::Tree& tree : grid_.trees()) {
      if (columns_.contains(tree.column()) || tree.Root()) continue;
      problems.Add("missing-column", tree.column(),
                   "The table has no such column and the dimension has no total to stand for it.");
    }
    problems.ThrowIfAny();
  }

  const std::string_view* Field(const table::CsvRow& row, const std::string& column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? nullptr : &row.fields[found->second];
  }

  std::optional<CountRange> RangeOf(const table::CsvRow& row) const {
    const std::string_view* low = Field(row, "low");
    const std::string_view* high = Field(row, "high");
    if (low != nullptr && high != nullptr) {
      const auto from = Number(*low);
      const auto to = high->empty() ? CountRange::kMany : Number(*high);
      if (!from || !to || *from > *to) return std::nullopt;
      return CountRange{*from, *to};
    }
    const std::string_view count = *Field(row, "count");
    const std::string_view* status = Field(row, "status");
    if (count.empty()) {
      if (status != nullptr && *status != "hidden") return std::nullopt;
      return CountRange{least_hidden_, CountRange::kMany};
    }
    const auto value = Number(count);
    if (!value) return std::nullopt;
    if (const std::string_view* margin = Field(row, "margin");
        margin != nullptr && !margin->empty()) {
      const auto by = Number(*margin);
      if (!by) return std::nullopt;
      return CountRange{std::max<int64_t>(0, *value - *by), *value + *by};
    }
    if (dialect_ == CountDialect::kDuo && *value == 4) return CountRange{1, 4};
    return CountRange{*value, *value};
  }

  const table::Grid& grid_;
  CountDialect dialect_;
  int64_t least_hidden_;
  std::map<std::string, size_t> columns_;
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
