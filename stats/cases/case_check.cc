#include "stats/cases/case_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policies/base/json_reader.h"

namespace polder::stats::cases {
namespace {

using base::IsoWeek;
using base::Period;

// A faulty value is repeated only when it can be no more than a code or a week: what stands in a
// wrong column may be a name or a number of a person.
std::string Quoted(std::string_view text) {
  const auto digits =
      std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.size() > 16 || digits > 6 || !base::IsCode(text)) return "this value";
  return "\"" + std::string(text) + "\"";
}

// The value of every character as a base64url digit, kNoDigit for the others. A look-up, because
// tokens are random: comparing would be guessed wrong by the processor at every character.
constexpr uint8_t kNoDigit = 0xFF;
constexpr std::array<uint8_t, 256> kBase64UrlDigits = [] {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return digits;
}();

// Exactly `out.size()` bytes in their one spelling, without a copy of them anywhere else.
bool DecodeInto(std::string_view text, uint8_t* out, size_t size) {
  if (text.size() != (size * 8 + 5) / 6) return false;
  uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const uint8_t digit = kBase64UrlDigits[static_cast<uint8_t>(c)];
    if (digit == kNoDigit) return false;
    held = (held << 6) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *out++ = static_cast<uint8_t>(held >> bits);
      held &= (1U << bits) - 1;
    }
  }
  return held == 0;
}

}  // namespace

CaseChecker::CaseChecker(const policies::codebook::Codebook& codebook, std::optional<Period> period,
                         base::Problems& problems)
    : codebook_(codebook),
      period_(period),
      problems_(problems),
      bands_(CodesOf(codebook.age_band_codes())),
      levels_(CodesOf(codebook.levels())),
      groups_(CodesOf(codebook.groups())),
      opened_by_(CodesOf(codebook.opened_by())),
      outcomes_(CodesOf(codebook.outcomes())),
      durations_(CodesOf(codebook.durations())) {
  for (const auto& kind : codebook.kinds()) {
    kind_valid_.push_back(!period_ || kind.code.valid.Touches(*period_));
    std::vector<bool> possible;
    for (const auto& band : codebook.age_bands()) {
      possible.push_back(!period_ || codebook.AgePossible(kind, band, *period_));
    }
    age_possible_.push_back(std::move(possible));
  }
}

CaseChecker::Codes CaseChecker::CodesOf(const policies::codebook::CodeList& list) const {
  Codes codes{&list, {}};
  for (const auto& code : list.codes()) {
    codes.valid.push_back(!period_ || code.valid.Touches(*period_));
  }
  return codes;
}

void CaseChecker::Fault(std::string code, CaseField field, std::string detail) {
  problems_.Add({std::move(code), "/" + std::string(NameOf(field)), std::move(detail), number_, 0});
}

std::optional<std::string_view> CaseChecker::Text(CaseField field) {
  const CaseValue& value = (*line_)[field];
  if (value.type == CaseValue::Type::kText) return value.text;
  if (value.type == CaseValue::Type::kAbsent) {
    Fault("missing-field", field, "this field is required in every case");
  } else {
    Fault("wrong-type", field, "must be text");
  }
  return std::nullopt;
}

template <size_t kSize>
bool CaseChecker::Opaque(CaseField field, std::array<uint8_t, kSize>& out) {
  const auto text = Text(field);
  if (!text) return false;
  if (DecodeInto(*text, out.data(), kSize)) return true;
  out.fill(0);
  Fault("wrong-token", field,
        "must be " + std::to_string(kSize) +
            " bytes as base64url without padding; send the file as polder-member made it");
  return false;
}

std::optional<uint8_t> CaseChecker::CodeAt(CaseField field, const Codes& codes) {
  const auto text = Text(field);
  if (!text) return std::nullopt;
  const auto index = codes.list->IndexOf(*text);
  if (!index) {
    Fault("unknown-code", field,
          Quoted(*text) + " is not a code of the codebook for this field; correct the mapping");
    return std::nullopt;
  }
  if (!codes.valid[*index]) {
    Fault("code-not-valid", field,
          Quoted(*text) + " is not valid in " + period_->Text() +
              "; the codebook says from when to when it is");
    return std::nullopt;
  }
  return static_cast<uint8_t>(*index);
}

