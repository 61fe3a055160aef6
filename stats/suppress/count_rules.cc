#include "stats/suppress/count_rules.h"

#include "policies/base/problem.h"

namespace polder::stats::suppress {

bool IsSmall(const table::CountSpec& spec, int64_t count) {
  const int64_t least = spec.zeros == table::Zeros::kProtected ? 0 : 1;
  return count >= least && count < spec.threshold;
}

std::vector<bool> StructuralZeros(const table::CountSpec& spec,
                                  const std::vector<int64_t>& counts) {
  const table::Grid& grid = spec.grid;
  std::vector<bool> structural(grid.cells());
  base::Problems problems;
  for (const std::vector<size_t>& entry : spec.structural) {
    if (counts[grid.CellOf(entry)] != 0) {
      problems.Add("structural-zero-counted", "/structuralZeros",
                   "Cases stand where none can occur (" + grid.Describe(grid.CellOf(entry)) +
                       "); correct the cases or take the entry out.");
    }
    std::vector<std::vector<bool>> under;
    for (size_t d = 0; d < entry.size(); ++d) {
      const table::Tree& tree = grid.trees()[d];
      under.emplace_back(tree.size());
      for (size_t node = 0; node < tree.size(); ++node) {
        for (size_t above : tree.Upwards(node)) {
          if (above == entry[d]) under.back()[node] = true;
        }
      }
    }
    for (size_t cell = 0; cell < grid.cells(); ++cell) {
      bool inside = true;
      for (size_t d = 0; inside && d < entry.size(); ++d) inside = under[d][grid.NodeOf(cell, d)];
      if (inside) structural[cell] = true;
    }
  }
  problems.ThrowIfAny();
  if (spec.structural.empty()) return structural;
  // A sum of nothing but such cells cannot occur either.
  std::vector<int64_t> possible(grid.cells());
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    possible[cell] = grid.IsLeaf(cell) && !structural[cell] ? 1 : 0;
  }
  table::AddUp(grid, possible);
  for (size_t cell = 0; cell < grid.cells(); ++cell) structural[cell] = possible[cell] == 0;
  return structural;
}

std::vector<bool> SensitiveCells(const table::CountSpec& spec, const std::vector<int64_t>& counts,
                                 const std::vector<bool>& structural) {
  const table::Grid& grid = spec.grid;
  std::vector<bool> sensitive(grid.cells());
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    sensitive[cell] = spec.offered[cell] && !structural[cell] && IsSmall(spec, counts[cell]);
  }
  if (!spec.full_cells && !spec.group_disclosure) return sensitive;
  for (const table::GridEquation& equation : grid.Equations()) {
    const int64_t total = counts[equation.total];
    if (equation.parts.size() < 2 || !spec.offered[equation.total] || total == 0) continue;
    for (size_t part : equation.parts) {
      const int64_t rest = total - counts[part];
      const bool full = spec.full_cells && rest == 0;
      const bool group =
          spec.group_disclosure && counts[part] > 0 && rest > 0 && rest < spec.threshold;
      if (spec.offered[part] && (full || group)) sensitive[part] = true;
    }
  }
  return sensitive;
}

}  // namespace polder::stats::suppress
