// A report on what is hidden, as the file it goes to asks for.
#ifndef POLDER_SERVER_CLI_HIDDEN_TEXT_H_
#define POLDER_SERVER_CLI_HIDDEN_TEXT_H_

#include <string>

#include "server/cli/cli.h"
#include "server/report/hidden_report.h"

namespace polder::server::cli {

void AddHiddenCommand(CLI::App& app, Chosen& chosen);  // hidden

inline report::Language LanguageOf(const std::string& code) {
  return code == "en" ? report::Language::kEnglish : report::Language::kDutch;
}

// A page for a name that ends in .html, a picture otherwise.
inline std::string ReportText(const report::HiddenReport& report, report::Language language,
                              const std::string& path) {
  return path.ends_with(".html") ? report::PageOf(report, language)
                                 : report::PictureOf(report, language);
}

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_HIDDEN_TEXT_H_
