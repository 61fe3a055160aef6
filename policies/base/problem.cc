#include "policies/base/problem.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace polder::base {
namespace {

std::string Summary(const std::vector<Problem>& problems) {
  if (problems.empty()) return "unknown problem";
  std::string text = ToLine(problems.front());
  if (problems.size() > 1) text += " (and " + std::to_string(problems.size() - 1) + " more)";
  return text;
}

}  // namespace

ProblemError::ProblemError(std::vector<Problem> problems)
    : std::runtime_error(Summary(problems)), problems_(std::move(problems)) {
  if (problems_.empty())
    problems_.push_back({"internal", "", "an error without a problem was raised"});
}

ProblemError::ProblemError(std::string code, std::string pointer, std::string detail)
    : ProblemError(std::vector<Problem>{{std::move(code), std::move(pointer), std::move(detail)}}) {
}

void Problems::Add(Problem problem) {
  if (found_.size() < limit_) {
    found_.push_back(std::move(problem));
  } else {
    ++dropped_;
  }
}

void Problems::Add(std::string code, std::string pointer, std::string detail) {
  Add(Problem{std::move(code), std::move(pointer), std::move(detail)});
}

void Problems::ThrowIfAny() const {
  if (found_.empty()) return;
  std::vector<Problem> all = found_;
  if (dropped_ > 0) {
    all.push_back(
        {"too-many-problems", "",
         std::to_string(dropped_) + " more problems are not shown; fix these first and try again"});
  }
  throw ProblemError(std::move(all));
}

nlohmann::json ToJson(const Problem& problem) {
  nlohmann::json json = {
      {"code", problem.code}, {"pointer", problem.pointer}, {"detail", problem.detail}};
  if (problem.line > 0) json["line"] = problem.line;
  if (problem.column > 0) json["column"] = problem.column;
  return json;
}

std::string ToLine(const Problem& problem) {
  std::string place;
  if (problem.line > 0) place = "line " + std::to_string(problem.line);
  if (problem.column > 0) place += ", column " + std::to_string(problem.column);
  if (!problem.pointer.empty()) {
    place += place.empty() ? problem.pointer : " (" + problem.pointer + ")";
  }
  return place.empty() ? problem.detail : place + ": " + problem.detail;
}

}  // namespace polder::base
