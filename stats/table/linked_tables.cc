#include "stats/table/linked_tables.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

bool IsSubset(AttributeSet inner, AttributeSet outer) { return (inner & ~outer) == 0; }

}  // namespace

LinkedTables::LinkedTables(std::string measure, Schema schema, std::vector<TableShape> tables)
    : measure_(std::move(measure)), schema_(std::move(schema)), tables_(std::move(tables)) {
  base::Problems problems;
  std::set<AttributeSet> sets;
  std::set<std::string> ids;
  size_t count = 0;
  for (size_t t = 0; t < tables_.size(); ++t) {
    const std::string at = base::Pointer("/tables", t);
    if (schema_.size() < 64 && tables_[t].attributes >> schema_.size() != 0) {
      problems.Add("unknown-attribute", base::Pointer(at, "attributes"),
                   "table \"" + tables_[t].id + "\" crosses an attribute outside the measure");
      continue;
    }
    if (!sets.insert(tables_[t].attributes).second || !ids.insert(tables_[t].id).second) {
      problems.Add("repeated-table", at,
                   "table \"" + tables_[t].id + "\" is there twice; remove one");
      continue;
    }
    first_.push_back(count);
    count += schema_.CellCount(tables_[t].attributes);
  }
  problems.ThrowIfAny();
  values_.assign(count, 0);
  statuses_.assign(count, CellStatus::kValue);
}

size_t LinkedTables::TableOf(size_t cell) const {
  if (cell >= values_.size()) throw std::out_of_range("cell number beyond the tables");
  const auto after = std::upper_bound(first_.begin(), first_.end(), cell);
  return static_cast<size_t>(after - first_.begin()) - 1;
}

std::vector<Equation> LinkedTables::Equations() const {
  std::vector<Equation> equations;
  for (size_t inner = 0; inner < tables_.size(); ++inner) {
    for (size_t outer = 0; outer < tables_.size(); ++outer) {
      const AttributeSet small = tables_[inner].attributes;
      const AttributeSet large = tables_[outer].attributes;
      if (inner == outer || !IsSubset(small, large)) continue;
      const size_t base = equations.size();
      const size_t totals = schema_.CellCount(small);
      for (size_t cell = 0; cell < totals; ++cell) equations.push_back({Number(inner, cell), {}});
      const size_t parts = schema_.CellCount(large);
      for (size_t cell = 0; cell < parts; ++cell) {
        equations[base + schema_.Project(large, cell, small)].parts.push_back(Number(outer, cell));
      }
    }
  }
  return equations;
}

bool LinkedTables::AddsUp() const {
  const std::vector<Equation> equations = Equations();
  return std::all_of(equations.begin(), equations.end(), [&](const Equation& equation) {
    base::Integer sum = 0;
    for (const size_t part : equation.parts) sum += base::ToInteger(values_[part]);
    return sum == base::ToInteger(values_[equation.total]);
  });
}

base::Rational LinkedTables::Variance(size_t table) const {
  return CellVariance(schema_, residuals_, tables_.at(table).attributes);
}

TableVariance LinkedTables::Variances(size_t table) const {
  return CellVariances(schema_, residuals_, tables_.at(table).attributes);
}

