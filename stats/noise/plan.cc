#include "stats/noise/plan.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "stats/noise/pattern.h"
#include "stats/noise/sampler.h"

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Json;
using base::Rational;
using table::AttributeSet;

// gamma squared keeps this many significant bits, so that rounding costs less than a ten-millionth
// of the budget and the sampler's integers stay within a machine word.
constexpr int kSignificantBits = 24;

void Check(const PlanRequest& request) {
  base::Problems problems;
  const size_t dimensions = request.schema.size();
  if (request.tables.empty()) {
    problems.Add("no-tables", "/tables", "Name at least one table to be measured.");
  }
  std::set<AttributeSet> sets;
  for (size_t i = 0; i < request.tables.size(); ++i) {
    const std::string pointer = base::Pointer("/tables", i);
    if (request.tables[i].shape.attributes >> dimensions != 0) {
      problems.Add("outside-schema", pointer, "The table uses a dimension that the schema lacks.");
    }
    if (!sets.insert(request.tables[i].shape.attributes).second) {
      problems.Add("repeated-table", pointer, "Another table has the same attributes; keep one.");
    }
    if (request.tables[i].weight <= 0) {
      problems.Add("weight-out-of-range", pointer, "A table's weight must be above 0.");
    }
  }
  if (request.rho <= 0 || request.rho > 1'000'000) {
    problems.Add("rho-out-of-range", "/rho", "The budget must be above 0 and at most 1000000.");
  }
  const Contribution& contribution = request.contribution;
  const auto known = [&](int dimension) {
    return dimension >= 0 && static_cast<size_t>(dimension) < dimensions;
  };
  std::set<int> used;
  if (contribution.kind_dimension != -1) {
    used.insert(contribution.kind_dimension);
    if (!known(contribution.kind_dimension)) {
      problems.Add("outside-schema", "/contribution/kindDimension", "There is no such dimension.");
    }
  }
  for (const size_t dimension : contribution.case_dimensions) {
    if (dimension >= dimensions || !used.insert(static_cast<int>(dimension)).second) {
      problems.Add("outside-schema", "/contribution/caseDimensions",
                   "A case dimension is not in the schema, or is named twice.");
    }
  }
  if (contribution.max_kinds < 1 || contribution.max_per_kind < 1) {
    problems.Add("contribution-out-of-range", "/contribution",
                 "A pupil must be allowed at least one kind and one unit.");
  }
  problems.ThrowIfAny();
}

std::vector<size_t> SizesOf(const table::Schema& schema) {
  std::vector<size_t> sizes;
  for (const auto& dimension : schema.dimensions()) sizes.push_back(dimension.codes.size());
  return sizes;
}

// A dimension of one code splits nothing: its residuals are zero and need no measurement.
std::vector<AttributeSet> ResidualSets(const PlanRequest& request) {
  std::vector<AttributeSet> sets;
  for (const PlannedTable& planned : request.tables) sets.push_back(planned.shape.attributes);
  std::vector<AttributeSet> residuals = table::Closure(sets);
  AttributeSet single = 0;
  for (size_t i = 0; i < request.schema.size(); ++i) {
    if (request.schema.dimensions()[i].codes.size() == 1) single |= AttributeSet{1} << i;
  }
  std::erase_if(residuals, [&](AttributeSet set) { return (set & single) != 0; });
  return residuals;
}

// L_A^2.
double Scale(const std::vector<size_t>& sizes, AttributeSet set) {
  double scale = 1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (set >> i & 1) scale *= static_cast<double>(sizes[i]) * static_cast<double>(sizes[i]);
  }
  return scale;
}

// The least number of kSignificantBits over a power of two that is at least `value`.
Rational RoundUp(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);  // 2^(exponent - 1) <= value < 2^exponent
  const int places = std::max(0, kSignificantBits - exponent);
  Rational result(Integer(std::ceil(std::ldexp(value, places))),
                  Integer(1) << static_cast<unsigned>(places));
  result.canonicalize();
  return result;
}

// A fraction that is not reduced while it grows: reducing at every step would cost more than the
// sum.
struct Fraction {
  Integer top;
  Integer bottom;
};

Fraction Sum(const std::vector<Fraction>& parts, size_t from, size_t to) {
  if (to - from == 1) return parts[from];
  const size_t middle = from + (to - from) / 2;
  const Fraction left = Sum(parts, from, middle);
  const Fraction right = Sum(parts, middle, to);
  return {left.top * right.bottom + right.top * left.bottom, left.bottom * right.bottom};
}

Rational CostOf(const std::vector<Integer>& norms,
                const std::vector<table::MeasuredResidual>& residuals) {
  std::vector<Fraction> parts;
  for (size_t a = 0; a < residuals.size(); ++a) {
    const Rational& gamma = residuals[a].gamma_squared;
    parts.push_back({Integer(norms[a] * gamma.get_den()), Integer(2 * gamma.get_num())});
  }
  if (parts.empty()) return 0;
  const Fraction sum = Sum(parts, 0, parts.size());
  Rational cost(sum.top, sum.bottom);
  cost.canonicalize();
  return cost;
}

}  // namespace

