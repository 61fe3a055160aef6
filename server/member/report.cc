#include "server/member/report.h"

#include <ostream>
#include <set>

#include <nlohmann/json.hpp>

namespace polder::server::member {

std::string FaultLine(const base::Problem& problem, Language language) {
  if (language == Language::kEnglish) return base::ToLine(problem);
  std::string place;
  if (problem.line > 0) place = "regel " + std::to_string(problem.line);
  if (problem.column > 0) place += ", kolom " + std::to_string(problem.column);
  if (!problem.pointer.empty()) {
    place += place.empty() ? problem.pointer : " (" + problem.pointer + ")";
  }
  return place.empty() ? problem.detail : place + ": " + problem.detail;
}

void ReportFaults(const std::vector<base::Problem>& problems, Language language, bool json,
                  std::ostream& out) {
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const base::Problem& problem : problems) list.push_back(base::ToJson(problem));
    out << nlohmann::json{{"errors", std::move(list)}}.dump() << "\n";
    return;
  }
  for (const base::Problem& problem : problems) out << FaultLine(problem, language) << "\n";
}

int StatusOf(const base::ProblemError& error) {
  static const std::set<std::string> kFailures = {
      "answer-too-large",   "bad-tls-files",        "cannot-read",      "cannot-write",
      "connect-failed",     "connection-lost",      "crypto-failure",   "malformed-answer",
      "holder-unreachable", "random-source-failed", "receipt-mismatch", "timed-out",
      "tls-refused"};
  return kFailures.contains(error.code()) ? 3 : 1;
}

}  // namespace polder::server::member
