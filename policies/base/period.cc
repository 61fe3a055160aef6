#include "policies/base/period.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace polder::base {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

year_month_day Civil(int64_t days) { return year_month_day{sys_days{std::chrono::days{days}}}; }

std::optional<int> Number(std::string_view text) {
  if (text.empty() || text.size() > 6) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

Date FirstOf(int year_number, int month_number) { return *Date::Of(year_number, month_number, 1); }

int StartMonth(Calendar calendar) { return calendar == Calendar::kAbsence ? 8 : 10; }

}  // namespace

std::string_view ToText(Calendar calendar) {
  return calendar == Calendar::kAbsence ? "absence" : "vsv";
}

std::optional<Calendar> ParseCalendar(std::string_view text) {
  if (text == "absence") return Calendar::kAbsence;
  if (text == "vsv") return Calendar::kVsv;
  return std::nullopt;
}

std::optional<Date> Date::Of(int year_number, int month_number, int day_number) {
  if (year_number < 1 || year_number > 9999 || month_number < 1 || month_number > 12 ||
      day_number < 1 || day_number > 31) {
    return std::nullopt;
  }
  const year_month_day civil{std::chrono::year{year_number},
                             std::chrono::month{static_cast<unsigned>(month_number)},
                             std::chrono::day{static_cast<unsigned>(day_number)}};
  if (!civil.ok()) return std::nullopt;
  return FromDays(sys_days{civil}.time_since_epoch().count());
}

std::optional<Date> Date::Parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = Number(text.substr(0, 4));
  const auto m = Number(text.substr(5, 2));
  const auto d = Number(text.substr(8, 2));
  if (!y || !m || !d) return std::nullopt;
  return Of(*y, *m, *d);
}

Date Date::FromDays(int64_t days_since_1970) {
  Date date;
  date.days_ = days_since_1970;
  return date;
}

int Date::year() const { return static_cast<int>(Civil(days_).year()); }
int Date::month() const { return static_cast<int>(static_cast<unsigned>(Civil(days_).month())); }
int Date::day() const { return static_cast<int>(static_cast<unsigned>(Civil(days_).day())); }

std::string Date::Text() const {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", year(), month(), day());
  return text.data();
}

int Date::AgeOf(Date birth) const {
  const bool before_birthday =
      month() < birth.month() || (month() == birth.month() && day() < birth.day());
  return year() - birth.year() - (before_birthday ? 1 : 0);
}

IsoWeek IsoWeek::Of(Date date) {
  const int64_t since_monday = ((date.days() + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  IsoWeek week;
  week.monday_ = date.Plus(-since_monday);
  return week;
}

std::optional<IsoWeek> IsoWeek::Parse(std::string_view text) {
  if (text.size() != 8 || text.substr(4, 2) != "-W") return std::nullopt;
  const auto y = Number(text.substr(0, 4));
  const auto w = Number(text.substr(6, 2));
  if (!y || !w || *y < 1 || *w < 1) return std::nullopt;
  const auto fourth = Date::Of(*y, 1, 4);  // always in week 1
  IsoWeek week = Of(*fourth);
  week.monday_ = week.monday_.Plus(7 * (*w - 1));
  if (week.monday_.Plus(3).year() != *y) return std::nullopt;  // the Thursday decides the year
  return week;
}

std::string IsoWeek::Text() const {
  const int year_number = monday_.Plus(3).year();
  const IsoWeek first = Of(*Date::Of(year_number, 1, 4));
  const auto number = static_cast<int>((monday_.days() - first.monday_.days()) / 7 + 1);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-W%02d", year_number, number);
  return text.data();
}

std::optional<Year> Year::Parse(std::string_view text) {
  if (text.size() < 6) return std::nullopt;
  const auto start = Number(text.substr(0, 4));
  if (!start || *start < 1900 || *start > 2200) return std::nullopt;
  const std::string_view suffix = text.substr(4);
  if (suffix == "SJ") return Year(Calendar::kAbsence, *start);
  if (suffix == "VSV") return Year(Calendar::kVsv, *start);
  return std::nullopt;
}

Year Year::Of(Calendar calendar, Date day) {
  return {calendar, day.month() >= StartMonth(calendar) ? day.year() : day.year() - 1};
}

Date Year::First() const { return FirstOf(start_, StartMonth(calendar_)); }
Date Year::Last() const { return FirstOf(start_ + 1, StartMonth(calendar_)).Plus(-1); }

std::string Year::Text() const {
  return std::to_string(start_) + (calendar_ == Calendar::kAbsence ? "SJ" : "VSV");
}

std::string Year::Label() const {
  const int next = (start_ + 1) % 100;
  return std::to_string(start_) + "/'" + (next < 10 ? "0" : "") + std::to_string(next);
}

std::optional<Period> Period::Parse(std::string_view text) {
  int quarter = 0;
  if (const size_t dash = text.find("-Q"); dash != std::string_view::npos) {
    const auto number = Number(text.substr(dash + 2));
    if (!number || text.size() != dash + 3 || *number < 1 || *number > 4) return std::nullopt;
    quarter = *number;
    text = text.substr(0, dash);
  }
  const auto year_parsed = Year::Parse(text);
  if (!year_parsed) return std::nullopt;
  return Period(*year_parsed, quarter);
}

Date Period::First() const {
  if (IsYear()) return year_.First();
  const int month_index = StartMonth(calendar()) - 1 + 3 * (quarter_ - 1);
  return FirstOf(year_.start() + month_index / 12, month_index % 12 + 1);
}

Date Period::Last() const {
  if (IsYear() || quarter_ == 4) return year_.Last();
  return Period(year_, quarter_ + 1).First().Plus(-1);
}

std::string Period::Text() const {
  return year_.Text() + (IsYear() ? "" : "-Q" + std::to_string(quarter_));
}

}  // namespace polder::base
