#include "stats/audit/part_program.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <coin/ClpEventHandler.hpp>
#include <coin/ClpSimplex.hpp>

#include "policies/base/problem.h"

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

// Of columns: a count without an end still ends somewhere for the solver, above any population, or
// what can grow for ever would have no corner to look at. A table under it is a table all the same,
// and bounds are added up with the range as it is.
double ColumnUpper(const CountRange& range) {
  constexpr double kRoom = 1 << 26;
  return range.high == CountRange::kMany ? static_cast<double>(range.low) + kRoom
                                         : static_cast<double>(range.high);
}

double Upper(const CountRange& range) {
  return range.high == CountRange::kMany ? COIN_DBL_MAX : static_cast<double>(range.high);
}

// Asks `stop` once per factorisation, which is some hundred steps.
class Stopper : public ClpEventHandler {
 public:
  explicit Stopper(std::function<bool()> stop) : stop_(std::move(stop)) {}
  int event(Event) override { return stop_() ? 5 : -1; }
  ClpEventHandler* clone() const override { return new Stopper(stop_); }

 private:
  std::function<bool()> stop_;
};

void Widen(PartProgram::Seen& seen, const Integer& low, const Integer& high) {
  if (!seen.least || low < *seen.least) seen.least = low;
  if (!seen.most || high > *seen.most) seen.most = high;
}

}  // namespace

PartProgram::PartProgram(const table::Grid& grid, const Part& part,
                         const std::function<bool()>& stop)
    : grid_(grid),
      part_(part),
      columns_(part.columns),
      solver_(std::make_unique<ClpSimplex>()),
      seen_(part.targets.size()),
      whole_(part.targets.size()) {
  std::vector<size_t> contradiction;
  rows_ = RowsThatMatter(part, contradiction);
  if (!contradiction.empty()) ThrowContradiction(grid, part, contradiction);
  Build();
  if (!stop) return;
  const Stopper stopper(stop);
  solver_->passInEventHandler(&stopper);  // keeps a copy
}

PartProgram::~PartProgram() = default;

void PartProgram::StartAgain() { solver_->createStatus(); }

void PartProgram::Build() {
  solver_->setLogLevel(0);
  solver_->resize(0, static_cast<int>(columns_.size()));
  for (size_t c = 0; c < columns_.size(); ++c) {
    const int column = static_cast<int>(c);
    solver_->setColumnBounds(column, static_cast<double>(columns_[c].low),
                             ColumnUpper(columns_[c]));
    solver_->setObjectiveCoefficient(column, 0);
  }
  for (const size_t r : rows_) {
    const PartRow& row = part_.rows[r];
    const std::vector<double> ones(row.columns.size(), 1.0);
    solver_->addRow(static_cast<int>(row.columns.size()), row.columns.data(), ones.data(),
                    static_cast<double>(row.range.low), Upper(row.range));
  }
  if (!rows_.empty()) return;
  // Clp crashes on a programme without rows: one that says nothing.
  const int first = 0;
  const double one = 1;
  solver_->addRow(1, &first, &one, -COIN_DBL_MAX, COIN_DBL_MAX);
}

void PartProgram::Limit(int column, const CountRange& range) {
  columns_[static_cast<size_t>(column)] = range;
  solver_->setColumnBounds(column, static_cast<double>(range.low), ColumnUpper(range));
}

bool PartProgram::Start() {
  if (Solve() == Answer::kOptimal) return true;
  std::vector<size_t> used;
  if (ProvesNothingFits(used)) ThrowContradiction(grid_, part_, used);
  return false;
}

bool PartProgram::Show(const ExactTable& table) {
  if (!Fits(part_, table)) return false;
  Note(table);
  return true;
}

PartProgram::Answer PartProgram::Solve() {
  solver_->primal();
  if (solver_->isProvenOptimal()) {
    See();
    return Answer::kOptimal;
  }
  std::vector<size_t> used;
  return ProvesNothingFits(used) ? Answer::kNothing : Answer::kUnknown;
}

