#include "stats/reconcile/moves.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace polder::stats::reconcile {

using table::AttributeSet;
using table::Schema;

size_t Ladder::LevelIn(AttributeSet set) const {
  size_t level = 0;
  while (level < dimensions.size() && (set >> dimensions[level] & 1U) == 0) ++level;
  return level;
}

std::vector<Ladder> LaddersOf(const Schema& schema) {
  std::vector<Ladder> ladders;
  for (const size_t dimension : schema.Base()) {
    Ladder& ladder = ladders.emplace_back();
    const size_t codes = schema.dimensions()[dimension].codes.size();
    std::vector<uint32_t> classes(codes);
    std::iota(classes.begin(), classes.end(), 0U);
    ladder.order = classes;
    for (std::optional<size_t> at = dimension; at; at = schema.ClassesOf(*at)) {
      ladder.dimensions.push_back(*at);
      ladder.class_of.push_back(classes);
      const std::vector<size_t>& groups = schema.dimensions()[*at].groups;
      if (groups.empty()) break;
      for (uint32_t& here : classes) here = static_cast<uint32_t>(groups[here]);
    }
    // By the coarsest class first, so that the classes of every level are runs.
    std::sort(ladder.order.begin(), ladder.order.end(), [&](uint32_t a, uint32_t b) {
      for (size_t level = ladder.class_of.size(); level-- > 0;) {
        const auto& of = ladder.class_of[level];
        if (of[a] != of[b]) return of[a] < of[b];
      }
      return false;
    });
    for (size_t level = 0; level < ladder.dimensions.size(); ++level) {
      auto& runs =
          ladder.run.emplace_back(schema.dimensions()[ladder.dimensions[level]].codes.size());
      for (uint32_t at = 0; at < codes; ++at) {
        auto& [from, to] = runs[ladder.class_of[level][ladder.order[at]]];
        if (to == 0) from = at;
        to = at + 1;
      }
    }
  }
  return ladders;
}

Layout::Layout(const Schema& schema, const std::vector<Ladder>& ladders, AttributeSet set)
    : set_(set),
      cells_(schema.CellCount(set)),
      stride_(ladders.size(), 0),
      size_(ladders.size(), 1),
      step_(ladders.size()) {
  for (const Ladder& ladder : ladders) level_.push_back(ladder.LevelIn(set));
  size_t stride = cells_;
  for (const size_t member : schema.Members(set)) {
    const size_t codes = schema.dimensions()[member].codes.size();
    stride /= codes;
    for (size_t i = 0; i < ladders.size(); ++i) {
      if (level_[i] == ladders[i].dimensions.size()) continue;
      if (ladders[i].dimensions[level_[i]] != member) continue;
      stride_[i] = stride;
      size_[i] = codes;
    }
  }
  for (size_t i = 0; i < ladders.size(); ++i) {
    step_[i].assign(ladders[i].order.size(), 0);
    if (stride_[i] == 0) continue;
    for (size_t code = 0; code < step_[i].size(); ++code) {
      step_[i][code] = stride_[i] * ladders[i].class_of[level_[i]][code];
    }
  }
}

std::vector<uint32_t> Layout::PlaceOf(size_t cell) const {
  std::vector<uint32_t> place(stride_.size(), 0);
  for (size_t i = 0; i < place.size(); ++i) {
    if (stride_[i] != 0) place[i] = static_cast<uint32_t>(cell / stride_[i] % size_[i]);
  }
  return place;
}

}  // namespace polder::stats::reconcile
