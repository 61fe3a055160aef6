// What the audit can find wrong, each check by itself.
#ifndef POLDER_STATS_AUDIT_FINDINGS_H_
#define POLDER_STATS_AUDIT_FINDINGS_H_

#include <set>
#include <string>
#include <vector>

#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "stats/audit/audit.h"

namespace polder::stats::audit {

// The smallest standard error found, as a variance, per kind of attacker; nothing where there is
// nothing hidden for that attacker to estimate.
struct SmallestVariances {
  std::optional<base::Rational> outsider, member, pair, any_knowledge;
  // Hidden cells that other offices' figures give away by themselves, to an outsider.
  size_t known_elsewhere = 0;
  size_t known_figures = 0;  // of other offices, taken as every attacker's
  void Lower(std::optional<base::Rational>& smallest, const base::Rational& variance) const {
    if (!smallest || variance < *smallest) smallest = variance;
  }
};

// Municipalities that everybody knows to have no counts: those whose member line or cells say so.
std::set<std::string> MissingTowns(const table::LinkedTables& tables,
                                   const std::vector<table::Member>& members);

// Statuses against the policy's rules: no number under a threshold, for a region-only kind of a
// municipality or a class of them, or for a municipality that other cells call missing; a class
// misses its delivery when all of it does; and every table adds up.
void CheckRules(const table::LinkedTables& tables, const policies::disclosure::Policy& policy,
                const std::vector<table::Member>& members, const std::string& pointer,
                base::Problems& findings);

// No hidden cell follows from the shown ones. Returns how many are hidden.
size_t CheckDetermined(const table::LinkedTables& tables, const std::string& pointer,
                       base::Problems& findings);

// Standard errors of the best linear estimates of hidden cells by an outsider, a member and a pair,
// from this release, the earlier ones whose period overlaps, and the policy's known tables.
void CheckEstimates(const Candidate& candidate, const policies::disclosure::Policy& policy,
                    const std::vector<table::PublishedRelease>& earlier,
                    SmallestVariances& smallest, base::Problems& findings);

// A published measure as tables again, hidden cells nought: what an attacker starts from.
table::LinkedTables AsTables(const table::PublishedMeasure& measure);

// True when the release counts pupils of a time that `period` also counts.
bool Overlaps(const table::PublishedRelease& release, const base::Period& period);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_FINDINGS_H_
