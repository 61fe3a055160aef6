#include "stats/table/known_figures.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "policies/disclosure/known.h"

namespace polder::stats::table {
namespace {

// A cell's figure: the sum of what the table lists of it.
struct Sum {
  int64_t low = 0;
  std::optional<int64_t> high = 0;

  void Add(const Sum& other) {
    low += other.low;
    if (!other.high) high.reset();
    if (high) *high += *other.high;
  }
};
using Sums = std::map<std::pair<AttributeSet, size_t>, Sum>;

// The figures of one table by cell of the schema. Attributes that the schema lacks are summed over.
Sums Listed(const policies::disclosure::KnownTable& table, const Schema& schema) {
  Sums sums;
  AttributeSet set = 0;
  std::vector<std::optional<size_t>> dimensions;
  for (const auto attribute : table.attributes) {
    dimensions.push_back(schema.IndexOf(policies::disclosure::ToText(attribute)));
    if (dimensions.back()) set |= AttributeSet{1} << *dimensions.back();
  }
  set = schema.Closed(set);
  const std::vector<size_t> members = schema.Members(set);
  for (const auto& figure : table.figures) {
    std::vector<size_t> place(members.size());
    bool found = true;
    for (size_t i = 0; found && i < dimensions.size(); ++i) {
      if (!dimensions[i]) continue;
      const auto& codes = schema.dimensions()[*dimensions[i]].codes;
      const auto code = std::find(codes.begin(), codes.end(), figure.codes[i]);
      const auto member = std::find(members.begin(), members.end(), *dimensions[i]);
      found = code != codes.end() && member != members.end();
      if (found) {
        place[static_cast<size_t>(member - members.begin())] =
            static_cast<size_t>(code - codes.begin());
      }
    }
    if (found) sums[{set, schema.CellAt(set, place)}].Add({figure.low, figure.high});
  }
  return sums;
}

// Whoever has all parts has their sum.
void AddTotals(AttributeSet set, const Schema& schema, Sums& sums) {
  for (const size_t dimension : schema.Members(set)) {
    const AttributeSet coarser = set & ~(AttributeSet{1} << dimension);
    std::map<size_t, std::pair<size_t, Sum>> totals;
    for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
      const auto found = sums.find({set, cell});
      if (found == sums.end()) continue;
      auto& [parts, sum] = totals[schema.Project(set, cell, coarser)];
      ++parts;
      sum.Add(found->second);
    }
    bool any = false;
    for (const auto& [cell, total] : totals) {
      // Of a dimension with classes, all codes of the class.
      const auto classes = schema.ClassesOf(dimension);
      const size_t group =
          classes ? schema.Project(coarser, cell, AttributeSet{1} << *classes) : size_t{0};
      if (total.first != schema.GroupSizes(dimension)[group]) continue;
      any = sums.emplace(std::pair(coarser, cell), total.second).second || any;
    }
    if (any) AddTotals(coarser, schema, sums);
  }
}

bool Concerns(const base::Period& a, const base::Period& b, KnownOf which) {
  if (which == KnownOf::kThisPeriod) return a == b;
  return a.calendar() == b.calendar() && a.First() <= b.Last() && b.First() <= a.Last();
}

}  // namespace

std::vector<KnownFigure> KnownFigures(const policies::disclosure::Policy& policy,
                                      std::string_view measure, const base::Period& period,
                                      KnownOf which, const Schema& schema) {
  std::vector<KnownFigure> known;
  for (const auto& table : policies::disclosure::KnownTablesOf(policy)) {
    if (table.measure != measure || !Concerns(table.period, period, which)) continue;
    Sums sums = Listed(table, schema);
    const AttributeSet set = sums.empty() ? 0 : sums.begin()->first.first;
    AddTotals(set, schema, sums);
    for (const auto& [place, sum] : sums) {
      known.push_back({place.first, place.second, sum.low, sum.high});
    }
  }
  return known;
}

}  // namespace polder::stats::table
