// Exact counts over a full cross of hierarchies: the table a statistics office publishes.
//
// Each dimension is a tree of nodes; a cell is one node of every dimension; its count is the sum of
// the counts of its leaf cells. Everything that can be said about the cells follows from the trees,
// so that the suppressor and the attacker, which share no code, agree on what they talk about. The
// same cells also carry what other tables and earlier releases tell: a shown cell is a known sum of
// leaf cells, whichever document shows it.
#ifndef POLDER_STATS_TABLE_GRID_H_
#define POLDER_STATS_TABLE_GRID_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace polder::stats::table {

struct TreeNode {
  std::string name;
  std::optional<size_t> parent;  // nothing for a root
  std::vector<size_t> children;  // ascending; empty for a leaf
};

// One dimension. Nodes in the order of the document, every node before its children.
class Tree {
 public:
  // `nodes` with their parents set; children are filled in here. Names are unique and parents come
  // before children, or std::invalid_argument is thrown.
  Tree(std::string column, std::vector<TreeNode> nodes);

  const std::string& column() const { return column_; }
  const std::vector<TreeNode>& nodes() const { return nodes_; }
  size_t size() const { return nodes_.size(); }
  bool IsLeaf(size_t node) const { return nodes_[node].children.empty(); }
  std::optional<size_t> Find(std::string_view name) const;
  // The only root, or nothing when the dimension has several and so no total.
  std::optional<size_t> Root() const;
  // `node` and the nodes above it, from itself upwards.
  std::vector<size_t> Upwards(size_t node) const;
  // The leaves at or under `node`, ascending.
  std::vector<size_t> LeavesUnder(size_t node) const;

 private:
  std::string column_;
  std::vector<TreeNode> nodes_;
  std::unordered_map<std::string, size_t> by_name_;
};

// total = the sum of parts; cells by number. Both are cells of one grid.
struct GridEquation {
  size_t total;
  std::vector<size_t> parts;
};

class Grid {
 public:
  // Throws std::invalid_argument without a dimension or above kMostCells cells.
  explicit Grid(std::vector<Tree> trees);
  static constexpr size_t kMostCells = size_t{1} << 26;

  const std::vector<Tree>& trees() const { return trees_; }
  size_t cells() const { return cells_; }
  // Cells are numbered in node order, the last dimension fastest.
  size_t CellOf(const std::vector<size_t>& nodes) const;
  size_t NodeOf(size_t cell, size_t dimension) const {
    return cell / strides_[dimension] % trees_[dimension].size();
  }
  std::vector<size_t> NodesOf(size_t cell) const;
  size_t stride(size_t dimension) const { return strides_[dimension]; }
  bool IsLeaf(size_t cell) const;
  // The leaf cells that `cell` is the sum of, ascending; itself for a leaf.
  std::vector<size_t> LeavesUnder(size_t cell) const;
  // The cells that `leaf` is part of, itself first.
  std::vector<size_t> CellsOver(size_t leaf) const;
  // One per cell and dimension in which its node has children: all linear relations between cells.
  std::vector<GridEquation> Equations() const;
  // "municipality=M01, indicator=Total", for messages. Names codes only.
  std::string Describe(size_t cell) const;

 private:
  std::vector<Tree> trees_;
  std::vector<size_t> strides_;
  size_t cells_ = 0;
};

// The counts of every cell from the counts of the leaf cells (others are ignored): adds up in
// place.
void AddUp(const Grid& grid, std::vector<int64_t>& counts);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_GRID_H_
