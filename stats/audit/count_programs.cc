// Linear programmes over the cells that passing bounds along leaves open, one per connected part.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <coin/ClpSimplex.hpp>

#include "policies/base/rational.h"
#include "stats/audit/count_bounds.h"

namespace polder::stats::audit {
namespace {

// total - parts = right, over open cells only; by position in Part::cells.
struct Row {
  std::vector<std::pair<int, int>> terms;
  int64_t right = 0;
};

struct Part {
  std::vector<size_t> cells;
  std::vector<Row> rows;
};

using base::Integer;

class Program {
 public:
  Program(const Part& part, const std::vector<CountRange>& ranges) : part_(part) {
    const int columns = static_cast<int>(part.cells.size());
    solver_.setLogLevel(0);
    solver_.resize(0, columns);
    for (int c = 0; c < columns; ++c) {
      const CountRange& range = ranges[part.cells[static_cast<size_t>(c)]];
      ranges_.push_back(range);
      solver_.setColumnBounds(
          c, static_cast<double>(range.low),
          range.high == CountRange::kMany ? COIN_DBL_MAX : static_cast<double>(range.high));
      solver_.setObjectiveCoefficient(c, 0);
    }
    for (const Row& row : part.rows) {
      std::vector<int> at;
      std::vector<double> values;
      for (const auto& [column, value] : row.terms) {
        at.push_back(column);
        values.push_back(value);
      }
      const auto right = static_cast<double>(row.right);
      solver_.addRow(static_cast<int>(at.size()), at.data(), values.data(), right, right);
    }
    least_seen_.assign(part.cells.size(), HUGE_VAL);
    most_seen_.assign(part.cells.size(), -HUGE_VAL);
  }

  // The proved least value of `sign` times the column.
  Integer Least(int column, int sign) {
    solver_.setObjectiveCoefficient(column, sign);
    solver_.primal();
    const bool solved = solver_.isProvenOptimal();
    if (solved) See();
    const Integer proved = Proved(column, sign, solved);
    solver_.setObjectiveCoefficient(column, 0);
    return proved;
  }

  // Looks at corners of what is possible in directions that move all of `columns` at once: most
  // targets turn out to be wide before they need a programme of their own.
  void LookAround(const std::vector<size_t>& columns) {
    constexpr uint32_t kDirections = 6;
    uint32_t state = 1;
    for (uint32_t i = 0; i < kDirections; ++i) {
      for (size_t column : columns) {
        state = state * 1664525u + 1013904223u;  // any fixed sequence of signs will do
        solver_.setObjectiveCoefficient(static_cast<int>(column), (state >> 31) != 0 ? 1 : -1);
      }
      solver_.primal();
      if (solver_.isProvenOptimal()) See();
    }
    for (size_t column : columns) solver_.setObjectiveCoefficient(static_cast<int>(column), 0);
  }

  bool SeenEnough(size_t column, const Enough& enough) const {
    constexpr double kSlack = 1e-6;
    return most_seen_[column] - least_seen_[column] >= static_cast<double>(enough.width) - kSlack &&
           most_seen_[column] >= static_cast<double>(enough.reach) - kSlack;
  }

 private:
  void See() {
    const double* values = solver_.primalColumnSolution();
    for (size_t c = 0; c < part_.cells.size(); ++c) {
      least_seen_[c] = std::min(least_seen_[c], values[c]);
      most_seen_[c] = std::max(most_seen_[c], values[c]);
    }
  }

