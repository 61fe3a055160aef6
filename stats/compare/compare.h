// Comparisons between years, made from releases and public denominators and from nothing else.
//
// A word is a promise. "steeg" and "daalde" are said only when the two-sided 97.5 % interval of the
// change of the expected rate, noise of both releases and chance together, excludes no change, and
// no declared series break lies between the years.
//
// Where a year has several releases that may be combined (stats/combine: the provisional and the
// definitive one, nothing corrected in between), the intervals of a change use all of them. The
// value of a year stays the one that its leading release published.
#ifndef POLDER_STATS_COMPARE_COMPARE_H_
#define POLDER_STATS_COMPARE_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/table/published_release.h"

namespace polder::stats::compare {

// What all releases of a year say about a cell's precision together; the value is not repeated.
struct CombinedPoint {
  std::vector<std::string> releases;  // ids, the leading one first
  std::string sd;                     // noise and rounding, six digits, rounded up
  table::Interval interval;           // 95 %, noise only; holds the published value
};

// One year of a series, as released. `value` and `interval` are there exactly when the cell has a
// number.
struct YearPoint {
  base::Year year;
  std::string release_id;
  std::string release_kind;  // "provisional", "definitive", "vsv"
  table::CellStatus status = table::CellStatus::kHidden;
  std::optional<int64_t> value;
  std::optional<table::Interval> interval;
  std::string sd;
  std::optional<int64_t> denominator;       // the codebook's public count of that year
  std::optional<std::string> per_thousand;  // one decimal; absent without a number or under the
                                            // smallest denominator
  std::optional<CombinedPoint> combined;    // when more than one release speaks about the cell
};

// The word of a change.
enum class Word { kRose, kFell, kComparable, kUndetermined };
std::string_view ToText(Word word);  // "rose", "fell", "comparable", "undetermined"
std::string_view DutchWord(
    Word word);  // "steeg", "daalde", "vergelijkbaar", "niet vast te stellen"

// A range of the change, per 1,000 or as a count, two decimals, rounded outward.
struct ChangeInterval {
  std::string low;
  std::string high;
};

// The later year against the earlier one.
struct Change {
  base::Year from;
  base::Year to;
  // What is compared: the released values, or in a region's comparison what they are without the
  // municipalities left out. Absent when one year has no number.
  std::optional<int64_t> from_value;
  std::optional<int64_t> to_value;
  std::optional<int64_t> difference;
  bool per_thousand = false;                   // unit of rate_difference and of the intervals
  std::optional<std::string> rate_difference;  // two decimals
  std::optional<ChangeInterval> noise;         // 97.5 %: what was added for privacy
  std::optional<ChangeInterval> chance;        // 97.5 %: overdispersed Poisson
  std::optional<ChangeInterval> combined;      // 97.5 %: decides the word
  bool narrowed = false;  // the intervals come from combined releases, of one year or of both
  Word word = Word::kUndetermined;
  std::string reason;  // for undetermined: "hidden", "missing-delivery", "not-applicable",
                       // "year-between" (a year without a release lies between), "break",
                       // "imprecise", "no-denominator"; else empty
  // Municipalities left out of both years because of a declared break or a missing delivery; only
  // in a region's comparison.
  std::vector<std::string> left_out;
};

struct Comparison {
  std::string measure;
  std::string unit;
  std::string table;
  std::vector<std::string> attributes;
  std::vector<std::string> codes;
  std::vector<YearPoint> years;  // ascending, one per year that has a release
  std::vector<Change> changes;   // each year with the one before it in `years`
};

struct CompareOptions {
  // Variance of a count over its expectation: pupils share causes (a school, a class, a wave of
  // arrivals), so counts vary more than independent events would. Source: McCullagh and Nelder,
  // Generalized Linear Models, 2nd ed., section 6.2.3.
  base::Rational overdispersion = base::Rational(3, 2);
  // The limits of releases that do not state their policy's: the smallest denominator of a rate,
  // and the one between precise and imprecise. Only precise cells are compared, which is a
  // selection of high numbers.
  int64_t min_rate_denominator = 50;
  base::Rational half_width_share = base::Rational(1, 2);
};

// Every cell of every table of every measure in the releases of whole years, over the years; a year
// whose release lacks the table has no point. Of two
// releases of one year the definitive one counts, otherwise the later made; the others may narrow
// its intervals, except where municipalities are left out. Releases of quarters
// and slices make no series; the calendars have series of their own. The denominator is the
// codebook's public count (inhabitants5to17 for absence, participants12to22 for vsv, of the year in
// which the period starts) for the cell's municipality or for the members that a region's figure
// sums. Order: measure, table, cell as in the latest release.
std::vector<Comparison> CompareYears(const std::vector<const table::PublishedRelease*>& releases,
                                     const policies::codebook::Codebook& codebook,
                                     const CompareOptions& options = {});

// The document of a comparison: words, intervals, statuses; never a number for a cell without one.
base::Json ComparisonJson(const Comparison& comparison);
// A header line and a row per year of every comparison. RFC 4180.
std::string ComparisonsCsv(const std::vector<Comparison>& comparisons);

enum class Language { kDutch, kEnglish };
// One sentence of plain language (B1) for the last change, with the numbers of the releases and the
// reason when nothing can be said.
std::string Sentence(const Comparison& comparison, const policies::codebook::Codebook& codebook,
                     Language language);

}  // namespace polder::stats::compare

#endif  // POLDER_STATS_COMPARE_COMPARE_H_
