#include "stats/table/published_release.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "stats/table/guaranteed.h"
#include "stats/table/interval.h"
#include "stats/table/release_header.h"

namespace polder::stats::table {
namespace {

constexpr base::JsonLimits kLimits = {size_t{64} << 20, 32};
constexpr int64_t kLargest = (int64_t{1} << 53) - 1;
constexpr std::string_view kMunicipality = "municipality";
constexpr std::string_view kSizeClass = "sizeClass";

// In which class each code is; only municipalities have them.
void ReadClasses(base::ObjectReader& reader, Dimension& dimension, base::Problems& problems) {
  if (!reader.Has("groupedBy") && !reader.Has("groups")) return;
  dimension.grouped_by = reader.Code("groupedBy");
  reader.Array("groups", [&](const base::Json& item, const std::string& pointer) {
    if (item.is_number_unsigned() && item < dimension.codes.size()) {
      dimension.groups.push_back(item.get<size_t>());
    } else {
      problems.Add("wrong-grouping", pointer, "must be the position of a class");
    }
  });
  if (dimension.name != kMunicipality || dimension.grouped_by != kSizeClass) {
    reader.Fault("wrong-grouping", "groupedBy",
                 "only municipalities have classes, in the dimension sizeClass");
  }
}

Schema ReadSchema(base::ObjectReader& object, base::Problems& problems) {
  std::vector<Dimension> dimensions;
  object.Array("dimensions", [&](const base::Json& item, const std::string& pointer) {
    base::ObjectReader reader(item, pointer, problems);
    Dimension dimension{reader.Code("name"), reader.Texts("codes")};
    ReadClasses(reader, dimension, problems);
    reader.Finish();
    dimensions.push_back(std::move(dimension));
  });
  // As a dimension by itself it would hide what its totals tell of municipalities.
  const auto is_class = [](const Dimension& one) { return one.name == kSizeClass; };
  const auto has_classes = [](const Dimension& one) { return one.grouped_by == kSizeClass; };
  if (std::any_of(dimensions.begin(), dimensions.end(), is_class) &&
      std::none_of(dimensions.begin(), dimensions.end(), has_classes)) {
    object.Fault("wrong-grouping", "dimensions", "sizeClass must group the municipalities");
  }
  try {
    return Schema(std::move(dimensions));
  } catch (const base::ProblemError& error) {
    for (base::Problem problem : error.problems()) {
      problem.pointer = object.pointer() + problem.pointer;
      problems.Add(std::move(problem));
    }
    return Schema();
  }
}

AttributeSet ReadSet(base::ObjectReader& object, const Schema& schema) {
  const std::vector<std::string> names = object.Texts("attributes");
  const auto set = schema.SetOf(names);
  if (!set || schema.Names(*set) != names) {
    object.Fault("unknown-attribute", "attributes",
                 "must name dimensions of the measure, each once and in their order");
  }
  return set.value_or(0);
}

std::vector<MeasuredResidual> ReadResiduals(base::ObjectReader& object, const Schema& schema,
                                            base::Problems& problems) {
  std::vector<MeasuredResidual> residuals;
  std::set<AttributeSet> seen;
  object.Array("residuals", [&](const base::Json& item, const std::string& pointer) {
    base::ObjectReader reader(item, pointer, problems);
    MeasuredResidual residual{ReadSet(reader, schema), reader.Fraction("gammaSquared")};
    reader.Finish();
    if (residual.gamma_squared <= 0) {
      reader.Fault("malformed-number", "gammaSquared", "must be above 0");
    }
    if (!seen.insert(residual.attributes).second) {
      reader.Fault("repeated-residual", "attributes", "a residual is listed twice; remove one");
    }
    residuals.push_back(std::move(residual));
  });
  return residuals;
}

// True for a measure of exact counts.
bool ReadMechanism(base::ObjectReader& object) {
  const auto mechanism = object.OptionalText("mechanism");
  if (mechanism && *mechanism != "suppression") {
    object.Fault("unknown-code", "mechanism",
                 "must be \"suppression\"; a measure under noise names none");
  }
  return mechanism.has_value();
}

// True for a measure in which every pupil counts once.
bool ReadCounts(base::ObjectReader& object) {
  const auto counts = object.OptionalText("counts");
  if (counts && *counts != "pupils") {
    object.Fault("unknown-code", "counts",
                 "must be \"pupils\"; a measure in which a pupil counts once per kind has none");
  }
  return counts.has_value();
}

std::optional<Weighing> ReadWeighing(base::ObjectReader& object) {
  std::optional<Weighing> weighing;
  const auto figure = [](base::ObjectReader& reader, std::string_view name) {
    if (reader.Fraction(name) < 0) reader.Fault("malformed-number", name, "must not be negative");
    const base::Json& raw = reader.Raw(name);
    return raw.is_string() ? raw.get<std::string>() : std::string();
  };
  object.Object(
      "weighing",
      [&](base::ObjectReader& reader) {
        weighing = {reader.Text("taken"), figure(reader, "joint"), figure(reader, "perKind"), ""};
        if (reader.Has("apart")) weighing->apart = figure(reader, "apart");
        if (weighing->taken != "joint" && (weighing->taken != "apart" || !reader.Has("apart"))) {
          reader.Fault("unknown-code", "taken", "must be \"joint\", or \"apart\" with its figure");
        }
      },
      false);
  return weighing;
}

// Reads one cell and checks that its number and its status agree.
PublishedCell ReadCell(const base::Json& item, const std::string& pointer,
                       base::Problems& problems) {
  base::ObjectReader reader(item, pointer, problems);
  PublishedCell cell;
  cell.codes = reader.Texts("codes");
  const std::string status = reader.Text("status");
  const auto parsed = ParseCellStatus(status);
  if (!parsed) reader.Fault("unknown-code", "status", "is not a status of a cell");
  cell.status = parsed.value_or(CellStatus::kHidden);
  cell.value = reader.OptionalInteger("value", -kLargest, kLargest);
  const auto low = reader.OptionalInteger("low", -kLargest, kLargest);
  const auto high = reader.OptionalInteger("high", -kLargest, kLargest);
  if (reader.Has("variance") || reader.Has("sd")) {
    cell.variance = reader.Fraction("variance");
    cell.sd = reader.Text("sd");
  }
  reader.Finish();
  const bool any = reader.Has("value") || reader.Has("low") || reader.Has("high");
  if (parsed && HasNumber(*parsed)) {
    if (!cell.value || !low || !high) {
      reader.Fault("status-without-number", "status",
                   "a cell with status \"" + status + "\" needs value, low and high");
    } else if (*low > *cell.value || *high < *cell.value) {
      reader.Fault("value-outside-interval", "value", "must lie between low and high");
    } else {
      cell.interval = Interval{*low, *high};
    }
  } else if (parsed && any) {
    reader.Fault("number-without-status", "status",
                 "a cell with status \"" + status + "\" must not carry a number");
  }
  return cell;
}

class MeasureReader {
 public:
  MeasureReader(const ReleaseHeader& header, base::Problems& problems) : problems_(problems) {
    for (const Member& member : header.members) members_[member.municipality] = member;
  }

