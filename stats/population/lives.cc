#include "stats/population/lives.h"

#include <algorithm>

namespace polder::stats::population {
namespace {

using base::Date;

Date FirstLessonDay(Date day) {
  const int64_t since_monday = day.days() - base::IsoWeek::Of(day).Monday().days();
  return since_monday < 5 ? day : day.Plus(7 - since_monday);
}

struct Ending {
  Outcome outcome;
  double weight;
};

Outcome DrawOutcome(std::initializer_list<Ending> endings, Random& random) {
  std::vector<double> weights;
  for (const Ending& ending : endings) weights.push_back(ending.weight);
  return (endings.begin() + random.Pick(weights))->outcome;
}

struct Stretch {  // a share of the cases, closed after `least` to `most` days
  double weight;
  int64_t least, most;
};

int64_t DrawStretch(std::initializer_list<Stretch> stretches, Random& random) {
  std::vector<double> weights;
  for (const Stretch& stretch : stretches) weights.push_back(stretch.weight);
  const Stretch* chosen = stretches.begin() + random.Pick(weights);
  return random.Between(chosen->least, chosen->most);
}

}  // namespace

Date DrawDay(Process process, const base::Year& year, Random& random) {
  while (true) {
    const size_t month = random.Pick(MonthWeights(process));  // January is 0
    const int number = static_cast<int>(month) + 1;
    const int calendar_year = number >= year.First().month() ? year.start() : year.start() + 1;
    const Date first = *Date::Of(calendar_year, number, 1);
    const Date day = FirstLessonDay(first.Plus(random.Between(0, 27)));
    if (!year.Contains(day)) continue;
    // The week's Thursday decides the year of a case.
    if (year.Contains(base::IsoWeek::Of(day).Monday().Plus(3))) return day;
  }
}

Date DrawBirth(int age, Date on, Random& random) {
  while (true) {
    const Date born = on.Plus(-365 * int64_t{age} - age / 4 - random.Between(1, 365));
    if (on.AgeOf(born) == age) return born;
  }
}

Kind DrawKind(Process process, Random& random) {
  switch (process) {
    case Process::kAbsolute:
      return Kind::kAv;
    case Process::kRelative:
      return random.Chance(3.0 / 48) ? Kind::kLrv : Kind::kR16;
    case Process::kHoliday:
      return Kind::kLux;
    case Process::kOther:
      return Kind::kOvr;
    case Process::kAge18Plus:
      return Kind::kP18;
    case Process::kExemption5a:
      return Kind::kEx5a;
    case Process::kExemption5b:
      return Kind::kEx5b;
    case Process::kExemption5c:
      return Kind::kEx5c;
    case Process::kExemptionItinerant:
      return Kind::kEx5at;
    case Process::kExemption15:
      return Kind::kEx15;
    case Process::kSubstitute3a:
      return Kind::kSub3a;
    case Process::kSubstitute3b:
      return Kind::kSub3b;
    case Process::kLeaverNew:
      return Kind::kVsvn;
    case Process::kLeaverOld:
      return Kind::kVsvo;
  }
  return Kind::kR16;
}

Level DrawLevel(Process process, int age, Random& random) {
  if (random.Chance(0.01)) return Level::kUnknown;
  switch (process) {
    case Process::kAbsolute:
    case Process::kExemption5a:
    case Process::kExemption5b:
    case Process::kExemption5c:
    case Process::kExemptionItinerant:
    case Process::kExemption15:
    case Process::kLeaverNew:
    case Process::kLeaverOld:
      return Level::kNone;
    default:
      break;
  }
  //                                            po  so  vo vso pro mb1 mb2 mb3 mb4 none
  static constexpr std::array<double, 10> kYoung = {92, 8};
  static constexpr std::array<double, 10> kTwelve = {45, 4, 44, 4, 3};
  static constexpr std::array<double, 10> kTeens = {0, 0, 85, 8, 7};
  static constexpr std::array<double, 10> kLate = {0, 0, 54, 6, 5, 4, 11, 9, 11};
  static constexpr std::array<double, 10> kAdults = {0, 0, 10, 2, 1, 9, 26, 22, 26, 4};
  const auto& weights = age < 12    ? kYoung
                        : age == 12 ? kTwelve
                        : age < 16  ? kTeens
                        : age < 18  ? kLate
                                    : kAdults;
  return static_cast<Level>(random.Pick(weights));
}

Opener DrawOpener(Process process, Random& random) {
  //                                            auto duo school officer parent
  static constexpr std::array<double, 5> kAbsolute = {70, 8, 0, 22, 0};
  static constexpr std::array<double, 5> kReported = {0, 22, 75, 3, 0};
  static constexpr std::array<double, 5> kHoliday = {0, 0, 90, 10, 0};
  static constexpr std::array<double, 5> kAdult = {0, 40, 60, 0, 0};
  static constexpr std::array<double, 5> kAsked = {0, 0, 0, 5, 95};
  static constexpr std::array<double, 5> kSubstitute = {0, 0, 60, 20, 20};
  static constexpr std::array<double, 5> kLeaver = {0, 85, 15, 0, 0};
  const std::array<double, 5>* weights = &kAsked;
  switch (process) {
    case Process::kAbsolute:
      weights = &kAbsolute;
      break;
    case Process::kRelative:
    case Process::kOther:
      weights = &kReported;
      break;
    case Process::kHoliday:
      weights = &kHoliday;
      break;
    case Process::kAge18Plus:
      weights = &kAdult;
      break;
    case Process::kSubstitute3a:
    case Process::kSubstitute3b:
      weights = &kSubstitute;
      break;
    case Process::kLeaverNew:
    case Process::kLeaverOld:
      weights = &kLeaver;
      break;
    default:
      break;
  }
  return static_cast<Opener>(random.Pick(*weights));
}

void DrawEnd(Process process, Random& random, Episode& episode) {
  int64_t days = 0;
  double open_share = 0.02;  // of the cases, that never end
  switch (process) {
    case Process::kAbsolute:
      episode.outcome =
          episode.opener == Opener::kAuto4w
              ? DrawOutcome(
                    {{Outcome::kAdminOnly, 90}, {Outcome::kEnrolled, 7}, {Outcome::kMoved, 3}},
                    random)
              : DrawOutcome({{Outcome::kEnrolled, 60},
                             {Outcome::kMoved, 20},
                             {Outcome::kExempted, 10},
                             {Outcome::kReferredCare, 10}},
                            random);
      days = DrawStretch({{60, 3, 30}, {30, 31, 90}, {10, 91, 200}}, random);
      break;
    case Process::kRelative:
    case Process::kOther:
    case Process::kAge18Plus:
      // Official report 2 %, Halt 3 % of the reports.
      episode.outcome = DrawOutcome({{Outcome::kReturned, 64},
                                     {Outcome::kReferredCare, 16},
                                     {Outcome::kPv, 2},
                                     {Outcome::kHalt, 3},
                                     {Outcome::kLodw, 0.3},
                                     {Outcome::kMoved, 3},
                                     {Outcome::kOther, 11.7}},
                                    random);
      days = episode.kind == Kind::kLrv
                 ? DrawStretch({{50, 35, 90}, {50, 91, 190}}, random)
                 : DrawStretch({{35, 3, 27}, {50, 28, 90}, {15, 91, 160}}, random);
      break;
    case Process::kHoliday:
      episode.outcome =
          DrawOutcome({{Outcome::kReturned, 84}, {Outcome::kPv, 6}, {Outcome::kOther, 10}}, random);
      days = DrawStretch({{70, 3, 27}, {30, 28, 60}}, random);
      break;
    case Process::kLeaverNew:
    case Process::kLeaverOld:
      open_share = 0.3;
      episode.outcome = DrawOutcome({{Outcome::kMboStart, 35},
                                     {Outcome::kWork, 40},
                                     {Outcome::kReferredCare, 10},
                                     {Outcome::kMoved, 5},
                                     {Outcome::kOther, 10}},
                                    random);
      days = DrawStretch({{30, 14, 90}, {70, 91, 330}}, random);
      break;
    default: {  // exemptions and substitute duty run until the school year ends
      open_share = 0.2;
      episode.outcome = Outcome::kExempted;
      const base::Year year = base::Year::Of(base::Calendar::kAbsence, episode.opened);
      const Date end = *Date::Of(year.start() + 1, 7, 14);
      days = std::max<int64_t>(end.days() - episode.opened.days(), 1);
      break;
    }
  }
  episode.ends = !random.Chance(open_share);
  if (episode.ends) {
    episode.closed = FirstLessonDay(episode.opened.Plus(days));
  } else {
    episode.outcome = Outcome::kStillOpen;
  }
}

int64_t DrawEnrolmentLag(Random& random) {
  // Twentieths of a log-normal distribution with median 35 days and sigma 0.88, at their midpoints.
  static constexpr std::array<int64_t, 20> kDays = {6,  10, 13, 15, 18, 21, 23, 26, 29,  33,
                                                    37, 42, 47, 53, 60, 69, 81, 99, 129, 197};
  const int64_t days = kDays[random.Below(kDays.size())];
  return days + random.Between(-1, 1) * (days / 12);
}

}  // namespace polder::stats::population
