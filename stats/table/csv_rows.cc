#include "stats/table/csv_rows.h"

#include <array>
#include <deque>
#include <string>

namespace polder::stats::table {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") at_ += 3;
  }
  bool AtEnd() const { return at_ == end_; }

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
  uint64_t line_ = 1;
};

}  // namespace

void ReadCsvRows(std::string_view text, base::Problems& problems,
                 const std::function<void(const CsvRow&)>& take) {
  Scanner scanner(text);
  CsvRow row;
  size_t width = 0;
  while (!scanner.AtEnd()) {
    const bool sound = scanner.Next(row);
    if (sound && row.fields.size() == 1 && row.fields[0].empty()) continue;
    if (width == 0) width = row.fields.size();
    if (sound && row.fields.size() == width) {
      take(row);
      continue;
    }
    problems.Add({.code = "malformed-csv",
                  .pointer = "",
                  .detail = sound ? "This row has another number of fields than the header line."
                                  : "A quote stands out of place; double quotes inside a field.",
                  .line = row.line});
  }
}

}  // namespace polder::stats::table
