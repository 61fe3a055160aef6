// Proofs that hidden exact counts stay hidden, checked by addition alone.
#ifndef POLDER_STATS_AUDIT_COUNT_PROOFS_H_
#define POLDER_STATS_AUDIT_COUNT_PROOFS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/problem.h"
#include "policies/disclosure/policy.h"
#include "stats/table/count_history.h"

namespace polder::stats::audit {

// The narrowest interval that is left, per class of attacker; nothing without a sensitive count.
struct SmallestWidths {
  std::optional<int64_t> outsider;
  std::optional<int64_t> member;
  std::optional<int64_t> pair;
  // All who are alone in a leaf of one municipality, together; each where they are all of a cell.
  std::optional<int64_t> alone;
  // Sensitive counts that another office has published as closely: hidden, and beyond protection.
  size_t known_elsewhere = 0;
};

// Every count of `history` that the policy protects (under its threshold and no shown nought, or of
// a region-only kind and a municipality), in every release, needs a proof against an outsider,
// against the persons who are alone in a leaf of a municipality (together, and one by one where
// together they are all of it), and, with insiders, against every member with what went up in it
// and every pair; not against who holds all of it. Each proof is two sets of counts, and what
// makes it one is added up here:
//   every shown cell of every release stays as it is; no leaf falls under 0; no hidden cell falls
//   to 0 where noughts would be shown; what the attacker knows stays, and what other offices tell
//   stays true; the two are at least the width apart in the cell, and the higher reaches the
//   threshold.
// Adds a finding per count without such a proof; messages name no count and no cell's content.
SmallestWidths CheckCountProofs(const table::CountHistory& history,
                                const std::vector<table::CountProof>& proofs,
                                const policies::disclosure::Policy& policy,
                                const std::string& pointer, base::Problems& findings);

// The certificate as canonical JSON, for sealing: `salt` (hex, secret) first, so that its digest
// tells nothing. Privacy: sealed with the counts.
std::string CountCertificate(const table::CountHistory& history,
                             const std::vector<table::CountProof>& proofs, const std::string& salt);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_COUNT_PROOFS_H_
