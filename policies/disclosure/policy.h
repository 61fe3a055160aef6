// A disclosure policy: what may be published, how it is protected, and what one pupil-year may
// cost.
//
// Privacy officers write and approve it as data (policies/data/policies/*.json,
// docs/formats/policy.md). A `Policy` that exists is valid against its codebook: every table can be
// planned, every budget line fits under the cap.
#ifndef POLDER_POLICIES_DISCLOSURE_POLICY_H_
#define POLDER_POLICIES_DISCLOSURE_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/nano_rho.h"
#include "policies/base/period.h"
#include "policies/base/rational.h"
#include "policies/codebook/codebook.h"

namespace polder::policies::disclosure {

// What is counted. Never mixed: every measure has exactly one.
enum class Unit { kPersons, kReports, kProcesses };

// The attributes a table may cross. kind, administrative are case attributes; the others have one
// value per pupil and period. A municipality has one size class (size_classes.h).
enum class Attribute {
  kKind,
  kMunicipality,
  kSizeClass,
  kLevel,
  kAgeBand,
  kGroup,
  kAdministrative
};

std::string_view ToText(Unit unit);            // "persons"
std::string_view ToText(Attribute attribute);  // "kind", "municipality", "sizeClass", "level",
                                               // "ageBand", "group", "administrative"
std::optional<Unit> ParseUnit(std::string_view text);
std::optional<Attribute> ParseAttribute(std::string_view text);
bool IsPupilAttribute(Attribute attribute);

// One table of a measure: the attributes it crosses, in the order they are published; its totals
// are tables of their own.
struct TableSpec {
  std::string id;  // "municipality-kind"
  std::vector<Attribute> attributes;
  base::Rational weight;  // relative importance of a cell's variance in the plan
};

// How a measure is protected: by calibrated noise, or as exact counts of which some are hidden
// (SuppressionRule).
enum class Mechanism { kNoise, kSuppression };

constexpr int64_t kUnbounded = INT64_MAX;

// What the tables of a measure of persons count that do not cross the kind.
enum class AnyKind {
  kSum,     // a pupil once per kind, so that they are the totals of the tables of kinds
  kPupils,  // a pupil once, whatever the kinds, in a cube of its own
  kBetter,  // whichever the planner finds the more precise (stats/noise/weigh.h)
};
std::string_view ToText(AnyKind choice);  // "sum", "pupils", "better"
std::optional<AnyKind> ParseAnyKind(std::string_view text);

// One family of linked tables with its own budget line. Shipped: persons, reports, processes,
// dropped.
struct Measure {
  std::string id;
  Unit unit;
  Mechanism mechanism = Mechanism::kNoise;
  bool counts_dropped = false;  // measures what bounding left out, as one regional total
  std::vector<TableSpec> tables;
  // Most units of one pupil that count per kind group (1 for persons); kUnbounded for exact counts,
  // of which `max_kinds` bounds nothing either.
  int64_t clamp = 1;
  AnyKind any_kind = AnyKind::kSum;
  // Not in the document: of a measure of persons under noise with tables that do not cross the
  // kind, those tables once more, with every pupil counted once (`Policy::PupilsOf`).
  bool counts_pupils = false;
};

// The occasions on which something is released, each with its line in the yearly budget.
enum class ReleaseKind { kMonitor, kProvisional, kDefinitive, kVsv, kSlice };
std::string_view ToText(
    ReleaseKind kind);  // "monitor", "provisional", "definitive", "vsv", "slice"
std::optional<ReleaseKind> ParseReleaseKind(std::string_view text);

// Ends the identifier of a measure that counts every pupil once.
constexpr std::string_view kPupilsSuffix = ".pupils";

struct BudgetLine {
  ReleaseKind kind;
  base::NanoRho per_release;
  int releases_per_year;  // of the line's own calendar
  // Measures and table ids that this kind of release makes; empty tables means all of the
  // measure's. `share` is of per_release; the shares of a line sum to at most 1. A measure of exact
  // counts has share 0: no budget bounds what it tells.
  struct Content {
    std::string measure;
    std::vector<std::string> tables;
    base::Rational share;
  };
  std::vector<Content> content;

