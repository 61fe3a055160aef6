#include "stats/table/status.h"

#include <array>
#include <utility>

namespace polder::stats::table {
namespace {

constexpr std::array<std::pair<CellStatus, std::string_view>, 6> kNames = {{
    {CellStatus::kValue, "value"},
    {CellStatus::kHidden, "hidden"},
    {CellStatus::kImprecise, "imprecise"},
    {CellStatus::kMissingDelivery, "missing-delivery"},
    {CellStatus::kNotApplicable, "not-applicable"},
    {CellStatus::kBreak, "break"},
}};

}  // namespace

std::string_view ToText(CellStatus status) {
  for (const auto& [known, name] : kNames) {
    if (known == status) return name;
  }
  return "hidden";
}

std::optional<CellStatus> ParseCellStatus(std::string_view text) {
  for (const auto& [status, name] : kNames) {
    if (name == text) return status;
  }
  return std::nullopt;
}

bool HasNumber(CellStatus status) {
  return status == CellStatus::kValue || status == CellStatus::kImprecise ||
         status == CellStatus::kBreak;
}

}  // namespace polder::stats::table
