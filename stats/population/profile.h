// What a region looks like: sizes, rates, years, seasons. Assumptions with their sources, in one
// place; nothing here is measured on real pupils.
#ifndef POLDER_STATS_POPULATION_PROFILE_H_
#define POLDER_STATS_POPULATION_PROFILE_H_

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/codebook/codebook.h"

namespace polder::stats::population {

// The processes by which cases come about. Relative makes R16 and LRV; the others one kind each.
enum class Process {
  kAbsolute,
  kRelative,
  kHoliday,
  kOther,
  kAge18Plus,
  kExemption5a,
  kExemption5b,
  kExemption5c,
  kExemptionItinerant,
  kExemption15,
  kSubstitute3a,
  kSubstitute3b,
  kLeaverNew,
  kLeaverOld,
};
inline constexpr size_t kProcessCount = 14;
inline constexpr size_t Index(Process process) { return static_cast<size_t>(process); }

// Expected numbers of one municipality in the reference school year 2022/'23.
struct MunicipalityProfile {
  std::string code;          // GMnnnn
  double pupils = 0;         // inhabitants aged 5 to 17
  double displaced = 0;      // of them displaced from Ukraine
  double absolute = 0;       // persons with absolute absence a year, displaced included
  double relative = 0;       // persons with relative absence a year
  double early_leavers = 0;  // new early leavers a year
};

struct Profile {
  std::vector<MunicipalityProfile> municipalities;  // in codebook order
  double reports_per_person = 1.4;                  // geometric, at most `most_reports`
  int most_reports = 12;
  double moves = 0.04;      // of the persons with a case, within the years made
  double newcomers = 0.03;  // of new persons: other newcomers
  double group_unknown = 0.01;
  double recurs_same = 0.30;   // of a year's persons of a process: were in it the year before
  double recurs_other = 0.25;  // … : known from another process or year

  // Conversion of a case system: shares of the cases in the files exported after it.
  double lost_closings = 0.08;
  double swapped_codes = 0.06;
  double duplicates_low = 0.05, duplicates_high = 0.12;
  // A correction: what the first export of the quarter lacked, and what it had under another kind.
  double missed_at_first = 0.12;
  double changed_later = 0.06;
};

// The region's eleven municipalities with their own figures; any other municipality of the codebook
// gets the region's average rates on its public count of inhabitants 5 to 17. Factor 1 is life
// size. Source: domain research §(c): CBS and Ingrado totals for 2022, spread by population.
Profile ProfileOf(const policies::codebook::Codebook& codebook, double factor);

// Persons of a process expected in the school (or vsv) year that starts in `start`, displaced
// persons' absolute absence not included (it follows from arrivals).
double ExpectedPersons(const MunicipalityProfile& municipality, Process process, int start);

// Displaced persons of school age that arrive per month, as a share of `displaced`; 0 outside
// March 2022 to July 2024.
double ArrivalShare(int year, int month);

// Weights of the twelve months (January first) in which cases of a process open.
std::span<const double> MonthWeights(Process process);
// Weights of ages 5 to 22 (18 values) at opening; 0 where the law rules it out.
std::span<const double> AgeWeights(Process process);

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_PROFILE_H_
