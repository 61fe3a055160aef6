// One case line as text fields, before anything is known about their meaning.
//
// Privacy: the fields are views into the delivery; they are not copied except where a line is
// written in an unusual way, and then die with the `CaseLine`.
#ifndef POLDER_STATS_CASES_CASE_LINE_H_
#define POLDER_STATS_CASES_CASE_LINE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "policies/base/problem.h"

namespace polder::stats::cases {

// In the order of the delivery format.
enum class CaseField : size_t {
  kCaseKey,
  kPupil,
  kKind,
  kOpened,
  kClosed,
  kAgeBand,
  kLevel,
  kGroup,
  kOpenedBy,
  kOutcome,
  kDuration,
  kRepeat,
};
inline constexpr size_t kCaseFields = 12;
std::string_view NameOf(CaseField field);  // "caseKey"

struct CaseValue {
  enum class Type : uint8_t { kAbsent, kNull, kTrue, kFalse, kText, kOther };
  Type type = Type::kAbsent;
  std::string_view text;
};

class CaseLine {
 public:
  CaseLine();
  ~CaseLine();
  CaseLine(const CaseLine&) = delete;
  CaseLine& operator=(const CaseLine&) = delete;

  // Reads one line. Returns false, with the fault noted under `number`, when it is no JSON object
  // of at most 4096 bytes; notes fields that are not of the format. `line` must outlive the values.
  // Cost: one pass without allocation for a line as `WriteCaseLine` makes it.
  bool Read(std::string_view line, uint64_t number, base::Problems& problems);
  const CaseValue& operator[](CaseField field) const { return values_[static_cast<size_t>(field)]; }

 private:
  struct Slow;
  bool ReadFast(std::string_view line);
  bool ReadSlow(std::string_view line, uint64_t number, base::Problems& problems);

  std::array<CaseValue, kCaseFields> values_;
  std::unique_ptr<Slow> slow_;
};

// Notes a field that the format does not have: "forbidden-field" with the reason, or
// "unknown-field". A name that may be a value in the wrong place is not repeated.
void NoteStrangeField(std::string_view name, uint64_t line, base::Problems& problems);

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_CASE_LINE_H_
