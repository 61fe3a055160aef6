// Tables for the tests of hiding, audit, release and comparison: random noisy integers that add up,
// over the shipped codebook and policy.
#ifndef POLDER_TESTS_SUPPORT_EXAMPLE_TABLES_H_
#define POLDER_TESTS_SUPPORT_EXAMPLE_TABLES_H_

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"
#include "tests/support/places.h"

namespace polder::tests {

inline std::string ReadText(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline const policies::codebook::Codebook& ShippedCodebook() {
  static const auto codebook = policies::codebook::Codebook::FromJson(
      base::ParseJson(ReadText("policies/data/codebooks/nl-leerplicht-2026.1.json")));
  return codebook;
}

inline policies::disclosure::Policy ShippedPolicy(const std::string& name = "default") {
  return policies::disclosure::Policy::FromJson(
      base::ParseJson(ReadText("policies/data/policies/" + name + ".json")), ShippedCodebook());
}

// The shipped policy after `change` on its document.
template <typename Change>
policies::disclosure::Policy ChangedPolicy(const Change& change) {
  base::Json json = base::ParseJson(ReadText("policies/data/policies/default.json"));
  change(json);
  return policies::disclosure::Policy::FromJson(json, ShippedCodebook());
}

inline base::Period SchoolYear(int start = 2022) {
  return base::Period(base::Year(base::Calendar::kAbsence, start));
}

inline std::vector<stats::table::Member> Delivered(const std::vector<std::string>& municipalities) {
  std::vector<stats::table::Member> members;
  for (const std::string& code : municipalities) members.push_back({code, true, false});
  return members;
}

struct Example {
  size_t towns = 11;
  double scale = 1;  // of the counts
  uint64_t seed = 1;
  bool margins = true;  // publish total, kind and municipality too
  bool spokes = true;   // publish kind x age band, group, administrative
  std::string measure = "persons";
};

inline std::vector<std::string> Towns(size_t count) {
  std::vector<std::string> towns = ShippedCodebook().MembersIn(SchoolYear());
  for (size_t i = towns.size(); i < count; ++i) towns.push_back("GM9" + std::to_string(100 + i));
  towns.resize(count);
  return towns;
}

// Noisy counts per town and kind (some below nought, as noise makes them), the regional tables by
// splitting the kinds' totals. Residuals with one gamma squared per marginal, so that a cell's
// standard deviation is about 5.
inline stats::table::LinkedTables RandomTables(const Example& example) {
  const auto& codebook = ShippedCodebook();
  const std::vector<std::string> kinds = codebook.KindGroupsIn(SchoolYear());
  const auto codes = [](const policies::codebook::CodeList& list) {
    std::vector<std::string> all;
    for (const auto& code : list.codes()) all.push_back(code.code);
    return all;
  };
  const stats::table::Schema schema({{"kind", kinds},
                                     {"municipality", Towns(example.towns)},
                                     {"ageBand", codes(codebook.age_band_codes())},
                                     {"group", codes(codebook.groups())},
                                     {"administrative", codes(codebook.administrative())}});
  std::vector<stats::table::TableShape> shapes;
  if (example.margins) shapes = {{"total", 0}, {"kind", 1}, {"municipality", 2}};
  shapes.push_back({"municipality-kind", 3});
  if (example.spokes) {
    shapes.push_back({"kind-ageBand", 5});
    shapes.push_back({"kind-group", 9});
    shapes.push_back({"kind-administrative", 17});
  }
  stats::table::LinkedTables tables(example.measure, schema, shapes);
  std::mt19937_64 random(example.seed);
  const double rates[] = {30, 90, 40, 60, 12, 7, 4, 3};
  std::vector<int64_t> town_kind;
  std::vector<int64_t> by_kind(kinds.size(), 0);
  std::vector<double> size;
  for (size_t m = 0; m < example.towns; ++m) {
    size.push_back(std::exp(std::normal_distribution<double>(0, 0.8)(random)) * example.scale);
  }
  for (size_t k = 0; k < kinds.size(); ++k) {
    for (size_t m = 0; m < example.towns; ++m) {
      std::poisson_distribution<int64_t> count(rates[k % 8] * size[m]);
      const int64_t noisy =
          count(random) + std::llround(std::normal_distribution<double>(0, 2.5)(random));
      town_kind.push_back(noisy);
      by_kind[k] += noisy;
    }
  }
  for (size_t t = 0; t < shapes.size(); ++t) {
    const stats::table::AttributeSet set = shapes[t].attributes;
    if ((set & ~stats::table::AttributeSet{3}) == 0) {
      for (size_t cell = 0; cell < town_kind.size(); ++cell) {
        tables.values()[tables.Number(t, schema.Project(3, cell, set))] += town_kind[cell];
      }
      continue;
    }
    const size_t rows = schema.CellCount(set) / kinds.size();
    for (size_t k = 0; k < kinds.size(); ++k) {
      int64_t left = by_kind[k];
      for (size_t r = 0; r < rows; ++r) {
        const int64_t part = r + 1 == rows ? left : left / 3;
        tables.values()[tables.Number(t, k * rows + r)] = part;
        left -= part;
      }
    }
  }
  std::vector<stats::table::AttributeSet> sets;
  for (const auto& shape : shapes) sets.push_back(shape.attributes);
  const auto closure = stats::table::Closure(sets);
  for (const stats::table::AttributeSet set : closure) {
    base::Rational gamma(25);
    for (const size_t i : schema.Members(set)) {
      const auto n = static_cast<int64_t>(schema.dimensions()[i].codes.size());
      gamma *= base::Rational(base::ToInteger(n * n));
    }
    tables.residuals().push_back({set, gamma});
  }
  tables.rounding_deviation = base::Rational(9, 10);
  return tables;
}

// A safe pattern made without the suppressor, for large counts: every crossed cell of the kinds
// from the fifth on is hidden, everything else shown.
inline void HideSmallKinds(stats::table::LinkedTables& tables) {
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const stats::table::AttributeSet set = tables.tables()[t].attributes;
    if ((set & 1) == 0 || set == 1) continue;
    for (size_t cell = 0; cell < tables.schema().CellCount(set); ++cell) {
      if (tables.schema().Project(set, cell, 1) < 4) continue;
      tables.statuses()[tables.Number(t, cell)] = stats::table::CellStatus::kHidden;
    }
  }
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_SUPPORT_EXAMPLE_TABLES_H_
