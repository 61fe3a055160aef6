// What the handlers of acts share: refusing, and saying which status a problem has.
#ifndef POLDER_SERVER_GOVERN_ACT_H_
#define POLDER_SERVER_GOVERN_ACT_H_

#include <functional>
#include <string_view>

#include "policies/base/problem.h"
#include "server/http/message.h"

namespace polder::server::govern {

// Throws http::ResponseError with a problem of that status.
[[noreturn]] void Refuse(int status, std::string_view code, std::string_view detail);

// The status of a problem that is no fault of the input: 404 "not-found", 409 for a conflict with
// what is stored, 503 for a store or log that cannot work; else 400.
int StatusOf(const base::ProblemError& error);

// Runs `act`; a ProblemError becomes its answer.
http::Response Answer(const std::function<http::Response()>& act);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_ACT_H_
