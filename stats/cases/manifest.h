// The manifest's own fields, read into problems that the caller throws together with those of the
// case lines.
#ifndef POLDER_STATS_CASES_MANIFEST_H_
#define POLDER_STATS_CASES_MANIFEST_H_

#include <optional>
#include <string_view>

#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "stats/cases/case.h"
#include "stats/cases/delivery.h"

namespace polder::stats::cases {

// A manifest that may be faulty. `period` is absent when it could not be read, so that no further
// fault is drawn from it.
struct ReadManifestResult {
  Manifest manifest;
  bool is_object = false;
  std::optional<base::Period> period;
};

// `line` is the first line without its newline. Notes faults under line 1.
ReadManifestResult ReadManifestLine(std::string_view line, base::Problems& problems);

// Notes what the codebook makes of the manifest: another codebook, an unknown municipality or one
// that was no member in the period, a token domain of another region, calendar or year.
void CheckManifest(const ReadManifestResult& read, const policies::codebook::Codebook& codebook,
                   base::Problems& problems);

// Notes where the manifest was made for another service, codebook or policy than these.
void CheckTerms(const Manifest& manifest, const ServiceTerms& terms, base::Problems& problems);

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_MANIFEST_H_
