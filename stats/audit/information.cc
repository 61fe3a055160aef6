#include "stats/audit/information.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "policies/base/problem.h"

namespace polder::stats::audit {
namespace {

using table::AttributeSet;

base::Integer CodesOf(const table::Schema& schema, size_t dimension) {
  return base::ToInteger(static_cast<int64_t>(schema.dimensions()[dimension].codes.size()));
}

base::Integer FromSize(size_t value) { return base::ToInteger(static_cast<int64_t>(value)); }

[[noreturn]] void RefuseGrouping() {
  throw base::ProblemError("audit-failed", "/dimensions",
                           "only municipalities may have classes, and classes none of their own");
}

// Municipalities and their classes.
struct Grouping {
  AttributeSet town = 0;
  AttributeSet classes = 0;
  size_t towns = 0;
  int64_t scale = 1;          // Schema::Scale
  std::vector<size_t> sizes;  // municipalities per class
};

Grouping GroupingOf(const table::Schema& schema) {
  Grouping grouping;
  for (size_t i = 0; i < schema.size(); ++i) {
    const auto classes = schema.ClassesOf(i);
    if (!classes) continue;
    if (schema.dimensions()[i].name != "municipality" || schema.ClassesOf(*classes)) {
      RefuseGrouping();
    }
    grouping = {AttributeSet{1} << i, AttributeSet{1} << *classes,
                schema.dimensions()[i].codes.size(), schema.Scale(i), schema.GroupSizes(i)};
  }
  if (grouping.town == 0) RefuseGrouping();
  return grouping;
}

// What is known about unknown municipalities: alpha I + Z G Z', G being `common` everywhere and
// `own` besides on its diagonal.
struct Block {
  base::Rational alpha;
  base::Rational common;
  std::vector<base::Rational> own;