  // Whatever the multipliers are, right times multipliers plus what the rest of the objective is at
  // least is a bound. They are rounded to a common denominator and the bound is added up exactly.
  Integer Proved(int column, int sign, bool solved) const {
    constexpr int64_t kDenominator = 5040;
    std::vector<Integer> rest(part_.cells.size());
    rest[static_cast<size_t>(column)] = sign * kDenominator;
    Integer bound = 0;
    const double* prices = solver_.dualRowSolution();
    for (size_t r = 0; solved && r < part_.rows.size(); ++r) {
      const double price = prices[r] * static_cast<double>(kDenominator);
      if (!(std::fabs(price) < 1e12)) continue;
      const Integer multiplier = static_cast<long>(std::llround(price));
      if (multiplier == 0) continue;
      bound += multiplier * Integer(part_.rows[r].right);
      for (const auto& [at, value] : part_.rows[r].terms) {
        rest[static_cast<size_t>(at)] -= multiplier * value;
      }
    }
    for (size_t c = 0; c < rest.size(); ++c) {
      bound += rest[c] * Integer(rest[c] > 0 ? ranges_[c].low : ranges_[c].high);
    }
    Integer least;
    mpz_cdiv_q_ui(least.get_mpz_t(), bound.get_mpz_t(), kDenominator);
    return least;
  }

  const Part& part_;
  std::vector<CountRange> ranges_;
  ClpSimplex solver_;
  std::vector<double> least_seen_, most_seen_;
};

size_t Root(std::vector<size_t>& parents, size_t cell) {
  while (parents[cell] != cell) cell = parents[cell] = parents[parents[cell]];
  return cell;
}

std::vector<Part> PartsOf(const table::Grid& grid, const std::vector<CountRange>& ranges) {
  const std::vector<table::GridEquation> equations = grid.Equations();
  std::vector<size_t> parents(grid.cells());
  std::iota(parents.begin(), parents.end(), size_t{0});
  const auto terms_of = [&](const table::GridEquation& equation, const auto& take) {
    take(equation.total, 1);
    for (size_t part : equation.parts) take(part, -1);
  };
  for (const table::GridEquation& equation : equations) {
    size_t first = grid.cells();
    terms_of(equation, [&](size_t cell, int) {
      if (ranges[cell].IsExact()) return;
      if (first == grid.cells()) first = cell;
      parents[Root(parents, cell)] = Root(parents, first);
    });
  }
  std::map<size_t, size_t> part_of_root;
  std::vector<Part> parts;
  std::vector<int> position(grid.cells(), -1);
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (ranges[cell].IsExact()) continue;
    const auto [found, fresh] = part_of_root.emplace(Root(parents, cell), parts.size());
    if (fresh) parts.emplace_back();
    position[cell] = static_cast<int>(parts[found->second].cells.size());
    parts[found->second].cells.push_back(cell);
  }
  for (const table::GridEquation& equation : equations) {
    Row row;
    size_t part = parts.size();
    terms_of(equation, [&](size_t cell, int sign) {
      if (ranges[cell].IsExact()) {
        row.right -= sign * ranges[cell].low;
        return;
      }
      row.terms.emplace_back(position[cell], sign);
      part = part_of_root.at(Root(parents, cell));
    });
    if (part < parts.size()) parts[part].rows.push_back(std::move(row));
  }
  return parts;
}

}  // namespace

void Narrow(const table::Grid& grid, const std::vector<size_t>& targets, const Enough& enough,
            std::vector<CountRange>& ranges) {
  std::vector<bool> wanted(grid.cells());
  for (size_t cell : targets) wanted[cell] = true;
  for (const Part& part : PartsOf(grid, ranges)) {
    std::vector<size_t> columns;
    for (size_t c = 0; c < part.cells.size(); ++c) {
      if (wanted[part.cells[c]]) columns.push_back(c);
    }
    if (columns.empty()) continue;
    Program program(part, ranges);
    constexpr size_t kFew = 12;
    if (columns.size() > kFew) program.LookAround(columns);
    for (size_t c : columns) {
      if (program.SeenEnough(c, enough)) continue;
      CountRange& range = ranges[part.cells[c]];
      const base::Integer most = -program.Least(static_cast<int>(c), -1);
      if (most < base::Integer(range.high)) range.high = most.get_si();
      if (program.SeenEnough(c, enough)) continue;
      const base::Integer least = program.Least(static_cast<int>(c), 1);
      if (least > base::Integer(range.low)) range.low = least.get_si();
    }
  }
}

}  // namespace polder::stats::audit
