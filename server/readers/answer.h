// What every reader's answer is made of: a media type that the client accepts, a strong validator,
// and refusals.
#ifndef POLDER_SERVER_READERS_ANSWER_H_
#define POLDER_SERVER_READERS_ANSWER_H_

#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"
#include "server/http/message.h"

namespace polder::server::readers {

enum class Media { kJson, kCsv };

// The one of JSON and CSV that `Accept` prefers; JSON when it accepts both alike or says nothing.
// Source: RFC 9110 §12.5.1 (quality values; the most specific range counts). Throws ResponseError
// 406 when it accepts neither.
Media Negotiate(const http::Request& request);

// 200 with these exact bytes and an ETag made of their SHA-256.
http::Response Answer(std::string_view bytes, std::string content_type);
http::Response AnswerJson(const base::Json& json);  // canonical
http::Response AnswerCsv(std::string_view csv);

// The parts of a comma-separated list of codes from the query; empty when it is absent. Throws
// ProblemError "malformed-parameter".
std::vector<std::string> QueryCodes(const http::Request& request, std::string_view name);

// Refuses query parameters that the route does not know: a typo would otherwise answer another
// question. Throws ProblemError "unknown-parameter", one problem each.
void CheckQuery(const http::Request& request, const std::vector<std::string>& known);

// Always throws.
[[noreturn]] void RefuseNotFound(std::string_view what);

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_ANSWER_H_
