// From deliveries to cubes: cases of the same pupil are found, what one pupil may count for is
// bounded, and the rest is added up.
//
// Everything is deterministic and a function of one pupil at a time, so that adding or removing a
// pupil changes a cube by that pupil's bounded contribution and by nothing else.
//
// Privacy: reads pupils' records. Linked cases are move-only, wiped when they die, and have no
// accessor, stream operator or JSON form; tokens are forgotten as soon as cases are grouped.
#ifndef POLDER_STATS_TABULATE_TABULATE_H_
#define POLDER_STATS_TABULATE_TABULATE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/period.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/cases/case.h"
#include "stats/tabulate/cube.h"

namespace polder::stats::tabulate {

// What of a case is counted. Fields are positions in the codebook's lists.
struct Episode {
  int32_t opened = 0;  // days since 1970 of the week's Monday
  uint16_t municipality = 0;
  uint16_t kind = 0;
  uint8_t age_band = 0;
  uint8_t level = 0;
  uint8_t group = 0;
  uint8_t opened_by = 0;
  uint8_t outcome = 0;
};

// The cases of one period, grouped by pupil and in bounding order within a pupil.
class LinkedCases {
 public:
  ~LinkedCases();
  LinkedCases(LinkedCases&&) noexcept = default;
  LinkedCases& operator=(LinkedCases&&) = delete;
  LinkedCases(const LinkedCases&) = delete;
  LinkedCases& operator=(const LinkedCases&) = delete;

  const base::Period& period() const { return period_; }
  // Those of a quarter of the year: what Link gives for the quarter from the same deliveries.
  LinkedCases Within(const base::Period& quarter) const;

 private:
  friend class Linker;
  friend class Tabulator;
  LinkedCases() = default;
  base::Period period_;
  std::vector<Episode> episodes_;
  std::vector<size_t> first_;  // per pupil, and one past the last
};

// Links the cases that belong to `period` (a year or a quarter; by the Thursday of the week in
// which they opened, kinds of the period's calendar). `deliveries` come in order of arrival,
// replaced ones left out; of a (municipality, case key) the version of the latest period counts, of
// equal periods the later in the vector. Tokens are comparable within one year of a calendar only:
// a later version that arrived in another year's delivery keeps the token under which the case was
// known in its own year, and is left out when there is none. A case whose versions of its own year
// name two pupils counts for both, each by the versions under its own token, so that no pupil's
// records change what another one counts for. Consumes and wipes the deliveries.
// Throws ProblemError "unknown-municipality" when a manifest names a municipality that the codebook
// does not have. Cost: O(n log n), about 100 bytes per case.
LinkedCases Link(std::vector<cases::Delivery>&& deliveries,
                 const policies::codebook::Codebook& codebook, const base::Period& period);

// One dimension of a cube. `codes` of attribute kind are kind groups; of administrative "yes",
// "no".
struct CubeDimension {
  policies::disclosure::Attribute attribute;
  std::vector<std::string> codes;
};

// What one pupil may count for, the same for every measure of a policy.
struct Bounds {
  int max_kinds = 1;                     // kind groups kept per pupil, the first in bounding order
  std::optional<int64_t> reports_clamp;  // of the measure that counts reports, if there is one
};
Bounds BoundsOf(const policies::disclosure::Policy& policy);
// For measures of exact counts, which nothing bounds: every kind group of a pupil counts.
Bounds Unbounded();

// Counts one measure.
//   counts_pupils: 1 per pupil, whatever the kinds; administrative when all the pupil's cases are;
//   persons: 1 per kept (pupil, kind group); reports: cases opened by school or duoSignal per kept
//   kind group, at most measure.clamp; processes: all its cases, at most measure.clamp;
//   counts_dropped: per pupil the kind groups beyond max_kinds and the reports above reports_clamp
//   of the kept ones, together at most measure.clamp.
// Pupil attributes are those of the pupil's first case; administrative is "yes" when all the
// pupil's cases of that kind group are administrative. Cases whose kind group is in no dimension of
// attribute kind are left out before bounding, if there is such a dimension.
// Throws ProblemError "code-outside-schema" when a code of a counted pupil has no place in
// `dimensions`.
Cube Tabulate(const LinkedCases& linked, const policies::disclosure::Measure& measure,
              const Bounds& bounds, const std::vector<CubeDimension>& dimensions,
              const policies::codebook::Codebook& codebook);

}  // namespace polder::stats::tabulate

#endif  // POLDER_STATS_TABULATE_TABULATE_H_
