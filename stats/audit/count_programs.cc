// Linear programmes over the leaf cells that passing bounds along leaves open, one per connected
// part. Every other cell is a sum of leaf cells, so the programme has a column per open leaf and a
// row per cell whose range says more than the ranges of its leaves do.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <coin/ClpSimplex.hpp>

#include "policies/base/rational.h"
#include "stats/audit/count_bounds.h"

namespace polder::stats::audit {
namespace {

using base::Integer;

// What is known of a sum of columns of a part: low and high as in CountRange.
struct Row {
  std::vector<int> columns;  // ascending
  CountRange range;
};

struct Target {
  std::vector<int> columns;
  int64_t fixed = 0;          // what the leaves that are not open add
  std::vector<size_t> cells;  // cells that are this sum
};

struct Part {
  std::vector<CountRange> columns;
  std::vector<Row> rows;
  std::vector<Target> targets;
};

class Program {
 public:
  explicit Program(const Part& part) : part_(part) {
    const int columns = static_cast<int>(part.columns.size());
    solver_.setLogLevel(0);
    solver_.resize(0, columns);
    for (int c = 0; c < columns; ++c) {
      const CountRange& range = part.columns[static_cast<size_t>(c)];
      solver_.setColumnBounds(c, static_cast<double>(range.low), Upper(range));
      solver_.setObjectiveCoefficient(c, 0);
    }
    for (const Row& row : part.rows) {
      const std::vector<double> ones(row.columns.size(), 1.0);
      solver_.addRow(static_cast<int>(row.columns.size()), row.columns.data(), ones.data(),
                     static_cast<double>(row.range.low), Upper(row.range));
    }
    least_seen_.assign(part.targets.size(), HUGE_VAL);
    most_seen_.assign(part.targets.size(), -HUGE_VAL);
  }

  // The proved least value of `sign` times the sum of the target's columns.
  Integer Least(const Target& target, int sign) {
    for (const int column : target.columns) solver_.setObjectiveCoefficient(column, sign);
    solver_.primal();
    const bool solved = solver_.isProvenOptimal();
    if (solved) See();
    const Integer proved = Proved(target, sign, solved);
    for (const int column : target.columns) solver_.setObjectiveCoefficient(column, 0);
    return proved;
  }

  // Looks at a corner of what is possible in a direction that moves all of `targets` at once: most
  // turn out to be wide before they need a programme of their own.
  void LookAround(const std::vector<size_t>& targets) {
    std::vector<double> direction(part_.columns.size());
    for (const size_t target : targets) {
      state_ = state_ * 1664525u + 1013904223u;  // any fixed sequence of signs will do
      const double sign = (state_ >> 31) != 0 ? 1 : -1;
      for (const int column : part_.targets[target].columns) {
        direction[static_cast<size_t>(column)] += sign;
      }
    }
    // There and back: whoever moves one way in the first moves the other way in the second.
    for (const double sign : {1.0, -1.0}) {
      for (size_t c = 0; c < direction.size(); ++c) {
        solver_.setObjectiveCoefficient(static_cast<int>(c), sign * direction[c]);
      }
      solver_.primal();
      if (solver_.isProvenOptimal()) See();
    }
    for (size_t c = 0; c < direction.size(); ++c) {
      solver_.setObjectiveCoefficient(static_cast<int>(c), 0);
    }
  }

  // Whole numbers between what was seen, not only a distance.
  bool SeenEnough(size_t target, const Enough& enough) const {
    constexpr double kSlack = 1e-6;
    const auto fixed = static_cast<double>(part_.targets[target].fixed);
    const double most = std::floor(most_seen_[target] + kSlack);
    return most - std::ceil(least_seen_[target] - kSlack) >= static_cast<double>(enough.width) &&
           most + fixed >= static_cast<double>(enough.reach);
  }

 private:
  static double Upper(const CountRange& range) {
    return range.high == CountRange::kMany ? COIN_DBL_MAX : static_cast<double>(range.high);
  }

