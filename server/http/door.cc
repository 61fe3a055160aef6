// The one place where a handler's exceptions become answers, and where every answer gets what its
// route promises.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>

#include <cxxabi.h>

#include "server/http/request_head.h"
#include "server/http/router.h"

namespace polder::server::http {
namespace {

// A line break in a value would let whoever chose the value write further fields.
bool IsSafeValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

bool IsWellFormed(const Response& response) {
  return response.status >= 200 && response.status <= 599 && IsSafeValue(response.content_type) &&
         std::all_of(response.headers.begin(), response.headers.end(), [](const auto& field) {
           return IsToken(field.first) && IsSafeValue(field.second);
         });
}

Response InternalError(const std::string& request_id) {
  return Response::Problem(500, "internal-error", ReasonPhrase(500),
                           "Something failed on our side; nothing more can be said here. Quote "
                           "request " +
                               request_id + " to the operator.");
}

bool ListHasTag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

std::string TypeName(const std::exception& error) {
  int status = 0;
  const char* mangled = typeid(error).name();
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : mangled;
}

}  // namespace

Response CallHandler(const Handler& handler, const Request& request,
                     const std::function<void(std::string_view)>& report) {
  const auto tell = [&](std::string_view what) {
    if (report) report(what);
  };
  try {
    Response response = handler(request);
    if (IsWellFormed(response)) return response;
    tell("the handler's answer has a field or status that cannot be sent");
  } catch (const base::ProblemError& error) {
    return Response::FromProblems(400, error);
  } catch (const ResponseError& error) {
    if (IsWellFormed(error.response())) return error.response();
    tell("the handler's answer has a field or status that cannot be sent");
  } catch (const std::exception& error) {
    // Its type and not its text: a parser's message quotes what it read.
    tell(TypeName(error));
  } catch (...) {
    tell("an exception that is not a std::exception");
  }
  return InternalError(request.request_id);
}

void ApplyRouteOptions(const Request& request, const RouteOptions& options, Response& response) {
  if (options.cors) response.headers["Access-Control-Allow-Origin"] = "*";
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads || response.status != 200) return;
  if (options.cache_seconds > 0 && !response.headers.contains("Cache-Control")) {
    response.headers["Cache-Control"] = "public, max-age=" + std::to_string(options.cache_seconds) +
                                        (options.immutable ? ", immutable" : "");
  }
  const auto tag = response.headers.find("ETag");
  if (tag == response.headers.end()) return;
  if (ListHasTag(request.Header("If-None-Match"), tag->second)) {
    response.status = 304;
    response.body.clear();
    response.content_type.clear();
  }
}

}  // namespace polder::server::http
