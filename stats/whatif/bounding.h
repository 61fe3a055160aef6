// What bounding leaves out: the pupils' kinds beyond k and units above the clamps, as the measure
// of a release says it.
#ifndef POLDER_STATS_WHATIF_BOUNDING_H_
#define POLDER_STATS_WHATIF_BOUNDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/disclosure/policy.h"
#include "stats/table/published_release.h"

namespace polder::stats::whatif {

// Every figure of a release is too low by its part of `dropped`.
struct Bounding {
  std::string release_id;
  int kinds_before = 0;            // k of that release
  std::optional<int64_t> dropped;  // units left out, of all pupils together; nothing when hidden
  std::optional<table::Interval> interval;  // 95 %, noise only
  // `dropped` per 1,000 of what was counted of persons, one decimal; nothing when either is hidden.
  std::optional<std::string> per_thousand;
  // With fewer kinds per pupil than the release: at most so many pupils' kinds fewer are counted, 0
  // otherwise. With more, it is at most what is left out now. Of a pupil with m kinds counted, m at
  // most k, a smaller k' keeps at least m k'/k of them.
  std::optional<int64_t> extra_at_most;
};

// From the last release of this calendar and length that measures it; nullopt when there is none.
std::optional<Bounding> BoundingOf(const policies::disclosure::Policy& policy,
                                   const base::Period& period,
                                   const std::vector<table::PublishedRelease>& releases);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_BOUNDING_H_
