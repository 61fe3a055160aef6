#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "policies/base/problem.h"
#include "stats/population/lives.h"
#include "stats/population/random.h"
#include "stats/population/world.h"

namespace polder::stats::population {
namespace {

using base::Calendar;
using base::Date;
using base::IsoWeek;
using base::Year;

constexpr uint64_t kPersonsPurpose = 1;

Calendar CalendarOf(Process process) {
  return process == Process::kLeaverNew || process == Process::kLeaverOld ? Calendar::kVsv
                                                                          : Calendar::kAbsence;
}

bool HasSeveralReports(Process process) {
  return process == Process::kRelative || process == Process::kOther ||
         process == Process::kAge18Plus;
}

class Populator {
 public:
  Populator(World& world, uint64_t seed)
      : world_(world),
        random_(seed, kPersonsPurpose, 0),
        pools_(world.profile.municipalities.size()),
        last_(world.profile.municipalities.size()) {
    for (const MunicipalityProfile& one : world.profile.municipalities) {
      sizes_.push_back(one.pupils);
      size_sum_ += one.pupils;
      size_until_.push_back(size_sum_);
    }
    end_ = Year(Calendar::kVsv, world.first_year + world.years - 1).Last();
  }

  void Run(const Progress& progress) {
    for (int index = 0; index < world_.years; ++index) {
      year_index_ = static_cast<size_t>(index);
      const int start = world_.first_year + index;
      for (size_t m = 0; m < sizes_.size(); ++m) {
        MakeArrivals(static_cast<uint16_t>(m), start);
        for (size_t p = 0; p < kProcessCount; ++p) {
          MakeYear(static_cast<uint16_t>(m), static_cast<Process>(p), start);
        }
      }
      if (progress) {
        progress("year " + std::to_string(start) + ": " + std::to_string(world_.persons.size()) +
                 " persons with " + std::to_string(world_.episodes.size()) + " cases so far");
      }
    }
    std::sort(world_.episodes.begin(), world_.episodes.end(),
              [](const Episode& a, const Episode& b) {
                return std::tie(a.municipality, a.opened, a.person, a.kind) <
                       std::tie(b.municipality, b.opened, b.person, b.kind);
              });
    uint32_t number = 0;
    for (size_t i = 0; i < world_.episodes.size(); ++i) {
      const bool same =
          i > 0 && world_.episodes[i - 1].municipality == world_.episodes[i].municipality;
      number = same ? number + 1 : 1;
      world_.episodes[i].number = number;
    }
  }

 private:
  uint16_t OtherMunicipality(uint16_t home) {
    if (sizes_.size() < 2) return home;
    while (true) {
      const double at = static_cast<double>(random_.Next() >> 11) / 9007199254740992.0 * size_sum_;
      const auto place = std::upper_bound(size_until_.begin(), size_until_.end(), at);
      const auto m = static_cast<uint16_t>(std::min<std::ptrdiff_t>(
          place - size_until_.begin(), static_cast<std::ptrdiff_t>(sizes_.size()) - 1));
      if (m != home) return m;
    }
  }

  uint32_t AddPerson(uint16_t home, Date born, Group group, Date since) {
    Person person;
    person.born = born;
    person.group = group;
    person.home = person.moved_to = home;
    person.moved = end_.Plus(1);
    person.service_number_from = born;
    if (random_.Chance(world_.profile.moves)) {
      const Date first = Year(Calendar::kAbsence, world_.first_year).First();
      const Date from = std::max(since, first);
      if (from < end_) {
        person.moved = from.Plus(1 + static_cast<int64_t>(random_.Below(
                                         static_cast<uint64_t>(end_.days() - from.days()))));
        person.moved_to = OtherMunicipality(home);
      }
    }
    if (group == Group::kDisplacedUkraine || group == Group::kOtherNewcomer) {
      // Registration in the population register takes weeks; education numbers bridge some of it.
      const bool at_once = random_.Chance(0.7);
      person.numbering = at_once               ? Numbering::kServiceNumber
                         : random_.Chance(0.6) ? Numbering::kEducationNumber
                                               : Numbering::kLocalOnly;
      if (!at_once) person.service_number_from = since.Plus(random_.Between(20, 400));
    }
    world_.persons.push_back(person);
    const auto id = static_cast<uint32_t>(world_.persons.size() - 1);
    pools_[home].push_back(id);
    if (person.moved_to != home) pools_[person.moved_to].push_back(id);
    return id;
  }

