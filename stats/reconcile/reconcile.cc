#include "stats/reconcile/reconcile.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "policies/base/problem.h"
#include "stats/reconcile/descent.h"
#include "stats/reconcile/nearest.h"
#include "stats/reconcile/star_rounding.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;

using Wholes = std::map<AttributeSet, std::vector<Integer>>;

// Exact estimates, each table's once.
class ExactTables {
 public:
  ExactTables(const noise::NoisyAnswers& answers, const noise::Plan& plan,
              const std::vector<AttributeSet>& sets)
      : answers_(answers), plan_(plan) {
    std::vector<std::vector<Rational>> all = Estimates(answers, plan, sets);
    for (size_t i = 0; i < sets.size(); ++i) exact_.emplace(sets[i], std::move(all[i]));
  }

  const std::vector<Rational>& Of(AttributeSet set) {
    auto found = exact_.find(set);
    if (found == exact_.end()) found = exact_.emplace(set, Estimate(answers_, plan_, set)).first;
    return found->second;
  }

 private:
  const noise::NoisyAnswers& answers_;
  const noise::Plan& plan_;
  std::map<AttributeSet, std::vector<Rational>> exact_;
};

// The largest distance of the whole numbers from the estimates; and of the nearest whole numbers,
// whether they add up or not.
struct Distances {
  Rational largest = 0;
  Rational nearest = 0;
};

Distances DistancesOf(const Wholes& wholes, ExactTables& exact) {
  Distances distances;
  for (const auto& [set, values] : wholes) {
    const std::vector<Rational>& estimates = exact.Of(set);
    for (size_t cell = 0; cell < values.size(); ++cell) {
      const auto from = [&](const Integer& whole) {
        return Rational(abs(Rational(whole - estimates[cell])));
      };
      distances.largest = std::max(distances.largest, from(values[cell]));
      distances.nearest = std::max(distances.nearest, from(base::Round(estimates[cell])));
    }
  }
  return distances;
}

NearestWholes Whole(const table::Schema& schema, const std::vector<AttributeSet>& tables,
                    ExactTables& exact) {
  const auto estimates = [&](AttributeSet set) { return exact.Of(set); };
  const ExactTable reference = [&](AttributeSet set) -> const std::vector<Rational>& {
    return exact.Of(set);
  };
  const auto stated = [&](Wholes wholes) {
    const Distances distances = DistancesOf(wholes, exact);
    return NearestWholes{std::move(wholes), distances.largest, distances.nearest};
  };
  const bool star = StarRounding::Fits(schema, tables);
  std::optional<NearestWholes> found;
  if (star) {
    Wholes quick;
    StarRounding rounding(schema, tables, reference);
    for (const AttributeSet set : tables) quick[set] = rounding.Rounded(set);
    found = stated(std::move(quick));
    if (found->deviation < 1) return *found;
  }
  const auto take = [&](NearestWholes other) {
    if (found) other.at_least = std::max(other.at_least, found->at_least);
    if (found && found->deviation <= other.deviation) {
      found->at_least = other.at_least;
    } else {
      found = std::move(other);
    }
  };
  try {
    take(FindNearest(schema, tables, estimates, star ? Aim::kBelowOne : Aim::kLeast));
  } catch (const base::ProblemError& error) {
    if (error.code() != "too-many-cells") throw;
  }
  // Too large for the search, or beyond its effort: nearer by descent, if that can be.
  if (!found || (found->deviation >= 1 && found->deviation != found->at_least)) {
    take(stated(Descend(schema, tables, reference)));
  }
  return *found;
}

}  // namespace

table::LinkedTables Reconcile(const noise::NoisyAnswers& answers, const noise::Plan& plan) {
  const noise::PlanRequest& request = plan.request();
  std::vector<table::TableShape> shapes;
  std::vector<AttributeSet> sets;
  for (const noise::PlannedTable& planned : request.tables) {
    shapes.push_back(planned.shape);
    sets.push_back(planned.shape.attributes);
  }
  table::LinkedTables tables(request.measure, request.schema, shapes);
  ExactTables exact(answers, plan, sets);
  const NearestWholes nearest = Whole(request.schema, sets, exact);
  for (size_t t = 0; t < shapes.size(); ++t) {
    const std::vector<Integer>& whole = nearest.wholes.at(sets[t]);
    for (size_t cell = 0; cell < whole.size(); ++cell) {
      const auto value = base::ToInt64(whole[cell]);
      if (!value) throw base::ProblemError("answers-out-of-range", "", "A cell exceeds 64 bits.");
      tables.values()[tables.Number(t, cell)] = *value;
    }
  }
  tables.rounding_deviation = nearest.deviation;
  tables.rounding_at_least = nearest.at_least;
  std::fill(tables.statuses().begin(), tables.statuses().end(), table::CellStatus::kValue);
  tables.residuals() = plan.residuals();
  tables.weighing = request.weighing;
  return tables;
}

}  // namespace polder::stats::reconcile
