// The audit: what would be published is attacked before it is. Failing means no release.
//
// Separate code from the suppressor, on purpose: it knows nothing of why a cell was hidden.
#ifndef POLDER_STATS_AUDIT_AUDIT_H_
#define POLDER_STATS_AUDIT_AUDIT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "policies/base/problem.h"
#include "policies/disclosure/policy.h"
#include "stats/table/count_history.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"

namespace polder::stats::audit {

// What shows that the hidden counts of a measure stay hidden. Privacy: true counts; sealed.
struct CountEvidence {
  struct Earlier {
    std::string release_id;
    table::CountedRelease counted;  // statuses as published
  };
  std::string measure;
  // Releases that speak of the same cases (table::SpeakOfTheSame) with this measure, as made.
  std::vector<Earlier> earlier;
  std::vector<int64_t> cells;  // of the candidate, as CountedRelease
  std::vector<table::Member> members;
  std::vector<table::CountProof> proofs;
  std::string certificate_digest;  // sha256 of the sealed certificate, hex
};

// What one release wants to publish: the linked tables of all its measures with their statuses set.
struct Candidate {
  base::Period period;
  std::vector<table::LinkedTables> measures;
  std::vector<CountEvidence> counts = {};  // one per measure of exact counts
  // Where the cases of municipalities went that are not in the region any more, as the codebook
  // states it.
  table::Redivisions redivisions = {};
  // Public: who delivered. Where a table crosses municipalities its cells say so too; where tables
  // cross classes of them only, nothing else does.
  std::vector<table::Member> members = {};
};

struct Certificate {
  size_t hidden_cells = 0;
  std::string smallest_standard_error;  // decimal, rounded down; empty when nothing is hidden
  // Canonical JSON, the public part: per attacker class the smallest standard error. No cell is
  // named.
  std::string document;
};

// Tables that passed. Only `Audit` makes one, and only stats/release accepts one.
class AuditedTables {
 public:
  const Candidate& candidate() const { return candidate_; }
  const Certificate& certificate() const { return certificate_; }

 private:
  friend AuditedTables Audit(Candidate, const policies::disclosure::Policy&,
                             const std::vector<table::PublishedRelease>&);
  AuditedTables(Candidate candidate, Certificate certificate)
      : candidate_(static_cast<Candidate&&>(candidate)),
        certificate_(static_cast<Certificate&&>(certificate)) {}
  Candidate candidate_;
  Certificate certificate_;
};

// Checks, with exact arithmetic:
//  - every table adds up; every cell under its threshold, region-only in a municipal table, or
//  without a delivery carries no number;
//  - no hidden cell is determined by the numbers of this release and of `earlier` ones of the same
//  period (elimination over the
//    rationals);
//  - of exact counts, that there is a proof for every protected count and attacker
//  (count_proofs.h), over all releases of the period; and that no other period's or mechanism's
//  release overlaps it;
//  - the best linear estimate of a hidden cell under noise, by an outsider, a member or a pair of
//  members who know their own true cells, from all
//    releases of the period, has a standard error of at least the policy's minHiddenSd; and so has,
//    by the Cramer-Rao bound, every unbiased estimate by someone who knows everything but one
//    pupil, from all measures of these releases together.
// Throws ProblemError ("audit-failed", one problem per finding; no value and no count in it) when
// something fails.
AuditedTables Audit(Candidate candidate, const policies::disclosure::Policy& policy,
                    const std::vector<table::PublishedRelease>& earlier);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_AUDIT_H_