  PublishedMeasure Read(const base::Json& item, const std::string& pointer) {
    base::ObjectReader reader(item, pointer, problems_);
    const size_t before = problems_.size();
    PublishedMeasure measure;
    measure.id = reader.Code("id");
    measure.unit = reader.Code("unit");
    measure.exact = ReadMechanism(reader);
    if (!measure.exact) {
      measure.clamp = reader.Integer("clamp", 1, kLargest);
      measure.max_kinds = static_cast<int>(reader.Integer("maxKinds", 1, 1000));
      measure.counts_pupils = ReadCounts(reader);
      measure.weighing = ReadWeighing(reader);
    }
    measure.schema = ReadSchema(reader, problems_);
    CheckMembers(measure.schema, pointer);
    if (measure.exact && measure.schema.IsHierarchical()) {
      reader.Fault("wrong-grouping", "dimensions", "exact counts are not published by classes");
    }
    if (!measure.exact) {
      measure.residuals = ReadResiduals(reader, measure.schema, problems_);
      measure.rounding_deviation = reader.Fraction("roundingDeviation");
    }
    if (measure.rounding_deviation < 0) {
      reader.Fault("malformed-number", "roundingDeviation", "must not be negative");
    }
    if (reader.Has("roundingAtLeast") && !measure.exact) {
      measure.rounding_at_least = reader.Fraction("roundingAtLeast");
      if (*measure.rounding_at_least < 0 ||
          *measure.rounding_at_least > measure.rounding_deviation) {
        reader.Fault("malformed-number", "roundingAtLeast", "must lie from 0 to roundingDeviation");
      }
    }
    reader.Array("tables", [&](const base::Json& table, const std::string& at) {
      measure.tables.push_back(ReadTable(measure, table, at));
    });
    reader.Finish();
    if (problems_.size() == before) CheckSums(measure, pointer);
    return measure;
  }

