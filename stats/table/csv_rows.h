// Rows of a CSV file: RFC 4180 with either line end; a byte order mark is skipped.
#ifndef POLDER_STATS_TABLE_CSV_ROWS_H_
#define POLDER_STATS_TABLE_CSV_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
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

// The same for a file that comes part by part, cut anywhere.
class CsvParts {
 public:
  // `problems` outlives it.
  CsvParts(base::Problems& problems, std::function<void(const CsvRow&)> take);

  void Take(std::string_view part);
  void Finish();

 private:
  void Read(std::string_view rows);

  base::Problems& problems_;
  const std::function<void(const CsvRow&)> take_;
  std::string rest_;    // the begin of a row of which the end has not come
  size_t enough_ = 0;   // as long as the rest must be to be looked at again
  bool begun_ = false;  // a byte order mark stands at the very begin only
  uint64_t line_ = 1;
  size_t width_ = 0;  // fields of the first row
};

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_CSV_ROWS_H_
