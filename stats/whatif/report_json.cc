#include <cmath>

#include <nlohmann/json.hpp>

#include "stats/whatif/whatif.h"

namespace polder::stats::whatif {
namespace {

using base::Json;

template <class Value>
Json OrNull(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json CostJson(const Cost& cost) { return {{"rho", cost.rho}, {"epsilon", cost.epsilon}}; }

Json CostsJson(const Costs& costs) {
  return {{"delta", costs.delta},
          {"release", CostJson(costs.release)},
          {"schoolYear", CostJson(costs.year)},
          {"schoolYearAtMost", CostJson(costs.cap)},
          {"schoolYearTwoTokensAtMost", CostJson(costs.cap_two_tokens)},
          {"career13AtMost", CostJson(costs.career_13)},
          {"career19AtMost", CostJson(costs.career_19)}};
}

// Four decimals: rehearsals say no more.
double Rounded(double share) { return std::round(share * 10'000) / 10'000; }

Json TableJson(const TableFigures& table) {
  Json shares;
  if (table.shares) {
    shares = {{"cells", table.shares->cells},
              {"hidden", Rounded(table.shares->hidden)},
              {"hiddenByRule", Rounded(table.shares->by_rule)},
              {"imprecise", Rounded(table.shares->imprecise)}};
  }
  Json json = {{"measure", table.measure},
               {"unit", table.unit},
               {"table", table.table},
               {"attributes", table.attributes},
               {"cells", table.cells},
               {"sd", table.sd},
               {"halfWidth", table.half_width},
               {"expectedFrom", ToText(table.origin)},
               {"shares", shares}};
  if (!table.release_id.empty()) json["expectedFromRelease"] = table.release_id;
  json["change"] = table.expected ? Json{{"codes", table.typical},
                                         {"expected", *table.expected},
                                         {"namedByNoiseAlone", OrNull(table.named_by_noise)},
                                         {"named", OrNull(table.named)},
                                         {"foundFourOfFive", OrNull(table.found)},
                                         {"correction", OrNull(table.correction)}}
                                  : Json();
  return json;
}

Json BoundingJson(const Bounding& bounding) {
  Json interval;
  if (bounding.interval) interval = {bounding.interval->low, bounding.interval->high};
  return {{"release", bounding.release_id},
          {"kindsPerPupil", bounding.kinds_before},
          {"dropped", OrNull(bounding.dropped)},
          {"interval95", interval},
          {"perThousandCounted", OrNull(bounding.per_thousand)},
          {"extraAtMost", OrNull(bounding.extra_at_most)}};
}

Json ScenarioJson(const ScenarioReport& scenario) {
  Json json = {{"label", scenario.label}, {"policy", scenario.policy}};
  if (!scenario.refused.empty()) {
    json["refused"] = Json::array();
    for (const base::Problem& problem : scenario.refused) {
      json["refused"].push_back(base::ToJson(problem));
    }
    return json;
  }
  json["yearlyCap"] = scenario.yearly_cap;
  json["kindsPerPupil"] = scenario.kinds_per_pupil;
  json["costs"] = scenario.costs ? CostsJson(*scenario.costs) : Json();
  json["bounding"] = scenario.bounding ? BoundingJson(*scenario.bounding) : Json();
  json["measured"] = Json::array();
  for (const MeasuredAs& one : scenario.measured) {
    Json measured = {{"measure", one.measure},
                     {"taken", one.weighing.taken},
                     {"loss", {{"joint", one.weighing.joint}, {"perKind", one.weighing.per_kind}}}};
    if (!one.weighing.apart.empty()) measured["loss"]["apart"] = one.weighing.apart;
    json["measured"].push_back(std::move(measured));
  }
  json["tables"] = Json::array();
  for (const TableFigures& table : scenario.tables) json["tables"].push_back(TableJson(table));
  return json;
}

}  // namespace

Json ReportJson(const Report& report) {
  Json scenarios = Json::array();
  for (const ScenarioReport& scenario : report.scenarios) {
    scenarios.push_back(ScenarioJson(scenario));
  }
  return {{"format", "polder-whatif-1"}, {"period", report.period},
          {"kind", report.kind},         {"codebook", report.codebook},
          {"releases", report.releases}, {"rehearsals", report.draws},
          {"scenarios", scenarios}};
}

}  // namespace polder::stats::whatif
