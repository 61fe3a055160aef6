#include "stats/population/profile.h"

#include <algorithm>

namespace polder::stats::population {
namespace {

struct Row {
  std::string_view code;
  double pupils, displaced, absolute, relative, early_leavers;
};

// Figures for 2022/'23; populations by memory of CBS 2022, spread over ages by assumption.
constexpr std::array<Row, 11> kIjsselVecht = {{
    {"GM0148", 4650, 40, 29, 94, 32},
    {"GM0160", 9590, 82, 60, 194, 87},
    {"GM0166", 9080, 78, 57, 184, 82},
    {"GM0175", 2780, 24, 18, 56, 25},
    {"GM0177", 5740, 49, 36, 116, 45},
    {"GM0180", 3480, 30, 22, 71, 18},
    {"GM0193", 19340, 166, 122, 392, 234},
    {"GM0244", 1860, 16, 12, 38, 14},
    {"GM0246", 2550, 22, 16, 52, 22},
    {"GM1708", 6030, 52, 38, 122, 70},
    {"GM1896", 4160, 36, 26, 84, 25},
}};

// National rates per pupil of 5 to 17. Source: Ingrado/OCW letters 2022/'23: absolute 6.3 and
// relative 27 (three quarters of it here, as in 2018) per 1,000; 20,600 displaced children.
constexpr double kAbsoluteRate = 0.0063;
constexpr double kRelativeRate = 0.02026;
constexpr double kDisplacedRate = 20600.0 / 2400000.0;
constexpr double kLeaverRate = 652.0 / 69260.0;
// Of the arrivals up to July 2023, in `displaced` units, those in school year 2022/'23 that wait
// longer than four weeks: what the displaced add to absolute absence that year.
constexpr double kDisplacedWaiting = 0.41;

// A factor on the reference year 2022. Source: Zuid-Holland Zuid 2021/'22 to 2022/'23: relative
// +30 %, other +52 %, holiday +14 %.
double YearEffect(Process process, int start) {
  const double later = start > 2022 ? 1.0 + 0.03 * (start - 2022) : 1.0;
  if (start >= 2022) return later;
  switch (process) {
    case Process::kRelative:
    case Process::kAge18Plus:
      return 1 / 1.30;
    case Process::kOther:
      return 1 / 1.52;
    case Process::kHoliday:
      return 1 / 1.14;
    case Process::kLeaverNew:
      return 1 / 1.15;
    default:
      return 1;
  }
}

//                                          jan feb mar apr may jun jul aug sep oct nov dec
constexpr std::array<double, 12> kEnrolmentMonths = {5, 5, 5, 4, 4, 4, 2, 6, 18, 26, 14, 7};
constexpr std::array<double, 12> kLessonMonths = {11, 9, 12, 9, 9, 9, 2, 1, 9, 9, 12, 8};
constexpr std::array<double, 12> kHolidayMonths = {8, 14, 6, 12, 16, 10, 8, 1, 6, 12, 2, 10};
constexpr std::array<double, 12> kExemptionMonths = {3, 3, 3, 2, 2, 2, 1, 30, 34, 12, 5, 3};
constexpr std::array<double, 12> kLeaverMonths = {9, 8, 8, 6, 6, 6, 4, 7, 6, 24, 10, 6};

//                                    5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22
constexpr std::array<double, 18> kEvenAges = {9, 8, 8, 8, 8, 8, 8, 8, 8, 7, 7, 6, 7};
constexpr std::array<double, 18> kTruantAges = {1, 1, 1, 1, 1, 1, 1, 3, 7, 19, 22, 22, 20};
constexpr std::array<double, 18> kLateAges = {2, 2, 3, 3, 4, 4, 5, 9, 12, 14, 15, 14, 13};
constexpr std::array<double, 18> kFamilyAges = {13, 13, 12, 12, 11, 10, 9, 7, 5, 3, 2, 2, 1};
constexpr std::array<double, 18> kAdultAges = {0, 0, 0, 0, 0,  0,  0,  0, 0,
                                               0, 0, 0, 0, 45, 25, 15, 9, 6};
constexpr std::array<double, 18> kSubstituteAAges = {0, 0, 0, 0, 0, 0, 0, 0, 0, 45, 55};
constexpr std::array<double, 18> kSubstituteBAges = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 55, 45};
constexpr std::array<double, 18> kLeaverAges = {0, 0, 0, 0,  0,  0,  0,  0, 0,
                                                0, 1, 8, 18, 25, 20, 14, 8, 6};

}  // namespace

