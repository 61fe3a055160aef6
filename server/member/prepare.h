// From a case system's export to a delivery: the one step that sees names, numbers and birthdays,
// and it happens at the municipality.
//
// Every fault of the file is found in one reading and told by line and column. Identifiers become
// tokens, local case numbers become keyed case keys, birth dates become age bands and days become
// ISO weeks; the rest of a row is dropped as it is read.
#ifndef POLDER_SERVER_MEMBER_PREPARE_H_
#define POLDER_SERVER_MEMBER_PREPARE_H_

#include <cstddef>
#include <iosfwd>
#include <string>

#include "policies/base/bytes.h"
#include "policies/base/period.h"
#include "policies/codebook/codebook.h"
#include "server/member/mapping.h"
#include "server/member/secret_text.h"
#include "stats/cases/case.h"

namespace polder::server::member {

class TokenSource;

enum class Language { kDutch, kEnglish };

struct PrepareInput {
  const Mapping& mapping;
  const policies::codebook::Codebook& codebook;
  std::istream& csv;         // read once, as a stream
  std::string municipality;  // GMnnnn
  base::Period period;       // one quarter of one calendar
  TokenSource& tokens;       // asked once, and only when the export has no fault
  base::ByteView case_key;   // the municipality's own secret, at least 32 bytes, never the region's
  std::string recipient;     // OIN of the organisation whose service it is for
  std::string policy_digest;  // SHA-256 of the policy it is made under, hex
  std::string replaces = {};  // delivery id that this one corrects
  bool conversion = false;
  std::string delivery_id = {};  // empty: derived from the content under `case_key`
  Language language = Language::kDutch;
  size_t max_problems = 1000;
};

struct PreparedDelivery {
  stats::cases::Manifest manifest;
  SecretText ndjson;  // manifest, a case a line, padding (docs/formats/delivery.md)
  size_t rows = 0;    // rows of the export, the header not counted
};

// Throws ProblemError with every fault at once; `line` and `column` are of the export (column in
// characters, 1-based), `pointer` is the column's header. The same input gives the same delivery.
// Cost: one pass, a few keyed hashes a row, and what the tokens cost. Rethrows what they throw.
// Privacy: what is returned holds no identifier, name, birth date, day or free text; messages
// never quote an identifier, a date of birth or a case number.
PreparedDelivery Prepare(const PrepareInput& input);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_PREPARE_H_
