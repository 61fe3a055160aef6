#include "stats/table/csv_rows.h"

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
    size_t count = 0;
    bool sound = true;
    for (;;) {
      if (row.fields.size() <= count) row.fields.emplace_back();
      sound = Field(row.fields[count++]) && sound;
      if (AtEnd()) break;
      const char c = text_[at_++];
      if (c == ',') continue;
      if (c == '\r' && !AtEnd() && text_[at_] == '\n') ++at_;
      ++line_;
      break;
    }
    row.fields.resize(count);
    return sound;
  }

 private:
  static bool Ends(char c) { return c == ',' || c == '\n' || c == '\r'; }

  bool Field(std::string& field) {
    field.clear();
    if (AtEnd() || text_[at_] != '"') {
      const size_t begin = at_;
      while (!AtEnd() && !Ends(text_[at_])) ++at_;
      field.assign(text_.substr(begin, at_ - begin));
      return field.find('"') == std::string::npos;
    }
    ++at_;
    while (!AtEnd()) {
      const char c = text_[at_++];
      if (c != '"') {
        if (c == '\n') ++line_;
        field += c;
      } else if (!AtEnd() && text_[at_] == '"') {
        field += text_[at_++];
      } else {
        const bool sound = AtEnd() || Ends(text_[at_]);
        while (!AtEnd() && !Ends(text_[at_])) ++at_;
        return sound;
      }
    }
    return false;
  }

  std::string_view text_;
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