// The solver's ray as multipliers under which nought would be more than nought, added up exactly.
// The primal method does not always leave one; the dual method does.
bool PartProgram::ProvesNothingFits(std::vector<size_t>& used) {
  for (const bool again : {false, true}) {
    if (again) solver_->dual();
    if (!solver_->isProvenPrimalInfeasible()) return false;
    const std::unique_ptr<double[]> ray(solver_->infeasibilityRay());
    if (!ray) continue;
    std::vector<double> prices(ray.get(), ray.get() + rows_.size());
    for (int turned = 0; turned < 2; ++turned) {
      if (Proved({}, 1, prices.data(), &used) > 0) return true;
      for (double& price : prices) price = -price;
    }
  }
  return false;
}

Integer PartProgram::Least(const PartTarget& target, int sign) {
  for (const int column : target.columns) solver_->setObjectiveCoefficient(column, sign);
  const bool solved = Solve() == Answer::kOptimal;
  const Integer proved =
      Proved(target.columns, sign, solved ? solver_->dualRowSolution() : nullptr, nullptr);
  for (const int column : target.columns) solver_->setObjectiveCoefficient(column, 0);
  return proved;
}

Integer PartProgram::LeastWhole(const PartTarget& target, int sign, size_t& nodes,
                                const std::function<bool()>& enough) {
  const auto number = static_cast<size_t>(&target - part_.targets.data());
  const auto seen = [&]() -> std::optional<Integer> {
    const Seen& whole = whole_[number];
    if (!whole.least) return std::nullopt;
    return sign > 0 ? *whole.least : Integer(-*whole.most);
  };
  std::optional<Integer> least;  // over all nodes that are closed
  const auto close = [&](const Integer& bound) {
    if (!least || bound < *least) least = bound;
  };
  for (const int column : target.columns) solver_->setObjectiveCoefficient(column, sign);
  std::vector<Node> open = {{{}, Proved(target.columns, sign, nullptr, nullptr)}};
  while (!open.empty()) {
    const Node node = std::move(open.back());
    open.pop_back();
    // Closed unlooked at: out of work, or nothing better than what was seen can be in it.
    const auto best = seen();
    if (nodes == 0 || enough() || (best && *best <= node.least)) {
      close(node.least);
      continue;
    }
    --nodes;
    for (const auto& [column, range] : node.limits) Limit(column, range);
    const Answer answer = Solve();
    Integer bound = node.least;
    if (answer == Answer::kOptimal) {
      bound = std::max(bound, Proved(target.columns, sign, solver_->dualRowSolution(), nullptr));
      const auto column = MostFractional();
      if (column) {
        const auto c = static_cast<size_t>(*column);
        const auto below =
            static_cast<int64_t>(std::floor(solver_->primalColumnSolution()[*column]));
        for (const bool up : {false, true}) {
          Node child{node.limits, bound};
          CountRange range = columns_[c];
          (up ? range.low : range.high) = up ? below + 1 : below;
          child.limits.emplace_back(*column, range);
          open.push_back(std::move(child));
        }
      } else {
        close(bound);
      }
    } else if (answer == Answer::kUnknown) {
      close(bound);
    }
    for (const auto& [column, range] : node.limits) {
      Limit(column, part_.columns[static_cast<size_t>(column)]);
    }
  }
  for (const int column : target.columns) solver_->setObjectiveCoefficient(column, 0);
  if (!least) {
    throw base::ProblemError("tables-contradict", "",
                             "No whole counts fit all tables around " +
                                 grid_.Describe(target.cells.front()) +
                                 ". Correct the tables; those from before and after a correction "
                                 "speak of different cases, so give them apart.");
  }
  return *least;
}

void PartProgram::LookAround(const std::vector<size_t>& targets) {
  std::vector<double> direction(columns_.size());
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
      solver_->setObjectiveCoefficient(static_cast<int>(c), sign * direction[c]);
    }
    Solve();
  }
  for (size_t c = 0; c < direction.size(); ++c) {
    solver_->setObjectiveCoefficient(static_cast<int>(c), 0);
  }
}

