// The tables of one measure, linked by the equations that make totals of parts.
#ifndef POLDER_STATS_TABLE_LINKED_TABLES_H_
#define POLDER_STATS_TABLE_LINKED_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/schema.h"
#include "stats/table/status.h"

namespace polder::stats::table {

struct TableShape {
  std::string id;  // "municipality-kind"
  AttributeSet attributes = 0;

  friend bool operator==(const TableShape&, const TableShape&) = default;
};

// A noisy measurement that the tables were made from: Psi_A on the true marginal A plus discrete
// Gaussian noise of parameter gamma_squared, with Psi_A = kron_{i in A}(n_i I - J), integer.
// Public: all precision statements derive from it. Source: Xiao, He, Zhang, Kifer, "An Optimal and
// Scalable Matrix Mechanism for Noisy Marginals under Convex Loss", NeurIPS 2023.
struct MeasuredResidual {
  AttributeSet attributes = 0;
  base::Rational gamma_squared;
};

// How the tables of a measure of a release could be measured, and how they were
// (stats/noise/weigh.h): the weighted sum of all cell variances that each way would have, in six
// digits. Public.
struct Weighing {
  std::string taken;     // "joint" or "apart"
  std::string joint;     // one cube; tables without the kind are totals over the kinds
  std::string per_kind;  // a cube for each kind, and one for the tables without the kind
  std::string apart;     // one cube for the tables of kinds, and one of pupils, each counted once

  friend bool operator==(const Weighing&, const Weighing&) = default;
};

// One linear relation: the cell `total` equals the sum of the cells `parts`, as global cell
// numbers.
struct Equation {
  size_t total;
  std::vector<size_t> parts;
};

// Exact variances of the unbiased estimates of a table's cells: equal for all of them, unless it
// crosses codes in classes of unequal sizes.
struct TableVariance {
  base::Rational largest;
  std::vector<base::Rational> cells;  // empty when all are equal

  const base::Rational& Of(size_t cell) const { return cells.empty() ? largest : cells.at(cell); }
};

// Tables over one schema. Cells of all tables have one global numbering: table after table,
// row-major within.
class LinkedTables {
 public:
  LinkedTables() = default;
  // Throws ProblemError when a table's set repeats or leaves the schema.
  LinkedTables(std::string measure, Schema schema, std::vector<TableShape> tables);

  const std::string& measure() const { return measure_; }
  const Schema& schema() const { return schema_; }
  const std::vector<TableShape>& tables() const { return tables_; }
  size_t cell_count() const { return values_.size(); }
  size_t FirstCell(size_t table) const { return first_.at(table); }
  size_t TableOf(size_t cell) const;
  size_t Number(size_t table, size_t cell_in_table) const {
    return first_.at(table) + cell_in_table;
  }

  std::vector<int64_t>& values() { return values_; }
  const std::vector<int64_t>& values() const { return values_; }
  std::vector<CellStatus>& statuses() { return statuses_; }
  const std::vector<CellStatus>& statuses() const { return statuses_; }

  // Every relation between tables where one's set contains the other's. Redundant ones included: an
  // attacker uses all.
  std::vector<Equation> Equations() const;
  // True when every equation holds exactly in `values()`.
  bool AddsUp() const;

  std::vector<MeasuredResidual>& residuals() { return residuals_; }
  const std::vector<MeasuredResidual>& residuals() const { return residuals_; }
  // Exact variance of the unbiased estimate of a cell of `table`, from the residuals, with
  // gamma_squared as an upper bound on the variance of N_Z(0, gamma_squared). `Variance` is for
  // schemas without classes, where it is the same for every cell of a table.
  base::Rational Variance(size_t table) const;
  TableVariance Variances(size_t table) const;
  // Largest absolute difference between a published integer and its unbiased estimate.
  base::Rational rounding_deviation;
  // No integers that add up have a smaller one (proven); equal to it when these are the nearest.
  base::Rational rounding_at_least;
  // Counts as they are (mechanism suppression): no residuals, and no error.
  bool exact = false;
  std::optional<Weighing> weighing;

 private:
  std::string measure_;
  Schema schema_;
  std::vector<TableShape> tables_;
  std::vector<size_t> first_;
  std::vector<int64_t> values_;
  std::vector<CellStatus> statuses_;
  std::vector<MeasuredResidual> residuals_;
};

// The same from the published facts alone: exact variance of the unbiased estimate of a cell of the
// table over `attributes`. Throws ProblemError "missing-residual" when a subset was not measured,
// and `CellVariance` "grouped-dimension" when the schema has classes.
base::Rational CellVariance(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                            AttributeSet attributes);
TableVariance CellVariances(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                            AttributeSet attributes);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_LINKED_TABLES_H_
