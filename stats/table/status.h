// The one list of cell statuses, for every format (docs/formats/release.md).
#ifndef POLDER_STATS_TABLE_STATUS_H_
#define POLDER_STATS_TABLE_STATUS_H_

#include <optional>
#include <string_view>

namespace polder::stats::table {

enum class CellStatus {
  kValue,            // a number that may be used
  kHidden,           // no number; primary and complementary hiding are never told apart outside
  kImprecise,        // a number with an interval too wide for comparison
  kMissingDelivery,  // the municipality did not deliver before the freeze
  kNotApplicable,    // the combination cannot occur (codebook)
  kBreak,            // a number, but the series was broken by a declared conversion
};

std::string_view ToText(CellStatus status);  // "value", "hidden", "imprecise", "missing-delivery",
                                             // "not-applicable", "break"
std::optional<CellStatus> ParseCellStatus(std::string_view text);
// value, imprecise and break carry a number; the others never do.
bool HasNumber(CellStatus status);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_STATUS_H_
