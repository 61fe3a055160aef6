#include "stats/table/csv_rows.h"

#include <deque>
#include <string>

namespace polder::stats::table {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }
  bool AtEnd() const { return at_ >= text_.size(); }

  // Reads one row; false when a quote is out of place (the row is then read to its line's end).
  bool Next(CsvRow& row) {
    row.line = line_;
    row.fields.clear();
    unquoted_.clear();
    bool sound = true;
    for (;;) {
      row.fields.push_back(Field(sound));
      if (AtEnd()) break;
      const char c = text_[at_++];
      if (c == ',') continue;
      if (c == '\r' && !AtEnd() && text_[at_] == '\n') ++at_;
      ++line_;
      break;
    }
    return sound;
  }

 private:
  static bool Ends(char c) { return c == ',' || c == '\n' || c == '\r'; }

  std::string_view Field(bool& sound) {
    if (AtEnd() || text_[at_] != '"') {
      const size_t begin = at_;
      while (!AtEnd() && !Ends(text_[at_])) {
        sound = sound && text_[at_] != '"';
        ++at_;
      }
      return text_.substr(begin, at_ - begin);
    }
    const size_t begin = ++at_;
    std::string* doubled = nullptr;  // what was read so far, once a double quote stood in it
    while (!AtEnd()) {
      const char c = text_[at_++];
      if (c == '"' && !AtEnd() && text_[at_] == '"') {
        if (doubled == nullptr) {
          doubled = &unquoted_.emplace_back(text_.substr(begin, at_ - 1 - begin));
        }
        ++at_;
        *doubled += '"';
      } else if (c == '"') {
        const std::string_view field =
            doubled != nullptr ? std::string_view(*doubled) : text_.substr(begin, at_ - 1 - begin);
        sound = sound && (AtEnd() || Ends(text_[at_]));
        while (!AtEnd() && !Ends(text_[at_])) ++at_;
        return field;
      } else {
        if (c == '\n') ++line_;
        if (doubled != nullptr) *doubled += c;
      }
    }
    sound = false;
    return {};
  }

  std::string_view text_;
  std::deque<std::string> unquoted_;  // fields of this row that had double quotes
  size_t at_ = 0;
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
