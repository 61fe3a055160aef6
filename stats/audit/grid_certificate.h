// The certificate of `polder suppress`, checked by addition: no solver, nothing of the suppressor.
#ifndef POLDER_STATS_AUDIT_GRID_CERTIFICATE_H_
#define POLDER_STATS_AUDIT_GRID_CERTIFICATE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policies/base/problem.h"
#include "stats/table/spec.h"

namespace polder::stats::audit {

// What a certificate shows. The narrowest width per class of attacker; nothing where there is none
// to show, and in mode exact.
struct CertifiedWidths {
  size_t sensitive = 0;
  std::optional<int64_t> outsider, member, pair;
};

// Checks docs/formats/certificate.md against the true counts and the published cells:
//  - `cells` are the counts, with no sensitive one shown;
//  - mode interval: for every sensitive cell and attacker (outsider, and with insiders every member
//    and pair to whom the cell does not belong) two tables that publish the same, in which no leaf
//    is negative, no hidden cell nought when noughts are published, and nothing moves that the
//    attacker knows; they lie `width` apart in the cell and the higher one reaches the threshold;
//  - mode exact: the witness leaves every shown cell as it is and moves every sensitive one.
// Adds a finding per fault, "certificate-failed"; details name cells, never counts. Throws
// ProblemError when the document is none.
CertifiedWidths CheckGridCertificate(const table::CountSpec& spec,
                                     const std::vector<int64_t>& counts,
                                     const std::vector<table::CountCell>& cells,
                                     std::string_view certificate, base::Problems& findings);

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_GRID_CERTIFICATE_H_
