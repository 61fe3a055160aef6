#include "stats/population/world.h"

namespace polder::stats::population {

std::string_view CodebookCode(Kind kind) {
  static constexpr std::array<std::string_view, 15> kCodes = {
      "AV",   "R16",   "LRV",  "LUX",   "OVR",   "P18",  "EX5A", "EX5B",
      "EX5C", "EX5AT", "EX15", "SUB3A", "SUB3B", "VSVN", "VSVO"};
  return kCodes[static_cast<size_t>(kind)];
}

std::string_view CodebookCode(Level level) {
  static constexpr std::array<std::string_view, 11> kCodes = {
      "po", "so", "vo", "vso", "pro", "mbo1", "mbo2", "mbo34", "mbo34", "none", "unknown"};
  return kCodes[static_cast<size_t>(level)];
}

std::string_view CodebookCode(Group group) {
  static constexpr std::array<std::string_view, 4> kCodes = {"displacedUkraine", "otherNewcomer",
                                                             "none", "unknown"};
  return kCodes[static_cast<size_t>(group)];
}

std::string_view CodebookCode(Opener opener) {
  static constexpr std::array<std::string_view, 5> kCodes = {"auto4w", "duoSignal", "school",
                                                             "officer", "parent"};
  return kCodes[static_cast<size_t>(opener)];
}

std::string_view CodebookCode(Outcome outcome) {
  // Official report, Halt referral and penalty payment are criminal or enforcement data: the
  // codebook has no code for them on purpose.
  static constexpr std::array<std::string_view, 13> kCodes = {
      "adminOnly", "enrolled", "exempted", "moved",    "returned", "referredCare", "other",
      "other",     "other",    "work",     "mboStart", "other",    "stillOpen"};
  return kCodes[static_cast<size_t>(outcome)];
}

base::Calendar CalendarOf(Kind kind) {
  return kind == Kind::kVsvn || kind == Kind::kVsvo ? base::Calendar::kVsv
                                                    : base::Calendar::kAbsence;
}

}  // namespace polder::stats::population
