#include "stats/noise/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
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
    const AttributeSet set = request.tables[i].shape.attributes;
    if ((dimensions < 64 && set >> dimensions != 0) || !request.schema.IsClosed(set)) {
      problems.Add("outside-schema", pointer,
                   "The table uses a dimension that the schema lacks, or a grouped one without its "
                   "classes.");
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
  const auto whole = [&](int dimension) {
    if (!known(dimension)) return;
    const auto at = static_cast<size_t>(dimension);
    if (!request.schema.ClassesOf(at) && !request.schema.FinerOf(at)) return;
    problems.Add("grouped-case-dimension", "/contribution",
                 "Only attributes of the pupil can have classes, not the kind or another attribute "
                 "of a case.");
  };
  whole(contribution.kind_dimension);
  std::set<int> used;
  if (contribution.kind_dimension != -1) {
    used.insert(contribution.kind_dimension);
    if (!known(contribution.kind_dimension)) {
      problems.Add("outside-schema", "/contribution/kindDimension", "There is no such dimension.");
    }
  }
  for (const size_t dimension : contribution.case_dimensions) {
    whole(static_cast<int>(dimension));
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

std::vector<AttributeSet> ResidualSets(const PlanRequest& request) {
  std::vector<AttributeSet> sets;
  for (const PlannedTable& planned : request.tables) sets.push_back(planned.shape.attributes);
  return request.schema.Residuals(sets);
}

// L_A^2.
double SquaredScale(const table::Schema& schema, AttributeSet set) {
  double scale = 1;
  for (const size_t i : schema.Members(set)) {
    const auto one = static_cast<double>(schema.Scale(i));
    scale *= one * one;
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
  // By symmetry many residuals have the same noise: one fraction for all of them.
  std::map<Rational, Integer> by_noise;
  for (size_t a = 0; a < residuals.size(); ++a) by_noise[residuals[a].gamma_squared] += norms[a];
  std::vector<Fraction> parts;
  for (const auto& [gamma, norm] : by_noise) {
    parts.push_back({Integer(norm * gamma.get_den()), Integer(2 * gamma.get_num())});
  }
  if (parts.empty()) return 0;
  const Fraction sum = Sum(parts, 0, parts.size());
  Rational cost(sum.top, sum.bottom);
  cost.canonicalize();
  return cost;
}

// ||Psi_A x||^2 per pattern and residual.
std::vector<std::vector<Integer>> NormsOf(const PlanRequest& request,
                                          const std::vector<AttributeSet>& sets) {
  std::vector<std::vector<Integer>> norms;
  for (const Pattern& pattern : ExtremePatterns(request.schema, request.contribution)) {
    std::vector<Integer>& one = norms.emplace_back();
    one.reserve(sets.size());
    for (const AttributeSet set : sets) {
      one.push_back(SquaredNorm(request.schema, request.contribution, pattern, set));
    }
  }
  return norms;
}

Rational WorstCost(const std::vector<std::vector<Integer>>& norms,
                   const std::vector<table::MeasuredResidual>& residuals) {
  std::vector<double> noise;
  for (const table::MeasuredResidual& residual : residuals) {
    noise.push_back(residual.gamma_squared.get_d());
  }
  std::vector<double> about(norms.size(), 0);
  for (size_t x = 0; x < norms.size(); ++x) {
    for (size_t a = 0; a < noise.size(); ++a) about[x] += norms[x][a].get_d() / noise[a];
  }
  // Terms are not negative, so the rough cost is right to about 1e-13: what is not within 1e-6 of
  // the largest cannot be the largest.
  const double threshold = *std::max_element(about.begin(), about.end()) * (1 - 1e-6);
  Rational worst = 0;
  for (size_t x = 0; x < norms.size(); ++x) {
    if (about[x] >= threshold) worst = std::max(worst, CostOf(norms[x], residuals));
  }
  return worst;
}

}  // namespace

Rational ExactCost(const PlanRequest& request,
                   const std::vector<table::MeasuredResidual>& residuals) {
  std::vector<AttributeSet> sets;
  for (const table::MeasuredResidual& residual : residuals) sets.push_back(residual.attributes);
  return WorstCost(NormsOf(request, sets), residuals);
}

Plan Plan::Make(const PlanRequest& request) {
  Check(request);
  Plan plan;
  plan.request_ = request;
  const std::vector<AttributeSet> sets = ResidualSets(request);

  std::vector<WorkloadTable> workload;
  for (const PlannedTable& planned : request.tables) {
    workload.push_back({planned.shape.attributes, planned.weight.get_d()});
  }
  std::vector<double> scale;
  for (const AttributeSet set : sets) scale.push_back(SquaredScale(request.schema, set));
  const std::vector<std::vector<Integer>> norms = NormsOf(request, sets);
  PatternCosts costs;
  for (const auto& pattern : norms) {
    costs.emplace_back();
    for (size_t a = 0; a < sets.size(); ++a) costs.back().push_back(pattern[a].get_d() / scale[a]);
  }
  plan.optimum_ =
      FindOptimum(request.schema, workload, sets, costs, request.rho.get_d(), request.objective);

  // The real optimum costs exactly rho; rounding the noise up keeps the cost below it. Should the
  // doubles have erred, a little more noise is tried until the exact cost fits.
  for (double margin = 1e-10;; margin *= 4) {
    plan.residuals_.clear();
    for (size_t a = 0; a < sets.size(); ++a) {
      const double gamma = plan.optimum_.residual_variance[a] * scale[a] * (1 + margin);
      plan.residuals_.push_back({sets[a], RoundUp(gamma)});
    }
    plan.cost_ = WorstCost(norms, plan.residuals_);
    if (plan.cost_ <= request.rho) break;
  }
  if (plan.cost_ * 1000 < request.rho * 999) {
    throw base::ProblemError("budget-not-used", "/rho",
                             "No plan was found that uses the budget; weights differ too much.");
  }
  for (const table::MeasuredResidual& residual : plan.residuals_) {
    if (request.to_be_drawn) DiscreteGaussian::CheckRange(residual.gamma_squared);
  }
  return plan;
}

std::string Plan::Canonical() const {
  Json dimensions = Json::array();
  for (const auto& dimension : request_.schema.dimensions()) {
    dimensions.push_back({{"name", dimension.name}, {"codes", dimension.codes}});
    if (dimension.groups.empty()) continue;
    dimensions.back()["groupedBy"] = dimension.grouped_by;
    dimensions.back()["groups"] = dimension.groups;
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
  Json json({{"format", "polder-plan-1"},
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
  if (const auto& weighing = request_.weighing) {
    json["weighing"] = {
        {"taken", weighing->taken}, {"joint", weighing->joint}, {"perKind", weighing->per_kind}};
    if (!weighing->apart.empty()) json["weighing"]["apart"] = weighing->apart;
  }
  return base::CanonicalJson(json);
}

}  // namespace polder::stats::noise