 private:
  void CheckMembers(const Schema& schema, const std::string& pointer) {
    const auto index = schema.IndexOf(kMunicipality);
    if (!index) return;
    for (const std::string& code : schema.dimensions()[*index].codes) {
      if (!members_.contains(code)) {
        problems_.Add("unknown-member", base::Pointer(pointer, "dimensions"),
                      "municipality \"" + code + "\" is not among the members in the header");
      }
    }
  }

  PublishedTable ReadTable(const PublishedMeasure& measure, const base::Json& item,
                           const std::string& pointer) {
    base::ObjectReader reader(item, pointer, problems_);
    PublishedTable table;
    table.id = reader.Code("id");
    table.attributes = ReadSet(reader, measure.schema);
    table.sd = reader.Text("sd");
    table.variance = reader.Fraction("variance");
    const TableVariance variance = VarianceOf(measure, table, reader);
    table.guaranteed = reader.OptionalInteger("guaranteed", 0, kLargest);
    if (table.guaranteed &&
        *table.guaranteed != GuaranteedHalfWidth(table.variance, measure.rounding_deviation)) {
      reader.Fault("wrong-variance", "guaranteed",
                   "does not follow from the variance and the rounding deviation");
    }
    reader.Array("cells", [&](const base::Json& cell, const std::string& at) {
      table.cells.push_back(ReadCell(cell, at, problems_));
    });
    reader.Finish();
    CheckCells(measure.schema, table, reader.At("cells"));
    CheckCellVariances(table, variance, reader.At("cells"));
    return table;
  }

  // What follows from the residuals; the table must say the same.
  static TableVariance VarianceOf(const PublishedMeasure& measure, const PublishedTable& table,
                                  base::ObjectReader& reader) {
    TableVariance variance;
    if (measure.exact) {
      if (table.variance != 0) {
        reader.Fault("wrong-variance", "variance", "exact counts have no error, so it must be 0");
      }
      return variance;
    }
    try {
      variance = CellVariances(measure.schema, measure.residuals, table.attributes);
      if (variance.largest != table.variance) {
        reader.Fault("wrong-variance", "variance", "does not follow from the residuals");
      } else if (DeviationText(table.variance) != table.sd) {
        reader.Fault("wrong-sd", "sd",
                     "must be the root of the variance with six digits, rounded up");
      }
    } catch (const base::ProblemError& error) {
      reader.Fault(error.code(), "variance", error.problems().front().detail);
    }
    return variance;
  }

  // Cells state a variance of their own exactly where they differ in it.
  void CheckCellVariances(const PublishedTable& table, const TableVariance& variance,
                          const std::string& pointer) {
    for (size_t c = 0; c < table.cells.size(); ++c) {
      const PublishedCell& cell = table.cells[c];
      const bool stated = cell.variance.has_value();
      const bool right = variance.cells.empty() ? !stated
                                                : stated && c < variance.cells.size() &&
                                                      *cell.variance == variance.cells[c] &&
                                                      cell.sd == DeviationText(variance.cells[c]);
      if (!right) {
        problems_.Add("wrong-variance", base::Pointer(pointer, c),
                      variance.cells.empty()
                          ? "all cells of this table have the table's variance"
                          : "must state its own variance, as it follows from the residuals, and "
                            "the root of it");
      }
    }
  }

