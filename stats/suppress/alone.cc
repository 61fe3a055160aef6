#include "stats/suppress/alone.h"

#include <algorithm>
#include <utility>

namespace polder::stats::suppress {

Alone::Alone(const table::CountHistory& history)
    : history_(history), groups_of_(history.members().size()) {
  for (size_t member = 0; member < history.members().size(); ++member) {
    std::vector<size_t> persons;
    for (size_t leaf = 0; leaf < history.leaves().size(); ++leaf) {
      const auto& found = history.leaves()[leaf];
      if (found.member == member && found.count == 1) persons.push_back(leaf);
    }
    for (size_t digit = 1; digit < persons.size(); digit *= 2) {
      std::vector<size_t> without, with;
      for (size_t i = 0; i < persons.size(); ++i) {
        ((i & digit) == 0 ? without : with).push_back(persons[i]);
      }
      for (auto* group : {&without, &with}) {
        groups_of_[member].push_back(groups_.size());
        groups_.push_back(std::move(*group));
      }
    }
  }
}

std::vector<size_t> Alone::GroupsAgainst(const table::CountHistory::Cell& cell) const {
  const auto& leaves = history_.leaves();
  const auto member = leaves[cell.leaves.front()].member;
  const bool only_they =
      member && std::all_of(cell.leaves.begin(), cell.leaves.end(), [&](size_t leaf) {
        return leaves[leaf].member == member && leaves[leaf].count == 1;
      });
  if (!only_they) return {};
  std::vector<size_t> against;
  for (const size_t group : groups_of_[*member]) {
    const auto& known = groups_[group];
    if (!std::includes(known.begin(), known.end(), cell.leaves.begin(), cell.leaves.end())) {
      against.push_back(group);
    }
  }
  return against;
}

}  // namespace polder::stats::suppress