void PartProgram::See() {
  if (SeeWhole()) return;
  const std::optional<ExactTable> table = SolveCorner(part_, WhereItStands());
  if (table && Fits(part_, *table)) Note(*table);
}

// The corner rounded, when it looks whole and is.
bool PartProgram::SeeWhole() {
  if (MostFractional()) return false;
  const double* values = solver_->primalColumnSolution();
  ExactTable table;
  for (size_t c = 0; c < columns_.size(); ++c) {
    table.numerators.emplace_back(static_cast<long>(std::llround(values[c])));
  }
  return Show(table);
}

std::optional<int> PartProgram::MostFractional() const {
  constexpr double kWhole = 1e-6;  // only where to look: whether it is whole is checked
  const double* values = solver_->primalColumnSolution();
  std::optional<int> column;
  double most = kWhole;
  for (size_t c = 0; c < columns_.size(); ++c) {
    const double off = std::fabs(values[c] - std::round(values[c]));
    if (off <= most) continue;
    most = off;
    column = static_cast<int>(c);
  }
  return column;
}

Corner PartProgram::WhereItStands() const {
  Corner corner;
  const double* values = solver_->primalColumnSolution();
  for (size_t c = 0; c < columns_.size(); ++c) {
    const bool inside = solver_->getColumnStatus(static_cast<int>(c)) == ClpSimplex::Status::basic;
    corner.columns.push_back(inside ? std::nullopt
                                    : std::optional<int64_t>(std::llround(values[c])));
  }
  const double* sums = solver_->primalRowSolution();
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (solver_->getRowStatus(static_cast<int>(r)) == ClpSimplex::Status::basic) continue;
    corner.rows.push_back({rows_[r], std::llround(sums[r])});
  }
  return corner;
}

void PartProgram::Note(const ExactTable& table) {
  Integer sum, low, high;
  for (size_t t = 0; t < part_.targets.size(); ++t) {
    sum = 0;
    for (const int column : part_.targets[t].columns) {
      sum += table.numerators[static_cast<size_t>(column)];
    }
    mpz_fdiv_q(high.get_mpz_t(), sum.get_mpz_t(), table.denominator.get_mpz_t());
    mpz_cdiv_q(low.get_mpz_t(), sum.get_mpz_t(), table.denominator.get_mpz_t());
    Widen(seen_[t], low, high);
    if (table.denominator == 1) Widen(whole_[t], low, high);
  }
}

// Whatever the multipliers are, what the rows are at least times the multipliers plus what the
// rest of the objective is at least is a bound. They are rounded to a common denominator and the
// bound is added up exactly: a fine one for tables whose multipliers are no simple fractions, a
// coarse one because simple fractions leave no rest where a range has no end.
Integer PartProgram::Proved(const std::vector<int>& objective, int sign, const double* prices,
                            std::vector<size_t>* used) const {
  const Integer fine = ProvedOver(int64_t{1} << 40, objective, sign, prices, used);
  if (used != nullptr && fine > 0) return fine;
  return std::max(fine, ProvedOver(5040, objective, sign, prices, used));
}

Integer PartProgram::ProvedOver(int64_t denominator, const std::vector<int>& objective, int sign,
                                const double* prices, std::vector<size_t>* used) const {
  constexpr double kMost = 4e15;  // of a multiplier, so that rests stay small enough to add up
  std::vector<int64_t> rest(columns_.size());
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
    const CountRange& range = columns_[c];
    bound += base::ToInteger(rest[c]) * base::ToInteger(rest[c] > 0 ? range.low : range.high);
  }
  Integer least;
  mpz_cdiv_q_ui(least.get_mpz_t(), bound.get_mpz_t(), static_cast<unsigned long>(denominator));
  return least;
}

}  // namespace polder::stats::audit
