// Whole numbers between bounds that satisfy linear equations: found, or proven not to exist.
//
// The equations alone are decided by an exact simplex without an objective: variables stand in rows
// (dependent) or columns; one that is beyond its bounds is moved back by exchanging it with a
// column that can still give way, and a row in which no column can is the proof that no numbers
// exist. What comes out as a fraction is branched on. All arithmetic is exact; where the equations
// are those of a network (two-way tables, chains of them) every corner is whole and nothing is
// branched on.
// Source: Dutertre, de Moura, "A Fast Linear-Arithmetic Solver for DPLL(T)", CAV 2006, section 3;
// Bland, "New Finite Pivoting Rules for the Simplex Method", Mathematics of Operations Research
// 2(2), 1977, against cycles.
#ifndef POLDER_STATS_RECONCILE_WHOLE_SEARCH_H_
#define POLDER_STATS_RECONCILE_WHOLE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "stats/reconcile/fraction.h"
#include "stats/table/marginal_system.h"

namespace polder::stats::reconcile {

enum class Verdict {
  kFound,    // `values` holds whole numbers that satisfy everything
  kNone,     // there are none: proven by exact arithmetic
  kUnknown,  // the work allowed ran out
};

// Deterministic: effort is counted in coefficients touched, never in time.
class WholeSearch {
 public:
  // Variables 0 .. count-1. Those not `bounded` may take any value, and must be whole whenever the
  // bounded ones are. Every number 0 must satisfy the relations (they have no constants).
  WholeSearch(size_t count, std::vector<table::Relation> relations, std::vector<bool> bounded);

  // Whole numbers with low <= value <= high for every bounded variable. Of fractional variables
  // the one with the lowest number is branched on first. Starts where the last search ended.
  Verdict Find(const std::vector<int64_t>& low, const std::vector<int64_t>& high, uint64_t effort);
  // After kFound, per variable; of those that are not bounded nothing is said.
  const std::vector<int64_t>& values() const { return whole_; }

 private:
  void Build();
  void DropUnbounded();
  void Exchange(size_t row, size_t column);
  void MoveColumn(size_t column, const Fraction& value);
  void Tighten(size_t variable, int64_t low, int64_t high);
  bool Settle();  // false: no numbers, whole or not, within the bounds
  Verdict Branch();
  bool Below(size_t variable) const { return value_[variable] < Fraction(low_[variable]); }
  bool Above(size_t variable) const { return Fraction(high_[variable]) < value_[variable]; }
  Fraction& At(size_t row, size_t column) { return entries_[row * width_ + column]; }

  size_t count_;
  std::vector<table::Relation> relations_;
  std::vector<bool> bounded_;
  bool built_ = false;
  size_t width_ = 0;
  std::vector<Fraction> entries_;       // rows of `width_`
  std::vector<size_t> rows_, columns_;  // the variable of each
  std::vector<Fraction> value_;         // per variable
  std::vector<int64_t> low_, high_, whole_;
  uint64_t effort_ = 0;
};

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_WHOLE_SEARCH_H_