  // v' inverse(block) v for v with `even[c]` at each unknown municipality of class c; nullopt when
  // nothing was measured of it.
  std::optional<base::Rational> Inverse(const std::vector<base::Rational>& even,
                                        const std::vector<size_t>& unknown) const {
    std::vector<size_t> there;
    for (size_t c = 0; c < unknown.size(); ++c) {
      if (unknown[c] > 0) there.push_back(c);
    }
    std::vector<std::vector<base::Rational>> rows;
    for (const size_t c : there) {
      std::vector<base::Rational>& row = rows.emplace_back();
      for (const size_t d : there) {
        const base::Rational weight(FromSize(unknown[d]));
        row.push_back(c == d ? base::Rational(alpha + (common + own[c]) * weight)
                             : base::Rational(common * weight));
      }
      row.push_back(even[c]);
    }
    // Gauss-Jordan. The system is symmetric up to scaling, so any solution gives the same product.
    std::vector<std::optional<size_t>> row_of(there.size());
    size_t next = 0;
    for (size_t column = 0; column < there.size(); ++column) {
      size_t pivot = next;
      while (pivot < rows.size() && rows[pivot][column] == 0) ++pivot;
      if (pivot == rows.size()) continue;
      std::swap(rows[pivot], rows[next]);
      const base::Rational lead = rows[next][column];
      for (base::Rational& entry : rows[next]) entry /= lead;
      for (size_t r = 0; r < rows.size(); ++r) {
        if (r == next || rows[r][column] == 0) continue;
        const base::Rational factor = rows[r][column];
        for (size_t k = column; k < rows[r].size(); ++k) rows[r][k] -= factor * rows[next][k];
      }
      row_of[column] = next++;
    }
    for (size_t r = next; r < rows.size(); ++r) {
      if (rows[r].back() != 0) return std::nullopt;
    }
    base::Rational product = 0;
    for (size_t k = 0; k < there.size(); ++k) {
      if (!row_of[k]) continue;
      product +=
          even[there[k]] * base::Rational(FromSize(unknown[there[k]])) * rows[*row_of[k]].back();
    }
    return product;
  }
};

}  // namespace

void Information::Add(const std::vector<table::MeasuredResidual>& residuals) {
  // Var N_Z(0, 1) = 0.999999788..., and nearer to the parameter above.
  static const base::Rational kDiscrete = base::Rational(1'000'001, 1'000'000);
  for (const table::MeasuredResidual& residual : residuals) {
    if (residual.gamma_squared < 1) {
      throw base::ProblemError(
          "too-little-noise", "/residuals",
          "a residual was measured with less than unit noise; the policy grants "
          "too much budget for hidden cells to stay hidden");
    }
    precision_[residual.attributes] += kDiscrete / residual.gamma_squared;
  }
}

base::Rational Information::Precision(AttributeSet attributes) const {
  const auto found = precision_.find(attributes);
  return found == precision_.end() ? base::Rational(0) : found->second;
}

base::Rational Information::WeightOf(AttributeSet rest, AttributeSet a) const {
  base::Rational weight = 1;
  for (const size_t i : schema_.Members(rest)) {
    const base::Integer codes = CodesOf(schema_, i);
    const bool in = (a >> i & 1U) != 0;
    base::Rational factor(in ? base::Integer(codes - 1) : base::Integer(1),
                          in ? base::Integer(codes * codes * codes) : base::Integer(codes * codes));
    factor.canonicalize();
    weight *= factor;
  }
  return weight;
}

std::optional<base::Rational> Information::BestVariance(AttributeSet attributes,
                                                        size_t known) const {
  if (schema_.IsHierarchical()) RefuseGrouping();
  const auto municipality = schema_.IndexOf("municipality");
  const AttributeSet town = municipality ? AttributeSet{1} << *municipality : 0;
  const base::Integer n = municipality ? CodesOf(schema_, *municipality) : base::Integer(1);
  const base::Integer unknown =
      municipality ? base::Integer(n - base::ToInteger(static_cast<int64_t>(known)))
                   : base::Integer(1);
  if (unknown <= 0) return std::nullopt;
  const bool crosses = (attributes & town) != 0;
  const AttributeSet rest = attributes & ~town;
  base::Rational variance = 0;
  for (AttributeSet a = rest;; a = (a - 1) & rest) {
    const base::Rational weight = WeightOf(rest, a);
    // alpha I + beta J over the unknown municipalities.
    const base::Rational within = municipality ? Precision(a | town) : base::Rational(0);
    const base::Rational alpha = within * base::Rational(n * n);
    const base::Rational beta = Precision(a) - within * base::Rational(n);
    const base::Rational along = alpha + base::Rational(unknown) * beta;
    if (along <= 0) return std::nullopt;
    if (crosses) {
      if (alpha <= 0) return std::nullopt;
      const base::Rational others = alpha + base::Rational(base::Integer(unknown - 1)) * beta;
      variance += weight * others / (alpha * along);
    } else {
      variance += weight * base::Rational(unknown) / along;
    }
    if (a == 0) break;
  }
  return variance;
}

std::optional<base::Rational> Information::BestVariance(AttributeSet attributes,
                                                        const std::vector<size_t>& unknown,
                                                        size_t in_class) const {
  const Grouping grouping = GroupingOf(schema_);
  const AttributeSet town = grouping.town;
  const AttributeSet classes = grouping.classes;
  const bool of_town = (attributes & town) != 0;
  const bool of_class = !of_town && (attributes & classes) != 0;
  if ((of_town || of_class) && unknown.at(in_class) == 0) return std::nullopt;
  const auto is_nought = [](size_t count) { return count == 0; };
  if (std::all_of(unknown.begin(), unknown.end(), is_nought)) return std::nullopt;
  const base::Rational left(FromSize(unknown.at(in_class)));
  const AttributeSet rest = attributes & ~(town | classes);
  base::Rational variance = 0;
  for (AttributeSet a = rest;; a = (a - 1) & rest) {
    const base::Rational over_all = Precision(a | town);
    const base::Rational within = Precision(a | town | classes);
    const base::Rational between = Precision(a | classes);
    const base::Rational n(FromSize(grouping.towns));
    const base::Rational c(FromSize(unknown.size()));
    const base::Rational scale(base::ToInteger(grouping.scale));
    Block block;
    block.alpha = within * scale * scale + over_all * n * n;
    block.common = Precision(a) - over_all * n - between * c;
    for (const size_t size : grouping.sizes) {
      block.own.push_back(between * c * c -
                          within * scale * scale / base::Rational(FromSize(size)));
    }
    // The wanted direction: what is even within each class, and what tells one municipality from
    // the others of its class, which lies across it.
    std::vector<base::Rational> even(unknown.size(), of_town || of_class ? 0 : 1);
    base::Rational across = 0;
    if (of_class) even[in_class] = 1;
    if (of_town) {
      even[in_class] = 1 / left;
      across = 1 - 1 / left;
    }
    const auto along = block.Inverse(even, unknown);
    if (!along || (across > 0 && block.alpha <= 0)) return std::nullopt;
    base::Rational inverse = *along;
    if (across > 0) inverse += across / block.alpha;
    variance += WeightOf(rest, a) * inverse;
    if (a == 0) break;
  }
  return variance;
}

base::Rational Information::OfOneUnit() const {
  // Cells differ in the sizes of the classes that they lie in, so one cell stands for all of the
  // same sizes.
  base::Rational worst = 0;
  for (const std::vector<size_t>& sizes : schema_.ClassSizesOfCells()) {
    base::Rational information = 0;
    for (const auto& [attributes, precision] : precision_) {
      base::Rational term = precision;
      for (const size_t i : schema_.Members(attributes)) {
        const bool grouped = schema_.ClassesOf(i) && schema_.IsClosed(attributes);
        const base::Rational scale(grouped ? base::ToInteger(schema_.Scale(i))
                                           : CodesOf(schema_, i));
        const base::Rational size(grouped ? FromSize(sizes[i]) : CodesOf(schema_, i));
        term *= scale * scale * (1 - 1 / size);
      }
      information += term;
    }
    worst = std::max(worst, information);
  }
  return worst;
}

}  // namespace polder::stats::audit
