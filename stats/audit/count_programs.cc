// Linear programmes over the leaf cells that passing bounds along leaves open, one per part.
//
// The solver only points: that a cell may be small and large rests on tables in exact numbers at
// the corners where it stopped, checked by addition; that it may not, on a bound added up exactly
// from its multipliers.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <coin/ClpSimplex.hpp>

#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "stats/audit/count_bounds.h"
#include "stats/audit/count_parts.h"
#include "stats/audit/exact_corner.h"

namespace polder::stats::audit {
namespace {

using base::Integer;

[[noreturn]] void ThrowContradiction(const table::Grid& grid, const Part& part,
                                     const std::vector<size_t>& rows) {
  constexpr size_t kMost = 8;
  std::string cells;
  for (size_t i = 0; i < std::min(rows.size(), kMost); ++i) {
    cells += (i > 0 ? "; " : "") + grid.Describe(part.rows[rows[i]].cell);
  }
  if (rows.size() > kMost) cells += "; and " + std::to_string(rows.size() - kMost) + " more";
  throw base::ProblemError("tables-contradict", "",
                           "No counts fit all tables; together these cells cannot be: " + cells +
                               ". Tables from before and after a correction speak of different "
                               "cases; give them apart.");
}

class Program {
 public:
  Program(const table::Grid& grid, const Part& part) : grid_(grid), part_(part) {
    std::vector<size_t> contradiction;
    rows_ = RowsThatMatter(part, contradiction);
    if (!contradiction.empty()) ThrowContradiction(grid, part, contradiction);
    most_.resize(part.targets.size());
    least_.resize(part.targets.size());
    Build();
  }

  // Whether anything fits. Throws ProblemError "tables-contradict" when it is proved that nothing
  // does.
  bool Start() {
    solver_.primal();
    if (solver_.isProvenOptimal()) {
      See();
      return true;
    }
    if (solver_.isProvenPrimalInfeasible()) {
      const double* ray = solver_.infeasibilityRay();
      if (ray != nullptr) {
        std::vector<double> prices(ray, ray + rows_.size());
        delete[] ray;
        for (int turned = 0; turned < 2; ++turned) {
          std::vector<size_t> used;
          // Nought would be at least more than nought.
          if (Proved({}, 1, prices.data(), &used) > 0) ThrowContradiction(grid_, part_, used);
          for (double& price : prices) price = -price;
        }
      }
    }
    return false;
  }

  // A table that is known to fit, such as the true one. False when it does not.
  bool Show(const ExactTable& table) {
    if (!Fits(part_, table)) return false;
    Note(table);
    return true;
  }

  // The proved least value of `sign` times the sum of the target's columns.
  Integer Least(const PartTarget& target, int sign) {
    for (const int column : target.columns) solver_.setObjectiveCoefficient(column, sign);
    const bool solved = Solve();
    const Integer proved =
        Proved(target.columns, sign, solved ? solver_.dualRowSolution() : nullptr, nullptr);
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
      Solve();
    }
    for (size_t c = 0; c < direction.size(); ++c) {
      solver_.setObjectiveCoefficient(static_cast<int>(c), 0);
    }
  }

  // Whole numbers between what was seen, not only a distance.
  bool SeenEnough(size_t target, const Enough& enough) const {
    if (!most_[target]) return false;
    return *most_[target] - *least_[target] >= base::ToInteger(enough.width) &&
           *most_[target] + base::ToInteger(part_.targets[target].fixed) >=
               base::ToInteger(enough.reach);
  }
  // The ends of what was seen, with what the closed leaves add.
  bool SeenAtLeast(size_t target, int64_t count) const {
    return most_[target] &&
           *most_[target] + base::ToInteger(part_.targets[target].fixed) >= base::ToInteger(count);
  }
  bool SeenAtMost(size_t target, int64_t count) const {
    return least_[target] &&
           *least_[target] + base::ToInteger(part_.targets[target].fixed) <= base::ToInteger(count);
  }

  // Forgets where the solver stands, as if nothing had been asked before.
  void StartAgain() { solver_.createStatus(); }

 private:
  static double Upper(const CountRange& range) {
    return range.high == CountRange::kMany ? COIN_DBL_MAX : static_cast<double>(range.high);
  }

