#include "server/govern/release_name.h"

#include <charconv>

namespace polder::server::govern {

namespace {

using policies::disclosure::ParseReleaseKind;
using policies::disclosure::ReleaseKind;
using policies::disclosure::ToText;

}  // namespace

std::string ReleaseName::Text() const {
  return period.Text() + "-" + std::string(ToText(kind)) + "-" + std::to_string(number);
}

std::optional<ReleaseName> ReleaseName::Parse(std::string_view text) {
  const size_t last = text.rfind('-');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const size_t middle = text.rfind('-', last - 1);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto period = base::Period::Parse(text.substr(0, middle));
  const auto kind = ParseReleaseKind(text.substr(middle + 1, last - middle - 1));
  const std::string_view digits = text.substr(last + 1);
  ReleaseName name;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), name.number);
  if (!period || !kind || error != std::errc() || name.number < 1 || name.number > 999) {
    return std::nullopt;
  }
  name.period = *period;
  name.kind = *kind;
  // One release has one name: no leading zeros, no sign, nothing after.
  if (name.Text() != text) return std::nullopt;
  return name;
}

std::string ReleaseName::Mismatch() const {
  const bool vsv = kind == ReleaseKind::kVsv;
  const base::Calendar calendar = vsv ? base::Calendar::kVsv : base::Calendar::kAbsence;
  const std::string name = "A " + std::string(ToText(kind)) + " release is of ";
  if (period.calendar() != calendar) {
    return name + "the " + std::string(base::ToText(calendar)) + " calendar.";
  }
  if (kind == ReleaseKind::kMonitor && period.IsYear()) return name + "one quarter.";
  if (kind != ReleaseKind::kMonitor && kind != ReleaseKind::kSlice && !period.IsYear()) {
    return name + "a whole year.";
  }
  return "";
}

}  // namespace polder::server::govern
