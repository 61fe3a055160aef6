// Two releases of one period say more together than each alone: the provisional figures of a school
// year and the definitive ones have noise of their own, so their mean, weighted by precision, is
// nearer to the truth than either.
//
// What may be combined is what is declared comparable by public acts: the same period, policy and
// codebook, made by the service, and the same deliveries of every municipality that the cell counts
// (release header, `deliveriesDigest`). Otherwise the two are figures of different things.
//
// The published value of a cell stays the one number of the release that speaks for the period; a
// combined estimate narrows what is said about its precision and is never shown in its place.
//
// Privacy: a function of published releases alone (post-processing), so it costs nothing. A cell
// that any release of the period hides is never combined. The audit bounds estimates of hidden
// cells from the answers behind all releases of the period together, which includes every
// combination made here.
#ifndef POLDER_STATS_COMBINE_COMBINE_H_
#define POLDER_STATS_COMBINE_COMBINE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/published_release.h"

namespace polder::stats::combine {

// What one release says about a cell, and with which weight it counts.
struct Part {
  base::Rational weight;
  int64_t value = 0;
  table::Interval interval;  // as published
  base::Rational variance;   // of the noise
  base::Rational rounding;   // the release's deviation
};

// One cell, from all releases that may speak about it.
struct CombinedCell {
  int64_t value = 0;        // the published one, of the leading release
  base::Rational estimate;  // inverse-variance mean of the published values, exact
  // Variance of the estimate: noise and rounding. A published integer differs from its unbiased
  // estimate by at most the release's rounding deviation d, taken as spread evenly: d^2/3.
  base::Rational variance;
  base::Rational noise_variance;  // of the noise alone
  base::Rational rounding;        // most that rounding can have moved the estimate
  // 95 % for the noise, whole numbers, not negative, never without the published value. Near a
  // threshold, where what is shown was selected, the lower end stays that of the leading release.
  table::Interval interval;
  std::vector<std::string> releases;  // ids, the leading one first, then by id
  std::vector<Part> parts;            // as `releases`
};

// Why two releases cannot be combined at all; empty when they can, cell by cell: "same-release",
// "other-region", "other-period", "other-policy", "other-codebook", "not-of-the-service",
// "demo" (one of them only).
std::string Obstacle(const table::ReleaseHeader& a, const table::ReleaseHeader& b);

// Municipalities whose deliveries are the same in both, by what the headers say. A municipality
// that delivered to neither is one of them; one whose digest is not stated is not.
std::vector<std::string> SameDeliveries(const table::ReleaseHeader& a,
                                        const table::ReleaseHeader& b);

// The combined estimates of one period. Immutable; keeps nothing of the releases.
class CombinedRelease {
 public:
  // `leading` speaks for the period; `others` are all other public releases, of whatever period:
  // those that cannot be combined with it are passed over. Cost: linear in the cells.
  CombinedRelease(const table::PublishedRelease& leading,
                  const std::vector<const table::PublishedRelease*>& others);

  // nullptr when the cell carries no number in one of the releases, or nothing may be combined with
  // it.
  const CombinedCell* Find(std::string_view measure, std::string_view table,
                           const std::vector<std::string>& codes) const;
  size_t size() const { return cells_.size(); }

 private:
  std::map<std::string, CombinedCell, std::less<>> cells_;
};

}  // namespace polder::stats::combine

#endif  // POLDER_STATS_COMBINE_COMBINE_H_
