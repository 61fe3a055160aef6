#include "stats/audit/information.h"

#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::audit {
namespace {

using table::AttributeSet;

base::Integer CodesOf(const table::Schema& schema, size_t dimension) {
  return base::ToInteger(static_cast<int64_t>(schema.dimensions()[dimension].codes.size()));
}

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

std::optional<base::Rational> Information::BestVariance(AttributeSet attributes,
                                                        size_t known) const {
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
    // The block's weight in the cell over the block's eigenvalue outside the municipalities.
    base::Rational weight = 1;
    for (const size_t i : schema_.Members(rest)) {
      const base::Integer codes = CodesOf(schema_, i);
      const bool in = (a >> i & 1U) != 0;
      base::Rational factor(
          in ? base::Integer(codes - 1) : base::Integer(1),
          in ? base::Integer(codes * codes * codes) : base::Integer(codes * codes));
      factor.canonicalize();
      weight *= factor;
    }
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

base::Rational Information::OfOneUnit() const {
  base::Rational information = 0;
  for (const auto& [attributes, precision] : precision_) {
    base::Rational term = precision;
    for (const size_t i : schema_.Members(attributes)) {
      const base::Integer codes = CodesOf(schema_, i);
      term *= base::Rational(base::Integer(codes * (codes - 1)));
    }
    information += term;
  }
  return information;
}

}  // namespace polder::stats::audit
