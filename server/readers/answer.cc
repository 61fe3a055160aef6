#include "server/readers/answer.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"

namespace polder::server::readers {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t from = 0;
  for (size_t to = text.find(separator); to != std::string_view::npos;
       to = text.find(separator, from)) {
    parts.push_back(Trim(text.substr(from, to - from)));
    from = to + 1;
  }
  parts.push_back(Trim(text.substr(from)));
  return parts;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// "0", "0.5", "1.000" in thousandths; a malformed weight counts as 1, as if it were not there.
int Thousandths(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 1000;
  int value = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 1000;
  int place = 100;
  for (size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') return 1000;
    value += (text[i] - '0') * place;
  }
  return std::min(value, 1000);
}

int Quality(std::string_view accept, std::string_view type, std::string_view wide) {
  int specificity = 0;
  int quality = 0;
  for (const std::string_view range : Split(accept, ',')) {
    const std::vector<std::string_view> parts = Split(range, ';');
    const std::string name = Lower(parts.front());
    const int matched = name == type ? 3 : name == wide ? 2 : name == "*/*" ? 1 : 0;
    if (matched == 0 || matched < specificity) continue;
    int weight = 1000;
    for (const std::string_view parameter : parts) {
      if (Lower(parameter.substr(0, 2)) == "q=") weight = Thousandths(parameter.substr(2));
    }
    quality = matched > specificity ? weight : std::max(quality, weight);
    specificity = matched;
  }
  return quality;
}

}  // namespace

Media Negotiate(const http::Request& request) {
  const std::string accept = request.Header("Accept");
  if (Trim(accept).empty()) return Media::kJson;
  const int json = Quality(accept, "application/json", "application/*");
  const int csv = Quality(accept, "text/csv", "text/*");
  if (json == 0 && csv == 0) {
    throw http::ResponseError(http::Response::Problem(
        406, "not-acceptable", "Not Acceptable",
        "this is offered as application/json and text/csv; ask for one of them"));
  }
  return csv > json ? Media::kCsv : Media::kJson;
}

http::Response Answer(std::string_view bytes, std::string content_type) {
  http::Response response = http::Response::Text(200, bytes, std::move(content_type));
  response.headers["ETag"] = '"' + crypto::digest::Sha256Hex(base::AsBytes(bytes)) + '"';
  response.headers["Vary"] = "Accept";
  return response;
}

http::Response AnswerJson(const base::Json& json) {
  return Answer(base::CanonicalJson(json), "application/json");
}

http::Response AnswerCsv(std::string_view csv) { return Answer(csv, "text/csv; charset=utf-8"); }

std::vector<std::string> QueryCodes(const http::Request& request, std::string_view name) {
  const std::string text = request.Query(name);
  std::vector<std::string> codes;
  if (text.empty()) return codes;
  for (const std::string_view part : Split(text, ',')) {
    if (!base::IsCode(part)) {
      throw base::ProblemError("malformed-parameter", std::string(name),
                               "give codes separated by commas, without empty ones");
    }
    codes.emplace_back(part);
  }
  return codes;
}

void CheckQuery(const http::Request& request, const std::vector<std::string>& known) {
  base::Problems problems;
  std::string previous;
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      problems.Add("unknown-parameter", name,
                   "this route has no such parameter; see /v1/openapi.json");
    } else if (name == previous) {
      problems.Add("repeated-parameter", name, "give this parameter once");
    }
    previous = name;
  }
  problems.ThrowIfAny();
}

void RefuseNotFound(std::string_view what) {
  throw http::ResponseError(http::Response::Problem(404, "not-found", "Not Found", what));
}

}  // namespace polder::server::readers
