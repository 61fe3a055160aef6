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
                    "must be kind, municipality, level, ageBand, group or administrative");
    } else if (std::find(table.attributes.begin(), table.attributes.end(), *attribute) !=
               table.attributes.end()) {
      known = false;
      problems_.Add("duplicate-attribute", pointer, "this attribute is already in the table");
    } else {
      table.attributes.push_back(*attribute);
    }
  }
  table.weight = Number(item, "weight", 0, 1'000'000);
  if (known) CheckShape(item, table);
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
void PolicyReader::CheckShape(ObjectReader& item, const TableSpec& table) {
  const bool has_municipality = std::find(table.attributes.begin(), table.attributes.end(),
                                          Attribute::kMunicipality) != table.attributes.end();
  const size_t most = has_municipality ? 2 : 3;
  if (table.attributes.size() > most) {
    item.Fault("table-too-fine", "attributes",
               "a table crosses at most three attributes, and municipality with at most one other; "
               "finer cells would hold more noise than pupils. Split this table, or leave an "
               "attribute out");
  }
}

}  // namespace polder::policies::disclosure
