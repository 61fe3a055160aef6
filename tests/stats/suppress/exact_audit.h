// An attacker of published counts in exact fractions: the unknowns are the hidden cells, the rows
// the sums between cells, none of them written in leaves. Slow, and nothing but elimination.
#ifndef POLDER_TESTS_STATS_SUPPRESS_EXACT_AUDIT_H_
#define POLDER_TESTS_STATS_SUPPRESS_EXACT_AUDIT_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/spec.h"

namespace polder::tests {

class ExactAudit {
 public:
  ExactAudit(const stats::table::CountSpec& spec, const std::vector<int64_t>& counts,
             const std::vector<stats::table::CountCell>& published)
      : spec_(spec), counts_(counts), hidden_(counts.size(), true) {
    for (const stats::table::CountCell& cell : published) {
      hidden_[cell.cell] = cell.status == stats::table::CountStatus::kHidden;
    }
    for (const stats::table::GridEquation& equation : spec.grid.Equations()) {
      Row row;
      if (hidden_[equation.total]) row[equation.total] -= 1;
      for (size_t part : equation.parts) {
        if (hidden_[part]) row[part] += 1;
      }
      Take(std::move(row));
    }
  }

  // Hidden counts under the threshold whose value is the only one that fits.
  size_t Determined() const {
    size_t determined = 0;
    for (const auto& [pivot, row] : rows_) {
      if (row.size() == 1 && counts_[pivot] > 0 && counts_[pivot] < spec_.threshold) ++determined;
    }
    return determined;
  }

 private:
  using Row = std::map<size_t, base::Rational>;

  static void Subtract(Row& row, const Row& other, const base::Rational& factor) {
    for (const auto& [cell, value] : other) {
      base::Rational& mine = row[cell];
      mine -= factor * value;
      if (mine == 0) row.erase(cell);
    }
  }
  // Keeps every pivot in its own row only.
  void Take(Row row) {
    for (const auto& [pivot, other] : rows_) {
      const auto found = row.find(pivot);
      if (found == row.end()) continue;
      const base::Rational factor = found->second;
      Subtract(row, other, factor);
    }
    if (row.empty()) return;
    const size_t pivot = row.begin()->first;
    const base::Rational lead = row.begin()->second;
    for (auto& [cell, value] : row) value /= lead;
    for (auto& [at, other] : rows_) {
      const auto found = other.find(pivot);
      if (found == other.end()) continue;
      const base::Rational factor = found->second;
      Subtract(other, row, factor);
    }
    rows_.emplace(pivot, std::move(row));
  }

  const stats::table::CountSpec& spec_;
  const std::vector<int64_t>& counts_;
  std::vector<bool> hidden_;
  std::map<size_t, Row> rows_;
};

}  // namespace polder::tests

#endif  // POLDER_TESTS_STATS_SUPPRESS_EXACT_AUDIT_H_
