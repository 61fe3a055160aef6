#include "stats/reconcile/reconcile.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "policies/base/problem.h"
#include "stats/reconcile/rounding.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;

AttributeSet Bit(size_t dimension) { return AttributeSet{1} << dimension; }

// Whole numbers of the marginals, made from the grand total downwards.
class StarRounding {
 public:
  StarRounding(const noise::NoisyAnswers& answers, const noise::Plan& plan)
      : answers_(answers), plan_(plan), schema_(plan.request().schema) {
    for (const auto& planned : plan.request().tables) tables_.push_back(planned.shape.attributes);
    FindCentre();
    total_ = base::Round(Exact(0).front());
    rounded_[0] = {total_};
    if (centre_) rounded_[Bit(*centre_)] = RoundList(Exact(Bit(*centre_)), total_);
  }

  // The whole numbers of a table of the plan.
  const std::vector<Integer>& Rounded(AttributeSet set) {
    if (const auto found = rounded_.find(set); found != rounded_.end()) return found->second;
    if (__builtin_popcountll(set) == 2) return RoundCrossed(set);
    const AttributeSet crossed = centre_ ? set | Bit(*centre_) : set;
    if (std::find(tables_.begin(), tables_.end(), crossed) != tables_.end() && crossed != set) {
      RoundCrossed(crossed);
      return rounded_.at(set);
    }
    return rounded_[set] = RoundList(Exact(set), total_);
  }

  const std::vector<Rational>& Exact(AttributeSet set) {
    auto found = exact_.find(set);
    if (found == exact_.end()) found = exact_.emplace(set, Estimate(answers_, plan_, set)).first;
    return found->second;
  }

 private:
  // The dimension that all tables of two dimensions share; of two candidates the one with fewer
  // codes, so that the others' sums bend less.
  void FindCentre() {
    AttributeSet shared = ~AttributeSet{0};
    bool crossed = false;
    for (const AttributeSet set : tables_) {
      if (__builtin_popcountll(set) > 2) Refuse();
      if (__builtin_popcountll(set) == 2) {
        shared &= set;
        crossed = true;
      }
    }
    if (!crossed) return;
    if (shared == 0) Refuse();
    for (const size_t dimension : schema_.Members(shared)) {
      const auto& dimensions = schema_.dimensions();
      if (!centre_ || dimensions[dimension].codes.size() < dimensions[*centre_].codes.size()) {
        centre_ = dimension;
      }
    }
  }

  [[noreturn]] static void Refuse() {
    throw base::ProblemError(
        "tables-not-a-star", "/tables",
        "Whole numbers that add up exist for certain only when every table "
        "crosses one and the same attribute with at most one other; change the "
        "policy's tables.");
  }

  // Rounds {centre, other} row by row of the centre, and with it the sums over the centre.
  const std::vector<Integer>& RoundCrossed(AttributeSet set) {
    const AttributeSet other = set & ~Bit(*centre_);
    const std::vector<Rational>& cells = Exact(set);
    const size_t rows = schema_.CellCount(Bit(*centre_));
    const size_t width = cells.size() / rows;
    const bool centre_first = *centre_ < schema_.Members(other).front();
    const auto place = [&](size_t row, size_t column) {
      return centre_first ? row * width + column : column * rows + row;
    };
    std::vector<Rational> by_row(cells.size());
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < width; ++c) by_row[r * width + c] = cells[place(r, c)];
    }
    const std::vector<Integer>& row_totals = rounded_.at(Bit(*centre_));
    std::vector<Integer> whole;
    if (std::find(tables_.begin(), tables_.end(), other) != tables_.end()) {
      whole = RoundTable(by_row, row_totals);
    } else {
      for (size_t r = 0; r < rows; ++r) {
        const auto first = by_row.begin() + static_cast<ptrdiff_t>(r * width);
        const auto row = RoundList({first, first + static_cast<ptrdiff_t>(width)}, row_totals[r]);
        whole.insert(whole.end(), row.begin(), row.end());
      }
    }
    std::vector<Integer> result(cells.size());
    std::vector<Integer> sums(width);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < width; ++c) {
        result[place(r, c)] = whole[r * width + c];
        sums[c] += whole[r * width + c];
      }
    }
    rounded_[other] = std::move(sums);
    return rounded_[set] = std::move(result);
  }

  const noise::NoisyAnswers& answers_;
  const noise::Plan& plan_;
  const Schema& schema_;
  std::vector<AttributeSet> tables_;
  std::optional<size_t> centre_;
  Integer total_;
  std::map<AttributeSet, std::vector<Rational>> exact_;
  std::map<AttributeSet, std::vector<Integer>> rounded_;
};

}  // namespace

table::LinkedTables Reconcile(const noise::NoisyAnswers& answers, const noise::Plan& plan) {
  const noise::PlanRequest& request = plan.request();
  std::vector<table::TableShape> shapes;
  for (const noise::PlannedTable& planned : request.tables) shapes.push_back(planned.shape);
  table::LinkedTables tables(request.measure, request.schema, shapes);
  if (request.schema.IsHierarchical()) {
    throw base::ProblemError("grouped-dimension", "/dimensions",
                             "Tables over classes are estimated, not published; plan the tables "
                             "without classes.");
  }
  StarRounding rounding(answers, plan);
  tables.rounding_deviation = 0;
  for (size_t t = 0; t < shapes.size(); ++t) {
    const std::vector<Integer>& whole = rounding.Rounded(shapes[t].attributes);
    const std::vector<Rational>& exact = rounding.Exact(shapes[t].attributes);
    for (size_t cell = 0; cell < whole.size(); ++cell) {
      const auto value = base::ToInt64(whole[cell]);
      if (!value) throw base::ProblemError("answers-out-of-range", "", "A cell exceeds 64 bits.");
      tables.values()[tables.Number(t, cell)] = *value;
      const Rational deviation = abs(Rational(whole[cell] - exact[cell]));
      tables.rounding_deviation = std::max(tables.rounding_deviation, deviation);
    }
  }
  std::fill(tables.statuses().begin(), tables.statuses().end(), table::CellStatus::kValue);
  tables.residuals() = plan.residuals();
  return tables;
}

}  // namespace polder::stats::reconcile
