// Cells as CSV, for people with a spreadsheet.
#ifndef POLDER_STATS_TABLE_CSV_H_
#define POLDER_STATS_TABLE_CSV_H_

#include <string>
#include <string_view>
#include <vector>

#include "stats/table/published_release.h"

namespace polder::stats::table {

// Every cell of every table, a row each, with a header line: measure, table, one column per
// attribute of any measure (empty where the table does not cross it), status, value, low, high, sd.
// RFC 4180, CRLF. A cell without a number has empty value, low and high.
std::string CellsCsv(const PublishedRelease& release);
// The same for one table.
std::string TableCsv(const PublishedMeasure& measure, const PublishedTable& table);

// One field: quoted when it holds a comma, quote or line break, or begins with a character that
// spreadsheets take for a formula.
std::string CsvField(std::string_view text);
// Fields joined by commas, with the line's end.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_CSV_H_
