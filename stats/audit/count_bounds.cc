#include "stats/audit/count_bounds.h"

#include <algorithm>
#include <deque>

#include "policies/base/problem.h"

namespace polder::stats::audit {
namespace {

// "m=Total, k=abs and its parts by m".
std::string DescribeSum(const table::Grid& grid, const table::GridEquation& equation) {
  std::string text = grid.Describe(equation.total) + " and its parts";
  for (size_t d = 0; d < grid.trees().size(); ++d) {
    if (grid.NodeOf(equation.total, d) != grid.NodeOf(equation.parts.front(), d)) {
      text += " by " + grid.trees()[d].column();
    }
  }
  return text;
}

void Tighten(const table::Grid& grid, size_t cell, CountRange with, CountRange& range,
             bool& changed, const table::GridEquation* equation = nullptr) {
  const CountRange both = {std::max(range.low, with.low), std::min(range.high, with.high)};
  if (both.low > both.high) {
    throw base::ProblemError(
        "tables-contradict", "",
        "No counts fit all tables at " + grid.Describe(cell) +
            (equation == nullptr ? std::string()
                                 : ", in the sum of " + DescribeSum(grid, *equation)) +
            ". Tables from before and after a correction speak of different "
            "cases; give them apart.");
  }
  changed = changed || !(both == range);
  range = both;
}

// Every sum that is wrong by itself, before anything follows from it.
void CheckSums(const table::Grid& grid, const std::vector<table::GridEquation>& equations,
               const std::vector<CountRange>& ranges) {
  base::Problems problems(20);
  for (const table::GridEquation& equation : equations) {
    int64_t low = 0;
    int64_t high = 0;
    for (const size_t part : equation.parts) {
      low += ranges[part].low;
      high = std::min(CountRange::kMany, high + ranges[part].high);
    }
    const CountRange& total = ranges[equation.total];
    if (low <= total.high && total.low <= high) continue;
    problems.Add("tables-contradict", "",
                 "This sum does not add up: " + DescribeSum(grid, equation) +
                     ". Correct the tables; those from before and after a correction speak of "
                     "different cases, so give them apart.");
  }
  problems.ThrowIfAny();
}

int64_t Capped(int64_t value) { return std::min(value, CountRange::kMany); }

}  // namespace

std::vector<CountRange> RangesOf(const table::Grid& grid,
                                 const std::vector<CountStatement>& statements) {
  std::vector<CountRange> ranges(grid.cells());
  bool changed = false;
  for (const CountStatement& statement : statements) {
    Tighten(grid, statement.cell, statement.range, ranges[statement.cell], changed);
  }
  return ranges;
}

void PassAlong(const table::Grid& grid, std::vector<CountRange>& ranges) {
  const std::vector<table::GridEquation> equations = grid.Equations();
  CheckSums(grid, equations, ranges);
  std::vector<std::vector<size_t>> uses(grid.cells());
  std::deque<size_t> open;
  std::vector<bool> waits(equations.size(), true);
  for (size_t e = 0; e < equations.size(); ++e) {
    uses[equations[e].total].push_back(e);
    for (size_t part : equations[e].parts) uses[part].push_back(e);
    open.push_back(e);
  }
  // Bounds may creep for long in a loop of sums; programmes do better there, and to stop is sound.
  for (size_t left = 200 * equations.size(); left > 0 && !open.empty(); --left) {
    const size_t at = open.front();
    open.pop_front();
    waits[at] = false;
    const table::GridEquation& equation = equations[at];
    const auto tighten = [&](size_t cell, CountRange with) {
      bool changed = false;
      Tighten(grid, cell, with, ranges[cell], changed, &equation);
      if (!changed) return;
      for (size_t e : uses[cell]) {
        if (waits[e]) continue;
        waits[e] = true;
        open.push_back(e);
      }
    };
    int64_t low = 0;
    int64_t high = 0;
    size_t endless = 0;  // parts without an upper bound
    for (size_t part : equation.parts) {
      low += ranges[part].low;
      if (ranges[part].high == CountRange::kMany) {
        ++endless;
      } else {
        high += ranges[part].high;
      }
    }
    tighten(equation.total, {low, endless > 0 ? CountRange::kMany : Capped(high)});
    const CountRange total = ranges[equation.total];
    for (size_t part : equation.parts) {
      const CountRange own = ranges[part];
      const bool others_end = endless == (own.high == CountRange::kMany ? 1u : 0u);
      const int64_t others_high = own.high == CountRange::kMany ? high : high - own.high;
      const CountRange with = {
          others_end ? std::max<int64_t>(0, total.low - others_high) : 0,
          total.high == CountRange::kMany ? CountRange::kMany : total.high - (low - own.low)};
      if (with.low <= own.low && with.high >= own.high) continue;
      tighten(part, with);
      // The sums of this equation changed: it is looked at again for the rest.
      if (!waits[at]) {
        waits[at] = true;
        open.push_back(at);
      }
      break;
    }
  }
}

}  // namespace polder::stats::audit