  void Build() {
    solver_.setLogLevel(0);
    solver_.resize(0, static_cast<int>(part_.columns.size()));
    for (size_t c = 0; c < part_.columns.size(); ++c) {
      const int column = static_cast<int>(c);
      solver_.setColumnBounds(column, static_cast<double>(part_.columns[c].low),
                              Upper(part_.columns[c]));
      solver_.setObjectiveCoefficient(column, 0);
    }
    for (const size_t r : rows_) {
      const PartRow& row = part_.rows[r];
      const std::vector<double> ones(row.columns.size(), 1.0);
      solver_.addRow(static_cast<int>(row.columns.size()), row.columns.data(), ones.data(),
                     static_cast<double>(row.range.low), Upper(row.range));
    }
    if (!rows_.empty()) return;
    // Clp crashes on a programme without rows: one that says nothing.
    const int first = 0;
    const double one = 1;
    solver_.addRow(1, &first, &one, -COIN_DBL_MAX, COIN_DBL_MAX);
  }

  bool Solve() {
    solver_.primal();
    if (!solver_.isProvenOptimal()) return false;
    See();
    return true;
  }

  void See() {
    const std::optional<ExactTable> table = SolveCorner(part_, WhereItStands());
    if (table && Fits(part_, *table)) Note(*table);
  }

  Corner WhereItStands() const {
    Corner corner;
    const double* values = solver_.primalColumnSolution();
    for (size_t c = 0; c < part_.columns.size(); ++c) {
      const bool inside = solver_.getColumnStatus(static_cast<int>(c)) == ClpSimplex::Status::basic;
      corner.columns.push_back(inside ? std::nullopt
                                      : std::optional<int64_t>(std::llround(values[c])));
    }
    const double* sums = solver_.primalRowSolution();
    for (size_t r = 0; r < rows_.size(); ++r) {
      if (solver_.getRowStatus(static_cast<int>(r)) == ClpSimplex::Status::basic) continue;
      corner.rows.push_back({rows_[r], std::llround(sums[r])});
    }
    return corner;
  }

  void Note(const ExactTable& table) {
    Integer sum, whole;
    for (size_t t = 0; t < part_.targets.size(); ++t) {
      sum = 0;
      for (const int column : part_.targets[t].columns) {
        sum += table.numerators[static_cast<size_t>(column)];
      }
      mpz_fdiv_q(whole.get_mpz_t(), sum.get_mpz_t(), table.denominator.get_mpz_t());
      if (!most_[t] || whole > *most_[t]) most_[t] = whole;
      mpz_cdiv_q(whole.get_mpz_t(), sum.get_mpz_t(), table.denominator.get_mpz_t());
      if (!least_[t] || whole < *least_[t]) least_[t] = whole;
    }
  }

  // Whatever the multipliers are, what the rows are at least times the multipliers plus what the
  // rest of the objective is at least is a bound. They are rounded to a common denominator and the
  // bound is added up exactly: a fine one for tables whose multipliers are no simple fractions, a
  // coarse one because simple fractions leave no rest where a range has no end.
  Integer Proved(const std::vector<int>& objective, int sign, const double* prices,
                 std::vector<size_t>* used) const {
    const Integer fine = ProvedOver(int64_t{1} << 40, objective, sign, prices, used);
    if (used != nullptr && fine > 0) return fine;
    return std::max(fine, ProvedOver(5040, objective, sign, prices, used));
  }

  Integer ProvedOver(int64_t denominator, const std::vector<int>& objective, int sign,
                     const double* prices, std::vector<size_t>* used) const {
    constexpr double kMost = 4e15;  // of a multiplier, so that rests stay small enough to add up
    std::vector<int64_t> rest(part_.columns.size());
    for (const int column : objective) rest[static_cast<size_t>(column)] = sign * denominator;
    if (used != nullptr) used->clear();
    Integer bound = 0;
    for (size_t r = 0; prices != nullptr && r < rows_.size(); ++r) {
      const double price = prices[r] * static_cast<double>(denominator);
      if (!(std::fabs(price) < kMost)) continue;
      const int64_t multiplier = std::llround(price);
      const PartRow& row = part_.rows[rows_[r]];
      // An endless row proves nothing on that side.
      if (multiplier == 0 || (multiplier < 0 && row.range.high == CountRange::kMany)) continue;
      if (used != nullptr) used->push_back(rows_[r]);
      bound += base::ToInteger(multiplier) *
               base::ToInteger(multiplier > 0 ? row.range.low : row.range.high);
      for (const int at : row.columns) rest[static_cast<size_t>(at)] -= multiplier;
    }
    for (size_t c = 0; c < rest.size(); ++c) {
      if (rest[c] == 0) continue;
      const CountRange& range = part_.columns[c];
      bound += base::ToInteger(rest[c]) * base::ToInteger(rest[c] > 0 ? range.low : range.high);
    }
    Integer least;
    mpz_cdiv_q_ui(least.get_mpz_t(), bound.get_mpz_t(), static_cast<unsigned long>(denominator));
    return least;
  }

