#include "stats/population/exports.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policies/base/problem.h"
#include "stats/population/random.h"

namespace polder::stats::population {
namespace {

using base::Calendar;
using base::Date;
using base::IsoWeek;
using base::Period;
using base::Year;

constexpr uint64_t kConversionPurpose = 2;
constexpr uint64_t kCorrectionPurpose = 3;

Date Thursday(Date day) { return IsoWeek::Of(day).Monday().Plus(3); }

// Counts quarters of a calendar from its first one made: 4 * year index + quarter - 1, or -1 when
// the day lies outside the years made.
int QuarterIndex(const World& world, Calendar calendar, Date decides) {
  const Year year = Year::Of(calendar, decides);
  const int index = year.start() - world.first_year;
  if (index < 0 || index >= world.years) return -1;
  for (int quarter = 1; quarter <= 4; ++quarter) {
    if (Period(year, quarter).Contains(decides)) return 4 * index + quarter - 1;
  }
  return -1;
}

Period PeriodAt(const World& world, Calendar calendar, int index) {
  return Period(Year(calendar, world.first_year + index / 4), index % 4 + 1);
}

// Five million different numbers: six digits and the upper half of the eighth spread the persons
// over the range (a multiplication by a unit), its lower half makes room for the 11-test.
std::string Number(uint32_t person, char first, int remainder) {
  constexpr uint64_t kNumbers = 5'000'000;
  if (person >= kNumbers) {
    throw base::ProblemError("usage", "scale", "at most five million persons can have a number");
  }
  uint64_t spread = uint64_t{person} * 6364137 % kNumbers;
  std::string digits(9, first);
  const auto upper = static_cast<int>(spread % 5);
  spread /= 5;
  for (size_t i = 6; i >= 1; --i) {
    digits[i] = static_cast<char>('0' + spread % 10);
    spread /= 10;
  }
  for (int lower = 0;; ++lower) {  // the two candidates differ by 2 in the test: one has a digit
    digits[7] = static_cast<char>('0' + 2 * upper + lower);
    int sum = 0;
    for (size_t i = 0; i < 8; ++i) sum += (9 - static_cast<int>(i)) * (digits[i] - '0');
    const int last = ((sum - remainder) % 11 + 11) % 11;
    if (last == 10) continue;
    digits[8] = static_cast<char>('0' + last);
    return digits;
  }
}

class Planner {
 public:
  Planner(const World& world, const Mishaps& mishaps, uint64_t seed)
      : world_(world), mishaps_(mishaps), seed_(seed) {
    Random random(seed, kConversionPurpose, ~uint64_t{0});
    result_.duplicate_share = world.profile.duplicates_low +
                              (world.profile.duplicates_high - world.profile.duplicates_low) *
                                  static_cast<double>(random.Below(1000)) / 999;
  }

  Exports Run() {
    size_t from = 0;
    for (size_t m = 0; m < world_.profile.municipalities.size(); ++m) {
      size_t to = from;
      while (to < world_.episodes.size() && world_.episodes[to].municipality == m) ++to;
      PlanMunicipality(static_cast<uint16_t>(m), from, to);
      from = to;
    }
    return std::move(result_);
  }

 private:
  using Slots = std::vector<std::vector<ExportRow>>;

  void PlanMunicipality(uint16_t municipality, size_t from, size_t to) {
    for (const Calendar calendar : {Calendar::kAbsence, Calendar::kVsv}) {
      Slots slots(static_cast<size_t>(4 * world_.years));
      for (size_t i = from; i < to; ++i) {
        if (CalendarOf(world_.episodes[i].kind) == calendar) Place(i, calendar, slots);
      }
      for (size_t quarter = 0; quarter < slots.size(); ++quarter) {
        Emit(municipality, calendar, static_cast<int>(quarter), std::move(slots[quarter]));
      }
    }
  }

  void Place(size_t index, Calendar calendar, Slots& slots) {
    const Episode& episode = world_.episodes[index];
    ExportRow row;
    row.episode = static_cast<uint32_t>(index);
    row.kind = episode.kind;
    const int opened = QuarterIndex(world_, calendar, Thursday(episode.opened));
    const int closed = episode.ends ? QuarterIndex(world_, calendar, Thursday(episode.closed)) : -1;
    if (opened >= 0 && closed != opened) slots[static_cast<size_t>(opened)].push_back(row);
    if (closed >= 0) {
      row.closed = true;
      row.outcome = episode.outcome;
      slots[static_cast<size_t>(closed)].push_back(row);
    }
  }

