#include "stats/noise/weigh.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stats/noise/accounting.h"
#include "stats/noise/design.h"
#include "stats/noise/pattern.h"

namespace polder::stats::noise {
namespace {

using policies::disclosure::AnyKind;
using policies::disclosure::Attribute;
using policies::disclosure::BudgetLine;
using policies::disclosure::Measure;
using policies::disclosure::TableSpec;
using table::AttributeSet;

// What is less precise by less than this is not worth a figure of another kind.
constexpr double kWorthIt = 1e-6;

bool CrossesKind(const TableSpec& table) {
  return std::find(table.attributes.begin(), table.attributes.end(), Attribute::kKind) !=
         table.attributes.end();
}

// The tables of a content with and without the kind, by name.
struct Split {
  std::vector<std::string> with;
  std::vector<std::string> without;
};

Split SplitOf(const Measure& measure, const BudgetLine::Content& content) {
  Split split;
  for (const TableSpec& table : measure.tables) {
    if (!content.tables.empty() &&
        std::find(content.tables.begin(), content.tables.end(), table.id) == content.tables.end()) {
      continue;
    }
    (CrossesKind(table) ? split.with : split.without).push_back(table.id);
  }
  return split;
}

std::string Figure(double loss) {
  return SignificantDigits(base::Rational(loss), 6, base::Rounding::kUp);
}

// The part of a budget that makes the sum of two losses least, in steps of 2^-20.
base::Rational ShareOf(double one, double other) {
  constexpr double kSteps = 1 << 20;
  const double part = std::sqrt(one) / (std::sqrt(one) + std::sqrt(other));
  base::Rational share(base::Integer(std::clamp(std::floor(part * kSteps), 1.0, kSteps - 1)),
                       base::Integer(kSteps));
  share.canonicalize();
  return share;
}

// Weighted sum of all cell variances under rho = 1; under another budget, divided by it.
double LossOf(const PlanRequest& request) {
  PlanRequest unit = request;
  unit.rho = 1;
  unit.to_be_drawn = false;
  return Plan::Make(unit).optimum().loss;
}

// Of two families of tables that share one budget in the best way.
double LossTogether(double one, double other) {
  const double root = std::sqrt(one) + std::sqrt(other);
  return root * root;
}

}  // namespace

Optimum OptimumPerKind(const PlanRequest& request) {
  const table::Schema& schema = request.schema;
  const auto kind = static_cast<size_t>(request.contribution.kind_dimension);
  const AttributeSet kind_set = AttributeSet{1} << kind;
  const auto kinds = static_cast<double>(schema.dimensions()[kind].codes.size());
  std::vector<AttributeSet> sets;
  std::vector<WorkloadTable> workload;
  for (const PlannedTable& planned : request.tables) {
    if ((planned.shape.attributes & kind_set) == 0) continue;
    sets.push_back(planned.shape.attributes & ~kind_set);
    workload.push_back({sets.back(), planned.weight.get_d() * kinds});
  }
  const std::vector<AttributeSet> residuals = schema.Residuals(sets);
  PatternCosts costs;
  for (const Pattern& pattern : ExtremePatterns(schema, request.contribution)) {
    std::vector<double>& cost = costs.emplace_back();
    for (const AttributeSet residual : residuals) {
      double scale = 1;
      for (const size_t i : schema.Members(residual)) {
        const auto one = static_cast<double>(schema.Scale(i));
        scale *= one * one;
      }
      cost.push_back(SquaredNorm(schema, request.contribution, pattern, residual | kind_set,
                                 AlongKind::kEachByItself)
                         .get_d() /
                     scale);
    }
  }
  return FindOptimum(schema, workload, residuals, costs, request.rho.get_d(), Objective::kTotal);
}

std::vector<PlanRequest> MakePlanRequests(const policies::disclosure::Policy& policy,
                                          const policies::codebook::Codebook& codebook,
                                          const base::Period& period,
                                          const BudgetLine::Content& content,
                                          const base::Rational& rho,
                                          const std::vector<std::string>& members) {
  const auto make = [&](const std::string& measure, const std::vector<std::string>& tables) {
    return MakePlanRequest(policy, codebook, period, {measure, tables, content.share}, rho,
                           members);
  };
  PlanRequest joint = make(content.measure, content.tables);
  const Measure& measure = *policy.FindMeasure(content.measure);
  const Measure* pupils = policy.PupilsOf(measure);
  const Split split = SplitOf(measure, content);
  if (measure.counts_dropped || (split.with.empty() && pupils == nullptr)) return {joint};

  std::vector<PlanRequest> apart;
  double by_kind = 0, each_kind = 0, without = 0;
  if (!split.with.empty()) {
    apart.push_back(make(measure.id, split.with));
    by_kind = LossOf(apart.back());
    each_kind = OptimumPerKind(apart.back()).loss * rho.get_d();
  }
  if (!split.without.empty()) {
    PlanRequest other = make(pupils != nullptr ? pupils->id : measure.id, split.without);
    without = LossOf(other);
    apart.push_back(std::move(other));
  }
  const double total = rho.get_d();
  const double together = LossOf(joint);
  const double best_apart = LossTogether(by_kind, without);
  const bool may = pupils != nullptr && !split.without.empty();
  const bool take =
      may && (measure.any_kind == AnyKind::kPupils ||
              (measure.any_kind == AnyKind::kBetter && best_apart < together * (1 - kWorthIt)));
  const table::Weighing weighing{take ? "apart" : "joint", Figure(together / total),
                                 Figure(LossTogether(each_kind, without) / total),
                                 may ? Figure(best_apart / total) : ""};
  if (!take) {
    joint.weighing = weighing;
    return {joint};
  }
  if (apart.size() == 2) {
    apart.back().rho = rho * ShareOf(without, by_kind);
    apart.front().rho = rho - apart.back().rho;
  }
  for (PlanRequest& request : apart) request.weighing = weighing;
  return apart;
}

}  // namespace polder::stats::noise
