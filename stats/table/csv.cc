#include "stats/table/csv.h"

#include <algorithm>

namespace polder::stats::table {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

void AppendRows(const PublishedMeasure& measure, const PublishedTable& table,
                const std::vector<std::string>& columns, std::string& csv) {
  const std::vector<std::string> names = measure.schema.Names(table.attributes);
  for (const PublishedCell& cell : table.cells) {
    std::vector<std::string> row = {measure.id, table.id};
    for (const std::string& column : columns) {
      const auto at = std::find(names.begin(), names.end(), column);
      row.push_back(at == names.end() ? "" : cell.codes[static_cast<size_t>(at - names.begin())]);
    }
    row.emplace_back(ToText(cell.status));
    row.push_back(cell.value ? std::to_string(*cell.value) : "");
    row.push_back(cell.interval ? std::to_string(cell.interval->low) : "");
    row.push_back(cell.interval ? std::to_string(cell.interval->high) : "");
    row.push_back(table.SdOf(cell));
    csv += CsvLine(row);
  }
}

std::string Header(const std::vector<std::string>& columns) {
  std::vector<std::string> header = {"measure", "table"};
  header.insert(header.end(), columns.begin(), columns.end());
  for (const char* name : {"status", "value", "low", "high", "sd"}) header.emplace_back(name);
  return CsvLine(header);
}

}  // namespace

std::string CsvField(std::string_view text) {
  const bool formula =
      !text.empty() && std::string_view("=+@\t").find(text.front()) != std::string_view::npos;
  if (!formula && text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  // A leading apostrophe makes a spreadsheet read the field as text.
  if (formula) quoted += '\'';
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + CsvField(fields[i]);
  return line.append(kLineEnd);
}

std::string CellsCsv(const PublishedRelease& release) {
  std::vector<std::string> columns;
  for (const PublishedMeasure& measure : release.measures()) {
    for (const Dimension& dimension : measure.schema.dimensions()) {
      if (std::find(columns.begin(), columns.end(), dimension.name) == columns.end()) {
        columns.push_back(dimension.name);
      }
    }
  }
  std::string csv = Header(columns);
  for (const PublishedMeasure& measure : release.measures()) {
    for (const PublishedTable& table : measure.tables) AppendRows(measure, table, columns, csv);
  }
  return csv;
}

std::string TableCsv(const PublishedMeasure& measure, const PublishedTable& table) {
  const std::vector<std::string> columns = measure.schema.Names(table.attributes);
  std::string csv = Header(columns);
  AppendRows(measure, table, columns, csv);
  return csv;
}

}  // namespace polder::stats::table
