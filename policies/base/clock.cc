#include "policies/base/clock.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "policies/base/problem.h"

namespace polder::base {
namespace {

constexpr int64_t kDay = 86400;

std::optional<int> TwoDigits(std::string_view text, int largest) {
  if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return std::nullopt;
  const int value = (text[0] - '0') * 10 + (text[1] - '0');
  if (value > largest) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Instant> Instant::Parse(std::string_view text) {
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z') {
    return std::nullopt;
  }
  const auto date = Date::Parse(text.substr(0, 10));
  const auto hour = TwoDigits(text.substr(11, 2), 23);
  const auto minute = TwoDigits(text.substr(14, 2), 59);
  const auto second = TwoDigits(text.substr(17, 2), 59);
  if (!date || !hour || !minute || !second) return std::nullopt;
  return Instant{date->days() * kDay + *hour * 3600 + *minute * 60 + *second};
}

Date Instant::Day() const {
  const int64_t days = seconds >= 0 ? seconds / kDay : -((-seconds + kDay - 1) / kDay);
  return Date::FromDays(days);
}

std::string Instant::Text() const {
  const int64_t rest = seconds - Day().days() * kDay;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "T%02d:%02d:%02dZ", static_cast<int>(rest / 3600),
                static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  return Day().Text() + text.data();
}

Instant SystemClock::Now() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::seconds>(now).count()};
}

Instant FileClock::Now() const {
  std::ifstream file(path_);
  std::string text;
  std::getline(file, text);
  const auto instant = Instant::Parse(text);
  if (!instant) {
    throw ProblemError("simulated-clock", "",
                       "the simulated clock's file holds no instant such as 2022-10-01T06:00:00Z");
  }
  return *instant;
}

}  // namespace polder::base
