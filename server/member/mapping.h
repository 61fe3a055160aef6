// How one case system's export is to be read: its dialect of CSV, its column names, its codes.
//
// A mapping is data (policies/data/mappings/*.json), so that a new version of a case system needs
// no new program. What no mapping names is not read and not sent: a column is either mapped or
// listed as dropped, and one that is neither is a fault, because somebody should decide about it.
#ifndef POLDER_SERVER_MEMBER_MAPPING_H_
#define POLDER_SERVER_MEMBER_MAPPING_H_

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"
#include "policies/codebook/codebook.h"

namespace polder::server::member {

enum class Encoding { kUtf8, kWindows1252 };
enum class DateFormat { kIso, kDayFirst };  // 2022-11-07, 07-11-2022

// The fields that a delivery is made from. The first three identify, birth date and the two days
// are made coarse, and none of these leaves the municipality.
enum class Field {
  kCaseId,
  kBsn,
  kEducationNumber,
  kLocalPerson,
  kBirthDate,
  kOpened,
  kClosed,
  kKind,
  kLevel,
  kGroup,
  kOpenedBy,
  kOutcome,
  kRepeat,
};
inline constexpr size_t kFieldCount = 13;
std::string_view ToText(Field field);  // "caseId", "bsn", "educationNumber", …
inline constexpr size_t Index(Field field) { return static_cast<size_t>(field); }

struct FieldMapping {
  std::string column;                                     // header text; empty: not in the export
  std::map<std::string, std::string, std::less<>> codes;  // cell → codebook code (coded fields)
  std::optional<std::string> empty;                       // code for an empty cell; absent: a fault
};

// Immutable after reading.
class Mapping {
 public:
  // Throws ProblemError with every fault of the document, by JSON pointer: unknown fields, codes
  // that the codebook does not have, a column named twice, a missing required field.
  static Mapping FromJson(const base::Json& json, const policies::codebook::Codebook& codebook);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }
  const std::string& source_system() const { return source_system_; }
  char delimiter() const { return delimiter_; }
  Encoding encoding() const { return encoding_; }
  DateFormat date_format() const { return date_format_; }
  const FieldMapping& Of(Field field) const { return fields_[Index(field)]; }
  const std::vector<std::string>& dropped() const { return dropped_; }

 private:
  Mapping() = default;

  std::string id_, version_, source_system_;
  char delimiter_ = ';';
  Encoding encoding_ = Encoding::kUtf8;
  DateFormat date_format_ = DateFormat::kIso;
  std::array<FieldMapping, kFieldCount> fields_;
  std::vector<std::string> dropped_;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_MAPPING_H_
