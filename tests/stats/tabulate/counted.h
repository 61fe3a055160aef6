// Cases and deliveries as a test writes them down, and what is counted of them by kind group or any
// other attributes.
#ifndef POLDER_TESTS_STATS_TABULATE_COUNTED_H_
#define POLDER_TESTS_STATS_TABULATE_COUNTED_H_

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/tabulate/tabulate.h"
#include "tests/support/places.h"

namespace polder::stats::tabulate::testing {

using base::IsoWeek;
using base::Period;
using cases::Case;
using cases::Delivery;
using policies::codebook::Codebook;
using policies::disclosure::Attribute;
using policies::disclosure::Measure;
using policies::disclosure::Unit;

inline const Codebook& Book() {
  static const Codebook book = [] {
    std::ifstream file(polder::tests::SourceDir() +
                       "/policies/data/codebooks/nl-leerplicht-2026.1.json");
    std::stringstream text;
    text << file.rdbuf();
    return Codebook::FromJson(base::ParseJson(text.str()));
  }();
  return book;
}

inline const Period kYear = Period::Parse("2022SJ").value();

template <class Items>
inline uint8_t IndexOf(const Items& items, const std::string& code) {
  const auto found = items.IndexOf(code);
  EXPECT_TRUE(found.has_value()) << code;
  return static_cast<uint8_t>(found.value_or(0));
}

struct Spec {
  int pupil = 0;
  int key = 0;
  std::string kind = "AV";
  std::string opened = "2022-W45";
  std::string opened_by = "officer";
  std::string outcome = "returned";
  uint8_t age_band = 1;
  uint8_t level = 2;
  uint8_t group = 2;
};

inline Case CaseOf(const Spec& spec) {
  Case item;
  item.case_key[0] = static_cast<uint8_t>(spec.key);
  item.case_key[1] = static_cast<uint8_t>(spec.key >> 8);
  std::array<uint8_t, 32> token{};
  token[31] = static_cast<uint8_t>(spec.pupil);
  token[3] = static_cast<uint8_t>(spec.pupil * 7);
  item.pupil = cases::PupilToken(token);
  item.opened = IsoWeek::Parse(spec.opened).value();
  const auto& kinds = Book().kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const auto& k) { return k.code.code == spec.kind; });
  EXPECT_NE(kind, kinds.end()) << spec.kind;
  item.kind = static_cast<uint16_t>(kind - kinds.begin());
  item.opened_by = IndexOf(Book().opened_by(), spec.opened_by);
  item.outcome = IndexOf(Book().outcomes(), spec.outcome);
  item.age_band = spec.age_band;
  item.level = spec.level;
  item.group = spec.group;
  return item;
}

inline Delivery DeliveryOf(const std::string& municipality, const std::string& period,
                           const std::vector<Spec>& specs) {
  Delivery delivery;
  delivery.manifest.municipality = municipality;
  delivery.manifest.period = Period::Parse(period).value();
  for (const Spec& spec : specs) delivery.cases.push_back(CaseOf(spec));
  return delivery;
}

inline std::vector<Delivery> Deliveries(Delivery one) {
  std::vector<Delivery> deliveries;
  deliveries.push_back(std::move(one));
  return deliveries;
}

inline Measure MeasureOf(Unit unit, int64_t clamp = 1, bool dropped = false) {
  Measure measure;
  measure.id = "m";
  measure.unit = unit;
  measure.clamp = clamp;
  measure.counts_dropped = dropped;
  return measure;
}

inline CubeDimension DimensionOf(Attribute attribute) {
  switch (attribute) {
    case Attribute::kKind:
      return {attribute, Book().KindGroupsIn(kYear)};
    case Attribute::kMunicipality:
      return {attribute, Book().MembersIn(kYear)};
    case Attribute::kAdministrative:
      return {attribute, {"no", "yes"}};
    default:
      break;
  }
  const auto& list = attribute == Attribute::kLevel     ? Book().levels()
                     : attribute == Attribute::kAgeBand ? Book().age_band_codes()
                                                        : Book().groups();
  CubeDimension dimension{attribute, {}};
  for (const auto& code : list.codes()) dimension.codes.push_back(code.code);
  return dimension;
}

// Counts by kind group, or by any attributes: code texts joined by a space, zeros left out.
inline std::map<std::string, int64_t> Count(std::vector<Delivery> deliveries,
                                            const Measure& measure,
                                            const std::vector<Attribute>& attributes,
                                            int max_kinds = 2, const Period& period = kYear) {
  std::vector<CubeDimension> dimensions;
  std::vector<size_t> all;
  for (const Attribute attribute : attributes) {
    all.push_back(dimensions.size());
    dimensions.push_back(DimensionOf(attribute));
  }
  const LinkedCases linked = Link(std::move(deliveries), Book(), period);
  const Cube cube = Tabulate(linked, measure, {max_kinds, 6}, dimensions, Book());
  const std::vector<int64_t> cells = CubeReader(cube).Marginal(all);
  std::map<std::string, int64_t> counts;
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells[cell] == 0) continue;
    std::string name;
    size_t rest = cell;
    for (size_t i = dimensions.size(); i-- > 0;) {
      const auto& codes = dimensions[i].codes;
      name = codes[rest % codes.size()] + (name.empty() ? "" : " " + name);
      rest /= codes.size();
    }
    counts[name] = cells[cell];
  }
  return counts;
}

using Counts = std::map<std::string, int64_t>;
inline const std::vector<Attribute> kKind = {Attribute::kKind};

}  // namespace polder::stats::tabulate::testing

#endif  // POLDER_TESTS_STATS_TABULATE_COUNTED_H_
