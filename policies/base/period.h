// Time as attendance law counts it: two calendars, their years and quarters, days and ISO weeks.
#ifndef POLDER_POLICIES_BASE_PERIOD_H_
#define POLDER_POLICIES_BASE_PERIOD_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polder::base {

// Absence runs per school year (1 August to 31 July), early leaving (vsv) from 1 October to 30
// September. Source: Leerplichtwet 1969 art. 1 (school year); DUO vsv definition (reference dates 1
// October).
enum class Calendar { kAbsence, kVsv };

std::string_view ToText(Calendar calendar);  // "absence", "vsv"
std::optional<Calendar> ParseCalendar(std::string_view text);

// A day of the proleptic Gregorian calendar.
class Date {
 public:
  Date() = default;  // 1970-01-01
  // nullopt when there is no such day.
  static std::optional<Date> Of(int year, int month, int day);
  static std::optional<Date> Parse(std::string_view text);  // yyyy-mm-dd
  static Date FromDays(int64_t days_since_1970);

  int64_t days() const { return days_; }
  int year() const;
  int month() const;
  int day() const;
  std::string Text() const;  // yyyy-mm-dd
  Date Plus(int64_t days) const { return FromDays(days_ + days); }
  // Whole years from `birth` to this day, counted as birthdays are (29 February has its birthday on
  // 1 March).
  int AgeOf(Date birth) const;

  friend auto operator<=>(const Date&, const Date&) = default;

 private:
  int64_t days_ = 0;
};

// A week of ISO 8601: Monday to Sunday, "2022-W45". The only resolution of time that leaves a
// municipality.
class IsoWeek {
 public:
  IsoWeek() = default;
  static IsoWeek Of(Date day);
  static std::optional<IsoWeek> Parse(std::string_view text);

  Date Monday() const { return monday_; }
  Date Sunday() const { return monday_.Plus(6); }
  std::string Text() const;

  friend auto operator<=>(const IsoWeek&, const IsoWeek&) = default;

 private:
  Date monday_ = Date::FromDays(-3);  // the Monday of 1970-W01
};

// One year of a calendar: "2022SJ" is school year 2022/'23, "2022VSV" runs from 1 October 2022.
class Year {
 public:
  Year() = default;
  Year(Calendar calendar, int start) : calendar_(calendar), start_(start) {}
  static std::optional<Year> Parse(std::string_view text);
  static Year Of(Calendar calendar, Date day);

  Calendar calendar() const { return calendar_; }
  int start() const { return start_; }
  Date First() const;
  Date Last() const;
  bool Contains(Date day) const { return First() <= day && day <= Last(); }
  Year Next() const { return {calendar_, start_ + 1}; }
  std::string Text() const;   // "2022SJ"
  std::string Label() const;  // "2022/'23"

  friend auto operator<=>(const Year&, const Year&) = default;

 private:
  Calendar calendar_ = Calendar::kAbsence;
  int start_ = 1970;
};

// A year or one of its quarters: "2022SJ" or "2022SJ-Q3". Quarters are three whole months from the
// year's first day.
class Period {
 public:
  Period() = default;
  explicit Period(Year year, int quarter = 0) : year_(year), quarter_(quarter) {}
  static std::optional<Period> Parse(std::string_view text);

  const Year& year() const { return year_; }
  Calendar calendar() const { return year_.calendar(); }
  int quarter() const { return quarter_; }  // 1 to 4, or 0 for the whole year
  bool IsYear() const { return quarter_ == 0; }
  Date First() const;
  Date Last() const;
  bool Contains(Date day) const { return First() <= day && day <= Last(); }
  // True when some day of `week` lies in this period: all that can be checked once days are gone.
  bool Overlaps(IsoWeek week) const { return week.Monday() <= Last() && First() <= week.Sunday(); }
  std::string Text() const;

  friend auto operator<=>(const Period&, const Period&) = default;

 private:
  Year year_;
  int quarter_ = 0;
};

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_PERIOD_H_
