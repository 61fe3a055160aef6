#include "stats/table/covariance.h"

#include <algorithm>
#include <map>
#include <set>

#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

using base::Integer;
using base::Rational;

Integer FromSize(size_t value) { return Integer(static_cast<unsigned long>(value)); }

// What a query puts on the cells of one residual.
using Weights = std::map<size_t, Rational>;

// The place of a cell in every dimension that its set determines.
std::vector<size_t> Digits(const Schema& schema, const QueryTerm& term) {
  std::vector<size_t> digits(schema.size(), 0);
  const std::vector<size_t> place = schema.Place(term.attributes, term.cell);
  size_t j = 0;
  for (const size_t i : schema.Members(term.attributes)) {
    digits[i] = place[j++];
    for (auto at = i, next = at; schema.ClassesOf(at); at = next) {
      next = *schema.ClassesOf(at);
      digits[next] = schema.dimensions()[at].groups[digits[at]];
    }
  }
  return digits;
}

class Kernel {
 public:
  explicit Kernel(const Schema& schema) : schema_(schema) {
    for (size_t i = 0; i < schema.size(); ++i) group_sizes_.push_back(schema.GroupSizes(i));
  }

  Weights OnResidual(const LinearQuery& query, AttributeSet residual) const {
    Weights weights;
    for (const QueryTerm& term : query) {
      if ((residual & ~term.attributes) != 0) continue;
      const std::vector<size_t> digits = Digits(schema_, term);
      Integer spread = 1;  // cells of the term's table that share what the residual tells apart
      for (size_t i = 0; i < schema_.size(); ++i) {
        if (((term.attributes & ~residual) >> i & 1U) != 0)
          spread *= FromSize(GroupSize(i, digits));
      }
      weights[schema_.Project(term.attributes, term.cell, residual)] +=
          term.coefficient / Rational(spread);
    }
    return weights;
  }

  // a' (kron P_i) b. As P_i is the identity less the average over the class, the product is a sum
  // over which dimensions are averaged.
  Rational Product(const Weights& a, const Weights& b, AttributeSet residual) const {
    const std::vector<size_t> members = schema_.Members(residual);
    Rational product = 0;
    for (uint64_t averaged = 0; averaged < uint64_t{1} << members.size(); ++averaged) {
      AttributeSet kept = residual;
      for (size_t j = 0; j < members.size(); ++j) {
        if ((averaged >> j & 1U) != 0) kept &= ~(AttributeSet{1} << members[j]);
      }
      const Weights left = Sums(a, residual, kept);
      const Weights right = Sums(b, residual, kept);
      Rational sum = 0;
      for (const auto& [cell, weight] : left) {
        const auto other = right.find(cell);
        if (other == right.end()) continue;
        const std::vector<size_t> digits = Digits(schema_, {kept, cell, 1});
        Integer size = 1;
        for (size_t j = 0; j < members.size(); ++j) {
          if ((averaged >> j & 1U) != 0) size *= FromSize(GroupSize(members[j], digits));
        }
        sum += weight * other->second / Rational(size);
      }
      product += __builtin_popcountll(averaged) % 2 == 0 ? sum : Rational(-sum);
    }
    return product;
  }

 private:
  // Of the class that the place lies in: its codes of dimension i.
  size_t GroupSize(size_t i, const std::vector<size_t>& digits) const {
    const auto classes = schema_.ClassesOf(i);
    return group_sizes_[i][classes ? digits[*classes] : 0];
  }

  Weights Sums(const Weights& weights, AttributeSet from, AttributeSet to) const {
    Weights sums;
    for (const auto& [cell, weight] : weights) sums[schema_.Project(from, cell, to)] += weight;
    return sums;
  }

  const Schema& schema_;
  std::vector<std::vector<size_t>> group_sizes_;
};

void Check(const Schema& schema, const std::set<AttributeSet>& measured, const LinearQuery& query,
           base::Problems& problems) {
  std::set<AttributeSet> checked;
  for (size_t i = 0; i < query.size(); ++i) {
    const AttributeSet set = query[i].attributes;
    if ((schema.size() < 64 && set >> schema.size() != 0) || !schema.IsClosed(set) ||
        query[i].cell >= schema.CellCount(set)) {
      problems.Add("outside-schema", base::Pointer("/query", i),
                   "a term names a table or a cell that does not exist");
      continue;
    }
    if (!checked.insert(set).second) continue;
    for (const AttributeSet residual : schema.Residuals({set})) {
      if (measured.contains(residual)) continue;
      problems.Add("missing-residual", base::Pointer("/query", i),
                   "a table has no variance because one of its residuals was not measured");
      break;
    }
  }
}

}  // namespace

Rational Covariance(const Schema& schema, const std::vector<MeasuredResidual>& residuals,
                    const LinearQuery& a, const LinearQuery& b) {
  std::set<AttributeSet> measured;
  for (const MeasuredResidual& residual : residuals) measured.insert(residual.attributes);
  base::Problems problems;
  Check(schema, measured, a, problems);
  Check(schema, measured, b, problems);
  problems.ThrowIfAny();

  const Kernel kernel(schema);
  Rational covariance = 0;
  for (const MeasuredResidual& residual : residuals) {
    const Weights left = kernel.OnResidual(a, residual.attributes);
    const Weights right = kernel.OnResidual(b, residual.attributes);
    if (left.empty() || right.empty()) continue;
    Integer scale = 1;
    for (const size_t i : schema.Members(residual.attributes)) {
      scale *= base::ToInteger(schema.Scale(i));
    }
    covariance += residual.gamma_squared / Rational(scale * scale) *
                  kernel.Product(left, right, residual.attributes);
  }
  return covariance;
}

Rational Covariance(const LinkedTables& tables, size_t cell_a, size_t cell_b) {
  const auto query = [&](size_t cell) {
    const size_t table = tables.TableOf(cell);
    return LinearQuery{{tables.tables()[table].attributes, cell - tables.FirstCell(table), 1}};
  };
  return Covariance(tables.schema(), tables.residuals(), query(cell_a), query(cell_b));
}

}  // namespace polder::stats::table