  // The corner is the solver's, and fits within a millionth; what is asked of it is whole numbers.
  // That a cell is safe rests on this, that one is not rests on Proved.
  void See() {
    const double* values = solver_.primalColumnSolution();
    const auto within = [](double value, const CountRange& range) {
      constexpr double kSlack = 1e-6;
      return value >= static_cast<double>(range.low) - kSlack &&
             (range.high == CountRange::kMany || value <= static_cast<double>(range.high) + kSlack);
    };
    const auto sum_of = [&](const std::vector<int>& columns) {
      double sum = 0;
      for (const int column : columns) sum += values[column];
      return sum;
    };
    for (size_t c = 0; c < part_.columns.size(); ++c) {
      if (!within(values[c], part_.columns[c])) return;
    }
    for (const Row& row : part_.rows) {
      if (!within(sum_of(row.columns), row.range)) return;
    }
    for (size_t t = 0; t < part_.targets.size(); ++t) {
      const double value = sum_of(part_.targets[t].columns);
      least_seen_[t] = std::min(least_seen_[t], value);
      most_seen_[t] = std::max(most_seen_[t], value);
    }
  }

  // Whatever the multipliers are, what the rows are at least times the multipliers plus what the
  // rest of the objective is at least is a bound. They are rounded to a common denominator and the
  // bound is added up exactly.
  Integer Proved(const Target& target, int sign, bool solved) const {
    constexpr int64_t kDenominator = 5040;
    std::vector<int64_t> rest(part_.columns.size());
    for (const int column : target.columns) {
      rest[static_cast<size_t>(column)] = sign * kDenominator;
    }
    Integer bound = 0;
    const double* prices = solver_.dualRowSolution();
    for (size_t r = 0; solved && r < part_.rows.size(); ++r) {
      const double price = prices[r] * static_cast<double>(kDenominator);
      if (!(std::fabs(price) < 1e9)) continue;
      const int64_t multiplier = std::llround(price);
      const CountRange& range = part_.rows[r].range;
      // An endless row proves nothing on that side.
      if (multiplier == 0 || (multiplier < 0 && range.high == CountRange::kMany)) continue;
      bound += Integer(static_cast<long>(multiplier)) *
               Integer(static_cast<long>(multiplier > 0 ? range.low : range.high));
      for (const int at : part_.rows[r].columns) rest[static_cast<size_t>(at)] -= multiplier;
    }
    for (size_t c = 0; c < rest.size(); ++c) {
      if (rest[c] == 0) continue;
      const CountRange& range = part_.columns[c];
      bound += Integer(static_cast<long>(rest[c])) *
               Integer(static_cast<long>(rest[c] > 0 ? range.low : range.high));
    }
    Integer least;
    mpz_cdiv_q_ui(least.get_mpz_t(), bound.get_mpz_t(), kDenominator);
    return least;
  }

