// Made-up persons and what happened to them. Not pupils: nobody in here exists, so that these types
// may be copied and written out, unlike those of stats/cases.
#ifndef POLDER_STATS_POPULATION_WORLD_H_
#define POLDER_STATS_POPULATION_WORLD_H_

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "policies/base/period.h"
#include "stats/population/profile.h"

namespace polder::stats::population {

// What a case system knows, finer here and there than the codebook (CodebookCode gives its code).
enum class Kind : uint8_t {
  kAv,
  kR16,
  kLrv,
  kLux,
  kOvr,
  kP18,
  kEx5a,
  kEx5b,
  kEx5c,
  kEx5at,
  kEx15,
  kSub3a,
  kSub3b,
  kVsvn,
  kVsvo
};
enum class Level : uint8_t {
  kPo,
  kSo,
  kVo,
  kVso,
  kPro,
  kMbo1,
  kMbo2,
  kMbo3,
  kMbo4,
  kNone,
  kUnknown
};
enum class Group : uint8_t { kDisplacedUkraine, kOtherNewcomer, kNone, kUnknown };
enum class Opener : uint8_t { kAuto4w, kDuoSignal, kSchool, kOfficer, kParent };
enum class Outcome : uint8_t {
  kAdminOnly,
  kEnrolled,
  kExempted,
  kMoved,
  kReturned,
  kReferredCare,
  kPv,
  kHalt,
  kLodw,
  kWork,
  kMboStart,
  kOther,
  kStillOpen
};

std::string_view CodebookCode(Kind kind);
std::string_view CodebookCode(Level level);
std::string_view CodebookCode(Group group);
std::string_view CodebookCode(Opener opener);
std::string_view CodebookCode(Outcome outcome);
base::Calendar CalendarOf(Kind kind);

// How a person is known in the case systems.
enum class Numbering : uint8_t { kServiceNumber, kEducationNumber, kLocalOnly };

struct Person {
  base::Date born;
  Group group = Group::kNone;
  Numbering numbering = Numbering::kServiceNumber;
  base::Date service_number_from;  // a newcomer's first day with a citizen service number
  uint16_t home = 0;               // index into Profile::municipalities
  uint16_t moved_to = 0;           // equal to `home` when never moved
  base::Date moved;
  std::array<uint16_t, 10> years{};  // processes the person was in, a bit each, per year made

  uint16_t MunicipalityOn(base::Date day) const { return day < moved ? home : moved_to; }
};

struct Episode {
  uint32_t person = 0;
  uint32_t number = 0;  // of the municipality's case system
  uint16_t municipality = 0;
  Kind kind = Kind::kR16;
  Level level = Level::kUnknown;
  Opener opener = Opener::kSchool;
  Outcome outcome = Outcome::kStillOpen;  // in the end
  bool repeat = false;
  bool ends = false;
  base::Date opened;
  base::Date closed;  // when `ends`
};

struct World {
  Profile profile;
  int first_year = 2021;
  int years = 3;
  std::vector<Person> persons;
  std::vector<Episode> episodes;  // by municipality, then day opened
};

using Progress = std::function<void(std::string_view)>;

// Makes the persons and episodes of `years` school and vsv years from `first_year` on. The same
// arguments give the same world. Persons recur over years, kinds and, when they move,
// municipalities. Throws ProblemError "usage" when years is not 1 to 10.
World Populate(Profile profile, int first_year, int years, uint64_t seed,
               const Progress& progress = {});

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_WORLD_H_
