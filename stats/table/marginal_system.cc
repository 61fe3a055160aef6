#include "stats/table/marginal_system.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

using Terms = std::map<size_t, int64_t>;

AttributeSet Without(AttributeSet set, size_t dimension) {
  return set & ~(AttributeSet{1} << dimension);
}

// Per code whether it is the last of its class.
std::vector<bool> LastOfClass(const Dimension& dimension) {
  std::vector<bool> last(dimension.codes.size(), false);
  std::set<size_t> seen;
  for (size_t code = last.size(); code-- > 0;) {
    last[code] = seen.insert(dimension.groups.empty() ? 0 : dimension.groups[code]).second;
  }
  return last;
}

void AddDetermined(const Schema& schema, AttributeSet set, std::set<AttributeSet>& all) {
  if (!all.insert(set).second) return;
  for (const size_t dimension : schema.Members(set)) {
    AddDetermined(schema, Without(set, dimension), all);
  }
}

// The relations of one table, coarser ones being done.
class TableRelations {
 public:
  TableRelations(const Schema& schema, const MarginalSystem& system, AttributeSet set,
                 std::vector<Terms>& terms)
      : schema_(schema), system_(system), set_(set), terms_(terms) {
    for (const size_t dimension : schema.Members(set)) {
      members_.push_back(dimension);
      last_.push_back(LastOfClass(schema.dimensions()[dimension]));
      const AttributeSet coarser = Without(set, dimension);
      std::vector<std::vector<size_t>> children(schema.CellCount(coarser));
      for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
        children[schema.Project(set, cell, coarser)].push_back(cell);
      }
      children_.push_back(std::move(children));
    }
  }

  // Terms of a cell; a corner is its own.
  const Terms& Of(size_t cell) {
    Terms& terms = terms_[system_.first.at(set_) + cell];
    if (!terms.empty()) return terms;
    const std::vector<size_t> place = schema_.Place(set_, cell);
    for (size_t j = 0; j < members_.size(); ++j) {
      if (!last_[j][place[j]]) continue;
      const AttributeSet coarser = Without(set_, members_[j]);
      const size_t parent = schema_.Project(set_, cell, coarser);
      Terms sum = terms_[system_.first.at(coarser) + parent];
      for (const size_t sibling : children_[j][parent]) {
        if (sibling == cell) continue;
        for (const auto& [corner, coefficient] : Of(sibling)) {
          if ((sum[corner] -= coefficient) == 0) sum.erase(corner);
        }
      }
      return terms = std::move(sum);
    }
    terms[system_.first.at(set_) + cell] = 1;
    return terms;
  }

 private:
  const Schema& schema_;
  const MarginalSystem& system_;
  AttributeSet set_;
  std::vector<Terms>& terms_;
  std::vector<size_t> members_;
  std::vector<std::vector<bool>> last_;
  std::vector<std::vector<std::vector<size_t>>> children_;  // per member, per parent
};

}  // namespace

MarginalSystem MakeMarginalSystem(const Schema& schema, const std::vector<AttributeSet>& tables,
                                  size_t most_cells) {
  std::set<AttributeSet> all;
  for (const AttributeSet set : tables) AddDetermined(schema, set, all);
  MarginalSystem system;
  system.order.assign(all.begin(), all.end());
  std::stable_sort(system.order.begin(), system.order.end(), [](AttributeSet a, AttributeSet b) {
    return std::popcount(a) < std::popcount(b);
  });
  for (const AttributeSet set : system.order) {
    system.first[set] = system.count;
    system.count += schema.CellCount(set);
    if (system.count > most_cells) {
      throw base::ProblemError("too-many-cells", "/tables",
                               "tables that cross each other like this can be made to add up to " +
                                   std::to_string(most_cells) +
                                   " cells; publish fewer or smaller tables, or tables that all "
                                   "cross one attribute");
    }
  }
  std::vector<Terms> terms(system.count);
  for (const AttributeSet set : system.order) {
    TableRelations relations(schema, system, set, terms);
    for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
      const size_t variable = system.first[set] + cell;
      const Terms& sum = relations.Of(cell);
      if (sum.size() == 1 && sum.contains(variable)) continue;
      system.relations.push_back({variable, {sum.begin(), sum.end()}});
    }
  }
  return system;
}

}  // namespace polder::stats::table
