// The relations that make a set of tables the marginals of one cross, in whole coefficients.
//
// Every cell of every table and of every coarser one follows from the corner cells: those in which
// no attribute has the last code (with classes: the last code of its class). A cell with a last
// code is its parent, in the table without that attribute, minus its siblings. Corner cells are
// free: any whole numbers in them give whole tables that agree on everything they share, and every
// such family of tables comes from some. So whole tables always exist; the question is how near.
#ifndef POLDER_STATS_TABLE_MARGINAL_SYSTEM_H_
#define POLDER_STATS_TABLE_MARGINAL_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "stats/table/schema.h"

namespace polder::stats::table {

// variable = sum of coefficient * variable over `terms`, none of which has a relation of its own.
struct Relation {
  size_t variable;
  std::vector<std::pair<size_t, int64_t>> terms;
};

struct MarginalSystem {
  // All tables that the given ones determine, by number of attributes and then value, with the
  // number of their first cell; cells are row-major.
  std::map<AttributeSet, size_t> first;
  std::vector<AttributeSet> order;
  size_t count = 0;  // cells
  // Every cell that is no corner, from corner cells.
  std::vector<Relation> relations;
};

// Throws ProblemError "too-many-cells" beyond `most_cells`.
MarginalSystem MakeMarginalSystem(const Schema& schema, const std::vector<AttributeSet>& tables,
                                  size_t most_cells);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_MARGINAL_SYSTEM_H_
