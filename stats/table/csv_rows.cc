#include "stats/table/csv_rows.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>

namespace polder::stats::table {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, uint64_t line)
      : at_(text.data()), end_(text.data() + text.size()), line_(line) {}
  bool AtEnd() const { return at_ == end_; }
  uint64_t line() const { return line_; }

  // Reads one row; false when a quote is out of place (the row is then read to its line's end).
  bool Next(CsvRow& row) {
    row.line = line_;
    row.fields.clear();
    if (!unquoted_.empty()) unquoted_.clear();
    bool sound = true;
    for (;;) {
      row.fields.push_back(at_ != end_ && *at_ == '"' ? Quoted(sound) : Plain(sound));
      if (AtEnd()) break;
      const char c = *at_++;
      if (c == ',') continue;
      if (c == '\r' && at_ != end_ && *at_ == '\n') ++at_;
      ++line_;
      break;
    }
    return sound;
  }

 private:
  // Most bytes of a file are neither of these: one look tells.
  static constexpr auto kStops = [] {
    std::array<bool, 256> stops{};
    for (const char c : {',', '\n', '\r', '"'}) stops[static_cast<unsigned char>(c)] = true;
    return stops;
  }();
  static bool Stops(char c) { return kStops[static_cast<unsigned char>(c)]; }

  std::string_view Plain(bool& sound) {
    const char* const begin = at_;
    for (; at_ != end_; ++at_) {
      if (!Stops(*at_)) continue;
      if (*at_ != '"') break;
      sound = false;
    }
    return {begin, static_cast<size_t>(at_ - begin)};
  }

  std::string_view Quoted(bool& sound) {
    const char* const begin = ++at_;
    std::string* doubled = nullptr;  // what was read so far, once a double quote stood in it
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"' && at_ != end_ && *at_ == '"') {
        if (doubled == nullptr) doubled = &unquoted_.emplace_back(begin, at_ - 1);
        ++at_;
        *doubled += '"';
      } else if (c == '"') {
        const std::string_view field =
            doubled != nullptr ? std::string_view(*doubled)
                               : std::string_view(begin, static_cast<size_t>(at_ - 1 - begin));
        if (at_ == end_ || (Stops(*at_) && *at_ != '"')) return field;
        Plain(sound);  // what stands behind the quote, up to the next field
        sound = false;
        return field;
      } else {
        if (c == '\n') ++line_;
        if (doubled != nullptr) *doubled += c;
      }
    }
    sound = false;
    return {};
  }

  const char* at_;
  const char* const end_;
  std::deque<std::string> unquoted_;  // fields of this row that had double quotes
  uint64_t line_;
};

// How much of `text`, which begins with a row, is whole rows: up to the last line feed that stands
// outside quotes.
size_t WholeRows(std::string_view text) {
  size_t whole = 0;
  size_t at = 0;
  for (;;) {
    const size_t quote = std::min(text.find('"', at), text.size());
    const size_t feed = text.substr(at, quote - at).rfind('\n');
    if (feed != std::string_view::npos) whole = at + feed + 1;
    if (quote == text.size()) return whole;
    at = text.find('"', quote + 1);
    if (at == std::string_view::npos) return whole;
    ++at;
  }
}

}  // namespace

CsvParts::CsvParts(base::Problems& problems, std::function<void(const CsvRow&)> take)
    : problems_(problems), take_(std::move(take)) {}

void CsvParts::Read(std::string_view rows) {
  Scanner scanner(rows, line_);
  CsvRow row;
  while (!scanner.AtEnd()) {
    const bool sound = scanner.Next(row);
    if (sound && row.fields.size() == 1 && row.fields[0].empty()) continue;
    if (width_ == 0) width_ = row.fields.size();
    if (sound && row.fields.size() == width_) {
      take_(row);
      continue;
    }
    problems_.Add({.code = "malformed-csv",
                   .pointer = "",
                   .detail = sound ? "This row has another number of fields than the header line."
                                   : "A quote stands out of place; double quotes inside a field.",
                   .line = row.line});
  }
  line_ = scanner.line();
}

void CsvParts::Take(std::string_view part) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (!begun_ && rest_.size() + part.size() < kMark.size()) {
    rest_ += part;
    return;
  }
  const bool joined = !rest_.empty();
  if (joined) rest_ += part;
  std::string_view text = joined ? std::string_view(rest_) : part;
  if (!std::exchange(begun_, true) && text.starts_with(kMark)) text.remove_prefix(kMark.size());
  // A row that goes on and on is not looked through again for every part.
  if (text.size() >= enough_) {
    const size_t whole = WholeRows(text);
    Read(text.substr(0, whole));
    text.remove_prefix(whole);
    enough_ = 2 * text.size();
  }
  if (joined) {
    rest_.erase(0, rest_.size() - text.size());
  } else {
    rest_ = text;
  }
}

void CsvParts::Finish() {
  Read(rest_);
  rest_.clear();
}

void ReadCsvRows(std::string_view text, base::Problems& problems,
                 const std::function<void(const CsvRow&)>& take) {
  CsvParts parts(problems, take);
  parts.Take(text);
  parts.Finish();
}

}  // namespace polder::stats::table
