#include "stats/suppress/count_system.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "policies/base/problem.h"
#include "stats/suppress/count_rules.h"

namespace polder::stats::suppress {
namespace {

using table::CountCell;
using table::CountSpec;
using table::CountStatus;

uint64_t Spread(uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

// Per cell, what earlier releases tell of it.
struct Before {
  std::vector<bool> shown;
  std::vector<bool> corrected;
  std::vector<bool> hidden;
};

Before ReadBefore(const CountSpec& spec, const std::vector<int64_t>& counts,
                  const std::vector<std::vector<CountCell>>& previous) {
  const size_t cells = spec.grid.cells();
  Before before{std::vector<bool>(cells), std::vector<bool>(cells), std::vector<bool>(cells)};
  for (const std::vector<CountCell>& release : previous) {
    for (const CountCell& cell : release) {
      if (cell.status == CountStatus::kHidden) {
        before.hidden[cell.cell] = true;
      } else if (*cell.count == counts[cell.cell]) {
        before.shown[cell.cell] = true;
      } else {
        before.corrected[cell.cell] = true;
      }
    }
  }
  return before;
}

// Leaf cells whose nought is public.
std::vector<bool> KnownNoughts(const CountSpec& spec, const std::vector<int64_t>& counts,
                               const std::vector<bool>& structural, const Before& before) {
  std::vector<bool> known(spec.grid.cells());
  for (size_t cell = 0; cell < known.size(); ++cell) {
    if (counts[cell] != 0) continue;
    const bool shown = spec.zeros == table::Zeros::kPublished && spec.offered[cell];
    if (!shown && !structural[cell] && !before.shown[cell]) continue;
    if (spec.grid.IsLeaf(cell)) {
      known[cell] = true;
      continue;
    }
    for (size_t leaf : spec.grid.LeavesUnder(cell)) known[leaf] = true;
  }
  return known;
}

void NameMembers(const CountSpec& spec, CountSystem& system) {
  if (!spec.insiders) return;
  const table::Tree& tree = spec.grid.trees()[*spec.insiders];
  std::vector<Members> bits(tree.size());
  for (size_t node = 0; node < tree.size(); ++node) {
    if (!tree.IsLeaf(node)) continue;
    if (system.members.size() == kMostMembers) {
      throw base::ProblemError("too-many-members", "/insiders",
                               "Insiders are counted up to " + std::to_string(kMostMembers) +
                                   "; protect the members of a part of the hierarchy at a time.");
    }
    bits[node] = Members{1} << system.members.size();
    system.members.push_back(tree.nodes()[node].name);
  }
  for (size_t leaf = 0; leaf < system.leaves.size(); ++leaf) {
    system.leaves[leaf].member = bits[spec.grid.NodeOf(system.cells[leaf], *spec.insiders)];
  }
}

// Cells of one sum to one class, in the order of their first cell.
class Classes {
 public:
  explicit Classes(CountSystem& system) : system_(system) {}

  CountClass& Of(SparseVector sum, int64_t count) {
    uint64_t key = 0;
    for (const Entry& entry : sum) key += Spread(static_cast<uint64_t>(entry.column));
    const auto [begin, end] = by_key_.equal_range(key);
    for (auto at = begin; at != end; ++at) {
      CountClass& found = system_.classes[at->second];
      if (found.sum == sum) return found;
    }
    by_key_.emplace(key, system_.classes.size());
    CountClass& made = system_.classes.emplace_back();
    for (const Entry& entry : sum) {
      made.within |= system_.leaves[static_cast<size_t>(entry.column)].member;
    }
    made.sum = std::move(sum);
    made.count = count;
    return made;
  }

 private:
  CountSystem& system_;
  std::unordered_multimap<uint64_t, size_t> by_key_;
};

// Called before the sums move into their classes.
std::vector<SparseVector> PairsOf(const CountSpec& spec, const CountSystem& system,
                                  const std::vector<SparseVector>& sums) {
  std::set<std::pair<int32_t, int32_t>> found;
  for (const table::GridEquation& equation : spec.grid.Equations()) {
    if (!spec.offered[equation.total]) continue;
    std::vector<int32_t> small;
    bool leaves = true;
    for (const size_t part : equation.parts) {
      if (sums[part].empty() || !system.sensitive[part]) continue;
      leaves = leaves && spec.grid.IsLeaf(part);
      small.push_back(sums[part].front().column);
    }
    if (small.size() != 2 || !leaves) continue;
    if (!system.single[static_cast<size_t>(small[0])] &&
        !system.single[static_cast<size_t>(small[1])]) {
      continue;
    }
    found.insert(std::minmax(small[0], small[1]));
  }
  std::vector<SparseVector> pairs;
  for (const auto& [first, second] : found) pairs.push_back({{first, 1}, {second, 1}});
  return pairs;
}

bool IsKept(const CountSpec& spec, size_t cell) {
  for (size_t d = 0; d < spec.keep.size(); ++d) {
    if (spec.keep[d][spec.grid.NodeOf(cell, d)]) return true;
  }
  return false;
}

}  // namespace

CountSystem MakeCountSystem(const CountSpec& spec, const std::vector<int64_t>& counts,
                            const std::vector<std::vector<CountCell>>& previous) {
  const table::Grid& grid = spec.grid;
  const std::vector<bool> structural = StructuralZeros(spec, counts);
  const Before before = ReadBefore(spec, counts, previous);
  const std::vector<bool> noughts = KnownNoughts(spec, counts, structural, before);
  const bool zeros_shown = spec.zeros == table::Zeros::kPublished;

  CountSystem system;
  std::vector<SparseVector> sums(grid.cells());
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (noughts[cell] || !grid.IsLeaf(cell)) continue;
    const auto column = static_cast<int32_t>(system.leaves.size());
    system.cells.push_back(cell);
    // A positive leaf stays positive, so that every sum that holds it does.
    const int64_t least = zeros_shown && counts[cell] > 0 ? 1 : 0;
    system.leaves.push_back({.count = counts[cell], .least = least});
    // Under a threshold of 1 one pupil is not few.
    system.single.push_back(counts[cell] <= 1 && IsSmall(spec, counts[cell]));
    for (size_t over : grid.CellsOver(cell)) sums[over].push_back({column, 1});
  }
  NameMembers(spec, system);

  system.sensitive = SensitiveCells(spec, counts, structural);
  system.pairs = PairsOf(spec, system, sums);
  Classes classes(system);
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    const bool known_before = before.shown[cell] || before.corrected[cell];
    // What an earlier release hid stays a secret, whether it is published again or not.
    const bool secret = system.sensitive[cell] ||
                        (before.hidden[cell] && !structural[cell] && IsSmall(spec, counts[cell]));
    if (sums[cell].empty() || (!spec.offered[cell] && !known_before && !secret)) continue;
    CountClass& found = classes.Of(std::move(sums[cell]), counts[cell]);
    if (spec.offered[cell]) found.cells.push_back(cell);
    found.sensitive = found.sensitive || secret;
    found.keep = found.keep || IsKept(spec, cell);
    found.shown_before = found.shown_before || before.shown[cell];
    found.corrected = found.corrected || before.corrected[cell];
  }
  for (const CountClass& found : system.classes) {
    if (!found.sensitive) continue;
    for (size_t cell : found.cells) system.sensitive[cell] = true;
  }
  system.sensitive_cells =
      static_cast<size_t>(std::count(system.sensitive.begin(), system.sensitive.end(), true));
  return system;
}

}  // namespace polder::stats::suppress
