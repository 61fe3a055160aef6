#include "stats/noise/design.h"

#include <algorithm>
#include <array>

#include "policies/base/problem.h"
#include "policies/disclosure/size_classes.h"

namespace polder::stats::noise {
namespace {

using policies::codebook::Codebook;
using policies::disclosure::Attribute;
using policies::disclosure::Measure;
using policies::disclosure::Policy;
using policies::disclosure::TableSpec;

constexpr std::array kOrder = {Attribute::kMunicipality,  Attribute::kSizeClass, Attribute::kKind,
                               Attribute::kLevel,         Attribute::kAgeBand,   Attribute::kGroup,
                               Attribute::kAdministrative};

// A code counts for the whole year when it is valid on some day of it, so that the quarters of a
// year and later versions of a case have the same places.
std::vector<std::string> ValidCodes(const std::vector<policies::codebook::Code>& all,
                                    const base::Period& period) {
  const base::Period year(period.year());
  std::vector<std::string> codes;
  for (const auto& code : all) {
    if (code.valid.Touches(year)) codes.push_back(code.code);
  }
  return codes;
}

std::vector<std::string> CodesOf(Attribute attribute, const Codebook& codebook,
                                 const base::Period& period,
                                 const std::vector<std::string>& members) {
  switch (attribute) {
    case Attribute::kMunicipality:
      return members;
    case Attribute::kKind:
      return codebook.KindGroupsIn(base::Period(period.year()));
    case Attribute::kLevel:
      return ValidCodes(codebook.levels().codes(), period);
    case Attribute::kAgeBand:
      return ValidCodes(codebook.age_band_codes().codes(), period);
    case Attribute::kGroup:
      return ValidCodes(codebook.groups().codes(), period);
    case Attribute::kAdministrative:
      return {"no", "yes"};
    case Attribute::kSizeClass:
      break;  // follows from the municipalities
  }
  return {};
}

// The content's tables: those it names, or all of the measure's.
std::vector<const TableSpec*> TablesOf(const Measure& measure,
                                       const std::vector<std::string>& wanted,
                                       base::Problems& problems) {
  std::vector<const TableSpec*> tables;
  for (const TableSpec& table : measure.tables) {
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), table.id) != wanted.end()) {
      tables.push_back(&table);
    }
  }
  for (const std::string& id : wanted) {
    if (std::none_of(tables.begin(), tables.end(),
                     [&](const TableSpec* table) { return table->id == id; })) {
      problems.Add("unknown-table", "/content/" + measure.id,
                   "The measure has no table \"" + id + "\"; name one that the policy defines.");
    }
  }
  return tables;
}

Contribution ContributionOf(const Policy& policy, const Measure& measure, const Codebook& codebook,
                            const base::Period& period, const table::Schema& schema,
                            base::Problems& problems) {
  Contribution contribution;
  contribution.partly_kept = base::Year::Of(base::Calendar::kAbsence, period.First()) !=
                             base::Year::Of(base::Calendar::kAbsence, period.Last());
  const auto kind = schema.IndexOf(ToText(Attribute::kKind));
  const auto administrative = schema.IndexOf(ToText(Attribute::kAdministrative));
  if (measure.counts_dropped) {
    if (kind || administrative) {
      problems.Add("dropped-by-case", "/measures/" + measure.id,
                   "What bounding dropped can be split by attributes of the pupil only; take kind "
                   "and administrative out of its tables.");
    }
    contribution.max_per_kind = measure.clamp;
    return contribution;
  }
  // A pupil is then in one cell, once, also by whether all cases are administrative.
  if (measure.counts_pupils) return contribution;
  if (kind) contribution.kind_dimension = static_cast<int>(*kind);
  const size_t kind_groups = codebook.KindGroupsIn(base::Period(period.year())).size();
  contribution.max_kinds =
      static_cast<int>(std::min(static_cast<size_t>(policy.max_kinds()), kind_groups));
  contribution.max_per_kind =
      measure.unit == policies::disclosure::Unit::kPersons ? 1 : measure.clamp;
  if (administrative) contribution.case_dimensions.push_back(*administrative);
  return contribution;
}

}  // namespace

PlanRequest MakePlanRequest(const Policy& policy, const Codebook& codebook,
                            const base::Period& period,
                            const policies::disclosure::BudgetLine::Content& content,
                            const base::Rational& rho, const std::vector<std::string>& members) {
  const Measure* measure = policy.FindMeasure(content.measure);
  if (measure == nullptr) {
    throw base::ProblemError("unknown-measure", "/content",
                             "The policy has no measure \"" + content.measure + "\".");
  }
  base::Problems problems;
  const std::vector<const TableSpec*> tables = TablesOf(*measure, content.tables, problems);
  std::vector<table::Dimension> dimensions;
  const auto crossed = [&](Attribute attribute) {
    return std::any_of(tables.begin(), tables.end(), [&](const TableSpec* table) {
      return std::find(table->attributes.begin(), table->attributes.end(), attribute) !=
             table->attributes.end();
    });
  };
  const bool by_class = crossed(Attribute::kSizeClass);
  for (const Attribute attribute : kOrder) {
    if (attribute == Attribute::kSizeClass) continue;  // stands with the municipalities
    if (attribute == Attribute::kMunicipality && by_class && !members.empty()) {
      // Counted by municipality, also when only classes of them are shown.
      const auto classes = policies::disclosure::SizeClassesOf(policy, codebook, period, members);
      const std::string name(ToText(Attribute::kSizeClass));
      dimensions.push_back({std::string(ToText(attribute)), members, name, classes.class_of});
      dimensions.push_back({name, classes.codes});
      continue;
    }
    if (!crossed(attribute) && !(by_class && attribute == Attribute::kMunicipality)) continue;
    std::vector<std::string> codes = CodesOf(attribute, codebook, period, members);
    const std::string name(ToText(attribute));
    if (codes.empty()) {
      const bool municipal = attribute == Attribute::kMunicipality;
      problems.Add(municipal ? "no-members" : "no-codes", "/dimensions/" + name,
                   municipal ? "The region has no member in this period."
                             : "The codebook has no code of this attribute in this period.");
    }
    dimensions.push_back({name, std::move(codes)});
  }
  problems.ThrowIfAny();

  PlanRequest request;
  request.measure = measure->id;
  request.schema = table::Schema(std::move(dimensions));
  for (const TableSpec* spec : tables) {
    table::AttributeSet set = 0;
    for (const Attribute attribute : spec->attributes) {
      set |= table::AttributeSet{1} << request.schema.IndexOf(ToText(attribute)).value();
    }
    request.tables.push_back({{spec->id, request.schema.Closed(set)}, spec->weight});
  }
  request.contribution =
      ContributionOf(policy, *measure, codebook, period, request.schema, problems);
  request.rho = rho;
  problems.ThrowIfAny();
  return request;
}

std::vector<tabulate::CubeDimension> CubeDimensions(const table::Schema& schema) {
  std::vector<tabulate::CubeDimension> dimensions;
  for (const size_t base : schema.Base()) {
    const table::Dimension& dimension = schema.dimensions()[base];
    const auto attribute = policies::disclosure::ParseAttribute(dimension.name);
    if (!attribute) {
      throw base::ProblemError("unknown-attribute", "/dimensions/" + dimension.name,
                               "A dimension of the schema is no attribute of a case.");
    }
    dimensions.push_back({*attribute, dimension.codes});
  }
  return dimensions;
}

}  // namespace polder::stats::noise