  void CheckCells(const Schema& schema, const PublishedTable& table, const std::string& pointer) {
    const size_t expected = schema.CellCount(table.attributes);
    if (table.cells.size() != expected) {
      problems_.Add("incomplete-table", pointer,
                    "table \"" + table.id + "\" must have " + std::to_string(expected) +
                        " cells, every combination of its codes once");
      return;
    }
    const std::vector<size_t> dimensions = schema.Members(table.attributes);
    for (size_t c = 0; c < expected; ++c) {
      const std::vector<size_t> place = schema.Place(table.attributes, c);
      const PublishedCell& cell = table.cells[c];
      bool same = cell.codes.size() == place.size();
      const Member* member = nullptr;
      Member of_class;
      for (size_t j = 0; same && j < place.size(); ++j) {
        const Dimension& dimension = schema.dimensions()[dimensions[j]];
        same = cell.codes[j] == dimension.codes[place[j]];
        if (same && dimension.name == kMunicipality) {
          const auto found = members_.find(cell.codes[j]);
          if (found != members_.end()) member = &found->second;
        }
        if (same && schema.FinerOf(dimensions[j])) {
          of_class = ClassAsMember(schema, dimensions[j], place[j]);
          member = &of_class;
        }
      }
      if (!same) {
        problems_.Add("wrong-codes", base::Pointer(base::Pointer(pointer, c), "codes"),
                      "cells stand in the order of the codes, the last attribute fastest");
      }
      CheckPublicActs(cell, member, base::Pointer(base::Pointer(pointer, c), "status"));
    }
  }

  // A class delivered when somebody of it did; it is converted never, as it is a total.
  Member ClassAsMember(const Schema& schema, size_t classes, size_t code) const {
    Member member{schema.dimensions()[classes].codes[code], false, false};
    const Dimension& finer = schema.dimensions()[*schema.FinerOf(classes)];
    for (size_t i = 0; i < finer.codes.size(); ++i) {
      const auto found = members_.find(finer.codes[i]);
      if (finer.groups[i] == code && found != members_.end() && found->second.delivered) {
        member.delivered = true;
      }
    }
    return member;
  }

  // A missing delivery and a break are public facts of a member; the cell and the header must say
  // the same.
  void CheckPublicActs(const PublishedCell& cell, const Member* member,
                       const std::string& pointer) {
    const bool missing = cell.status == CellStatus::kMissingDelivery;
    const bool delivered = member == nullptr || member->delivered;
    if (missing && delivered) {
      problems_.Add("status-against-header", pointer,
                    "says missing-delivery, but the header lists no missing delivery for it");
    }
    if (!delivered && HasNumber(cell.status)) {
      problems_.Add("status-against-header", pointer,
                    "carries a number, but its municipality did not deliver");
    }
    if (cell.status == CellStatus::kBreak && (member == nullptr || !member->conversion)) {
      problems_.Add("status-against-header", pointer,
                    "says break, but the header declares no conversion for it");
    }
  }

  // Every total whose parts are all shown must be their sum.
  void CheckSums(const PublishedMeasure& measure, const std::string& pointer) {
    std::vector<TableShape> shapes;
    for (const PublishedTable& table : measure.tables)
      shapes.push_back({table.id, table.attributes});
    try {
      const LinkedTables linked(measure.id, measure.schema, shapes);
      std::vector<const PublishedCell*> cells;
      for (const PublishedTable& table : measure.tables) {
        for (const PublishedCell& cell : table.cells) cells.push_back(&cell);
      }
      for (const Equation& equation : linked.Equations()) {
        int64_t rest = cells[equation.total]->value.value_or(0);
        bool shown = cells[equation.total]->value.has_value();
        for (const size_t part : equation.parts) {
          shown = shown && cells[part]->value.has_value();
          rest -= cells[part]->value.value_or(0);
        }
        if (shown && rest != 0) {
          const size_t table = linked.TableOf(equation.total);
          problems_.Add("does-not-add-up",
                        base::Pointer(base::Pointer(pointer, "tables"), table) + "/cells/" +
                            std::to_string(equation.total - linked.FirstCell(table)),
                        "is not the sum of its parts in table \"" +
                            measure.tables[linked.TableOf(equation.parts.front())].id + "\"");
        }
      }
    } catch (const base::ProblemError& error) {
      for (base::Problem problem : error.problems()) {
        problem.pointer = pointer + problem.pointer;
        problems_.Add(std::move(problem));
      }
    }
  }