base::Rational CellVariance(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                            AttributeSet attributes) {
  if (schema.IsHierarchical()) {
    throw base::ProblemError("grouped-dimension", "/dimensions",
                             "cells of unequal classes have unequal variances; ask for the "
                             "covariance of a cell with itself");
  }
  base::Rational variance = 0;
  std::set<AttributeSet> seen;
  for (const MeasuredResidual& residual : residuals) {
    if (!IsSubset(residual.attributes, attributes) || !seen.insert(residual.attributes).second) {
      continue;
    }
    // gamma^2 / L^2 with L = prod n_i, times prod_{i in A} (1 - 1/n_i), times prod_{i not in A}
    // 1/n_i^2: both products share the denominator n_i^2.
    base::Rational term = residual.gamma_squared;
    for (const size_t i : schema.Members(attributes)) {
      const base::Integer codes =
          base::ToInteger(static_cast<int64_t>(schema.dimensions()[i].codes.size()));
      const bool measured = (residual.attributes >> i & 1U) != 0;
      base::Rational factor(
          measured ? base::Integer(codes - 1) : base::Integer(1),
          measured ? base::Integer(codes * codes * codes) : base::Integer(codes * codes));
      factor.canonicalize();
      term *= factor;
    }
    variance += term;
  }
  for (const AttributeSet residual : schema.Residuals({attributes})) {
    if (seen.contains(residual)) continue;
    throw base::ProblemError(
        "missing-residual", "/residuals",
        "a table has no variance because one of its residuals was not measured");
  }
  return variance;
}

namespace {

// Of a cell whose codes lie in classes of these sizes, by dimension: sum over the residuals A
// within the table of gamma^2 / L^2, times (1 - 1/size) for what A tells apart and 1/size^2 for
// what it spreads evenly.
base::Rational VarianceIn(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                          AttributeSet attributes, const std::vector<size_t>& sizes) {
  base::Rational variance = 0;
  for (const MeasuredResidual& residual : residuals) {
    if (!IsSubset(residual.attributes, attributes)) continue;
    base::Rational term = residual.gamma_squared;
    for (const size_t i : schema.Members(residual.attributes)) {
      const base::Rational scale(base::ToInteger(schema.Scale(i)));
      const base::Rational size(base::ToInteger(static_cast<int64_t>(sizes[i])));
      term *= (1 - 1 / size) / (scale * scale);
    }
    for (size_t i = 0; i < schema.size(); ++i) {
      if (((attributes & ~residual.attributes) >> i & 1U) == 0) continue;
      const base::Rational size(base::ToInteger(static_cast<int64_t>(sizes[i])));
      term /= size * size;
    }
    variance += term;
  }
  return variance;
}

// Per dimension of the set (classes of finer codes included) the size of the class that the cell
// lies in, or the number of codes.
std::vector<size_t> SizesOf(const Schema& schema, AttributeSet set, size_t cell) {
  std::vector<size_t> sizes;
  for (const Dimension& dimension : schema.dimensions()) sizes.push_back(dimension.codes.size());
  for (size_t i = 0; i < schema.size(); ++i) {
    const auto classes = schema.ClassesOf(i);
    if (!classes || (set >> i & 1U) == 0) continue;
    const size_t group = schema.Project(set, cell, schema.Closed(AttributeSet{1} << *classes));
    sizes[i] = schema.GroupSizes(i)[group];
  }
  return sizes;
}

}  // namespace

TableVariance CellVariances(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                            AttributeSet attributes) {
  if (!schema.IsHierarchical()) return {CellVariance(schema, residuals, attributes), {}};
  std::set<AttributeSet> measured;
  for (const MeasuredResidual& residual : residuals) measured.insert(residual.attributes);
  for (const AttributeSet residual : schema.Residuals({attributes})) {
    if (measured.contains(residual)) continue;
    throw base::ProblemError(
        "missing-residual", "/residuals",
        "a table has no variance because one of its residuals was not measured");
  }
  std::map<std::vector<size_t>, base::Rational> known;
  TableVariance variance;
  for (size_t cell = 0; cell < schema.CellCount(attributes); ++cell) {
    const std::vector<size_t> sizes = SizesOf(schema, attributes, cell);
    const auto [at, inserted] = known.try_emplace(sizes);
    if (inserted) at->second = VarianceIn(schema, residuals, attributes, sizes);
    variance.largest = std::max(variance.largest, at->second);
    variance.cells.push_back(at->second);
  }
  if (known.size() == 1) variance.cells.clear();
  return variance;
}

}  // namespace polder::stats::table