std::optional<uint16_t> CaseChecker::KindAt() {
  const auto text = Text(CaseField::kKind);
  if (!text) return std::nullopt;
  const auto* kind = codebook_.FindKind(*text);
  if (kind == nullptr) {
    Fault("unknown-code", CaseField::kKind,
          Quoted(*text) + " is not a kind of the codebook; correct the mapping");
    return std::nullopt;
  }
  const auto index = static_cast<uint16_t>(kind - codebook_.kinds().data());
  if (period_ && kind->calendar != period_->calendar()) {
    Fault("kind-of-other-calendar", CaseField::kKind,
          Quoted(*text) + " is counted in the " + std::string(base::ToText(kind->calendar)) +
              " calendar; deliver it in a delivery of that calendar");
    return std::nullopt;
  }
  if (!kind_valid_[index]) {
    Fault("code-not-valid", CaseField::kKind,
          Quoted(*text) + " is not valid in " + period_->Text());
    return std::nullopt;
  }
  return index;
}

std::optional<IsoWeek> CaseChecker::WeekAt(CaseField field) {
  const auto text = Text(field);
  if (!text) return std::nullopt;
  const auto week = IsoWeek::Parse(*text);
  if (!week) {
    Fault("wrong-week", field,
          Quoted(*text) + " is not a week that exists; give the ISO week, such as 2022-W45");
  }
  return week;
}

void CaseChecker::CheckWeeks(Case& item) {
  const auto opened = WeekAt(CaseField::kOpened);
  const bool open_ended = (*line_)[CaseField::kClosed].type == CaseValue::Type::kNull;
  const auto closed = open_ended ? std::nullopt : WeekAt(CaseField::kClosed);
  if (opened) item.opened = *opened;
  item.closed = closed;
  const bool reversed = opened && closed && *closed < *opened;
  if (reversed) {
    Fault("closed-before-opened", CaseField::kClosed,
          "the case was closed in " + closed->Text() + ", before it opened in " + opened->Text());
  }
  if (!period_ || !opened) return;
  if (period_->Last() < opened->Monday()) {
    Fault("outside-period", CaseField::kOpened,
          opened->Text() + " lies after " + period_->Text() + "; deliver it with a later quarter");
  } else if (!reversed && closed && closed->Sunday() < period_->First()) {
    Fault("outside-period", CaseField::kClosed,
          "the case was closed in " + closed->Text() + ", before " + period_->Text() +
              "; deliver it with an earlier quarter");
  }
}

Case CaseChecker::Check(const CaseLine& line, uint64_t number) {
  line_ = &line;
  number_ = number;
  Case item;
  Opaque(CaseField::kCaseKey, item.case_key);
  std::array<uint8_t, 32> pupil{};
  if (Opaque(CaseField::kPupil, pupil)) item.pupil = PupilToken(pupil);
  const auto kind = KindAt();
  CheckWeeks(item);
  const auto band = CodeAt(CaseField::kAgeBand, bands_);
  if (kind && band && !age_possible_[*kind][*band]) {
    Fault("age-impossible", CaseField::kAgeBand,
          "nobody of this age can have a case of this kind; the codebook gives the ages of each "
          "duty. Check the kind and the birth date in the case system");
  }
  item.kind = kind.value_or(0);
  item.age_band = band.value_or(0);
  item.level = CodeAt(CaseField::kLevel, levels_).value_or(0);
  item.group = CodeAt(CaseField::kGroup, groups_).value_or(0);
  item.opened_by = CodeAt(CaseField::kOpenedBy, opened_by_).value_or(0);
  item.outcome = CodeAt(CaseField::kOutcome, outcomes_).value_or(0);
  item.duration = CodeAt(CaseField::kDuration, durations_).value_or(0);
  const CaseValue& repeat = line[CaseField::kRepeat];
  item.repeat = repeat.type == CaseValue::Type::kTrue;
  if (repeat.type == CaseValue::Type::kAbsent) {
    Fault("missing-field", CaseField::kRepeat, "this field is required in every case");
  } else if (repeat.type != CaseValue::Type::kTrue && repeat.type != CaseValue::Type::kFalse) {
    Fault("wrong-type", CaseField::kRepeat, "must be true or false");
  }
  return item;
}

}  // namespace polder::stats::cases
