#include "server/report/hidden_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policies/base/problem.h"
#include "server/report/words.h"

namespace polder::server::report {
namespace {

using policies::codebook::Codebook;
using stats::table::AttributeSet;
using stats::table::CellStatus;
using stats::table::CountCell;
using stats::table::CountStatus;
using stats::table::PublishedCell;
using stats::table::PublishedMeasure;
using stats::table::PublishedTable;

std::string In(const policies::codebook::Label& label, Language language) {
  return language == Language::kDutch ? label.nl : label.en;
}

std::string LabelOf(const Codebook& codebook, std::string_view attribute, const std::string& code,
                    Language language) {
  const auto listed = [&](const policies::codebook::CodeList& list) {
    const auto at = list.IndexOf(code);
    return at ? In(list.at(*at).label, language) : code;
  };
  if (attribute == "municipality") {
    const auto* found = codebook.FindMunicipality(code);
    return found == nullptr ? code : In(found->code.label, language);
  }
  if (attribute == "kind") {
    const auto* found = codebook.FindKindGroup(code);
    return found == nullptr ? code : In(found->code.label, language);
  }
  if (attribute == "ageBand") return listed(codebook.age_band_codes());
  if (attribute == "group") return listed(codebook.groups());
  if (attribute == "level") return listed(codebook.levels());
  if (attribute == "administrative") return listed(codebook.administrative());
  return code;
}

Mark MarkOf(CellStatus status) {
  switch (status) {
    case CellStatus::kHidden:
      return Mark::kHidden;
    case CellStatus::kMissingDelivery:
      return Mark::kMissing;
    case CellStatus::kNotApplicable:
      return Mark::kImpossible;
    case CellStatus::kValue:
    case CellStatus::kImprecise:
    case CellStatus::kBreak:
      break;
  }
  return Mark::kShown;
}

// What of a shown total is not in its shown parts. Noise can make a part negative or the parts more
// than the total; a share is then not worth saying.
std::optional<int> ShareOf(std::optional<int64_t> total, int64_t shown) {
  if (!total || *total <= 0 || shown < 0 || shown > *total) return std::nullopt;
  return static_cast<int>((200 * (*total - shown) + *total) / (2 * *total));
}

const PublishedTable& TableToDraw(const PublishedMeasure& measure) {
  const auto municipality = measure.schema.IndexOf("municipality");
  const auto kind = measure.schema.IndexOf("kind");
  const PublishedTable* first = nullptr;
  for (const PublishedTable& table : measure.tables) {
    if (measure.schema.Members(table.attributes).size() != 2) continue;
    if (first == nullptr) first = &table;
    if (municipality && kind &&
        table.attributes ==
            measure.schema.Closed(AttributeSet{1} << *municipality | AttributeSet{1} << *kind)) {
      return table;
    }
  }
  if (first == nullptr) {
    throw base::ProblemError(
        "no-picture", "", "a picture needs a table of two attributes, and this measure has none");
  }
  return *first;
}

// Rows are municipalities where the table has them.
struct Axes {
  size_t row = 0;  // position in the cells' codes
  size_t column = 1;
  std::vector<std::string> names;
};

Axes AxesOf(const PublishedMeasure& measure, const PublishedTable& table) {
  Axes axes{.names = measure.schema.Names(table.attributes)};
  if (axes.names.at(1) == "municipality") std::swap(axes.row, axes.column);
  return axes;
}

std::optional<int64_t> ValueIn(const PublishedMeasure& measure, AttributeSet set,
                               const std::string& code) {
  for (const PublishedTable& table : measure.tables) {
    if (table.attributes != set) continue;
    for (const PublishedCell& cell : table.cells) {
      if (cell.codes.at(0) == code) return cell.value;
    }
  }
  return std::nullopt;
}

void Count(Tally& tally, bool hidden) {
  ++tally.cells;
  if (hidden) ++tally.hidden;
}

std::string TableName(const std::vector<std::string>& attributes, Language language) {
  if (attributes.empty()) return std::string(WordsIn(language).total);
  std::string name;
  for (const std::string& attribute : attributes) {
    name += (name.empty() ? "" : " × ") + NameOf(attribute, language);
  }
  return name;
}

}  // namespace

HiddenReport ReportOf(const stats::table::PublishedRelease& release, std::string_view measure_id,
                      const Codebook& codebook, Language language) {
  const PublishedMeasure* measure = release.FindMeasure(measure_id);
  if (measure == nullptr) {
    throw base::ProblemError("unknown-measure", "measure", "the release has no such measure");
  }
  const PublishedTable& table = TableToDraw(*measure);
  const Axes axes = AxesOf(*measure, table);
  const auto& header = release.header();
  const auto unit = codebook.units().IndexOf(measure->unit);
  HiddenReport report;
  report.title = std::string(WordsIn(language).title);
  report.subtitle = In(codebook.region_label(), language) + ", " + header.period.year().Label() +
                    (header.period.IsYear() ? "" : " Q" + std::to_string(header.period.quarter())) +
                    " " + NameOf(header.kind, language) + ", " +
                    (unit ? In(codebook.units().at(*unit).label, language) : measure->unit);
  report.row_name = NameOf(axes.names.at(axes.row), language);
  report.column_name = NameOf(axes.names.at(axes.column), language);
  const size_t row_at = *measure->schema.IndexOf(axes.names.at(axes.row));
  const size_t column_at = *measure->schema.IndexOf(axes.names.at(axes.column));
  const auto& row_codes = measure->schema.dimensions()[row_at].codes;
  const auto& column_codes = measure->schema.dimensions()[column_at].codes;
  for (const std::string& code : column_codes) {
    report.columns.push_back(LabelOf(codebook, axes.names.at(axes.column), code, language));
  }
  std::map<std::pair<std::string, std::string>, const PublishedCell*> cells;
  for (const PublishedCell& cell : table.cells) {
    cells[{cell.codes.at(axes.row), cell.codes.at(axes.column)}] = &cell;
  }
  for (const std::string& code : row_codes) {
    Tally row{.label = LabelOf(codebook, axes.names.at(axes.row), code, language)};
    int64_t shown = 0;
    for (const std::string& column : column_codes) {
      const PublishedCell& cell = *cells.at({code, column});
      report.marks.push_back(MarkOf(cell.status));
      if (report.marks.back() == Mark::kImpossible) continue;
      Count(row, cell.status == CellStatus::kHidden);
      shown += cell.value.value_or(0);
    }
    row.share =
        ShareOf(ValueIn(*measure, measure->schema.Closed(AttributeSet{1} << row_at), code), shown);
    report.rows.push_back(std::move(row));
  }
  report.tables_name = std::string(WordsIn(language).table);
  for (const PublishedTable& one : measure->tables) {
    Tally tally{.label = TableName(measure->schema.Names(one.attributes), language)};
    for (const PublishedCell& cell : one.cells) {
      if (cell.status == CellStatus::kNotApplicable) continue;
      Count(tally, cell.status == CellStatus::kHidden);
    }
    report.tables.push_back(std::move(tally));
  }
  return report;
}

HiddenReport ReportOf(const stats::table::CountSpec& spec, const std::vector<CountCell>& cells,
                      Language language) {
  const auto& trees = spec.grid.trees();
  const auto refuse = [](const char* why) {
    throw base::ProblemError("no-picture", "/dimensions", why);
  };
  if (trees.size() < 2) refuse("a picture needs two dimensions");
  const size_t row_at = spec.insiders.value_or(0);
  const size_t column_at = row_at == 0 ? 1 : 0;
  std::vector<size_t> place(trees.size());
  for (size_t d = 0; d < trees.size(); ++d) {
    if (d == row_at || d == column_at) continue;
    const auto root = trees[d].Root();
    if (!root) refuse("every dimension that is not drawn needs a total");
    place[d] = *root;
  }
  std::map<size_t, const CountCell*> by_number;
  for (const CountCell& cell : cells) by_number[cell.cell] = &cell;

  HiddenReport report;
  report.title = std::string(WordsIn(language).title);
  report.row_name = NameOf(trees[row_at].column(), language);
  report.column_name = NameOf(trees[column_at].column(), language);
  report.subtitle = report.row_name + " × " + report.column_name;
  for (const auto& node : trees[column_at].nodes()) report.columns.push_back(node.name);
  for (size_t row = 0; row < trees[row_at].size(); ++row) {
    if (!trees[row_at].IsLeaf(row)) continue;
    place[row_at] = row;
    Tally tally{.label = trees[row_at].nodes()[row].name};
    int64_t shown = 0;
    for (size_t column = 0; column < trees[column_at].size(); ++column) {
      place[column_at] = column;
      const auto found = by_number.find(spec.grid.CellOf(place));
      const bool offered = found != by_number.end();
      const bool hidden = offered && found->second->status == CountStatus::kHidden;
      report.marks.push_back(!offered ? Mark::kImpossible : hidden ? Mark::kHidden : Mark::kShown);
      if (offered && trees[column_at].IsLeaf(column)) {
        shown += found->second->count.value_or(0);
      }
    }
    // Every cell of this row's own, whatever the other dimensions.
    for (const CountCell& cell : cells) {
      if (spec.grid.NodeOf(cell.cell, row_at) == row) {
        Count(tally, cell.status == CountStatus::kHidden);
      }
    }
    if (const auto root = trees[column_at].Root()) {
      place[column_at] = *root;
      const auto total = by_number.find(spec.grid.CellOf(place));
      if (total != by_number.end()) tally.share = ShareOf(total->second->count, shown);
    }
    report.rows.push_back(std::move(tally));
  }
  // A table: the dimensions in which a cell stands below the total.
  report.tables_name = std::string(WordsIn(language).table);
  std::map<std::vector<bool>, Tally> tables;
  for (const CountCell& cell : cells) {
    std::vector<bool> crosses;
    std::vector<std::string> names;
    for (size_t d = 0; d < trees.size(); ++d) {
      const bool below = trees[d].Root() != spec.grid.NodeOf(cell.cell, d);
      crosses.push_back(below);
      if (below) names.push_back(trees[d].column());
    }
    Tally& tally = tables[crosses];
    if (tally.cells == 0) tally.label = TableName(names, language);
    Count(tally, cell.status == CountStatus::kHidden);
  }
  for (auto& [crosses, tally] : tables) report.tables.push_back(std::move(tally));
  std::stable_sort(report.tables.begin(), report.tables.end(),
                   [](const Tally& a, const Tally& b) { return a.cells < b.cells; });
  return report;
}

}  // namespace polder::server::report
