// What to publish of a file of cases, and how it is protected: the specification that `polder
// suppress` and `polder attack` read (docs/formats/suppress.md).
#ifndef POLDER_STATS_TABLE_SPEC_H_
#define POLDER_STATS_TABLE_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stats/table/grid.h"

namespace polder::stats::table {

enum class Zeros {
  kPublished,  // every nought is shown, so a hidden cell is known to be at least 1
  kProtected,  // a nought is sensitive like any small count
};

enum class Protection {
  kExact,     // no sensitive count can be computed by adding and subtracting
  kInterval,  // every sensitive count keeps an interval of the width that reaches the threshold
};

// What somebody who is alone in a leaf cell, and knows it, must not be able to compute.
enum class Alone {
  kPairs,  // the other of the two small cells of a total
  kAll,    // any sensitive cell
  kNothing,
};

// What is lost by hiding a cell.
enum class Loss {
  kValue,  // its count
  kCells,  // one, whatever its count
};

struct CountSpec {
  Grid grid;
  // Which cells the tables hold: all of them, or those of the crosses listed under "tables". A cell
  // outside is published nowhere and asks for no protection.
  std::vector<bool> offered;
  int64_t threshold =
      5;  // counts from 1 (0 when zeros are protected) to threshold - 1 are sensitive
  Zeros zeros = Zeros::kPublished;
  Protection protect = Protection::kExact;
  Alone alone = Alone::kPairs;  // with kExact
  int64_t width = 5;
  std::optional<size_t> insiders;  // the dimension whose leaves are members that know their cells
  std::vector<std::string> previous;  // paths of earlier cells.csv, relative to the specification
  Loss loss = Loss::kValue;
  // Nodes whose cells are hidden only when nothing else helps, per dimension.
  std::vector<std::vector<bool>> keep;
  bool full_cells = false;        // a cell that holds all of its row is sensitive
  bool group_disclosure = false;  // so is a row in which all but a few stand in one cell
  std::vector<std::vector<size_t>> structural;  // per entry one node per dimension: cannot occur
};

// Throws ProblemError with every fault by its pointer.
CountSpec ParseCountSpec(std::string_view json);

// The count of every cell of `grid` from a file of cases, a row a case (RFC 4180, a header line;
// columns that the grid does not name are ignored). Throws ProblemError "missing-column",
// "unknown-code" (every line), "malformed-csv". Privacy: true counts; they stay inside.
std::vector<int64_t> CountCases(const Grid& grid, std::string_view csv);

// The same for a file that comes part by part, cut anywhere, so that it is never held as a whole.
class CaseCounter {
 public:
  explicit CaseCounter(const Grid& grid);  // `grid` outlives it
  ~CaseCounter();
  CaseCounter(const CaseCounter&) = delete;
  CaseCounter& operator=(const CaseCounter&) = delete;

  void Take(std::string_view part);
  std::vector<int64_t> Finish();  // throws what CountCases throws

 private:
  class Reader;
  const std::unique_ptr<Reader> reader_;
};

enum class CountStatus { kValue, kZero, kHidden };

// A table of counts as the world sees it.
struct CountCell {
  size_t cell;
  std::optional<int64_t> count;  // nothing when hidden
  CountStatus status;
  friend bool operator==(const CountCell&, const CountCell&) = default;
};

// Columns of the dimensions, `count`, `status`, a row per cell, in node order. A dimension whose
// column is absent stands at its root (which must then be the only one). Throws ProblemError with
// every faulty line.
std::vector<CountCell> ParseCountCells(const Grid& grid, std::string_view csv);
std::string WriteCountCells(const Grid& grid, const std::vector<CountCell>& cells);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_SPEC_H_
