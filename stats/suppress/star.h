// Tables around one attribute, seen as graphs: where a hidden cell finds company.
//
// Every table of a measure crosses the centre (the kind) with at most one other attribute. Draw one
// graph per other attribute (a spoke): a node per code of the centre, a node per code of the spoke,
// and one for the region; a cell of the crossed table is an edge between its two codes, a cell of
// the spoke alone an edge to the region. A set of changes that leaves every shown number in place
// is then a closed walk, or, when a total of the centre changes with it, a path between the changed
// codes in every spoke at once. A hidden cell is safe when such a change moves it.
//
// Where a spoke's codes lie in classes it is a tree: a kind's figure divides over the classes, each
// class's over its codes, and a code's total goes back over its class to the region. A node per
// kind and class, and one per class; a cell is an edge as before, and so are changes.
// Source: Gusfield, "A Graph Theoretic Approach to Statistical Data Security", SIAM J. Comput. 17,
// 1988 (two-way tables); Castro, "Network Flows Heuristics for Complementary Cell Suppression",
// 2002 (one of the two hierarchical); the joint paths over spokes are ours.
#ifndef POLDER_STATS_SUPPRESS_STAR_H_
#define POLDER_STATS_SUPPRESS_STAR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "stats/table/linked_tables.h"

namespace polder::stats::suppress {

constexpr uint64_t kImpossible = UINT64_MAX / 8;

class Star {
 public:
  // True when every table is one around the centre: the dimension "kind", or the first one crossed
  // when there is none. The centre has no classes and is none.
  static bool Fits(const table::LinkedTables& tables);

  // Throws ProblemError "not-a-star" when a table crosses three attributes, or two without the
  // centre: the dimension "kind", or the first one when there is none.
  explicit Star(const table::LinkedTables& tables);

  // The shown cells to hide so that `cell` moves with them and no shown number changes, cheapest by
  // `costs` (0 for a cell that is hidden already, kImpossible for one whose number is known to
  // everybody); nullopt when there is no such set. Ascending; empty when it moves already.
  std::optional<std::vector<size_t>> CheapestCompany(size_t cell,
                                                     const std::vector<uint64_t>& costs) const;

 private:
  struct Edge {
    size_t ends[2];
    std::optional<size_t> cell;  // nothing for a cell that is not published: free to move
  };
  // Nodes: the centre's codes, then the spoke's, those of its classes, and last the region.
  struct Spoke {
    std::vector<Edge> edges;
    std::vector<std::vector<size_t>> at;  // edges by node
  };
  // Shortest distances from one node, with the edge that leads to each.
  struct Tree {
    std::vector<uint64_t> distance;
    std::vector<size_t> edge;
  };
  struct Company {
    uint64_t cost = kImpossible;
    std::vector<size_t> cells;
  };
  // Where a cell is an edge: nothing for the totals.
  struct Seat {
    size_t spoke;
    size_t edge;
  };
  class Search;

  void AddSpoke(const table::Schema& schema, size_t centre, size_t finest,
                const std::map<table::AttributeSet, size_t>& first);

  size_t codes_ = 0;                           // of the centre
  std::vector<std::optional<size_t>> centre_;  // cell per code of the centre
  std::optional<size_t> total_;
  std::vector<Spoke> spokes_;
  std::vector<std::optional<Seat>> seats_;  // per cell
};

}  // namespace polder::stats::suppress

#endif  // POLDER_STATS_SUPPRESS_STAR_H_
