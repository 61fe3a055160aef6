#include "server/http/answer_head.h"

#include <algorithm>
#include <utility>

#include "server/http/request_head.h"

namespace polder::server::http {
namespace {

constexpr size_t kMostFields = 64;

std::optional<int> ParseStatus(std::string_view digits) {
  const bool is_number =
      digits.size() == 3 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number || digits[0] == '0') return std::nullopt;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

}  // namespace

std::optional<AnswerHead> ParseAnswerHead(std::string_view head, bool to_head_request) {
  const size_t end = head.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = head.substr(0, end);
  const bool is_1_1 = line.starts_with("HTTP/1.1 ");
  if (!is_1_1 && !line.starts_with("HTTP/1.0 ")) return std::nullopt;
  const auto status = ParseStatus(line.substr(9, 3));
  if (!status || (line.size() > 12 && line[12] != ' ')) return std::nullopt;
  HeadRefusal refusal;
  auto headers = ParseFields(head.substr(end + 2), kMostFields, refusal);
  if (!headers || headers->contains("Transfer-Encoding")) return std::nullopt;

  AnswerHead answer;
  answer.status = *status;
  const auto connection = headers->find("Connection");
  answer.keep_alive = is_1_1 && (connection == headers->end() ||
                                 connection->second.find("lose") == std::string::npos);
  const auto length = headers->find("Content-Length");
  const bool bodiless = to_head_request || *status < 200 || *status == 204 || *status == 304;
  if (!bodiless) {
    if (length == headers->end()) return std::nullopt;
    const auto parsed = ParseContentLength(length->second);
    if (!parsed) return std::nullopt;
    answer.body_length = *parsed;
  }
  answer.headers = std::move(*headers);
  return answer;
}

}  // namespace polder::server::http
