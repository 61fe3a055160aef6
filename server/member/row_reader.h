// One row of an export, read by a mapping: cells to codes and dates, every fault of the row noted.
#ifndef POLDER_SERVER_MEMBER_ROW_READER_H_
#define POLDER_SERVER_MEMBER_ROW_READER_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "server/member/csv_reader.h"
#include "server/member/mapping.h"
#include "server/member/prepare.h"

namespace polder::server::member {

// Reads the rows of one export after its header. Holds no row.
// Privacy: what it notes names a column and a place, and quotes a cell only when the column holds
// codes and the cell looks like one.
class RowReader {
 public:
  RowReader(const Mapping& mapping, const policies::codebook::Codebook& codebook,
            const base::Period& period, Language language, base::Problems& problems);

  // Finds the mapped columns; notes missing, repeated and unknown ones.
  void ReadHeader(const CsvRecord& header);
  size_t column_count() const { return columns_.size(); }

  // The cell of a field, or nullptr when the export has no such column.
  const CsvField* Cell(const CsvRecord& row, Field field) const;
  // nullopt when the cell is empty or faulty; an empty cell is a fault only when `required`.
  std::optional<base::Date> Day(const CsvRecord& row, Field field, bool required);
  // The codebook index of a coded cell (repeat: 0 or 1); nullopt when faulty. Checks that the code
  // is valid in the period.
  std::optional<size_t> Coded(const CsvRecord& row, Field field);

  void Note(std::string_view code, const CsvField& cell, Field field,
            std::initializer_list<std::string_view> parts = {});
  void Note(std::string_view code, uint64_t line, uint64_t column,
            std::initializer_list<std::string_view> parts = {});

 private:
  struct Target {
    size_t index = 0;
    bool valid = true;
    std::string code;
  };
  Target TargetOf(Field field, const std::string& code) const;

  const Mapping& mapping_;
  const policies::codebook::Codebook& codebook_;
  const base::Period period_;
  const Language language_;
  base::Problems& problems_;
  std::array<int, kFieldCount> places_;
  std::array<std::map<std::string, Target, std::less<>>, kFieldCount> targets_;
  std::array<std::optional<Target>, kFieldCount> empties_;
  std::vector<std::string> columns_;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_ROW_READER_H_
