#include "server/member/prepare.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crypto/digest/digest.h"
#include "crypto/token/token.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "policies/codebook/public_pupils.h"
#include "server/member/bsn.h"
#include "server/member/csv_reader.h"
#include "server/member/identifiers.h"
#include "server/member/messages.h"
#include "server/member/row_reader.h"
#include "server/member/token_source.h"
#include "stats/cases/delivery.h"
#include "stats/cases/padding.h"

namespace polder::server::member {
namespace {

using base::Date;
using base::IsoWeek;
using stats::cases::Case;
using CaseKey = std::array<uint8_t, 16>;

struct KeyHash {  // a case key is a keyed hash already
  size_t operator()(const CaseKey& key) const {
    size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof(hash));
    return hash;
  }
};

crypto::token::TokenDomain DomainOf(const PrepareInput& input) {
  return {input.codebook.region(), std::string(base::ToText(input.period.calendar())),
          input.period.year().Text()};
}

// "0-4w", "4w-3m", "3m+": a national category is longer than three months.
std::string_view DurationOf(Date opened, std::optional<Date> closed) {
  if (!closed) return "unknown";
  const int64_t days = closed->days() - opened.days();
  return days < 28 ? "0-4w" : days <= 91 ? "4w-3m" : "3m+";
}

// Turns the rows of one export into cases.
class Preparation {
 public:
  explicit Preparation(const PrepareInput& input)
      : input_(input),
        domain_(DomainOf(input)),
        case_mac_(input.case_key),
        problems_(input.max_problems),
        rows_(input.mapping, input.codebook, input.period, input.language, problems_),
        local_type_("local:" + input.municipality) {}

  PreparedDelivery Run();

 private:
  void CheckRequest();
  void ReadRow(const CsvRecord& row);
  std::optional<size_t> Pupil(const CsvRecord& row);
  std::optional<CaseKey> KeyOf(const CsvRecord& row);
  void ReadDays(const CsvRecord& row, Case& item);
  void CheckKind(const CsvRecord& row, const Case& item);
  void FillInTokens();
  PreparedDelivery Finish();
  uint8_t Code(const CsvRecord& row, Field field) {
    return static_cast<uint8_t>(rows_.Coded(row, field).value_or(0));
  }

