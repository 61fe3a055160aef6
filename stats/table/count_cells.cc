// Cases to counts, and tables of counts as CSV.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "stats/table/csv.h"
#include "stats/table/csv_rows.h"
#include "stats/table/spec.h"

namespace polder::stats::table {
namespace {

void Note(base::Problems& problems, uint64_t line, std::string code, std::string column,
          std::string detail) {
  problems.Add({.code = std::move(code),
                .pointer = std::move(column),
                .detail = std::move(detail),
                .line = line});
}

// Where the columns of the dimensions stand, from the header line; nothing for an absent one. A
// column that stands there twice leaves open which of them counts.
std::vector<std::optional<size_t>> Columns(const Grid& grid, const CsvRow& header,
                                           base::Problems& problems) {
  std::vector<std::optional<size_t>> columns;
  for (const Tree& tree : grid.trees()) {
    const auto found = std::find(header.fields.begin(), header.fields.end(), tree.column());
    columns.emplace_back();
    if (found == header.fields.end()) continue;
    columns.back() = static_cast<size_t>(found - header.fields.begin());
    if (std::find(found + 1, header.fields.end(), tree.column()) != header.fields.end()) {
      Note(problems, header.line, "duplicate-column", tree.column(),
           "The header line has this column twice; leave one of them out.");
    }
  }
  return columns;
}

// What is likely to be wrong with a header line that lacks a column.
std::string HintOf(const CsvRow& header) {
  const std::string_view only = header.fields.size() == 1 ? header.fields.front() : "";
  if (only.find(';') != std::string_view::npos || only.find('\t') != std::string_view::npos) {
    return " Fields must be separated by commas.";
  }
  return " Names are compared exactly, with their capitals and spaces.";
}

// The leaf codes of a dimension: a look-up per field of a file of cases is what reading it costs.
class LeafCodes {
 public:
  // `stride`: what one node further adds to the number of a cell.
  LeafCodes(const Tree& tree, size_t stride) {
    size_t size = 16;
    while (size < 4 * tree.size()) size *= 2;
    table_.resize(size);
    for (size_t node = 0; node < tree.size(); ++node) {
      if (!tree.IsLeaf(node)) continue;
      const std::string_view name = tree.nodes()[node].name;
      size_t at = Hash(name);
      while (!table_[at].name.empty()) at = (at + 1) & (table_.size() - 1);
      table_[at] = {name, node * stride};
    }
  }
  // What the code adds to the number of a cell.
  std::optional<size_t> Find(std::string_view name) const {
    if (name.empty()) return std::nullopt;  // no node has this name
    for (size_t at = Hash(name); !table_[at].name.empty(); at = (at + 1) & (table_.size() - 1)) {
      if (table_[at].name == name) return table_[at].offset;
    }
    return std::nullopt;
  }

 private:
  struct Place {
    std::string_view name;  // empty: free
    size_t offset = 0;
  };
  size_t Hash(std::string_view name) const {
    size_t key = name.size();
    for (const char c : name) key = (key ^ static_cast<unsigned char>(c)) * 0x9e3779b97f4a7c15u;
    return key >> 32 & (table_.size() - 1);
  }
  std::vector<Place> table_;  // a power of two, at most a quarter full
};

std::string_view Text(CountStatus status) {
  if (status == CountStatus::kHidden) return "hidden";
  return status == CountStatus::kZero ? "zero" : "value";
}

}  // namespace

class CaseCounter::Reader {
 public:
  explicit Reader(const Grid& grid)
      : parts(problems, [this](const CsvRow& row) { Take(row); }),
        grid_(grid),
        counts_(grid.cells()) {
    for (size_t d = 0; d < grid.trees().size(); ++d) {
      codes_.emplace_back(grid.trees()[d], grid.stride(d));
    }
  }
  std::vector<int64_t> Counts() {
    parts.Finish();
    if (!header_) {
      problems.Add("missing-column", "",
                   "The file of cases has no header line: it names the columns of the dimensions, "
                   "and a row a case follows.");
    }
    problems.ThrowIfAny();
    AddUp(grid_, counts_);
    return std::move(counts_);
  }

  base::Problems problems;
  CsvParts parts;

 private:
  void Take(const CsvRow& row) {
    if (!std::exchange(header_, true)) {
      TakeHeader(row);
      return;
    }
    if (columns_.size() != codes_.size()) return;
    size_t cell = 0;
    bool known = true;
    for (size_t d = 0; d < columns_.size(); ++d) {
      const std::optional<size_t> offset = codes_[d].Find(row.fields[columns_[d]]);
      if (offset) {
        cell += *offset;
        continue;
      }
      known = false;
      Note(problems, row.line, "unknown-code", grid_.trees()[d].column(),
           "This code is no leaf of the hierarchy; add it to the specification or correct it.");
    }
    if (known) ++counts_[cell];
  }
  void TakeHeader(const CsvRow& row) {
    const std::vector<std::optional<size_t>> found = Columns(grid_, row, problems);
    for (size_t d = 0; d < found.size(); ++d) {
      if (found[d]) {
        columns_.push_back(*found[d]);
        continue;
      }
      Note(problems, row.line, "missing-column", grid_.trees()[d].column(),
           "The specification has a dimension of this name; the header line has no such column." +
               HintOf(row));
    }
  }

