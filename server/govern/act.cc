#include "server/govern/act.h"

#include <set>
#include <string>

namespace polder::server::govern {

void Refuse(int status, std::string_view code, std::string_view detail) {
  throw http::ResponseError(
      http::Response::Problem(status, code, http::ReasonPhrase(status), detail));
}

int StatusOf(const base::ProblemError& error) {
  static const std::set<std::string, std::less<>> kConflicts = {"store-conflict", "release-state",
                                                                "key-destroyed",  "own-erasure",
                                                                "erasure-ended",  "erasure-lapsed"};
  static const std::set<std::string, std::less<>> kUnable = {
      "store-unavailable", "store-version",        "store-damaged", "log-behind",
      "ledger-broken",     "random-source-failed", "not-witnessed"};
  if (error.code() == "not-found" || error.code() == "log-empty") return 404;
  if (kConflicts.contains(error.code())) return 409;
  if (kUnable.contains(error.code())) return 503;
  return 400;
}

http::Response Answer(const std::function<http::Response()>& act) {
  try {
    return act();
  } catch (const base::ProblemError& error) {
    return http::Response::FromProblems(StatusOf(error), error);
  }
}

}  // namespace polder::server::govern