  const PrepareInput& input_;
  const crypto::token::TokenDomain domain_;
  const crypto::digest::MacKey case_mac_;
  base::Problems problems_;
  RowReader rows_;
  const std::string local_type_;
  Identifiers identifiers_;
  std::vector<Case> cases_;
  std::vector<size_t> pupils_;                            // of each case, in identifiers_
  std::unordered_map<CaseKey, uint64_t, KeyHash> lines_;  // where each case was first seen
  bool age_known_ = false;                                // of the row being read
  size_t row_count_ = 0;
};

void Preparation::CheckRequest() {
  const auto fault = [&](std::string_view code, std::string_view pointer,
                         std::initializer_list<std::string_view> parts) {
    problems_.Add(std::string(code), std::string(pointer), Say(input_.language, code, parts));
  };
  const std::string period = input_.period.Text();
  if (input_.period.IsYear()) fault("not-a-quarter", "period", {period});
  const auto members = input_.codebook.MembersIn(input_.period);
  if (std::find(members.begin(), members.end(), input_.municipality) == members.end()) {
    fault("unknown-municipality", "municipality", {input_.municipality, period});
  }
  if (input_.case_key.size() < 32) fault("weak-key", "caseKey", {});
  if (input_.recipient.empty()) fault("recipient-without-oin", "recipient", {});
  if (!input_.replaces.empty() && !base::IsCode(input_.replaces)) {
    fault("bad-identifier", "replaces", {});
  }
  if (!input_.delivery_id.empty() && !base::IsCode(input_.delivery_id)) {
    fault("bad-identifier", "deliveryId", {});
  }
}

std::optional<size_t> Preparation::Pupil(const CsvRecord& row) {
  const CsvField* bsn = rows_.Cell(row, Field::kBsn);
  if (bsn != nullptr && !bsn->text.empty()) {
    const auto number = Bsn::Parse(bsn->text);
    if (!number) {
      rows_.Note("bad-bsn", *bsn, Field::kBsn);
      return std::nullopt;
    }
    return identifiers_.Add(kBsnType, number->digits());
  }
  const CsvField* education = rows_.Cell(row, Field::kEducationNumber);
  if (education != nullptr && !education->text.empty()) {
    if (!IsEducationNumber(education->text)) {
      rows_.Note("bad-education-number", *education, Field::kEducationNumber);
      return std::nullopt;
    }
    return identifiers_.Add(kEducationNumberType, base::AsBytes(education->text));
  }
  const CsvField* local = rows_.Cell(row, Field::kLocalPerson);
  if (local != nullptr && !local->text.empty()) {
    if (local->text.size() > 64) {
      rows_.Note("bad-local-person", *local, Field::kLocalPerson);
      return std::nullopt;
    }
    return identifiers_.Add(local_type_, base::AsBytes(local->text));
  }
  if (bsn != nullptr) rows_.Note("no-identifier", *bsn, Field::kBsn);
  return std::nullopt;
}

std::optional<CaseKey> Preparation::KeyOf(const CsvRecord& row) {
  const CsvField* cell = rows_.Cell(row, Field::kCaseId);
  if (cell == nullptr) return std::nullopt;
  if (cell->text.empty()) {
    rows_.Note("missing-value", *cell, Field::kCaseId);
    return std::nullopt;
  }
  base::Bytes framed;
  base::AppendFramed(framed, base::AsBytes("polder/case-key/v1"));
  base::AppendFramed(framed, base::AsBytes(input_.municipality));
  base::AppendFramed(framed, base::AsBytes(cell->text));
  const auto mac = case_mac_.Mac(framed);
  crypto::digest::SecureWipe(framed);
  CaseKey key{};
  std::copy_n(mac.begin(), key.size(), key.begin());
  const auto [place, fresh] = lines_.emplace(key, row.line);
  if (!fresh) {
    rows_.Note("duplicate-case", *cell, Field::kCaseId, {std::to_string(place->second)});
  }
  return key;
}

void Preparation::ReadDays(const CsvRecord& row, Case& item) {
  const auto born = rows_.Day(row, Field::kBirthDate, true);
  const auto opened = rows_.Day(row, Field::kOpened, true);
  const auto closed = rows_.Day(row, Field::kClosed, false);
  const CsvField* closed_cell = rows_.Cell(row, Field::kClosed);
  // Whether a case was closed at all is unknown when its cell is faulty: nothing follows from it.
  const bool closed_known =
      closed.has_value() || (closed_cell != nullptr && closed_cell->text.empty());
  if (!opened) return;
  item.opened = IsoWeek::Of(*opened);
  if (closed) {
    item.closed = IsoWeek::Of(*closed);
    if (*closed < *opened) rows_.Note("closed-before-opened", *closed_cell, Field::kClosed);
  }
  const CsvField& opened_cell = *rows_.Cell(row, Field::kOpened);
  if (closed_known && !input_.period.Overlaps(item.opened) &&
      !(item.closed && input_.period.Overlaps(*item.closed))) {
    rows_.Note("outside-period", opened_cell, Field::kOpened, {input_.period.Text()});
  }
  item.duration = static_cast<uint8_t>(
      input_.codebook.durations().IndexOf(DurationOf(*opened, closed)).value());
  if (!born) return;
  const CsvField& born_cell = *rows_.Cell(row, Field::kBirthDate);
  if (*opened < *born) {
    rows_.Note("born-after-opened", born_cell, Field::kBirthDate);
    return;
  }
  const auto* band = input_.codebook.BandOfAge(opened->AgeOf(*born));
  if (band == nullptr) {
    rows_.Note("age-outside-bands", born_cell, Field::kBirthDate);
    return;
  }
  item.age_band = static_cast<uint8_t>(band - input_.codebook.age_bands().data());
  age_known_ = true;
}

void Preparation::CheckKind(const CsvRecord& row, const Case& item) {
  const auto& kind = input_.codebook.kinds().at(item.kind);
  const CsvField& cell = *rows_.Cell(row, Field::kKind);
  if (kind.calendar != input_.period.calendar()) {
    rows_.Note("kind-of-other-calendar", cell, Field::kKind,
               {kind.code.code, input_.period.Text()});
  } else if (age_known_ &&
             !input_.codebook.AgePossible(kind, input_.codebook.age_bands().at(item.age_band),
                                          input_.period)) {
    rows_.Note("age-impossible", cell, Field::kKind, {kind.code.code});
  }
}

void Preparation::ReadRow(const CsvRecord& row) {
  ++row_count_;
  if (row.fields.size() != rows_.column_count()) {
    rows_.Note("wrong-field-count", row.line, 1,
               {std::to_string(row.fields.size()), std::to_string(rows_.column_count())});
    return;
  }
  Case item;
  age_known_ = false;
  const auto key = KeyOf(row);
  const auto pupil = Pupil(row);
  ReadDays(row, item);
  if (const auto kind = rows_.Coded(row, Field::kKind)) {
    item.kind = static_cast<uint16_t>(*kind);
    CheckKind(row, item);
  }
  item.level = Code(row, Field::kLevel);
  item.group = Code(row, Field::kGroup);
  item.opened_by = Code(row, Field::kOpenedBy);
  item.outcome = Code(row, Field::kOutcome);
  item.repeat = Code(row, Field::kRepeat) == 1;
  if (!problems_.empty() || !key || !pupil) return;  // nothing will be delivered
  item.case_key = *key;
  cases_.push_back(std::move(item));
  pupils_.push_back(*pupil);
}

void Preparation::FillInTokens() {
  auto tokens = input_.tokens.Tokens(domain_, identifiers_.inputs());
  for (size_t i = 0; i < cases_.size(); ++i) {
    cases_[i].pupil = stats::cases::PupilToken(tokens.at(pupils_[i]));
  }
  for (auto& token : tokens) crypto::digest::SecureWipe(token);
}

PreparedDelivery Preparation::Finish() {
  // In the order of the case keys: an export is often sorted by name or number, and that order
  // would say something about who is who.
  std::sort(cases_.begin(), cases_.end(),
            [](const Case& a, const Case& b) { return a.case_key < b.case_key; });
  SecretText lines;
  for (const Case& item : cases_) {
    std::string line = stats::cases::WriteCaseLine(item, input_.codebook);
    lines.Append(line);
    lines.Append('\n');
    crypto::digest::SecureWipe(line);
  }
  PreparedDelivery result;
  stats::cases::Manifest& manifest = result.manifest;
  manifest.format = "polder-delivery-1";
  manifest.municipality = input_.municipality;
  manifest.period = input_.period;
  manifest.recipient = input_.recipient;
  manifest.codebook_id = input_.codebook.id();
  manifest.codebook_version = input_.codebook.version();
  manifest.codebook_digest = crypto::digest::Sha256Hex(base::AsBytes(input_.codebook.canonical()));
  manifest.policy_digest = input_.policy_digest;
  manifest.token_domain = domain_.Text();
  manifest.source_system = input_.mapping.source_system();
  manifest.mapping_id = input_.mapping.id();
  manifest.replaces = input_.replaces;
  manifest.conversion = input_.conversion;
  manifest.cases = cases_.size();
  manifest.delivery_id = input_.delivery_id;
  if (manifest.delivery_id.empty()) {
    // Keyed, so that the number tells nothing about the content to those who see only the number.
    manifest.delivery_id = "none";
    const std::string facts = stats::cases::WriteManifest(manifest);
    const auto lines_mac = case_mac_.Mac(base::AsBytes(lines.view()));
    base::Bytes framed;
    base::AppendFramed(framed, base::AsBytes("polder/delivery-id/v1"));
    base::AppendFramed(framed, base::AsBytes(facts));
    base::AppendFramed(framed, lines_mac);
    const auto mac = case_mac_.Mac(framed);
    manifest.delivery_id = input_.municipality + "-" + input_.period.Text() + "-" +
                           base::ToHex(base::ByteView(mac).first(8));
  }
  result.rows = row_count_;
  result.ndjson.Append(stats::cases::WriteManifest(manifest));
  result.ndjson.Append('\n');
  result.ndjson.Append(lines.view());
  result.ndjson.Append(stats::cases::PaddingLine(
      result.ndjson.size(),
      policies::codebook::PublicPupils(input_.codebook, input_.municipality)));
  return result;
}

PreparedDelivery Preparation::Run() {
  CheckRequest();
  problems_.ThrowIfAny();
  const std::string_view encoding =
      input_.mapping.encoding() == Encoding::kUtf8 ? "UTF-8" : "Windows-1252";
  CsvReader reader(input_.csv, input_.mapping.delimiter(), input_.mapping.encoding(),
                   [&](std::string_view code, uint64_t line, uint64_t column) {
                     if (code == "bad-encoding") {
                       rows_.Note(code, line, column, {encoding});
                     } else {
                       rows_.Note(code, line, column);
                     }
                   });
  CsvRecord record;
  bool sound = true;
  if (!reader.Next(record, sound)) {
    rows_.Note("empty-export", 1, 1);
  } else {
    rows_.ReadHeader(record);
    while (reader.Next(record, sound)) {
      // A row that lost its shape is told once; one with a bad character is read all the same.
      if (sound || record.fields.size() == rows_.column_count()) ReadRow(record);
    }
  }
  problems_.ThrowIfAny();
  FillInTokens();
  return Finish();
}

}  // namespace

PreparedDelivery Prepare(const PrepareInput& input) { return Preparation(input).Run(); }

}  // namespace polder::server::member