  const Grid& grid_;
  std::vector<int64_t> counts_;
  std::vector<LeafCodes> codes_;
  std::vector<size_t> columns_;
  bool header_ = false;
};

CaseCounter::CaseCounter(const Grid& grid) : reader_(std::make_unique<Reader>(grid)) {}
CaseCounter::~CaseCounter() = default;
void CaseCounter::Take(std::string_view part) { reader_->parts.Take(part); }
std::vector<int64_t> CaseCounter::Finish() { return reader_->Counts(); }

std::vector<int64_t> CountCases(const Grid& grid, std::string_view csv) {
  CaseCounter counter(grid);
  counter.Take(csv);
  return counter.Finish();
}

std::vector<CountCell> ParseCountCells(const Grid& grid, std::string_view csv) {
  base::Problems problems;
  std::vector<CountCell> cells;
  std::vector<bool> seen(grid.cells());
  std::optional<std::vector<std::optional<size_t>>> columns;
  size_t count_column = 0;
  size_t status_column = 0;
  ReadCsvRows(csv, problems, [&](const CsvRow& row) {
    if (!columns) {
      columns = Columns(grid, row, problems);
      for (size_t d = 0; d < columns->size(); ++d) {
        if ((*columns)[d] || grid.trees()[d].Root()) continue;
        Note(problems, row.line, "missing-column", grid.trees()[d].column(),
             "The table has no such column and the dimension has no total to stand for it." +
                 HintOf(row));
      }
      for (size_t at = 0; at < row.fields.size(); ++at) {
        const std::string_view name = row.fields[at];
        if (name == "count") count_column = at + 1;
        if (name == "status") status_column = at + 1;
        const bool known = name == "count" || name == "status" ||
                           std::find(columns->begin(), columns->end(), at) != columns->end();
        if (!known) {
          Note(problems, row.line, "unknown-column", std::string(name),
               "The specification has no such dimension; list it there, outside its tables when it "
               "is not published now.");
        }
      }
      if (count_column == 0 || status_column == 0) {
        Note(
            problems, row.line, "missing-column", count_column == 0 ? "count" : "status",
            "A table of counts has the columns of its dimensions, count and status." + HintOf(row));
      }
      problems.ThrowIfAny();
      return;
    }
    std::vector<size_t> nodes;
    for (size_t d = 0; d < columns->size(); ++d) {
      const Tree& tree = grid.trees()[d];
      const std::optional<size_t> node =
          (*columns)[d] ? tree.Find(row.fields[*(*columns)[d]]) : tree.Root();
      if (!node) {
        Note(problems, row.line, "unknown-code", tree.column(),
             "This code is no node of the hierarchy; add it to the specification or correct it.");
        return;
      }
      nodes.push_back(*node);
    }
    CountCell cell{.cell = grid.CellOf(nodes), .count = {}, .status = CountStatus::kHidden};
    const std::string_view count = row.fields[count_column - 1];
    const std::string_view status = row.fields[status_column - 1];
    int64_t value = 0;
    const auto end = count.data() + count.size();
    const auto [rest, error] = std::from_chars(count.data(), end, value);
    const bool number = !count.empty() && error == std::errc() && rest == end && value >= 0 &&
                        value <= (int64_t{1} << 53);
    if (status == "hidden" && count.empty()) {
      cell.status = CountStatus::kHidden;
    } else if (status == "value" && number && value > 0) {
      cell.status = CountStatus::kValue;
      cell.count = value;
    } else if (status == "zero" && number && value == 0) {
      cell.status = CountStatus::kZero;
      cell.count = value;
    } else {
      Note(problems, row.line, "wrong-status", "status",
           "A row has a count above nought and status value, a count of 0 and status zero, or no "
           "count and status hidden.");
      return;
    }
    if (seen[cell.cell]) {
      Note(problems, row.line, "duplicate-cell", "", "Another row has the same codes.");
      return;
    }
    seen[cell.cell] = true;
    cells.push_back(cell);
  });
  if (!columns)
    problems.Add("missing-column", "",
                 "The table has no header line: it names the dimensions, count and status.");
  problems.ThrowIfAny();
  return cells;
}

std::string WriteCountCells(const Grid& grid, const std::vector<CountCell>& cells) {
  std::vector<std::string> fields;
  for (const Tree& tree : grid.trees()) fields.push_back(tree.column());
  fields.insert(fields.end(), {"count", "status"});
  std::string text = CsvLine(fields);
  for (const CountCell& cell : cells) {
    fields.clear();
    for (size_t d = 0; d < grid.trees().size(); ++d) {
      fields.push_back(grid.trees()[d].nodes()[grid.NodeOf(cell.cell, d)].name);
    }
    fields.push_back(cell.count ? std::to_string(*cell.count) : "");
    fields.emplace_back(Text(cell.status));
    text += CsvLine(fields);
  }
  return text;
}

}  // namespace polder::stats::table