  // What the line may cost one pupil in one school year. A vsv year lies in two school years, each
  // of which pays in full, so a school year pays for the releases of two vsv years.
  base::NanoRho PerSchoolYear() const;
};

struct KindRule {
  std::string group;         // kind group code
  int64_t threshold;         // noisy values below are hidden
  bool region_only = false;  // hidden in every table that crosses municipality
};

// Near-to-final settings that readers need, kept apart from what the mechanism uses.
struct PrecisionRule {
  base::Rational
      half_width_share;  // "imprecise" when the 95 % half-width exceeds this share of the value
  int64_t min_rate_denominator;  // no rate under this public denominator
};

struct PeerRule {
  int min_members;                     // other members in a peer group
  base::Rational largest_share;        // no member may hold more of the peer total
  std::vector<int64_t> class_limits;   // size classes by public pupil count
  std::optional<int> class_year = {};  // of these counts; else each period's own
};

struct AuditRule {
  base::Rational
      min_hidden_sd;  // lower bound on the standard error of any estimate of a hidden cell
};

// What holds for measures of exact counts. A count from 1 (0 when zeros are protected) to its
// threshold - 1 is sensitive: whoever knows everything published, and a member who knows its own
// cells besides, is left with an interval of at least `width` that reaches the threshold.
struct SuppressionRule {
  int64_t width = 5;
  bool zeros_published = true;
  bool insiders = true;  // members and pairs of members are attackers too
};

// Immutable; safe to share between threads.
class Policy {
 public:
  // Throws ProblemError with every fault, by JSON pointer: unknown codes, shares above 1, a year
  // that costs more than the cap, tables whose totals cannot be made to add up in integers,
  // thresholds out of range.
  static Policy FromJson(const base::Json& json, const codebook::Codebook& codebook);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }
  const std::string& author() const { return author_; }
  const codebook::Label& title() const { return title_; }
  const std::string& canonical() const { return canonical_; }  // RFC 8785
  const std::string& codebook_id() const { return codebook_id_; }

  // True when some measure is published as exact counts.
  bool Suppresses() const;
  const SuppressionRule& suppression() const { return suppression_; }
  base::NanoRho yearly_cap() const { return yearly_cap_; }
  const base::Rational& delta() const { return delta_; }  // for the stated epsilon
  int max_kinds() const { return max_kinds_; }            // k: kind groups per pupil that count
  const std::vector<Measure>& measures() const { return measures_; }
  // Also those that `PupilsOf` gives.
  const Measure* FindMeasure(std::string_view id) const;
  // The measure "<id>.pupils" of the tables that do not cross the kind; nullptr when there is none.
  const Measure* PupilsOf(const Measure& measure) const;
  const std::vector<BudgetLine>& budget() const { return budget_; }
  const BudgetLine* FindBudget(ReleaseKind kind) const;
  const KindRule& RuleOf(std::string_view kind_group) const;
  const PrecisionRule& precision() const { return precision_; }
  const PeerRule& peers() const { return peers_; }
  const AuditRule& audit() const { return audit_; }
  int64_t embargo_seconds() const { return embargo_seconds_; }
  int retention_months() const { return retention_months_; }
  int approvals_needed() const { return approvals_needed_; }

 private:
  friend class PolicyReader;
  Policy() = default;

  std::string id_, version_, author_, canonical_, codebook_id_;
  codebook::Label title_;
  SuppressionRule suppression_;
  base::NanoRho yearly_cap_;
  base::Rational delta_;
  int max_kinds_ = 1;
  std::vector<Measure> measures_;
  std::vector<Measure> pupils_;  // derived
  std::vector<BudgetLine> budget_;
  std::vector<KindRule> kind_rules_;
  KindRule default_rule_;
  PrecisionRule precision_;
  PeerRule peers_;
  AuditRule audit_;
  int64_t embargo_seconds_ = 0;
  int retention_months_ = 13;
  int approvals_needed_ = 2;
};

}  // namespace polder::policies::disclosure

#endif  // POLDER_POLICIES_DISCLOSURE_POLICY_H_
