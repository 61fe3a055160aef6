// The second door out of the cube: the counts of a measure that its policy publishes as exact
// counts. Which sums of them are shown is decided later (stats/suppress) and proved (stats/audit).
//
// Privacy: true counts. Move-only, wiped when they die, sealed like deliveries when kept.
#ifndef POLDER_STATS_TABULATE_COUNTS_H_
#define POLDER_STATS_TABULATE_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "policies/base/json.h"
#include "policies/disclosure/policy.h"
#include "stats/tabulate/cube.h"

namespace polder::stats::tabulate {

class Counts {
 public:
  // Every cell of every cube, cube after cube: one per part of the period. Throws ProblemError
  // "mechanism" unless the measure's mechanism is suppression: what is measured under noise never
  // comes this way.
  static Counts Take(const std::vector<Cube>& cubes, const policies::disclosure::Measure& measure);
  ~Counts();
  Counts(Counts&&) noexcept = default;
  Counts& operator=(Counts&&) = delete;
  Counts(const Counts&) = delete;
  Counts& operator=(const Counts&) = delete;

  const std::vector<int64_t>& cells() const {
    return cells_;
  }  // row-major over all dimensions, part after part

  // For sealing, and back. FromJson throws ProblemError "other-plan" unless there are `cells` whole
  // numbers from 0.
  base::Json ToJson() const;
  static Counts FromJson(const base::Json& json, size_t cells);

 private:
  Counts() = default;
  std::vector<int64_t> cells_;
};

}  // namespace polder::stats::tabulate

#endif  // POLDER_STATS_TABULATE_COUNTS_H_
