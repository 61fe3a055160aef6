// A release as the world sees it: parsed, checked, read-only. Everything outward (readers,
// comparisons, verification, later audits) starts from this type and from nothing else.
#ifndef POLDER_STATS_TABLE_PUBLISHED_RELEASE_H_
#define POLDER_STATS_TABLE_PUBLISHED_RELEASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "policies/base/rational.h"
#include "stats/table/linked_tables.h"

namespace polder::stats::table {

// A number with its 95 % interval (noise only), integers because counts are. Absent for cells
// without a number.
struct Interval {
  int64_t low = 0;
  int64_t high = 0;
};

struct PublishedCell {
  std::vector<std::string> codes;  // one per attribute of the table, in schema order
  CellStatus status = CellStatus::kHidden;
  std::optional<int64_t> value;
  std::optional<Interval> interval;
  // Of the noise in this cell, where cells of the table differ in it.
  std::optional<base::Rational> variance;
  std::string sd;
};

struct PublishedTable {
  std::string id;
  AttributeSet attributes = 0;
  std::string sd;  // decimal, six digits, rounded up: the largest of a cell
  base::Rational variance;
  std::optional<int64_t> guaranteed;  // half-width that holds without a normal approximation
  std::vector<PublishedCell>
      cells;  // row-major in schema order, all of them: nothing is silently missing

  const base::Rational& VarianceOf(const PublishedCell& cell) const {
    return cell.variance ? *cell.variance : variance;
  }
  const std::string& SdOf(const PublishedCell& cell) const { return cell.variance ? cell.sd : sd; }
};

struct PublishedMeasure {
  std::string id;
  std::string unit;
  // Counts as they are (mechanism suppression): no bound, no residual, no error. `clamp` and
  // `max_kinds` then say nothing.
  bool exact = false;
  int64_t clamp = 1;
  int max_kinds = 1;
  // Every pupil counts once, whatever the kinds; the measure of kinds is that without ".pupils".
  bool counts_pupils = false;
  std::optional<Weighing> weighing;
  Schema schema;
  std::vector<MeasuredResidual> residuals;
  base::Rational rounding_deviation;
  // No whole numbers that add up have a smaller one (proven); nothing when it is not stated.
  std::optional<base::Rational> rounding_at_least;
  std::vector<PublishedTable> tables;

  const PublishedTable* FindTable(std::string_view table_id) const;
  // The municipalities of the size class that a cell of a table is of; nullopt when it is of one
  // municipality or of the region.
  std::optional<std::vector<std::string>> ClassMembers(const PublishedTable& table,
                                                       const PublishedCell& cell) const;
};

struct Reference {  // to a document by its content
  std::string id;
  std::string version;
  std::string digest;  // sha256, hex
};

struct Member {
  std::string municipality;
  bool delivered = false;
  bool conversion = false;  // declared a series break in this period
  // SHA-256, hex, of the list of deliveries that count for this member: equal in two releases
  // exactly when nothing was delivered or replaced in between. Empty when it did not deliver; and
  // in a release that does not say.
  std::string deliveries_digest = {};
};

struct ReleaseHeader {
  std::string release_id;
  std::string region;
  base::Period period;
  std::string kind;    // "monitor", "provisional", "definitive", "vsv", "slice"
  std::string origin;  // "region" (the service) or "office" (polder protect)
  bool demo = false;   // made under a simulated clock or the demo authority
  Reference policy;
  Reference codebook;
  std::string freeze_digest;
  std::string plan_digest;
  std::string reservation_id;
  std::vector<std::string> seed_commitments;  // hex
  std::string rho;                            // exact decimal charge
  std::string epsilon;                        // decimal, rounded up, at `delta`
  std::string delta;
  // The same two for a pupil who was delivered under two identifiers, hence as two tokens, each
  // charged as a pupil: four times the charge. Empty in a document that does not state them.
  std::string rho_two_identifiers;
  std::string epsilon_two_identifiers;
  // The policy's largest half-width of a precise cell as a share of its value; absent in a document
  // that does not state it.
  std::optional<base::Rational> half_width_share;
  // The policy's smallest public denominator of a rate; absent as above.
  std::optional<int64_t> min_rate_denominator;
  base::Instant made_at;
  base::Instant public_at;
  std::vector<Member> members;  // in codebook order
  std::string audit_digest;
  std::string min_hidden_sd;  // smallest standard error found by the audit, decimal, rounded down;
                              // empty when nothing is hidden
};

class PublishedRelease {
 public:
  // Parses and checks the canonical release document (docs/formats/release.md). Throws ProblemError
  // with every fault, also when the text is not in canonical form, a table is incomplete, or a
  // status and its number disagree.
  static PublishedRelease Parse(std::string_view canonical_json);

  const ReleaseHeader& header() const { return header_; }
  const std::vector<PublishedMeasure>& measures() const { return measures_; }
  const PublishedMeasure* FindMeasure(std::string_view id) const;
  const std::string& canonical() const { return canonical_; }

 private:
  PublishedRelease() = default;
  ReleaseHeader header_;
  std::vector<PublishedMeasure> measures_;
  std::string canonical_;
};

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_PUBLISHED_RELEASE_H_
