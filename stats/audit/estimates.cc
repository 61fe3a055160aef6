#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "policies/base/json.h"
#include "stats/audit/findings.h"
#include "stats/audit/information.h"

namespace polder::stats::audit {
namespace {

using table::AttributeSet;
using table::CellStatus;

// Municipalities that everybody knows to have no counts, because they did not deliver.
size_t CountMissing(const table::LinkedTables& tables) {
  const auto municipality = tables.schema().IndexOf("municipality");
  if (!municipality) return 0;
  std::set<size_t> missing;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.statuses()[cell] != CellStatus::kMissingDelivery) continue;
    const size_t t = tables.TableOf(cell);
    missing.insert(tables.schema().Project(tables.tables()[t].attributes,
                                           cell - tables.FirstCell(t),
                                           AttributeSet{1} << *municipality));
  }
  return missing.size();
}

// Everything measured about one measure in overlapping releases. A measurement of a part of the
// period counts as one of the whole, which only helps the attacker. An earlier release with other
// codes does not fit the closed form; the bound for any knowledge, which counts it, covers it.
Information Gather(const table::LinkedTables& tables, const base::Period& period,
                   const std::vector<table::PublishedRelease>& earlier) {
  Information gathered(tables.schema());
  gathered.Add(tables.residuals());
  for (const table::PublishedRelease& release : earlier) {
    const table::PublishedMeasure* measure = release.FindMeasure(tables.measure());
    if (measure != nullptr && Overlaps(release, period) && measure->schema == tables.schema()) {
      gathered.Add(measure->residuals);
    }
  }
  return gathered;
}

// One pupil with one case is one unit in every measure: what all of them together say about it.
base::Rational OfOnePupil(const Candidate& candidate,
                          const std::vector<table::PublishedRelease>& earlier) {
  base::Rational information = 0;
  const auto add = [&](const table::Schema& schema,
                       const std::vector<table::MeasuredResidual>& residuals) {
    Information one(schema);
    one.Add(residuals);
    information += one.OfOneUnit();
  };
  for (const table::LinkedTables& tables : candidate.measures) {
    if (tables.exact) continue;  // proved by intervals, not by noise
    add(tables.schema(), tables.residuals());
  }
  for (const table::PublishedRelease& release : earlier) {
    if (!Overlaps(release, candidate.period)) continue;
    for (const table::PublishedMeasure& measure : release.measures()) {
      if (measure.exact) continue;
      add(measure.schema, measure.residuals);
    }
  }
  return information;
}

}  // namespace

void CheckEstimates(const Candidate& candidate, const policies::disclosure::Policy& policy,
                    const std::vector<table::PublishedRelease>& earlier,
                    SmallestVariances& smallest, base::Problems& findings) {
  const base::Rational least = policy.audit().min_hidden_sd * policy.audit().min_hidden_sd;
  const base::Rational one_pupil = OfOnePupil(candidate, earlier);
  if (one_pupil > 0) smallest.Lower(smallest.any_knowledge, 1 / one_pupil);
  if (one_pupil <= 0 || 1 / one_pupil < least) {
    findings.Add(
        "audit-failed", "/measures",
        "someone who knows everything but one pupil estimates that pupil's cell too closely "
        "from all releases of the period; the policy's minHiddenSd needs less budget");
  }

  for (size_t m = 0; m < candidate.measures.size(); ++m) {
    const table::LinkedTables& tables = candidate.measures[m];
    if (tables.exact) continue;
    const Information gathered = Gather(tables, candidate.period, earlier);
    const size_t missing = CountMissing(tables);
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const AttributeSet set = tables.tables()[t].attributes;
      const auto first =
          tables.statuses().begin() + static_cast<std::ptrdiff_t>(tables.FirstCell(t));
      const auto last = first + static_cast<std::ptrdiff_t>(tables.schema().CellCount(set));
      if (std::find(first, last, CellStatus::kHidden) == last) continue;
      const std::string pointer =
          base::Pointer(base::Pointer(base::Pointer("/measures", m), "tables"), t);
      // By symmetry of the measurements the variance depends only on how many municipalities an
      // attacker knows, not on which: one solve stands for every member, one for every pair.
      const std::array<std::optional<base::Rational>*, 3> classes = {
          &smallest.outsider, &smallest.member, &smallest.pair};
      for (size_t known = 0; known < classes.size(); ++known) {
        const auto variance = gathered.BestVariance(set, missing + known);
        if (!variance) continue;
        smallest.Lower(*classes[known], *variance);
        if (*variance < least) {
          findings.Add("audit-failed", pointer,
                       known == 0   ? "an outsider estimates a hidden cell too closely"
                       : known == 1 ? "a member estimates a hidden cell too closely"
                                    : "a pair of members estimates a hidden cell too closely");
        }
      }
    }
  }
}

}  // namespace polder::stats::audit