  bool Fits(uint32_t id, uint16_t municipality, Process process, Date day) const {
    const Person& person = world_.persons[id];
    if (person.MunicipalityOn(day) != municipality) return false;
    if ((person.years[year_index_] & Bit(process)) != 0) return false;
    if (person.group == Group::kDisplacedUkraine && day < *Date::Of(2022, 3, 1)) return false;
    const int age = day.AgeOf(person.born);
    return age >= 5 && age <= 22 && AgeWeights(process)[static_cast<size_t>(age - 5)] > 0;
  }

  // Keeps the process's ages among the persons it takes from those already known.
  bool IsLikely(uint32_t id, Process process, Date day) {
    const auto weights = AgeWeights(process);
    const auto age = static_cast<size_t>(day.AgeOf(world_.persons[id].born) - 5);
    return random_.Chance(weights[age] / *std::max_element(weights.begin(), weights.end()));
  }

  static uint16_t Bit(Process process) { return static_cast<uint16_t>(1U << Index(process)); }

  std::optional<uint32_t> Search(const std::vector<uint32_t>& pool, uint16_t municipality,
                                 Process process, Date day) {
    for (int tries = 0; tries < 16 && !pool.empty(); ++tries) {
      const uint32_t id = pool[random_.Below(pool.size())];
      if (Fits(id, municipality, process, day) && IsLikely(id, process, day)) return id;
    }
    return std::nullopt;
  }

  uint32_t Choose(uint16_t municipality, Process process, Date day) {
    const double draw = static_cast<double>(random_.Below(1000)) / 1000;
    const Profile& profile = world_.profile;
    std::optional<uint32_t> known;
    if (draw < profile.recurs_same) {
      known = Search(last_[municipality][Index(process)], municipality, process, day);
    } else if (draw < profile.recurs_same + profile.recurs_other) {
      known = Search(pools_[municipality], municipality, process, day);
    }
    if (known) return *known;
    const int age = 5 + static_cast<int>(random_.Pick(AgeWeights(process)));
    const Group group = random_.Chance(profile.newcomers)       ? Group::kOtherNewcomer
                        : random_.Chance(profile.group_unknown) ? Group::kUnknown
                                                                : Group::kNone;
    const Date born = DrawBirth(age, day, random_);
    return AddPerson(municipality, born, group, day.Plus(-random_.Between(0, 300)));
  }

  void AddEpisode(uint32_t id, Process process, Date opened, bool repeat) {
    Episode episode;
    episode.person = id;
    episode.opened = opened;
    episode.municipality = world_.persons[id].MunicipalityOn(opened);
    episode.kind = DrawKind(process, random_);
    episode.level = DrawLevel(process, opened.AgeOf(world_.persons[id].born), random_);
    episode.opener = DrawOpener(process, random_);
    episode.repeat = repeat;
    DrawEnd(process, random_, episode);
    world_.episodes.push_back(episode);
  }

  void MakeYear(uint16_t municipality, Process process, int start) {
    const double expected =
        ExpectedPersons(world_.profile.municipalities[municipality], process, start);
    const int64_t count = random_.Count(expected);
    const Year year(CalendarOf(process), start);
    std::vector<uint32_t> chosen;
    for (int64_t i = 0; i < count; ++i) {
      const Date first = DrawDay(process, year, random_);
      const uint32_t id = Choose(municipality, process, first);
      world_.persons[id].years[year_index_] |= Bit(process);
      chosen.push_back(id);
      AddEpisode(id, process, first, false);
      int reports = 1;
      if (HasSeveralReports(process)) {
        reports = random_.Geometric(world_.profile.reports_per_person, world_.profile.most_reports);
      } else if (process == Process::kHoliday && random_.Chance(0.05)) {
        reports = 2;
      }
      AddRepeats(id, process, year, first, reports - 1);
    }
    auto& last = last_[municipality][Index(process)];
    last = std::move(chosen);
  }

