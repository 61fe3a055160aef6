#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/disclosure/policy_reader.h"

namespace polder::policies::disclosure {

using base::ObjectReader;

void PolicyReader::ReadMeasures(ObjectReader& document) {
  document.Objects("measures", [&](ObjectReader& item) { ReadMeasure(item); });
}

// What counts for the tables that do not cross the kind.
void PolicyReader::ReadAnyKind(ObjectReader& item, Measure& measure) {
  const auto text = item.OptionalText("anyKind");
  if (!text) return;
  const auto parsed = ParseAnyKind(*text);
  if (!parsed) {
    item.Fault("unknown-any-kind", "anyKind", "must be sum, pupils or better");
  } else if (*parsed != AnyKind::kSum &&
             (measure.unit != Unit::kPersons || measure.counts_dropped ||
              measure.mechanism != Mechanism::kNoise)) {
    item.Fault("any-kind-of-persons", "anyKind",
               "only persons under noise can be counted once whatever the kind; leave it out");
  }
  measure.any_kind = parsed.value_or(AnyKind::kSum);
}

void PolicyReader::DerivePupils(ObjectReader& document) {
  for (size_t i = 0; i < policy_.measures_.size(); ++i) {
    const Measure& measure = policy_.measures_[i];
    if (measure.unit != Unit::kPersons || measure.counts_dropped ||
        measure.mechanism != Mechanism::kNoise) {
      continue;
    }
    Measure pupils = measure;
    pupils.id += kPupilsSuffix;
    pupils.counts_pupils = true;
    std::erase_if(pupils.tables, [](const TableSpec& table) {
      return std::find(table.attributes.begin(), table.attributes.end(), Attribute::kKind) !=
             table.attributes.end();
    });
    if (pupils.tables.empty()) continue;
    if (policy_.FindMeasure(pupils.id) != nullptr || !base::IsCode(pupils.id)) {
      problems_.Add("duplicate-measure",
                    base::Pointer(base::Pointer(document.At("measures"), i), "id"),
                    "the tables of this measure that count every pupil once are called \"" +
                        pupils.id + "\"; give it an identifier for which that is free");
    }
    policy_.pupils_.push_back(std::move(pupils));
  }
}

void PolicyReader::ReadMeasure(ObjectReader& item) {
  Measure measure;
  measure.id = item.Code("id");
  if (!measure.id.empty() && policy_.FindMeasure(measure.id) != nullptr) {
    item.Fault("duplicate-measure", "id", "another measure has this id; give one of them another");
  }
  const std::string unit = item.Text("unit");
  const auto parsed = ParseUnit(unit);
  if (!parsed && !unit.empty()) {
    item.Fault("unknown-unit", "unit", "must be persons, reports or processes");
  }
  measure.unit = parsed.value_or(Unit::kPersons);
  measure.mechanism = ReadMechanism(item, mechanism_);
  measure.counts_dropped = item.OptionalBoolean("countsDropped").value_or(false);
  if (measure.mechanism == Mechanism::kNoise) {
    measure.clamp = item.Integer("clamp", 1, 100);
  } else {
    measure.clamp = kUnbounded;
    if (item.Has("clamp")) {
      item.Ignore("clamp");
      item.Fault("clamp-of-exact-counts", "clamp",
                 "exact counts are not bounded; leave the clamp out");
    }
  }
  if (parsed == Unit::kPersons && !measure.counts_dropped && measure.clamp != 1 &&
      measure.clamp != kUnbounded) {
    item.Fault("clamp-of-persons", "clamp",
               "a pupil is counted once per kind, so a measure of persons has clamp 1");
  }
  ReadAnyKind(item, measure);
  item.Objects("tables", [&](ObjectReader& table) {
    TableSpec spec = ReadTable(table, measure);
    measure.tables.push_back(std::move(spec));
  });
  if (measure.counts_dropped &&
      (measure.tables.size() != 1 || !measure.tables.front().attributes.empty())) {
    item.Fault("dropped-is-a-total", "tables",
               "what bounding left out is published as one regional total: give one table without "
               "attributes");
  }
  policy_.measures_.push_back(std::move(measure));
}

TableSpec PolicyReader::ReadTable(ObjectReader& item, const Measure& measure) {
  TableSpec table;
  table.id = item.Code("id");
  const auto texts = item.Texts("attributes");
  bool known = true;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string pointer = base::Pointer(item.At("attributes"), i);
    const auto attribute = ParseAttribute(texts[i]);
    if (!attribute) {
      known = false;
      problems_.Add("unknown-attribute", pointer,
                    "must be kind, municipality, sizeClass, level, ageBand, group or "
                    "administrative");
    } else if (std::find(table.attributes.begin(), table.attributes.end(), *attribute) !=
               table.attributes.end()) {
      known = false;
      problems_.Add("duplicate-attribute", pointer, "this attribute is already in the table");
    } else {
      table.attributes.push_back(*attribute);
    }
  }
  table.weight = Number(item, "weight", 0, 1'000'000);
  if (known) CheckShape(item, measure, table);
  const std::set<Attribute> set(table.attributes.begin(), table.attributes.end());
  for (const TableSpec& other : measure.tables) {
    if (!table.id.empty() && other.id == table.id) {
      item.Fault("duplicate-table", "id", "another table of this measure has this id");
    }
    if (known && set == std::set<Attribute>(other.attributes.begin(), other.attributes.end())) {
      item.Fault("duplicate-table", "attributes",
                 "table \"" + other.id +
                     "\" already crosses exactly these attributes; a second "
                     "one would cost budget and say nothing new");
    }
  }
  return table;
}

// Integers that add up exist for any tables, and how far they lie from the estimates is stated.
// What is refused are tables that would be noise in every cell and out of reach for the search of
// the nearest integers: docs/adr/0006.
void PolicyReader::CheckShape(ObjectReader& item, const Measure& measure, const TableSpec& table) {
  const auto crosses = [&](Attribute attribute) {
    return std::find(table.attributes.begin(), table.attributes.end(), attribute) !=
           table.attributes.end();
  };
  const bool of_places = crosses(Attribute::kMunicipality) || crosses(Attribute::kSizeClass);
  if (table.attributes.size() > (of_places ? 2U : 3U)) {
    item.Fault(
        "table-too-fine", "attributes",
        "a table crosses at most three attributes, and municipality or sizeClass with at "
        "most one other; finer cells would hold more noise than pupils. Split this table, or "
        "leave an attribute out");
  }
  if (crosses(Attribute::kSizeClass) && crosses(Attribute::kMunicipality)) {
    item.Fault("class-of-another", "attributes",
               "a municipality has one size class, so a table of both says nothing more; leave "
               "sizeClass out");
  }
  if (crosses(Attribute::kSizeClass) && measure.mechanism != Mechanism::kNoise) {
    item.Fault("classes-need-noise", "attributes",
               "exact counts are not published by size class, because what hides them does not "
               "know classes; leave this table out");
  }
}

}  // namespace polder::policies::disclosure
