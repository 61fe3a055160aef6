#include "stats/table/grid.h"

#include <algorithm>
#include <stdexcept>

namespace polder::stats::table {

Tree::Tree(std::string column, std::vector<TreeNode> nodes)
    : column_(std::move(column)), nodes_(std::move(nodes)) {
  if (nodes_.empty()) throw std::invalid_argument("a dimension without nodes: " + column_);
  for (TreeNode& node : nodes_) node.children.clear();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!by_name_.emplace(nodes_[i].name, i).second) {
      throw std::invalid_argument("two nodes of one name in " + column_);
    }
    if (!nodes_[i].parent) continue;
    if (*nodes_[i].parent >= i) throw std::invalid_argument("a node before its parent");
    nodes_[*nodes_[i].parent].children.push_back(i);
  }
}

std::optional<size_t> Tree::Find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::optional<size_t> Tree::Root() const {
  const auto is_root = [](const TreeNode& node) { return !node.parent; };
  if (std::count_if(nodes_.begin(), nodes_.end(), is_root) != 1) return std::nullopt;
  return 0;
}

std::vector<size_t> Tree::Upwards(size_t node) const {
  std::vector<size_t> path = {node};
  while (nodes_[path.back()].parent) path.push_back(*nodes_[path.back()].parent);
  return path;
}

std::vector<size_t> Tree::LeavesUnder(size_t node) const {
  std::vector<size_t> leaves;
  std::vector<size_t> open = {node};
  while (!open.empty()) {
    const size_t next = open.back();
    open.pop_back();
    if (IsLeaf(next)) leaves.push_back(next);
    open.insert(open.end(), nodes_[next].children.begin(), nodes_[next].children.end());
  }
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

Grid::Grid(std::vector<Tree> trees) : trees_(std::move(trees)), strides_(trees_.size(), 1) {
  if (trees_.empty()) throw std::invalid_argument("a table without dimensions");
  cells_ = 1;
  for (size_t d = trees_.size(); d-- > 0;) {
    strides_[d] = cells_;
    if (cells_ > kMostCells / trees_[d].size()) throw std::invalid_argument("too many cells");
    cells_ *= trees_[d].size();
  }
}

size_t Grid::CellOf(const std::vector<size_t>& nodes) const {
  size_t cell = 0;
  for (size_t d = 0; d < trees_.size(); ++d) cell += nodes[d] * strides_[d];
  return cell;
}

std::vector<size_t> Grid::NodesOf(size_t cell) const {
  std::vector<size_t> nodes(trees_.size());
  for (size_t d = 0; d < trees_.size(); ++d) nodes[d] = NodeOf(cell, d);
  return nodes;
}

bool Grid::IsLeaf(size_t cell) const {
  for (size_t d = 0; d < trees_.size(); ++d) {
    if (!trees_[d].IsLeaf(NodeOf(cell, d))) return false;
  }
  return true;
}

namespace {

// All sums of one number of every list: the cells of a cross.
std::vector<size_t> Cross(const std::vector<std::vector<size_t>>& offsets) {
  std::vector<size_t> cells = {0};
  for (const std::vector<size_t>& list : offsets) {
    std::vector<size_t> next;
    next.reserve(cells.size() * list.size());
    for (size_t cell : cells) {
      for (size_t offset : list) next.push_back(cell + offset);
    }
    cells = std::move(next);
  }
  return cells;
}

}  // namespace

std::vector<size_t> Grid::LeavesUnder(size_t cell) const {
  std::vector<std::vector<size_t>> offsets(trees_.size());
  for (size_t d = 0; d < trees_.size(); ++d) {
    for (size_t leaf : trees_[d].LeavesUnder(NodeOf(cell, d))) {
      offsets[d].push_back(leaf * strides_[d]);
    }
  }
  return Cross(offsets);
}

std::vector<size_t> Grid::CellsOver(size_t leaf) const {
  std::vector<std::vector<size_t>> offsets(trees_.size());
  for (size_t d = 0; d < trees_.size(); ++d) {
    for (size_t node : trees_[d].Upwards(NodeOf(leaf, d))) {
      offsets[d].push_back(node * strides_[d]);
    }
  }
  return Cross(offsets);
}

std::vector<GridEquation> Grid::Equations() const {
  std::vector<GridEquation> equations;
  for (size_t cell = 0; cell < cells_; ++cell) {
    for (size_t d = 0; d < trees_.size(); ++d) {
      const size_t node = NodeOf(cell, d);
      const TreeNode& tree_node = trees_[d].nodes()[node];
      if (tree_node.children.empty()) continue;
      GridEquation equation{.total = cell, .parts = {}};
      for (size_t child : tree_node.children) {
        equation.parts.push_back(cell + (child - node) * strides_[d]);
      }
      equations.push_back(std::move(equation));
    }
  }
  return equations;
}

std::string Grid::Describe(size_t cell) const {
  std::string text;
  for (size_t d = 0; d < trees_.size(); ++d) {
    if (d > 0) text += ", ";
    text += trees_[d].column() + "=" + trees_[d].nodes()[NodeOf(cell, d)].name;
  }
  return text;
}

void AddUp(const Grid& grid, std::vector<int64_t>& counts) {
  // One dimension after the other: a node's cells are complete in the dimensions done before.
  for (size_t d = 0; d < grid.trees().size(); ++d) {
    const Tree& tree = grid.trees()[d];
    const size_t stride = grid.stride(d);
    const size_t block = stride * tree.size();
    for (size_t node = tree.size(); node-- > 0;) {
      if (tree.IsLeaf(node)) continue;
      for (size_t begin = 0; begin < grid.cells(); begin += block) {
        for (size_t rest = 0; rest < stride; ++rest) {
          int64_t sum = 0;
          for (size_t child : tree.nodes()[node].children) {
            sum += counts[begin + child * stride + rest];
          }
          counts[begin + node * stride + rest] = sum;
        }
      }
    }
  }
}

}  // namespace polder::stats::table
