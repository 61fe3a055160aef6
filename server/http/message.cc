#include "server/http/message.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace polder::server::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Found(const std::map<std::string, std::string>& values, std::string_view name) {
  const auto found = values.find(std::string(name));
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

bool CaseInsensitiveLess::operator()(std::string_view left, std::string_view right) const {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      [](char a, char b) { return Lower(a) < Lower(b); });
}

std::string Request::Header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string Request::Param(std::string_view name) const { return Found(params, name); }

std::string Request::Query(std::string_view name, std::string_view otherwise) const {
  const auto found = query.find(std::string(name));
  return found == query.end() ? std::string(otherwise) : found->second;
}

Response Response::Json(int status, const base::Json& value) {
  return Text(status, value.dump(), "application/json");
}

Response Response::Text(int status, std::string_view text, std::string content_type) {
  return Binary(status, base::ToBytes(text), std::move(content_type));
}

Response Response::Binary(int status, base::Bytes body, std::string content_type) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

Response Response::Empty(int status) {
  Response response;
  response.status = status;
  return response;
}

Response Response::Problem(int status, std::string_view code, std::string_view title,
                           std::string_view detail, const std::vector<base::Problem>& problems) {
  base::Json document = {{"type", "urn:polder:problem:" + std::string(code)},
                         {"title", title},
                         {"status", status},
                         {"detail", detail}};
  if (!problems.empty()) {
    base::Json errors = base::Json::array();
    for (const base::Problem& problem : problems) errors.push_back(base::ToJson(problem));
    document["errors"] = std::move(errors);
  }
  // A detail may quote input; what is not UTF-8 in it is replaced rather than refused.
  const std::string text = document.dump(-1, ' ', false, base::Json::error_handler_t::replace);
  return Text(status, text, "application/problem+json");
}

Response Response::FromProblems(int status, const base::ProblemError& error) {
  const auto& problems = error.problems();
  std::string detail = problems.front().detail;
  if (problems.size() > 1) {
    detail = std::to_string(problems.size()) + " problems were found; all are listed in `errors`.";
  }
  return Problem(status, error.code(), ReasonPhrase(status), detail, problems);
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

ResponseError::ResponseError(Response response)
    : std::runtime_error("answered with status " + std::to_string(response.status)),
      response_(std::move(response)) {}

}  // namespace polder::server::http
