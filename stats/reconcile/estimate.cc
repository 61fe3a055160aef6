#include "stats/reconcile/estimate.h"

#include <algorithm>
#include <map>
#include <optional>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "stats/noise/psi.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;

// One attribute of a table, as a residual sees it: the residual's code for each of the table's
// codes (all 0 when it does not tell them apart), and what each takes of it, in units of one over
// the product of L^2 over the attribute's dimensions.
struct Mode {
  size_t size = 0;           // codes of the table
  size_t residual_size = 1;  // codes of the residual
  std::vector<size_t> code;
  std::vector<Integer> share;
};

Mode ModeOf(const Schema& schema, size_t dimension, AttributeSet residual) {
  Mode mode;
  mode.size = schema.dimensions()[dimension].codes.size();
  mode.code.assign(mode.size, 0);
  mode.share.assign(mode.size, 1);
  std::vector<size_t> here(mode.size);
  for (size_t code = 0; code < mode.size; ++code) here[code] = code;
  bool told_apart = false;
  for (std::optional<size_t> at = dimension; at; at = schema.ClassesOf(*at)) {
    const Integer scale = base::ToInteger(schema.Scale(*at));
    const Integer whole = scale * scale;
    const std::vector<size_t> sizes = schema.GroupSizes(*at);
    if (!told_apart && (residual >> *at & 1U) != 0) {
      told_apart = true;
      mode.residual_size = schema.dimensions()[*at].codes.size();
      mode.code = here;
      continue;  // Psi once more over L^2
    }
    const std::vector<size_t>& groups = schema.dimensions()[*at].groups;
    for (size_t code = 0; code < mode.size; ++code) {
      if (!groups.empty()) here[code] = groups[here[code]];
      const size_t among = sizes[groups.empty() ? 0 : here[code]];
      mode.share[code] *=
          told_apart ? whole : Integer(whole / Integer(static_cast<unsigned long>(among)));
    }
  }
  return mode;
}

// A residual spread over a table's cells, one mode after another.
std::vector<Integer> Spread(std::vector<Integer> values, const std::vector<Mode>& modes) {
  size_t before = 1;             // cells of the modes that are spread already
  size_t after = values.size();  // cells of the modes that are not
  for (const Mode& mode : modes) {
    after /= mode.residual_size;
    std::vector<Integer> wider;
    wider.reserve(before * mode.size * after);
    for (size_t block = 0; block < before; ++block) {
      for (size_t code = 0; code < mode.size; ++code) {
        const size_t from = (block * mode.residual_size + mode.code[code]) * after;
        for (size_t offset = 0; offset < after; ++offset) {
          wider.push_back(mode.share[code] * values[from + offset]);
        }
      }
    }
    values = std::move(wider);
    before *= mode.size;
  }
  return values;
}

// Modes are walked in the table's order, which for a residual of classes may be another than its
// own: its values are laid out by the table's order first.
std::vector<Integer> InOrderOf(const Schema& schema, const std::vector<Integer>& values,
                               AttributeSet residual, const std::vector<size_t>& table_members) {
  std::vector<size_t> order;  // the residual's dimensions as the table's attributes come
  for (const size_t dimension : table_members) {
    for (std::optional<size_t> at = dimension; at; at = schema.ClassesOf(*at)) {
      if ((residual >> *at & 1U) == 0) continue;
      order.push_back(*at);
      break;
    }
  }
  if (std::is_sorted(order.begin(), order.end())) return values;
  const std::vector<size_t> members = schema.Members(residual);
  std::vector<Integer> result(values.size());
  for (size_t cell = 0; cell < values.size(); ++cell) {
    const std::vector<size_t> place = schema.Place(residual, cell);
    size_t target = 0;
    for (const size_t i : order) {
      const auto j = std::find(members.begin(), members.end(), i) - members.begin();
      target = target * schema.dimensions()[i].codes.size() + place[static_cast<size_t>(j)];
    }
    result[target] = values[cell];
  }
  return result;
}

}  // namespace

std::vector<std::vector<Rational>> Estimates(const noise::NoisyAnswers& answers,
                                             const noise::Plan& plan,
                                             const std::vector<AttributeSet>& sets) {
  const Schema& schema = plan.request().schema;
  const auto& tables = plan.request().tables;
  for (size_t i = 0; i < sets.size(); ++i) {
    if (schema.IsClosed(sets[i]) &&
        std::any_of(tables.begin(), tables.end(), [&](const noise::PlannedTable& planned) {
          return (sets[i] & ~planned.shape.attributes) == 0;
        })) {
      continue;
    }
    throw base::ProblemError("table-not-planned", base::Pointer("/tables", i),
                             "No table of the plan contains these attributes.");
  }
  std::vector<std::vector<Integer>> projected;
  for (size_t a = 0; a < plan.residuals().size(); ++a) {
    std::vector<Integer>& values = projected.emplace_back();
    for (const int64_t answer : answers.values().at(a)) values.push_back(base::ToInteger(answer));
    noise::ApplyPsi(values, noise::AxesOf(schema, plan.residuals()[a].attributes));
  }

  std::vector<std::vector<Rational>> all;
  for (const AttributeSet set : sets) {
    const std::vector<size_t> members = schema.Members(set);
    std::vector<Integer> sums(schema.CellCount(set));
    for (size_t a = 0; a < projected.size(); ++a) {
      const AttributeSet residual = plan.residuals()[a].attributes;
      if ((residual & ~set) != 0) continue;
      std::vector<Mode> modes;
      for (const size_t dimension : members) modes.push_back(ModeOf(schema, dimension, residual));
      const auto spread = Spread(InOrderOf(schema, projected[a], residual, members), modes);
      for (size_t cell = 0; cell < sums.size(); ++cell) sums[cell] += spread[cell];
    }
    Integer denominator = 1;
    for (size_t i = 0; i < schema.size(); ++i) {
      if ((set >> i & 1U) == 0) continue;
      const Integer scale = base::ToInteger(schema.Scale(i));
      denominator *= scale * scale;
    }
    std::vector<Rational>& estimates = all.emplace_back();
    estimates.reserve(sums.size());
    for (const Integer& sum : sums) {
      estimates.emplace_back(sum, denominator);
      estimates.back().canonicalize();
    }
  }
  return all;
}

std::vector<Rational> Estimate(const noise::NoisyAnswers& answers, const noise::Plan& plan,
                               AttributeSet attributes) {
  return Estimates(answers, plan, {attributes}).front();
}

}  // namespace polder::stats::reconcile
