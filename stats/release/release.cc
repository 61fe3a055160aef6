#include "stats/release/release.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/table/guaranteed.h"
#include "stats/table/interval.h"

namespace polder::stats::release {
namespace {

using base::Json;

Json ReferenceJson(const table::Reference& reference) {
  return {{"id", reference.id}, {"version", reference.version}, {"digest", reference.digest}};
}

Json HeaderJson(const table::ReleaseHeader& header) {
  Json members = Json::array();
  for (const table::Member& member : header.members) {
    members.push_back({{"municipality", member.municipality},
                       {"delivered", member.delivered},
                       {"conversion", member.conversion},
                       {"deliveriesDigest", member.deliveries_digest}});
  }
  Json json = {{"releaseId", header.release_id},
               {"region", header.region},
               {"period", header.period.Text()},
               {"kind", header.kind},
               {"origin", header.origin},
               {"demo", header.demo},
               {"policy", ReferenceJson(header.policy)},
               {"codebook", ReferenceJson(header.codebook)},
               {"freezeDigest", header.freeze_digest},
               {"planDigest", header.plan_digest},
               {"reservationId", header.reservation_id},
               {"seedCommitments", header.seed_commitments},
               {"rho", header.rho},
               {"epsilon", header.epsilon},
               {"delta", header.delta},
               {"madeAt", header.made_at.Text()},
               {"publicAt", header.public_at.Text()},
               {"members", std::move(members)},
               {"auditDigest", header.audit_digest},
               {"minHiddenSd", header.min_hidden_sd}};
  if (!header.rho_two_identifiers.empty()) {
    json["twoIdentifiers"] = {{"rho", header.rho_two_identifiers},
                              {"epsilon", header.epsilon_two_identifiers}};
  }
  if (header.half_width_share) json["halfWidthShare"] = base::ToText(*header.half_width_share);
  if (header.min_rate_denominator) json["minRateDenominator"] = *header.min_rate_denominator;
  return json;
}

Json DimensionsJson(const table::Schema& schema) {
  Json dimensions = Json::array();
  for (const table::Dimension& dimension : schema.dimensions()) {
    dimensions.push_back({{"name", dimension.name}, {"codes", dimension.codes}});
    if (dimension.groups.empty()) continue;
    dimensions.back()["groupedBy"] = dimension.grouped_by;
    dimensions.back()["groups"] = dimension.groups;
  }
  return dimensions;
}

Json ResidualsJson(const table::LinkedTables& tables) {
  Json residuals = Json::array();
  for (const table::MeasuredResidual& residual : tables.residuals()) {
    residuals.push_back({{"attributes", tables.schema().Names(residual.attributes)},
                         {"gammaSquared", base::ToText(residual.gamma_squared)}});
  }
  return residuals;
}

// The threshold from which the cell is shown: the selection that its interval allows for.
int64_t ThresholdOf(const policies::disclosure::Policy& policy, const table::Schema& schema,
                    table::AttributeSet set, const std::vector<size_t>& place) {
  const std::vector<size_t> dimensions = schema.Members(set);
  for (size_t j = 0; j < dimensions.size(); ++j) {
    const table::Dimension& dimension = schema.dimensions()[dimensions[j]];
    if (dimension.name == "kind") return policy.RuleOf(dimension.codes[place[j]]).threshold;
  }
  return policy.RuleOf("").threshold;
}

Json TableJson(const table::LinkedTables& tables, size_t t,
               const policies::disclosure::Policy& policy) {
  const table::Schema& schema = tables.schema();
  const table::TableShape& shape = tables.tables()[t];
  const std::vector<size_t> dimensions = schema.Members(shape.attributes);
  const table::TableVariance variances =
      tables.exact ? table::TableVariance() : tables.Variances(t);
  const base::Rational& variance = variances.largest;
  Json cells = Json::array();
  const size_t count = schema.CellCount(shape.attributes);
  for (size_t c = 0; c < count; ++c) {
    const std::vector<size_t> place = schema.Place(shape.attributes, c);
    Json codes = Json::array();
    for (size_t j = 0; j < place.size(); ++j) {
      codes.push_back(schema.dimensions()[dimensions[j]].codes[place[j]]);
    }
    const table::CellStatus status = tables.statuses()[tables.Number(t, c)];
    Json cell = {{"codes", std::move(codes)}, {"status", table::ToText(status)}};
    if (table::HasNumber(status)) {
      const int64_t value = tables.values()[tables.Number(t, c)];
      const table::Interval interval =
          tables.exact ? table::Interval{value, value}
                       : table::IntervalOf(value, variances.Of(c), tables.rounding_deviation,
                                           ThresholdOf(policy, schema, shape.attributes, place));
      cell["value"] = value;
      cell["low"] = interval.low;
      cell["high"] = interval.high;
    }
    if (!variances.cells.empty()) {
      cell["sd"] = table::DeviationText(variances.Of(c));
      cell["variance"] = base::ToText(variances.Of(c));
    }
    cells.push_back(std::move(cell));
  }
  Json json = {{"id", shape.id},
               {"attributes", schema.Names(shape.attributes)},
               {"sd", table::DeviationText(variance)},
               {"variance", base::ToText(variance)},
               {"cells", std::move(cells)}};
  if (!tables.exact) {
    json["guaranteed"] = table::GuaranteedHalfWidth(variance, tables.rounding_deviation);
  }
  return json;
}

Json WeighingJson(const table::Weighing& weighing) {
  Json json = {
      {"taken", weighing.taken}, {"joint", weighing.joint}, {"perKind", weighing.per_kind}};
  if (!weighing.apart.empty()) json["apart"] = weighing.apart;
  return json;
}

Json MeasureJson(const table::LinkedTables& tables, const policies::disclosure::Measure& measure,
                 const policies::disclosure::Policy& policy) {
  Json all = Json::array();
  for (size_t t = 0; t < tables.tables().size(); ++t) all.push_back(TableJson(tables, t, policy));
  Json json = {{"id", measure.id},
               {"unit", policies::disclosure::ToText(measure.unit)},
               {"dimensions", DimensionsJson(tables.schema())},
               {"tables", std::move(all)}};
  if (tables.exact) {
    json["mechanism"] = "suppression";
    return json;
  }
  json["clamp"] = measure.clamp;
  json["maxKinds"] = measure.counts_pupils ? 1 : policy.max_kinds();
  if (measure.counts_pupils) json["counts"] = "pupils";
  if (tables.weighing) json["weighing"] = WeighingJson(*tables.weighing);
  json["residuals"] = ResidualsJson(tables);
  json["roundingDeviation"] = base::ToText(tables.rounding_deviation);
  json["roundingAtLeast"] = base::ToText(tables.rounding_at_least);
  return json;
}

// What Parse cannot know: that the header speaks of these tables, this policy and this codebook.
void CheckHeader(const audit::AuditedTables& tables, const table::ReleaseHeader& header,
                 const policies::codebook::Codebook& codebook,
                 const policies::disclosure::Policy& policy, base::Problems& problems) {
  if (header.period != tables.candidate().period) {
    problems.Add("wrong-period", "/header/period",
                 "the header names another period than the audited tables");
  }
  if (header.region != codebook.region()) {
    problems.Add("wrong-region", "/header/region", "the header names another region");
  }
  if (header.policy.id != policy.id() || header.policy.version != policy.version()) {
    problems.Add("wrong-policy", "/header/policy", "the header names another policy");
  }
  if (header.codebook.id != codebook.id() || header.codebook.version != codebook.version()) {
    problems.Add("wrong-codebook", "/header/codebook", "the header names another codebook");
  }
  if (header.min_hidden_sd != tables.certificate().smallest_standard_error) {
    problems.Add("wrong-audit", "/header/minHiddenSd",
                 "the header states another standard error than the audit found");
  }
}

}  // namespace

std::string MakeRelease(const audit::AuditedTables& tables, const table::ReleaseHeader& header,
                        const policies::codebook::Codebook& codebook,
                        const policies::disclosure::Policy& policy) {
  base::Problems problems;
  CheckHeader(tables, header, codebook, policy, problems);
  Json measures = Json::array();
  for (size_t m = 0; m < tables.candidate().measures.size(); ++m) {
    const table::LinkedTables& candidate = tables.candidate().measures[m];
    const policies::disclosure::Measure* measure = policy.FindMeasure(candidate.measure());
    if (measure == nullptr) {
      problems.Add("unknown-measure", base::Pointer("/measures", m),
                   "the policy has no measure \"" + candidate.measure() + "\"");
      continue;
    }
    const bool exact = measure->mechanism == policies::disclosure::Mechanism::kSuppression;
    if (candidate.exact != exact) {
      problems.Add("mechanism", base::Pointer("/measures", m),
                   "the tables were made under another mechanism than the policy's");
      continue;
    }
    measures.push_back(MeasureJson(candidate, *measure, policy));
  }
  problems.ThrowIfAny();
  std::string text = base::CanonicalJson({{"format", "polder-release-1"},
                                          {"header", HeaderJson(header)},
                                          {"measures", std::move(measures)}});
  // Readers trust nothing but this door; what it would refuse must not leave.
  table::PublishedRelease::Parse(text);
  return text;
}

}  // namespace polder::stats::release
