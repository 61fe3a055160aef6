// The one clock. Everything that depends on the time takes a `Clock`, so that a region's three
// years can be run in a minute; whatever is made under a simulated clock is marked as a
// demonstration.
#ifndef POLDER_POLICIES_BASE_CLOCK_H_
#define POLDER_POLICIES_BASE_CLOCK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policies/base/period.h"

namespace polder::base {

// Seconds since 1970-01-01T00:00:00Z.
struct Instant {
  int64_t seconds = 0;

  static std::optional<Instant> Parse(std::string_view text);  // 2022-10-01T06:00:00Z
  std::string Text() const;
  Date Day() const;
  Instant Plus(int64_t more_seconds) const { return {seconds + more_seconds}; }

  friend auto operator<=>(const Instant&, const Instant&) = default;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  // True when the time is made up: what is produced then says so and is never accepted as real.
  virtual bool simulated() const = 0;
};

class SystemClock : public Clock {
 public:
  Instant Now() const override;
  bool simulated() const override { return false; }
};

// Reads the instant from a file at every call, so that several processes share one made-up time.
// Throws ProblemError "simulated-clock" when the file cannot be read or holds no instant.
class FileClock : public Clock {
 public:
  explicit FileClock(std::string path) : path_(static_cast<std::string&&>(path)) {}
  Instant Now() const override;
  bool simulated() const override { return true; }

 private:
  std::string path_;
};

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_CLOCK_H_
