// What one pupil can do to the answers: the extreme contributions that bounding allows, and the
// exact squared length of what each does to a residual.
#ifndef POLDER_STATS_NOISE_PATTERN_H_
#define POLDER_STATS_NOISE_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "policies/base/rational.h"
#include "stats/noise/plan.h"

namespace polder::stats::noise {

// `kinds` kind groups with `units` each, all at one value of every pupil attribute; less, when a
// part of the pupil's records stays, `kept` kind groups of as many units at the values that the
// pupil then has. For each case dimension of the contribution, `blocks` says which of all these
// kind groups, the kept ones last, share a value.
struct Pattern {
  size_t kinds = 1;
  int64_t units = 1;
  std::vector<std::vector<size_t>> blocks = {};  // [case dimension][kind group] -> block
  size_t kept = 0;
  // Per kept kind group, the one of the `kinds` that it is; or `kinds`, when it is none of them.
  std::vector<size_t> same_kind = {};
  table::AttributeSet moved = 0;  // pupil attributes whose value differs between the two
  // For each grouped pupil attribute (the finest of its classes, ascending), the codes before and
  // after: classes may be uneven, so that the cost depends on where the pupil is.
  std::vector<std::pair<size_t, size_t>> places = {};
};

// All patterns that can cost most. The cost is a convex function of the units per kind group, so
// its maximum over 0 to max_per_kind is at an end; and it depends on codes only through which of
// them are equal, and with grouped attributes on the sizes of their classes. Hence these few are a
// maximum over everything one pupil can contribute, whatever the noise. Throws ProblemError
// "too-many-patterns" beyond 100 000.
std::vector<Pattern> ExtremePatterns(const table::Schema& schema, const Contribution& contribution);

// What stands along the kind: Psi as along every dimension, or the identity, when each kind is
// measured in a cube of its own.
enum class AlongKind { kPsi, kEachByItself };

// ||Psi_A x||^2 of the pattern x, exact.
base::Integer SquaredNorm(const table::Schema& schema, const Contribution& contribution,
                          const Pattern& pattern, table::AttributeSet residual,
                          AlongKind along_kind = AlongKind::kPsi);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_PATTERN_H_