  const table::Grid& grid_;
  const Part& part_;
  std::vector<size_t> rows_;  // of the part, in the solver's order
  ClpSimplex solver_;
  uint32_t state_ = 1;
  std::vector<std::optional<Integer>> most_, least_;  // whole numbers within what was seen
};

class PartSearch {
 public:
  PartSearch(const table::Grid& grid, const Part& part, const Enough& enough, const Search& search)
      : part_(part), enough_(enough), search_(search), program_(grid, part) {}

  // Narrows `ranges`; adds cells of which nothing could be shown to `undecided`.
  void Run(std::vector<CountRange>& ranges, std::vector<size_t>& undecided) {
    const bool fits = program_.Start();
    if (part_.targets.empty()) return;
    if (search_.truth != nullptr) ShowTruth();
    std::vector<size_t> open(part_.targets.size());
    std::iota(open.begin(), open.end(), size_t{0});
    if (fits) LookAround(open);
    for (size_t i = 0; i < open.size(); ++i) {
      if (fits && !Stopped()) Ask(open[i], ranges);
      if (search_.progress) search_.progress(open.size() - i - 1);
      Settle(open[i], ranges, undecided);
    }
  }

 private:
  bool Stopped() const { return search_.stop && search_.stop(); }

  void ShowTruth() {
    ExactTable truth;
    for (const size_t leaf : part_.leaves) {
      truth.numerators.push_back(base::ToInteger((*search_.truth)[leaf]));
    }
    if (!program_.Show(truth)) {
      throw base::ProblemError("tables-contradict", "",
                               "The tables are not those of the cases: no count of the cases fits "
                               "what they show. Give the cases that the tables were made of.");
    }
  }

  // As long as a look around is cheaper than asking those whom it settles.
  void LookAround(std::vector<size_t>& open) {
    constexpr size_t kFew = 12;
    constexpr size_t kWorthIt = 8;
    const auto forget_seen = [&] {
      std::erase_if(open, [&](size_t target) { return program_.SeenEnough(target, enough_); });
      if (search_.progress) search_.progress(open.size());
    };
    forget_seen();
    while (open.size() > kFew && !Stopped()) {
      const size_t before = open.size();
      if (search_.cold) program_.StartAgain();
      program_.LookAround(open);
      forget_seen();
      if (before - open.size() < kWorthIt) break;
    }
  }

  void Ask(size_t t, std::vector<CountRange>& ranges) {
    const PartTarget& target = part_.targets[t];
    const CountRange known = RangeOf(t, ranges);
    // An end that a table reaches needs no programme.
    if (!program_.SeenEnough(t, enough_) && !program_.SeenAtLeast(t, known.high)) {
      if (search_.cold) program_.StartAgain();
      const Integer most = base::ToInteger(target.fixed) - program_.Least(target, -1);
      for (const size_t cell : target.cells) {
        if (most < base::ToInteger(ranges[cell].high)) ranges[cell].high = most.get_si();
      }
    }
    if (!program_.SeenEnough(t, enough_) && !program_.SeenAtMost(t, known.low)) {
      if (search_.cold) program_.StartAgain();
      const Integer least = base::ToInteger(target.fixed) + program_.Least(target, 1);
      for (const size_t cell : target.cells) {
        if (least > base::ToInteger(ranges[cell].low)) ranges[cell].low = least.get_si();
      }
    }
  }

  CountRange RangeOf(size_t t, const std::vector<CountRange>& ranges) const {
    CountRange all;
    for (const size_t cell : part_.targets[t].cells) {
      all = {std::max(all.low, ranges[cell].low), std::min(all.high, ranges[cell].high)};
    }
    return all;
  }

  void Settle(size_t t, const std::vector<CountRange>& ranges, std::vector<size_t>& undecided) {
    if (program_.SeenEnough(t, enough_)) return;
    const CountRange range = RangeOf(t, ranges);
    if (range.high - range.low < enough_.width || range.high < enough_.reach) return;
    undecided.insert(undecided.end(), part_.targets[t].cells.begin(), part_.targets[t].cells.end());
  }

  const Part& part_;
  const Enough& enough_;
  const Search& search_;
  Program program_;
};

}  // namespace

std::vector<size_t> Narrow(const table::Grid& grid, const std::vector<size_t>& targets,
                           const Enough& enough, const std::vector<CountRange>& stated,
                           std::vector<CountRange>& ranges, const Search& search) {
  std::vector<bool> wanted(grid.cells());
  for (const size_t cell : targets) wanted[cell] = !ranges[cell].IsExact();
  std::vector<size_t> undecided;
  for (const Part& part : PartsOf(grid, wanted, stated, ranges)) {
    if (part.rows.empty() && part.targets.empty()) continue;
    PartSearch(grid, part, enough, search).Run(ranges, undecided);
  }
  return undecided;
}

}  // namespace polder::stats::audit