  bool IsConverted(uint16_t municipality, const Period& period) const {
    if (municipality != mishaps_.conversion) return false;
    const Date start = *Date::Of(world_.first_year + 1, 11, 1);
    return start <= period.First() && period.year().start() == world_.first_year + 1;
  }

  void Emit(uint16_t municipality, Calendar calendar, int quarter, std::vector<ExportRow> rows) {
    ExportFile file;
    file.municipality = municipality;
    file.period = PeriodAt(world_, calendar, quarter);
    // The converting municipality comes from the other system; the rest keep what they have.
    const Date start = *Date::Of(world_.first_year + 1, 11, 1);
    const bool jvs =
        municipality == mishaps_.conversion ? file.period.First() >= start : municipality % 3 != 1;
    file.dialect = jvs ? Dialect::kJvs : Dialect::kRegister;
    file.rows = std::move(rows);
    if (IsConverted(municipality, file.period)) {
      file.converted = true;
      file.conversion = file.period.quarter() == 2;
      result_.undistorted.push_back(file);
      Convert(file);
    } else if (municipality == mishaps_.correction && calendar == Calendar::kAbsence &&
               file.period.year().start() == world_.first_year + 1 && file.period.quarter() == 3) {
      result_.undistorted.push_back(file);
      result_.corrections.push_back(file);
      MakeEarlier(file);
    }
    result_.files.push_back(std::move(file));
  }

  static Kind Swapped(Kind kind) {
    return kind == Kind::kR16 ? Kind::kOvr : kind == Kind::kOvr ? Kind::kR16 : kind;
  }

  // What the conversion does to a case it does in every later export of the year alike.
  void Convert(ExportFile& file) const {
    std::vector<ExportRow> rows;
    for (ExportRow row : file.rows) {
      const Episode& episode = world_.episodes[row.episode];
      Random random(seed_, kConversionPurpose, row.episode);
      const bool lost = random.Chance(world_.profile.lost_closings);
      const bool swapped = random.Chance(world_.profile.swapped_codes);
      const bool duplicated = random.Chance(result_.duplicate_share);
      if (swapped) row.kind = Swapped(row.kind);
      if (lost && row.closed) {
        row.closed = false;
        row.outcome = Outcome::kStillOpen;
        // A case that was opened before has now nothing to say in this quarter.
        if (!file.period.Contains(Thursday(episode.opened))) continue;
      }
      rows.push_back(row);
      if (duplicated) {
        row.duplicate = true;
        rows.push_back(row);
      }
    }
    file.rows = std::move(rows);
  }

  // The first export of a quarter that is corrected later: some cases were not yet entered, some
  // were under the wrong kind.
  void MakeEarlier(ExportFile& file) const {
    std::vector<ExportRow> rows;
    for (ExportRow row : file.rows) {
      Random random(seed_, kCorrectionPurpose, row.episode);
      if (random.Chance(world_.profile.missed_at_first)) continue;
      if (random.Chance(world_.profile.changed_later)) row.kind = Swapped(row.kind);
      rows.push_back(row);
    }
    file.rows = std::move(rows);
  }

  const World& world_;
  const Mishaps mishaps_;
  const uint64_t seed_;
  Exports result_;
};

}  // namespace

std::string_view MappingId(Dialect dialect) {
  return dialect == Dialect::kJvs ? "jvs-csv" : "register-csv";
}

Exports PlanExports(const World& world, const Mishaps& mishaps, uint64_t seed) {
  return Planner(world, mishaps, seed).Run();
}

Identity IdentityOf(const World& world, const Episode& episode, const Period& period) {
  const Person& person = world.persons[episode.person];
  Identity identity;
  identity.number = episode.person;
  if (person.service_number_from <= period.Last()) return identity;
  identity.type = person.numbering;
  if (person.numbering == Numbering::kLocalOnly) identity.municipality = episode.municipality;
  return identity;
}

std::string ServiceNumber(uint32_t person) { return Number(person, '9', 0); }

std::string EducationNumber(uint32_t person) { return Number(person, '1', 5); }

}  // namespace polder::stats::population
