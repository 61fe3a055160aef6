// The best linear estimate by its definition: matrices of rationals over every cell of the full
// cross, eliminated plainly. What the closed forms of the audit are held against.
#ifndef POLDER_TESTS_STATS_AUDIT_DENSE_H_
#define POLDER_TESTS_STATS_AUDIT_DENSE_H_

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/covariance.h"
#include "stats/table/schema.h"

namespace polder::tests {

using base::Rational;
using stats::table::AttributeSet;
using stats::table::Schema;
namespace table = stats::table;
using Matrix = std::vector<std::vector<Rational>>;

// A discrete Gaussian's variance is at most gamma squared; the audit takes it a millionth lower.
inline const Rational kDiscrete(1'000'001, 1'000'000);

// Psi_A over the full cross by its definition: L (I - average over the class). A set with
// municipalities and without classes: L is the number of codes, the class is everything.
inline Matrix Psi(const Schema& schema, AttributeSet set) {
  const AttributeSet all = table::WholeSet(schema);
  Matrix psi(schema.CellCount(set), std::vector<Rational>(schema.CellCount(all), 0));
  for (size_t row = 0; row < psi.size(); ++row) {
    for (size_t cell = 0; cell < psi[row].size(); ++cell) {
      const auto at = schema.Place(set, row);
      const auto of = schema.Place(set, schema.Project(all, cell, set));
      Rational entry = 1;
      const auto members = schema.Members(set);
      for (size_t j = 0; j < members.size(); ++j) {
        const auto& dimension = schema.dimensions()[members[j]];
        const auto classes = schema.ClassesOf(members[j]);
        const bool grouped = classes && (set >> *classes & 1U) != 0;
        const auto n = static_cast<int64_t>(dimension.codes.size());
        const int64_t scale = grouped ? schema.Scale(members[j]) : n;
        const bool together = !grouped || dimension.groups[at[j]] == dimension.groups[of[j]];
        const int64_t size =
            grouped ? static_cast<int64_t>(schema.GroupSizes(members[j])[dimension.groups[at[j]]])
                    : n;
        Rational factor = at[j] == of[j] ? 1 : 0;
        if (together) factor -= Rational(1, base::ToInteger(size));
        entry *= factor * Rational(base::ToInteger(scale));
      }
      psi[row][cell] = entry;
    }
  }
  return psi;
}

inline Matrix DenseInformation(const Schema& schema,
                               const std::vector<table::MeasuredResidual>& residuals,
                               const std::vector<size_t>& unknown) {
  Matrix m(unknown.size(), std::vector<Rational>(unknown.size(), 0));
  for (const auto& residual : residuals) {
    for (const auto& row : Psi(schema, residual.attributes)) {
      for (size_t i = 0; i < unknown.size(); ++i) {
        if (row[unknown[i]] == 0) continue;
        for (size_t j = 0; j < unknown.size(); ++j) {
          m[i][j] += row[unknown[i]] * row[unknown[j]] * kDiscrete / residual.gamma_squared;
        }
      }
    }
  }
  return m;
}

// target' inverse(m) target by plain elimination.
inline Rational DenseVariance(Matrix m, const std::vector<Rational>& target) {
  const size_t n = m.size();
  for (size_t i = 0; i < n; ++i) m[i].push_back(target[i]);
  for (size_t i = 0; i < n; ++i) {
    size_t pivot = i;
    while (pivot < n && m[pivot][i] == 0) ++pivot;
    if (pivot == n) throw std::logic_error("singular");
    std::swap(m[i], m[pivot]);
    for (size_t r = 0; r < n; ++r) {
      if (r == i || m[r][i] == 0) continue;
      const Rational factor = m[r][i] / m[i][i];
      for (size_t c = i; c <= n; ++c) m[r][c] -= factor * m[i][c];
    }
  }
  Rational variance = 0;
  for (size_t i = 0; i < n; ++i) variance += target[i] * m[i][n] / m[i][i];
  return variance;
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_STATS_AUDIT_DENSE_H_