  base::Problems& problems_;
  std::map<std::string, Member, std::less<>> members_;
};

}  // namespace

const PublishedTable* PublishedMeasure::FindTable(std::string_view table_id) const {
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const PublishedTable& table) {
    return table.id == table_id;
  });
  return found == tables.end() ? nullptr : &*found;
}

std::optional<std::vector<std::string>> PublishedMeasure::ClassMembers(
    const PublishedTable& table, const PublishedCell& cell) const {
  const std::vector<std::string> names = schema.Names(table.attributes);
  const auto at = std::find(names.begin(), names.end(), kSizeClass);
  const auto towns = schema.IndexOf(kMunicipality);
  if (at == names.end() || !towns) return std::nullopt;
  const Dimension& municipalities = schema.dimensions()[*towns];
  const auto& classes = schema.dimensions()[schema.IndexOf(kSizeClass).value()].codes;
  const std::string& code = cell.codes.at(static_cast<size_t>(at - names.begin()));
  std::vector<std::string> members;
  for (size_t i = 0; i < municipalities.codes.size(); ++i) {
    if (classes.at(municipalities.groups.at(i)) == code) members.push_back(municipalities.codes[i]);
  }
  return members;
}

const PublishedMeasure* PublishedRelease::FindMeasure(std::string_view id) const {
  const auto found =
      std::find_if(measures_.begin(), measures_.end(),
                   [&](const PublishedMeasure& measure) { return measure.id == id; });
  return found == measures_.end() ? nullptr : &*found;
}

PublishedRelease PublishedRelease::Parse(std::string_view canonical_json) {
  const base::Json json = base::ParseJson(canonical_json, kLimits);
  base::Problems problems;
  PublishedRelease release;
  base::ObjectReader object(json, "", problems);
  if (object.Text("format") != "polder-release-1") {
    object.Fault("unknown-format", "format", "must be \"polder-release-1\"");
  }
  object.Object("header", [&](base::ObjectReader& header) {
    release.header_ = ReadReleaseHeader(header, problems);
  });
  MeasureReader measures(release.header_, problems);
  std::set<std::string> ids;
  object.Array("measures", [&](const base::Json& item, const std::string& pointer) {
    release.measures_.push_back(measures.Read(item, pointer));
    if (!ids.insert(release.measures_.back().id).second) {
      problems.Add("repeated-measure", base::Pointer(pointer, "id"),
                   "a measure is listed twice; remove one");
    }
  });
  object.Finish();
  const bool noisy = std::any_of(release.measures_.begin(), release.measures_.end(),
                                 [](const PublishedMeasure& measure) { return !measure.exact; });
  for (const auto& [name, charge] : {std::pair("/header/rho", &release.header_.rho),
                                     std::pair("/header/epsilon", &release.header_.epsilon)}) {
    if (noisy && base::ParseRational(*charge) == base::Rational(0)) {
      problems.Add("malformed-number", name, "noise has its price: must be above 0");
    }
  }
  problems.ThrowIfAny();
  if (base::CanonicalJson(json) != canonical_json) {
    throw base::ProblemError(
        "not-canonical", "",
        "the text is not in canonical form (RFC 8785), so its digest would not "
        "be the release's; use the file as it was published");
  }
  release.canonical_ = canonical_json;
  return release;
}

}  // namespace polder::stats::table
