#include "stats/compare/decompose.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "stats/compare/change.h"
#include "stats/compare/yearly_series.h"

namespace polder::stats::compare {
namespace {

// The total and the part in one release, or why they cannot be used.
struct Split {
  std::string reason;
  Side total, part, rest;
};

const table::PublishedCell* CellWith(const table::PublishedTable& table,
                                     const std::vector<std::string>& codes) {
  const auto found =
      std::find_if(table.cells.begin(), table.cells.end(),
                   [&](const table::PublishedCell& cell) { return cell.codes == codes; });
  return found == table.cells.end() ? nullptr : &*found;
}

Split SplitOf(const table::PublishedRelease& release, const Decomposition& asked) {
  for (const table::Member& member : release.header().members) {
    if (member.conversion || !member.delivered) return {"break", {}, {}, {}};
  }
  const CellIndex index(release);
  const table::PublishedMeasure* measure = release.FindMeasure(asked.measure);
  if (measure == nullptr) return {"not-released", {}, {}, {}};
  const auto kind = measure->schema.IndexOf("kind");
  const auto along = measure->schema.IndexOf(asked.attribute);
  if (!kind || !along || *kind == *along) return {"not-released", {}, {}, {}};
  const table::AttributeSet narrow = table::AttributeSet{1} << *kind;
  const table::AttributeSet wide =
      measure->schema.Closed(narrow | table::AttributeSet{1} << *along);
  const table::PublishedTable* totals = index.FindOver(*measure, narrow);
  const table::PublishedTable* parts = index.FindOver(*measure, wide);
  if (totals == nullptr || parts == nullptr) return {"not-released", {}, {}, {}};
  const bool kind_first = *kind < *along;
  const auto* total = CellWith(*totals, {asked.kind});
  const auto* part =
      CellWith(*parts, kind_first ? std::vector<std::string>{asked.kind, asked.code}
                                  : std::vector<std::string>{asked.code, asked.kind});
  if (total == nullptr || part == nullptr) return {"not-released", {}, {}, {}};
  for (const auto* cell : {total, part}) {
    if (!cell->value) return {std::string(table::ToText(cell->status)), {}, {}, {}};
  }
  const size_t codes = measure->schema.dimensions()[*along].codes.size();
  const base::Rational& total_variance = totals->VarianceOf(*total);
  const base::Rational& part_variance = parts->VarianceOf(*part);
  const Sighting seen_total{&release, measure, totals, total};
  const Sighting seen_part{&release, measure, parts, part};
  const base::Rational rest_variance = measure->schema.IsHierarchical()
                                           ? VarianceOfRest(seen_total, {seen_part})
                                           : VarianceOfSum(*measure, wide, *along, codes - 1);
  const base::Rational rounding = measure->rounding_deviation * measure->rounding_deviation / 3;
  Split split;
  split.total = {*total->value, total_variance + rounding, {}};
  split.part = {*part->value, part_variance + rounding, {}};
  split.rest = {*total->value - *part->value, rest_variance + 2 * rounding, {}};
  split.total.below = ReachBelow(*total->value, *total->interval, total_variance,
                                 measure->rounding_deviation, std::nullopt);
  split.part.below = ReachBelow(*part->value, *part->interval, part_variance,
                                measure->rounding_deviation, std::nullopt);
  split.rest.below = split.total.below;
  if (split.part.below) {
    split.rest.above = ReachAboveRest({*split.part.below}, split.rest.noise_variance);
  }
  return split;
}

ChangePart PartOf(const Side& from, const Side& to) {
  Change change;
  Decide(from, to, {}, change);
  return {from.value, to.value, *change.difference, *change.noise};
}

base::Json PartJson(const ChangePart& part) {
  return {{"fromValue", part.from_value},
          {"toValue", part.to_value},
          {"difference", part.difference},
          {"noise", {{"low", part.noise.low}, {"high", part.noise.high}}}};
}

}  // namespace

Decomposition DecomposeChange(const table::PublishedRelease& from,
                              const table::PublishedRelease& to, std::string_view measure,
                              std::string_view kind, std::string_view attribute,
                              std::string_view code) {
  Decomposition result;
  result.measure = measure;
  result.kind = kind;
  result.attribute = attribute;
  result.code = code;
  result.from = from.header().period.year();
  result.to = to.header().period.year();
  if (!from.header().period.IsYear() || !to.header().period.IsYear() ||
      result.from.Next() != result.to) {
    result.reason = "year-between";
    return result;
  }
  const Split before = SplitOf(from, result);
  const Split after = SplitOf(to, result);
  result.reason = before.reason.empty() ? after.reason : before.reason;
  if (!result.reason.empty()) return result;
  result.possible = true;
  result.total = PartOf(before.total, after.total);
  result.part = PartOf(before.part, after.part);
  result.rest = PartOf(before.rest, after.rest);
  return result;
}

base::Json DecompositionJson(const Decomposition& decomposition) {
  base::Json json = {{"measure", decomposition.measure},     {"kind", decomposition.kind},
                     {"attribute", decomposition.attribute}, {"code", decomposition.code},
                     {"from", decomposition.from.Text()},    {"to", decomposition.to.Text()},
                     {"possible", decomposition.possible}};
  if (decomposition.possible) {
    json["total"] = PartJson(decomposition.total);
    json["part"] = PartJson(decomposition.part);
    json["rest"] = PartJson(decomposition.rest);
  } else {
    json["reason"] = decomposition.reason;
  }
  return json;
}

}  // namespace polder::stats::compare
