// Rows of a CSV file: RFC 4180 with either line end; a byte order mark is skipped.
#ifndef POLDER_STATS_TABLE_CSV_ROWS_H_
#define POLDER_STATS_TABLE_CSV_ROWS_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "policies/base/problem.h"

namespace polder::stats::table {

struct CsvRow {
  uint64_t line = 0;                     // where it begins, from 1
  std::vector<std::string_view> fields;  // valid during the call
};

// Calls `take` with each row, the header line too; the row is reused. Empty lines are skipped. A
// row with another number of fields than the first, or a quote out of place, is noted as
// "malformed-csv" and left out.
void ReadCsvRows(std::string_view text, base::Problems& problems,
                 const std::function<void(const CsvRow&)>& take);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_CSV_ROWS_H_
