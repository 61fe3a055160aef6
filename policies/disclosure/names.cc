#include <array>
#include <utility>

#include "policies/disclosure/policy.h"

namespace polder::policies::disclosure {
namespace {

template <typename T, size_t N>
using Names = std::array<std::pair<T, std::string_view>, N>;

constexpr Names<Unit, 3> kUnits = {std::pair{Unit::kPersons, std::string_view("persons")},
                                   {Unit::kReports, "reports"},
                                   {Unit::kProcesses, "processes"}};
constexpr Names<Attribute, 7> kAttributes = {std::pair{Attribute::kKind, std::string_view("kind")},
                                             {Attribute::kMunicipality, "municipality"},
                                             {Attribute::kSizeClass, "sizeClass"},
                                             {Attribute::kLevel, "level"},
                                             {Attribute::kAgeBand, "ageBand"},
                                             {Attribute::kGroup, "group"},
                                             {Attribute::kAdministrative, "administrative"}};
constexpr Names<AnyKind, 3> kAnyKinds = {std::pair{AnyKind::kSum, std::string_view("sum")},
                                         {AnyKind::kPupils, "pupils"},
                                         {AnyKind::kBetter, "better"}};
constexpr Names<ReleaseKind, 5> kReleaseKinds = {
    std::pair{ReleaseKind::kMonitor, std::string_view("monitor")},
    {ReleaseKind::kProvisional, "provisional"},
    {ReleaseKind::kDefinitive, "definitive"},
    {ReleaseKind::kVsv, "vsv"},
    {ReleaseKind::kSlice, "slice"}};

template <typename T, size_t N>
std::string_view NameOf(const Names<T, N>& names, T value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return {};
}

template <typename T, size_t N>
std::optional<T> ValueOf(const Names<T, N>& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToText(Unit unit) { return NameOf(kUnits, unit); }
std::string_view ToText(Attribute attribute) { return NameOf(kAttributes, attribute); }
std::string_view ToText(AnyKind choice) { return NameOf(kAnyKinds, choice); }
std::optional<AnyKind> ParseAnyKind(std::string_view text) { return ValueOf(kAnyKinds, text); }
std::string_view ToText(ReleaseKind kind) { return NameOf(kReleaseKinds, kind); }
std::optional<Unit> ParseUnit(std::string_view text) { return ValueOf(kUnits, text); }
std::optional<Attribute> ParseAttribute(std::string_view text) {
  return ValueOf(kAttributes, text);
}
std::optional<ReleaseKind> ParseReleaseKind(std::string_view text) {
  return ValueOf(kReleaseKinds, text);
}

bool IsPupilAttribute(Attribute attribute) {
  return attribute != Attribute::kKind && attribute != Attribute::kAdministrative;
}

}  // namespace polder::policies::disclosure