Rational ExactCost(const PlanRequest& request,
                   const std::vector<table::MeasuredResidual>& residuals) {
  const std::vector<Pattern> patterns = ExtremePatterns(request.schema, request.contribution);
  std::vector<std::vector<Integer>> norms(patterns.size());
  std::vector<double> about(patterns.size(), 0);
  for (size_t x = 0; x < patterns.size(); ++x) {
    for (const table::MeasuredResidual& residual : residuals) {
      norms[x].push_back(
          SquaredNorm(request.schema, request.contribution, patterns[x], residual.attributes));
      about[x] += norms[x].back().get_d() / residual.gamma_squared.get_d();
    }
  }
  // Terms are not negative, so the rough cost is right to about 1e-13: what is not within 1e-6 of
  // the largest cannot be the largest.
  const double threshold = *std::max_element(about.begin(), about.end()) * (1 - 1e-6);
  Rational worst = 0;
  for (size_t x = 0; x < patterns.size(); ++x) {
    if (about[x] >= threshold) worst = std::max(worst, CostOf(norms[x], residuals));
  }
  return worst;
}

Plan Plan::Make(const PlanRequest& request) {
  Check(request);
  Plan plan;
  plan.request_ = request;
  const std::vector<size_t> sizes = SizesOf(request.schema);
  const std::vector<AttributeSet> sets = ResidualSets(request);

  std::vector<WorkloadTable> workload;
  for (const PlannedTable& planned : request.tables) {
    workload.push_back({planned.shape.attributes, planned.weight.get_d()});
  }
  PatternCosts costs;
  for (const Pattern& pattern : ExtremePatterns(request.schema, request.contribution)) {
    costs.emplace_back();
    for (const AttributeSet set : sets) {
      const Integer norm = SquaredNorm(request.schema, request.contribution, pattern, set);
      costs.back().push_back(norm.get_d() / Scale(sizes, set));
    }
  }
  const Optimum optimum =
      FindOptimum(sizes, workload, sets, costs, request.rho.get_d(), request.objective);

  // The real optimum costs exactly rho; rounding the noise up keeps the cost below it. Should the
  // doubles have erred, a little more noise is tried until the exact cost fits.
  for (double margin = 1e-10;; margin *= 4) {
    plan.residuals_.clear();
    for (size_t a = 0; a < sets.size(); ++a) {
      const double gamma = optimum.residual_variance[a] * Scale(sizes, sets[a]) * (1 + margin);
      plan.residuals_.push_back({sets[a], RoundUp(gamma)});
    }
    plan.cost_ = ExactCost(request, plan.residuals_);
    if (plan.cost_ <= request.rho) break;
  }
  if (plan.cost_ * 1000 < request.rho * 999) {
    throw base::ProblemError("budget-not-used", "/rho",
                             "No plan was found that uses the budget; weights differ too much.");
  }
  for (const table::MeasuredResidual& residual : plan.residuals_) {
    DiscreteGaussian can_be_drawn(residual.gamma_squared);
  }
  return plan;
}

std::string Plan::Canonical() const {
  Json dimensions = Json::array();
  for (const auto& dimension : request_.schema.dimensions()) {
    dimensions.push_back({{"name", dimension.name}, {"codes", dimension.codes}});
  }
  Json tables = Json::array();
  for (const PlannedTable& planned : request_.tables) {
    tables.push_back({{"id", planned.shape.id},
                      {"attributes", request_.schema.Names(planned.shape.attributes)},
                      {"weight", base::ToText(planned.weight)}});
  }
  Json residuals = Json::array();
  for (const table::MeasuredResidual& residual : residuals_) {
    residuals.push_back({{"attributes", request_.schema.Names(residual.attributes)},
                         {"gammaSquared", base::ToText(residual.gamma_squared)}});
  }
  Json case_dimensions = Json::array();
  for (const size_t dimension : request_.contribution.case_dimensions) {
    case_dimensions.push_back(request_.schema.dimensions()[dimension].name);
  }
  const int kind = request_.contribution.kind_dimension;
  const Json kind_name =
      kind < 0 ? Json() : Json(request_.schema.dimensions()[static_cast<size_t>(kind)].name);
  return base::CanonicalJson(
      {{"format", "polder-plan-1"},
       {"measure", request_.measure},
       {"dimensions", dimensions},
       {"tables", tables},
       {"contribution",
        {{"kindDimension", kind_name},
         {"maxKinds", request_.contribution.max_kinds},
         {"maxPerKind", request_.contribution.max_per_kind},
         {"caseDimensions", case_dimensions},
         {"partlyKept", request_.contribution.partly_kept}}},
       {"objective", request_.objective == Objective::kTotal ? "total" : "max"},
       {"rho", base::ToText(request_.rho)},
       {"residuals", residuals},
       {"cost", base::ToText(cost_)}});
}

}  // namespace polder::stats::noise