  const Part& part_;
  ClpSimplex solver_;
  uint32_t state_ = 1;
  std::vector<double> least_seen_, most_seen_;
};

size_t Root(std::vector<size_t>& parents, size_t at) {
  while (parents[at] != at) at = parents[at] = parents[parents[at]];
  return at;
}

// A cell as a sum of open leaves, and what the others add.
struct Sum {
  std::vector<int> leaves;  // numbers of open leaves, ascending
  int64_t fixed = 0;
};

std::vector<Part> PartsOf(const table::Grid& grid, const std::vector<bool>& wanted,
                          const std::vector<CountRange>& stated,
                          const std::vector<CountRange>& ranges) {
  std::vector<Sum> sums(grid.cells());
  std::vector<CountRange> open;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (!grid.IsLeaf(cell)) continue;
    const bool exact = ranges[cell].IsExact();
    for (const size_t over : grid.CellsOver(cell)) {
      if (exact) {
        sums[over].fixed += ranges[cell].low;
      } else {
        sums[over].leaves.push_back(static_cast<int>(open.size()));
      }
    }
    if (!exact) open.push_back(ranges[cell]);
  }
  // Rows of one sum are one row.
  std::map<std::vector<int>, CountRange> rows;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    const Sum& sum = sums[cell];
    if (sum.leaves.size() < 2) continue;
    // What only follows from other sums is left out.
    CountRange range = stated[cell];
    range.low -= sum.fixed;
    if (range.high != CountRange::kMany) range.high -= sum.fixed;
    int64_t low = 0;
    int64_t high = 0;
    for (const int leaf : sum.leaves) {
      low += open[static_cast<size_t>(leaf)].low;
      high = std::min(CountRange::kMany, high + open[static_cast<size_t>(leaf)].high);
    }
    if (range.low <= low && range.high >= high) continue;
    CountRange& known = rows.emplace(sum.leaves, range).first->second;
    known = {std::max(known.low, range.low), std::min(known.high, range.high)};
  }
  std::vector<size_t> parents(open.size());
  std::iota(parents.begin(), parents.end(), size_t{0});
  const auto join = [&](const std::vector<int>& leaves) {
    for (const int leaf : leaves) {
      parents[Root(parents, static_cast<size_t>(leaf))] =
          Root(parents, static_cast<size_t>(leaves.front()));
    }
  };
  for (const auto& [leaves, range] : rows) join(leaves);
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (wanted[cell] && !sums[cell].leaves.empty()) join(sums[cell].leaves);
  }
  std::map<size_t, size_t> number;
  std::vector<Part> parts;
  std::vector<int> position(open.size());
  for (size_t leaf = 0; leaf < open.size(); ++leaf) {
    const auto [found, fresh] = number.emplace(Root(parents, leaf), parts.size());
    if (fresh) parts.emplace_back();
    position[leaf] = static_cast<int>(parts[found->second].columns.size());
    parts[found->second].columns.push_back(open[leaf]);
  }
  const auto placed = [&](const std::vector<int>& leaves) {
    std::vector<int> columns;
    for (const int leaf : leaves) columns.push_back(position[static_cast<size_t>(leaf)]);
    return columns;
  };
  const auto part_of = [&](const std::vector<int>& leaves) -> Part& {
    return parts[number.at(Root(parents, static_cast<size_t>(leaves.front())))];
  };
  for (const auto& [leaves, range] : rows) part_of(leaves).rows.push_back({placed(leaves), range});
  std::map<std::vector<int>, std::vector<size_t>> targets;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (wanted[cell] && !sums[cell].leaves.empty()) targets[sums[cell].leaves].push_back(cell);
  }
  for (const auto& [leaves, cells] : targets) {
    part_of(leaves).targets.push_back({placed(leaves), sums[cells.front()].fixed, cells});
  }
  return parts;
}

}  // namespace

std::vector<size_t> Narrow(const table::Grid& grid, const std::vector<size_t>& targets,
                           const Enough& enough, const std::vector<CountRange>& stated,
                           std::vector<CountRange>& ranges,
                           const std::function<void(size_t left)>& progress) {
  std::vector<bool> wanted(grid.cells());
  for (const size_t cell : targets) wanted[cell] = !ranges[cell].IsExact();
  std::vector<size_t> undecided;
  for (const Part& part : PartsOf(grid, wanted, stated, ranges)) {
    if (part.targets.empty()) continue;
    Program program(part);
    std::vector<size_t> open(part.targets.size());
    std::iota(open.begin(), open.end(), size_t{0});
    const auto forget_seen = [&] {
      std::erase_if(open, [&](size_t target) { return program.SeenEnough(target, enough); });
      if (progress) progress(open.size());
    };
    // As long as a look around is cheaper than asking those whom it settles.
    constexpr size_t kFew = 12;
    while (open.size() > kFew) {
      const size_t before = open.size();
      program.LookAround(open);
      forget_seen();
      if (before - open.size() < 4) break;
    }
    for (const size_t t : open) {
      const Target& target = part.targets[t];
      if (program.SeenEnough(t, enough)) continue;
      const Integer most = target.fixed - program.Least(target, -1);
      const Integer least =
          program.SeenEnough(t, enough) ? Integer(0) : program.Least(target, 1) + target.fixed;
      const bool seen = program.SeenEnough(t, enough);
      for (const size_t cell : target.cells) {
        CountRange& range = ranges[cell];
        if (most < Integer(static_cast<long>(range.high))) range.high = most.get_si();
        if (least > Integer(static_cast<long>(range.low))) range.low = least.get_si();
        const bool proved_narrow =
            range.high - range.low < enough.width || range.high < enough.reach;
        if (!seen && !proved_narrow) undecided.push_back(cell);
      }
      if (progress) progress(open.size());
    }
  }
  return undecided;
}

}  // namespace polder::stats::audit