  // Later reports of the same year; the law lets a school report again after a week.
  void AddRepeats(uint32_t id, Process process, const Year& year, Date first, int count) {
    Date day = first;
    for (int i = 0; i < count; ++i) {
      day = day.Plus(7 * random_.Between(1, 4));
      const Date decides = IsoWeek::Of(day).Monday().Plus(3);
      const int age = day.AgeOf(world_.persons[id].born);
      if (!year.Contains(decides) || !year.Contains(day) || age > 22 ||
          AgeWeights(process)[static_cast<size_t>(age - 5)] == 0) {
        return;
      }
      AddEpisode(id, process, day, true);
    }
  }

  // Displaced children who wait longer than four weeks for a school get a process of their own
  // accord; those of twelve and over are hard to keep at school afterwards.
  void MakeArrivals(uint16_t municipality, int start) {
    const Year year(Calendar::kAbsence, start);
    for (int offset = 0; offset < 12; ++offset) {
      const int month = (7 + offset) % 12 + 1;
      const int calendar_year = month >= 8 ? start : start + 1;
      const double mean = world_.profile.municipalities[municipality].displaced *
                          ArrivalShare(calendar_year, month);
      const int64_t count = random_.Count(mean);
      for (int64_t i = 0; i < count; ++i) {
        const Date arrived = Date::Of(calendar_year, month, 1)->Plus(random_.Between(0, 27));
        const int age = 5 + static_cast<int>(random_.Pick(AgeWeights(Process::kAbsolute)));
        const uint32_t id = AddPerson(municipality, DrawBirth(age, arrived, random_),
                                      Group::kDisplacedUkraine, arrived);
        const int64_t lag = DrawEnrolmentLag(random_);
        if (lag > 28) AddWaiting(id, arrived, lag);
        if (age >= 12 && random_.Chance(0.12)) AddTruancy(id, year, arrived.Plus(lag));
      }
    }
  }

  void AddWaiting(uint32_t id, Date arrived, int64_t lag) {
    Episode episode;
    episode.person = id;
    episode.kind = Kind::kAv;
    episode.level = Level::kNone;
    episode.opener = Opener::kAuto4w;
    episode.opened = arrived.Plus(28 + random_.Between(0, 2));
    episode.closed = arrived.Plus(std::max<int64_t>(lag + random_.Between(0, 10), 31));
    episode.ends = true;
    episode.outcome = random_.Chance(0.9) ? Outcome::kAdminOnly : Outcome::kEnrolled;
    episode.municipality = world_.persons[id].MunicipalityOn(episode.opened);
    if (episode.opened.AgeOf(world_.persons[id].born) > 17) return;
    const Year year = Year::Of(Calendar::kAbsence, IsoWeek::Of(episode.opened).Monday().Plus(3));
    MarkYear(id, year.start(), Process::kAbsolute);
    world_.episodes.push_back(episode);
  }

  void AddTruancy(uint32_t id, const Year& year, Date from) {
    const Date day = from.Plus(random_.Between(14, 120));
    if (!year.Contains(day) || !year.Contains(IsoWeek::Of(day).Monday().Plus(3))) return;
    if (day.AgeOf(world_.persons[id].born) > 17) return;
    MarkYear(id, year.start(), Process::kRelative);
    AddEpisode(id, Process::kRelative, day, false);
  }

  void MarkYear(uint32_t id, int start, Process process) {
    const int index = start - world_.first_year;
    if (index >= 0 && index < world_.years) {
      world_.persons[id].years[static_cast<size_t>(index)] |= Bit(process);
    }
  }

  World& world_;
  Random random_;
  std::vector<std::vector<uint32_t>> pools_;
  std::vector<std::array<std::vector<uint32_t>, kProcessCount>> last_;
  std::vector<double> sizes_, size_until_;
  double size_sum_ = 0;
  Date end_;
  size_t year_index_ = 0;
};

}  // namespace

World Populate(Profile profile, int first_year, int years, uint64_t seed,
               const Progress& progress) {
  if (years < 1 || years > 10 || first_year < 1990 || first_year > 2100) {
    throw base::ProblemError("usage", "years", "make 1 to 10 school years, from 1990 to 2100");
  }
  World world;
  world.profile = std::move(profile);
  world.first_year = first_year;
  world.years = years;
  Populator(world, seed).Run(progress);
  return world;
}

}  // namespace polder::stats::population
