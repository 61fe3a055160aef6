// What a report says, in both languages. Used by this room only.
#ifndef POLDER_SERVER_REPORT_WORDS_H_
#define POLDER_SERVER_REPORT_WORDS_H_

#include <string>
#include <string_view>

#include "server/report/hidden_report.h"

namespace polder::server::report {

struct Words {
  std::string_view code;  // of the language
  std::string_view title;
  std::string_view shown, hidden, missing, impossible;
  std::string_view cells, hidden_cells, share, not_known, total, table, of;
  std::string_view share_note;
  std::string_view why;
  std::string_view by_table;
};
const Words& WordsIn(Language language);

// "municipality", "definitive" and the like, as a person says it; other names stay as they are.
std::string NameOf(std::string_view attribute, Language language);

// Escaped for text and attributes of XML and HTML.
std::string Escaped(std::string_view text);

}  // namespace polder::server::report

#endif  // POLDER_SERVER_REPORT_WORDS_H_
