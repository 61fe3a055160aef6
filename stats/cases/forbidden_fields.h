// Fields that must never reach the region, by the names under which case systems and people write
// them. An unknown field is refused anyway; these are refused with the reason.
#ifndef POLDER_STATS_CASES_FORBIDDEN_FIELDS_H_
#define POLDER_STATS_CASES_FORBIDDEN_FIELDS_H_

#include <optional>
#include <string_view>

namespace polder::stats::cases {

// Why a field of this name must stay at the municipality, as the second half of a sentence, or
// nullopt when the name is not known for that. Capitals, spaces, hyphens and underscores do not
// matter; Dutch and English names are known.
std::optional<std::string_view> WhyForbidden(std::string_view field);

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_FORBIDDEN_FIELDS_H_
