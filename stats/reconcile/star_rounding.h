// Whole numbers for tables that all cross one attribute, made from the grand total downwards.
#ifndef POLDER_STATS_RECONCILE_STAR_ROUNDING_H_
#define POLDER_STATS_RECONCILE_STAR_ROUNDING_H_

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/schema.h"

namespace polder::stats::reconcile {

// Exact estimates of a table, row-major.
using ExactTable = std::function<const std::vector<base::Rational>&(table::AttributeSet)>;

// Quick at any size, and within 1 of the estimates nearly always: the totals by the centre are
// fixed before the crossed tables are looked at, which now and then costs more.
class StarRounding {
 public:
  // True when every table is a subset of {centre, one other} for one centre dimension and no
  // dimension has classes.
  static bool Fits(const table::Schema& schema, const std::vector<table::AttributeSet>& tables);

  // Keeps references to all of its arguments.
  StarRounding(const table::Schema& schema, const std::vector<table::AttributeSet>& tables,
               const ExactTable& exact);

  // The whole numbers of one of the tables.
  const std::vector<base::Integer>& Rounded(table::AttributeSet set);

 private:
  const std::vector<base::Integer>& RoundCrossed(table::AttributeSet set);

  const table::Schema& schema_;
  const std::vector<table::AttributeSet>& tables_;
  const ExactTable& exact_;
  std::optional<size_t> centre_;
  base::Integer total_;
  std::map<table::AttributeSet, std::vector<base::Integer>> rounded_;
};

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_STAR_ROUNDING_H_