Profile ProfileOf(const policies::codebook::Codebook& codebook, double factor) {
  Profile profile;
  for (const auto& municipality : codebook.municipalities()) {
    MunicipalityProfile one;
    one.code = municipality.code.code;
    const auto* row =
        std::find_if(kIjsselVecht.begin(), kIjsselVecht.end(),
                     [&](const Row& candidate) { return candidate.code == one.code; });
    if (row != kIjsselVecht.end()) {
      one.pupils = row->pupils;
      one.displaced = row->displaced;
      one.absolute = row->absolute;
      one.relative = row->relative;
      one.early_leavers = row->early_leavers;
    } else {
      const auto count = codebook.FindPublicCount("inhabitants5to17", one.code, 2022);
      one.pupils = count ? static_cast<double>(count->count) : 0;
      one.displaced = one.pupils * kDisplacedRate;
      one.absolute = one.pupils * kAbsoluteRate;
      one.relative = one.pupils * kRelativeRate;
      one.early_leavers = one.pupils * kLeaverRate;
    }
    for (double* value :
         {&one.pupils, &one.displaced, &one.absolute, &one.relative, &one.early_leavers}) {
      *value *= factor;
    }
    profile.municipalities.push_back(std::move(one));
  }
  return profile;
}

double ExpectedPersons(const MunicipalityProfile& municipality, Process process, int start) {
  const double effect = YearEffect(process, start);
  switch (process) {
    case Process::kAbsolute:
      return (municipality.absolute - kDisplacedWaiting * municipality.displaced) * effect;
    case Process::kRelative:
      return municipality.relative * effect;
    // Kind mix of the reports: relative 48, other 30, holiday 15 (1.05 a person), 18 plus 7.
    case Process::kOther:
      return municipality.relative * (30.0 / 48) * effect;
    case Process::kHoliday:
      return municipality.relative * (15.0 / 48) * (1.4 / 1.05) * effect;
    case Process::kAge18Plus:
      return municipality.relative * (7.0 / 48) * effect;
    case Process::kExemption5a:
      return municipality.pupils * 0.0031;
    case Process::kExemption5b:
      return municipality.pupils * 0.00008;
    case Process::kExemption5c:
      return municipality.pupils * 0.0004;
    case Process::kExemptionItinerant:
      return municipality.pupils * 0.00006;
    case Process::kExemption15:
      return municipality.pupils * 0.00008;
    case Process::kSubstitute3a:
      return municipality.pupils * 0.0002;
    case Process::kSubstitute3b:
      return municipality.pupils * 0.0001;
    case Process::kLeaverNew:
      return municipality.early_leavers * effect;
    case Process::kLeaverOld:
      return municipality.early_leavers * 0.4 * effect;
  }
  return 0;
}

double ArrivalShare(int year, int month) {
  // March to December 2022; then a trickle. Assumed; the year's sum gives the snapshot of 2022/'23.
  constexpr std::array<double, 10> kFirst = {.08, .08, .06, .05, .04, .10, .12, .08, .07, .06};
  constexpr std::array<double, 7> kSecond = {.06, .05, .05, .04, .03, .02, .01};
  if (year == 2022 && month >= 3) return kFirst[static_cast<size_t>(month - 3)];
  if (year == 2023 && month <= 7) return kSecond[static_cast<size_t>(month - 1)];
  if ((year == 2023 && month >= 8) || (year == 2024 && month <= 7)) return 0.02;
  return 0;
}

std::span<const double> MonthWeights(Process process) {
  switch (process) {
    case Process::kAbsolute:
      return kEnrolmentMonths;
    case Process::kHoliday:
      return kHolidayMonths;
    case Process::kRelative:
    case Process::kOther:
    case Process::kAge18Plus:
      return kLessonMonths;
    case Process::kLeaverNew:
    case Process::kLeaverOld:
      return kLeaverMonths;
    default:
      return kExemptionMonths;
  }
}

std::span<const double> AgeWeights(Process process) {
  switch (process) {
    case Process::kRelative:
      return kTruantAges;
    case Process::kOther:
      return kLateAges;
    case Process::kHoliday:
      return kFamilyAges;
    case Process::kAge18Plus:
      return kAdultAges;
    case Process::kSubstitute3a:
      return kSubstituteAAges;
    case Process::kSubstitute3b:
      return kSubstituteBAges;
    case Process::kLeaverNew:
    case Process::kLeaverOld:
      return kLeaverAges;
    default:
      return kEvenAges;
  }
}

}  // namespace polder::stats::population
