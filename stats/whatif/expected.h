// How large the figures of a release will be, about: the last release says it, and where there is
// none, public pupil counts with national rates.
//
// Privacy: made from published releases and public figures only; an estimate, never published.
#ifndef POLDER_STATS_WHATIF_EXPECTED_H_
#define POLDER_STATS_WHATIF_EXPECTED_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/noise/plan.h"
#include "stats/table/published_release.h"

namespace polder::stats::whatif {

enum class Origin { kRelease, kRates, kNone };
std::string_view ToText(Origin origin);  // "release", "rates", "none"

// Expected counts of one planned table, row-major; empty when nothing is known about them.
struct ExpectedTable {
  Origin origin = Origin::kNone;
  std::string release_id;  // for kRelease
  std::vector<double> counts;
};

// Persons, reports and processes of a cell, from the codebook's public counts and rates per 1,000
// that were published for the whole country, spread evenly over ages for which the law applies.
// `codes`: by attribute name; an attribute that is absent is summed over. Throws ProblemError
// "no-public-count" when the codebook has no count of a member for the period's year.
// Source: national rates of 2022/'23 for absolute and relative absence and exemptions on health,
// early leavers (letters of the ministry to parliament); the other kinds by the mix of reports that
// a region assumes, see docs/for-privacy-officers/doorrekenen.md.
double ExpectedCount(const policies::codebook::Codebook& codebook, const base::Period& period,
                     policies::disclosure::Unit unit, const std::vector<std::string>& members,
                     const std::map<std::string, std::string, std::less<>>& codes);

// The expected counts of every table of a plan, in its order. From the last of `releases` that has
// the table over a period of the same calendar and length: its values; a cell that it hides gets an
// even part of what a total leaves over, or half its threshold when no total is shown. Else from
// rates; but what bounding leaves out has no rate, so its table stays empty.
std::vector<ExpectedTable> Expect(const noise::PlanRequest& request,
                                  const policies::disclosure::Policy& policy,
                                  const policies::codebook::Codebook& codebook,
                                  const base::Period& period,
                                  const std::vector<table::PublishedRelease>& releases);

// The last of `releases` with this measure over a period of the same calendar and length: the later
// period counts as the last, then the later made. nullptr when there is none.
const table::PublishedRelease* LastWith(const std::vector<table::PublishedRelease>& releases,
                                        const base::Period& period, std::string_view measure);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_EXPECTED_H_
