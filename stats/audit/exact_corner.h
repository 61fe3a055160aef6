// The corner of a part at which a solver stopped, in exact numbers.
//
// A solver knows its corners to a millionth or so. Which columns rest at an end of their range and
// which rows hold tightly it knows for certain, and those decide the corner: a square system of
// equations, solved here without rounding (p-adic lifting, then rational reconstruction).
// Source: J. D. Dixon, Exact solution of linear equations using p-adic expansions, 1982.
#ifndef POLDER_STATS_AUDIT_EXACT_CORNER_H_
#define POLDER_STATS_AUDIT_EXACT_CORNER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "policies/base/rational.h"
#include "stats/audit/count_parts.h"

namespace polder::stats::audit {

// One value per column, as a fraction of a common denominator.
struct ExactTable {
  std::vector<base::Integer> numerators;
  base::Integer denominator = 1;
};

// What a solver says of where it stopped.
struct Corner {
  std::vector<std::optional<int64_t>> columns;  // the end at which a column rests; nothing inside
  struct Tight {
    size_t row;
    int64_t sum;
  };
  std::vector<Tight> rows;  // as many as there are columns inside
};

// Nothing when the system is not square, has no single solution, or is too large to solve. The
// result solves the equations or is nothing; whether it also keeps to every range is for Fits.
std::optional<ExactTable> SolveCorner(const Part& part, const Corner& corner);

// Whether the table keeps to the range of every column and row: by addition and comparison alone.
bool Fits(const Part& part, const ExactTable& table);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_EXACT_CORNER_H_
