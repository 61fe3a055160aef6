// What if the policy were this one? Precision, visible change, hiding, bounding and cost of a
// release under several policies, side by side, before a privacy officer approves one.
//
// Privacy: made from policies, the codebook and published releases only. Nothing is charged and
// nothing of it is a statistic: doubles are free to estimate here.
#ifndef POLDER_STATS_WHATIF_WHATIF_H_
#define POLDER_STATS_WHATIF_WHATIF_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/period.h"
#include "policies/base/rational.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/table/published_release.h"
#include "stats/whatif/bounding.h"
#include "stats/whatif/cost.h"
#include "stats/whatif/expected.h"
#include "stats/whatif/rehearsal.h"
#include "stats/whatif/scenario.h"

namespace polder::stats::whatif {

struct Question {
  std::vector<base::Json> policies;     // documents, at least one
  std::vector<base::Rational> budgets;  // yearly, each tried with every policy; empty: as they are
  std::vector<int> kinds_per_pupil;     // likewise
  std::vector<table::PublishedRelease> releases;  // may be empty
  base::Period period;
  policies::disclosure::ReleaseKind kind = policies::disclosure::ReleaseKind::kDefinitive;
  int draws = 20;  // rehearsals per measure
};

// One table of one scenario. Changes are in units of the table.
struct TableFigures {
  std::string measure;
  std::string unit;
  std::string table;
  std::vector<std::string> attributes;
  size_t cells = 0;
  std::string sd;          // as a release states it: six digits, rounded up; the largest of a cell
  int64_t half_width = 0;  // 95 %, noise only; with the rounding deviation of the last release that
                           // has the measure, or the largest that it can be
  Origin origin = Origin::kNone;
  std::string release_id;                 // of the expected counts, for kRelease
  std::vector<std::string> typical;       // codes of the cell with the middle expected count
  std::optional<int64_t> expected;        // its expected count; the changes are for this cell
  std::optional<int64_t> named_by_noise;  // smallest rise between two years that gets a word, were
                                          // there noise alone
  std::optional<int64_t> named;           // the same with chance: what the comparison does
  std::optional<int64_t> found;           // rise that gets the word in four of five years
  std::optional<int64_t> correction;      // smallest change of the cell by a correction that shows
                                          // between the provisional and the definitive figure, or
                                          // the definitive one and a slice; nothing when the table
                                          // is made once
  std::optional<Shares> shares;
};

// How a measure is measured, and what the other ways would have come to.
struct MeasuredAs {
  std::string measure;  // of the policy
  table::Weighing weighing;
};

struct ScenarioReport {
  std::string label;
  std::string policy;
  std::vector<base::Problem> refused;  // when not empty, all that follows is
  std::string yearly_cap;
  int kinds_per_pupil = 0;
  std::optional<Costs> costs;
  std::vector<MeasuredAs> measured;
  std::vector<TableFigures> tables;
  std::optional<Bounding> bounding;
};

struct Report {
  std::string period;
  std::string kind;
  std::string codebook;  // id and version
  std::vector<std::string> releases;
  int draws = 0;
  std::vector<ScenarioReport> scenarios;  // policy by policy, budget by budget, k by k
};

// Called before each part of the work: what is done, of how much.
using Progress = std::function<void(size_t done, size_t of)>;

// Throws ProblemError "no-policy", "wrong-period" (the kind of release is not made over such a
// period), "no-public-count". What refuses one scenario stands in its report and stops no other.
Report Simulate(const Question& question, const policies::codebook::Codebook& codebook,
                const Progress& progress = {});

// The report as a document: exact numbers as text, estimates as numbers.
base::Json ReportJson(const Report& report);
// A page of text for a terminal, in plain English.
std::string ReportText(const Report& report);
// A header line and a row per scenario and table: the table twin of the picture. RFC 4180.
std::string ReportCsv(const Report& report);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_WHATIF_H_
