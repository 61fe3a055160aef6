#include <string>

#include "server/report/hidden_report.h"
#include "server/report/words.h"

namespace polder::server::report {
namespace {

std::string TableOf(const std::vector<Tally>& tallies, const std::string& name, bool shares,
                    const Words& words) {
  std::string html = "<table>\n<thead><tr><th scope=\"col\">" + Escaped(name) +
                     "</th><th scope=\"col\">" + std::string(words.cells) +
                     "</th><th scope=\"col\">" + std::string(words.hidden_cells) + "</th>";
  if (shares) html += "<th scope=\"col\">" + std::string(words.share) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const Tally& tally : tallies) {
    html += "<tr><th scope=\"row\">" + Escaped(tally.label) + "</th><td>" +
            std::to_string(tally.cells) + "</td><td>" + std::to_string(tally.hidden) + "</td>";
    if (shares) {
      html += "<td>" +
              (tally.share ? std::to_string(*tally.share) + " %" : std::string(words.not_known)) +
              "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>\n";
}

}  // namespace

std::string PageOf(const HiddenReport& report, Language language) {
  const Words& words = WordsIn(language);
  std::string html = "<!doctype html>\n<html lang=\"" + std::string(words.code) +
                     "\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<title>" +
                     Escaped(report.title + ": " + report.subtitle) + "</title>\n";
  html +=
      "<style>\nbody{font-family:system-ui,sans-serif;max-width:44rem;margin:0 "
      "auto;padding:.5rem 1rem;color:#1a1a1a;background:#fff;line-height:1.45}\n"
      "svg{width:100%;height:auto;max-width:36rem}\ntable{border-collapse:collapse;margin:1rem 0}\n"
      "th,td{border-bottom:1px solid #5c7184;padding:.25rem .6rem;text-align:right}\n"
      "th:first-child{text-align:left}\n@media "
      "print{body{max-width:none}svg,tr{break-inside:avoid}}"
      "\n</style>\n</head>\n<body>\n<main>\n<h1>";
  html += Escaped(report.title) + "</h1>\n<p>" + Escaped(report.subtitle) + "</p>\n<p>" +
          std::string(words.why) + "</p>\n" + PictureOf(report, language);
  html += TableOf(report.rows, report.row_name, true, words);
  html += "<p>" + std::string(words.share_note) + "</p>\n<h2>" + std::string(words.by_table) +
          "</h2>\n" + TableOf(report.tables, report.tables_name, false, words);
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace polder::server::report
