// What other offices publish about the cells of a measure: part of every attacker's knowledge.
#ifndef POLDER_STATS_TABLE_KNOWN_FIGURES_H_
#define POLDER_STATS_TABLE_KNOWN_FIGURES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policies/base/period.h"
#include "policies/disclosure/policy.h"
#include "stats/table/schema.h"

namespace polder::stats::table {

// The cell of the marginal over `attributes` lies between `low` and `high`.
struct KnownFigure {
  AttributeSet attributes = 0;
  size_t cell = 0;
  int64_t low = 0;
  std::optional<int64_t> high;

  bool IsExact() const { return high && *high == low; }
};

enum class KnownOf {
  kThisPeriod,  // figures of exactly this period
  kOverlapping  // of a part of it, or of a longer one, too
};

// The policy's known figures of a measure, as cells of `schema`, and the totals of which all parts
// are known. One that names a code that the schema lacks says nothing about its cells and is left
// out. Over an attribute that the schema lacks figures are summed, as if all of them were there:
// that can only credit attackers with too much.
std::vector<KnownFigure> KnownFigures(const policies::disclosure::Policy& policy,
                                      std::string_view measure, const base::Period& period,
                                      KnownOf which, const Schema& schema);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_KNOWN_FIGURES_H_
