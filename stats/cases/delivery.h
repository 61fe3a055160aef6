// Reading a delivery: NDJSON, the manifest on the first line, then a case a line, then perhaps one
// line of padding (docs/formats/delivery.md).
#ifndef POLDER_STATS_CASES_DELIVERY_H_
#define POLDER_STATS_CASES_DELIVERY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "stats/cases/case.h"

namespace polder::stats::cases {

struct DeliveryLimits {
  size_t max_bytes = size_t{256} << 20;
  size_t max_cases = 2'000'000;
  size_t max_problems = 1000;
};

// For whom and under what a delivery must have been made, where that is asked: who opened an
// envelope could otherwise pass its signed content on to another service as meant for that one.
struct ServiceTerms {
  std::string recipient;                    // the service's organisation number (OIN)
  std::string codebook_digest;              // SHA-256 of its codebook's canonical form, hex
  std::vector<std::string> policy_digests;  // of every policy that is approved
};

// Reads and validates a whole delivery. Throws ProblemError with every fault at once: `line` is the
// line in the file, `pointer` the field ("/opened"), `detail` says in plain words what is wrong and
// what to do. Checks: known fields only, codes of the codebook valid in the period, kinds of the
// period's calendar, an episode that overlaps the period (by its weeks), closed not before opened,
// age band possible for the kind, unique case keys, the manifest's count, and the terms when there
// are some ("other-recipient", "other-codebook-content", "other-policy"). Privacy: messages quote
// codes and weeks of the faulty line's own sender, never a token or a case key.
Delivery ReadDelivery(std::string_view ndjson, const policies::codebook::Codebook& codebook,
                      const DeliveryLimits& limits = {}, const ServiceTerms* terms = nullptr);

// Only the first line: what can be known before anything about pupils is read. Throws ProblemError.
Manifest ReadManifest(std::string_view ndjson);
std::string WriteManifest(const Manifest& manifest);  // canonical JSON, one line, no newline

// One case as the delivery's line: used by the municipality's program only.
std::string WriteCaseLine(const Case& item, const policies::codebook::Codebook& codebook);

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_DELIVERY_H_
