// The plan: which residuals of a measure are measured, and with how much noise, so that the tables
// are as precise as the budget allows.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), closed form for the weighted sum
// of cell variances, with the privacy coefficients replaced by the worst case over what bounding
// lets one pupil contribute. Computed in doubles, then fixed as rationals gamma^2 with power-of-two
// denominators; the cost of those is exact.
#ifndef POLDER_STATS_NOISE_PLAN_H_
#define POLDER_STATS_NOISE_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/rational.h"
#include "stats/noise/optimum.h"
#include "stats/table/linked_tables.h"
#include "stats/table/schema.h"

namespace polder::stats::noise {

// What one pupil can contribute to a measure's cube after bounding. Pupil attributes hold one
// value; per kind group (dimension `kind_dimension`, or none) at most `max_per_kind` units in at
// most `max_kinds` kind groups; case attributes (dimensions listed) may differ per unit of
// `persons`, that is per kind.
struct Contribution {
  int kind_dimension = -1;  // index in the schema, -1 when the measure has no kind dimension
  int max_kinds = 1;
  int64_t max_per_kind = 1;
  std::vector<size_t> case_dimensions;  // besides the kind
  // A vsv year lies in two school years. Without the records of one of them the pupil does not
  // vanish but counts by those of the other, perhaps elsewhere: what one school year's records do
  // is then the difference of two contributions.
  bool partly_kept = false;
};

struct PlannedTable {
  table::TableShape shape;
  base::Rational weight;  // of one cell's variance
};

struct PlanRequest {
  std::string measure;
  table::Schema schema;
  std::vector<PlannedTable> tables;
  Contribution contribution;
  base::Rational rho;  // the most that may be spent
  Objective objective = Objective::kTotal;
  // Why the tables are measured in this way and no other, where there was a choice.
  std::optional<table::Weighing> weighing = {};
  // False for figures alone: noise may then be wider than the sampler draws.
  bool to_be_drawn = true;
};

class Plan {
 public:
  // Throws ProblemError when nothing can be measured: no tables, rho not positive, a table outside
  // the schema.
  static Plan Make(const PlanRequest& request);

  const PlanRequest& request() const { return request_; }
  const std::vector<table::MeasuredResidual>& residuals() const { return residuals_; }
  // Exact worst-case zCDP cost of the fixed gammas over all allowed contributions: at most
  // request().rho, at least 99.9 % of it.
  const base::Rational& cost() const { return cost_; }
  // The real optimum that the noise was fixed from.
  const Optimum& optimum() const { return optimum_; }
  // What is hashed into the salt of the noise: schema, tables, contribution and gammas, canonical
  // JSON.
  std::string Canonical() const;

 private:
  Plan() = default;
  PlanRequest request_;
  std::vector<table::MeasuredResidual> residuals_;
  base::Rational cost_;
  Optimum optimum_;
};

// sum_A max over allowed contributions x of ||Psi_A x||^2 / (2 gamma_A^2), maximised jointly;
// exact.
base::Rational ExactCost(const PlanRequest& request,
                         const std::vector<table::MeasuredResidual>& residuals);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_PLAN_H_
