#include "server/member/row_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "server/member/messages.h"

namespace polder::server::member {
namespace {

// True when quoting the cell helps and cannot give anybody away: short, and no number in it that
// could be somebody's.
bool LooksLikeACode(std::string_view cell) {
  size_t digits = 0, longest = 0;
  for (const char c : cell) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    longest = std::max(longest, digits);
  }
  return cell.size() <= 40 && longest < 5;
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

struct DayParts {
  int year, month, day;
};

std::optional<DayParts> SplitDay(std::string_view text, DateFormat format) {
  if (text.size() != 10) return std::nullopt;
  const bool iso = format == DateFormat::kIso;
  const size_t first_dash = iso ? 4 : 2;
  const size_t second_dash = iso ? 7 : 5;
  if (text[first_dash] != '-' || text[second_dash] != '-') return std::nullopt;
  const auto year = Number(iso ? text.substr(0, 4) : text.substr(6, 4));
  const auto month = Number(text.substr(iso ? 5 : 3, 2));
  const auto day = Number(iso ? text.substr(8, 2) : text.substr(0, 2));
  if (!year || !month || !day) return std::nullopt;
  return DayParts{*year, *month, *day};
}

}  // namespace

RowReader::RowReader(const Mapping& mapping, const policies::codebook::Codebook& codebook,
                     const base::Period& period, Language language, base::Problems& problems)
    : mapping_(mapping),
      codebook_(codebook),
      period_(period),
      language_(language),
      problems_(problems) {
  places_.fill(-1);
  for (size_t i = Index(Field::kKind); i < kFieldCount; ++i) {
    const auto field = static_cast<Field>(i);
    const FieldMapping& from = mapping_.Of(field);
    for (const auto& [cell, code] : from.codes) targets_[i].emplace(cell, TargetOf(field, code));
    if (from.empty) empties_[i] = TargetOf(field, *from.empty);
  }
}

RowReader::Target RowReader::TargetOf(Field field, const std::string& code) const {
  const auto in = [&](const policies::codebook::CodeList& list) {
    return Target{list.IndexOf(code).value(), list.ValidIn(code, period_), code};
  };
  switch (field) {
    case Field::kKind: {
      const auto* kind = codebook_.FindKind(code);
      return {static_cast<size_t>(kind - codebook_.kinds().data()),
              kind->code.valid.Touches(period_), code};
    }
    case Field::kLevel:
      return in(codebook_.levels());
    case Field::kGroup:
      return in(codebook_.groups());
    case Field::kOpenedBy:
      return in(codebook_.opened_by());
    case Field::kOutcome:
      return in(codebook_.outcomes());
    default:
      return {code == "true" ? size_t{1} : size_t{0}, true, code};
  }
}

void RowReader::ReadHeader(const CsvRecord& header) {
  std::set<std::string> seen;
  for (const CsvField& cell : header.fields) {
    std::string name(cell.text);
    while (!name.empty() && name.back() == ' ') name.pop_back();
    while (!name.empty() && name.front() == ' ') name.erase(0, 1);
    const auto place = static_cast<int>(columns_.size());
    columns_.push_back(name);
    if (!seen.insert(name).second) {
      Note("duplicate-column", cell.line, cell.column, {name});
      continue;
    }
    bool known = std::find(mapping_.dropped().begin(), mapping_.dropped().end(), name) !=
                 mapping_.dropped().end();
    for (size_t i = 0; i < kFieldCount; ++i) {
      if (!name.empty() && mapping_.Of(static_cast<Field>(i)).column == name) {
        places_[i] = place;
        known = true;
      }
    }
    if (!known) Note("unknown-column", cell.line, cell.column);
  }
  for (size_t i = 0; i < kFieldCount; ++i) {
    const std::string& column = mapping_.Of(static_cast<Field>(i)).column;
    if (places_[i] < 0 && !column.empty()) {
      problems_.Add(
          {"missing-column", column, Say(language_, "missing-column", {column}), header.line, 0});
    }
  }
}

const CsvField* RowReader::Cell(const CsvRecord& row, Field field) const {
  const int place = places_[Index(field)];
  return place < 0 ? nullptr : &row.fields.at(static_cast<size_t>(place));
}

std::optional<base::Date> RowReader::Day(const CsvRecord& row, Field field, bool required) {
  const CsvField* cell = Cell(row, field);
  if (cell == nullptr) return std::nullopt;
  if (cell->text.empty()) {
    if (required) Note("missing-value", *cell, field);
    return std::nullopt;
  }
  const auto parts = SplitDay(cell->text, mapping_.date_format());
  if (!parts) {
    const bool iso = mapping_.date_format() == DateFormat::kIso;
    const bool dutch = language_ == Language::kDutch;
    Note("bad-date", *cell, field,
         {iso ? (dutch ? "jjjj-mm-dd" : "yyyy-mm-dd") : (dutch ? "dd-mm-jjjj" : "dd-mm-yyyy")});
    return std::nullopt;
  }
  const auto day = base::Date::Of(parts->year, parts->month, parts->day);
  if (!day) Note("no-such-day", *cell, field);
  return day;
}

std::optional<size_t> RowReader::Coded(const CsvRecord& row, Field field) {
  const size_t i = Index(field);
  const CsvField* cell = Cell(row, field);
  if (cell == nullptr) {
    // A column that the mapping never had: what an empty cell would mean, else the neutral code.
    if (!mapping_.Of(field).column.empty()) return std::nullopt;
    if (field == Field::kGroup) return codebook_.groups().IndexOf("unknown");
    return size_t{0};
  }
  const Target* target = nullptr;
  if (cell->text.empty()) {
    if (!empties_[i]) {
      Note("missing-value", *cell, field);
      return std::nullopt;
    }
    target = &*empties_[i];
  } else if (const auto found = targets_[i].find(cell->text); found != targets_[i].end()) {
    target = &found->second;
  } else {
    if (LooksLikeACode(cell->text)) {
      Note("unknown-code", *cell, field, {cell->text});
    } else {
      problems_.Add({"unknown-code", mapping_.Of(field).column,
                     Say(language_, "unknown-code-unquoted"), cell->line, cell->column});
    }
    return std::nullopt;
  }
  if (!target->valid) {
    const std::string period = period_.Text();
    Note("code-not-valid", *cell, field, {target->code, period});
    return std::nullopt;
  }
  return target->index;
}

void RowReader::Note(std::string_view code, const CsvField& cell, Field field,
                     std::initializer_list<std::string_view> parts) {
  problems_.Add({std::string(code), mapping_.Of(field).column, Say(language_, code, parts),
                 cell.line, cell.column});
}

void RowReader::Note(std::string_view code, uint64_t line, uint64_t column,
                     std::initializer_list<std::string_view> parts) {
  problems_.Add({std::string(code), "", Say(language_, code, parts), line, column});
}

}  // namespace polder::server::member
