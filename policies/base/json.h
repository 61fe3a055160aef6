// JSON in and out of Polder: strict on the way in, canonical on the way out.
#ifndef POLDER_POLICIES_BASE_JSON_H_
#define POLDER_POLICIES_BASE_JSON_H_

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace polder::base {

using Json = nlohmann::json;

struct JsonLimits {
  size_t max_bytes = size_t{16} << 20;
  int max_depth = 32;
};

// Parses one JSON text. Throws ProblemError "malformed-json" (with line and column) for anything
// RFC 8259 forbids, and for what it leaves open and programs disagree about: duplicate names, more
// than `max_depth` levels, text after the value.
Json ParseJson(std::string_view text, const JsonLimits& limits = {});

// RFC 8785 (JCS) for the values Polder signs: objects, arrays, strings, booleans, null and integers
// of at most 53 bits. Throws ProblemError "not-canonical" for a floating-point number or a larger
// integer: exact numbers are strings.
std::string CanonicalJson(const Json& value);

// `pointer` with one more reference token, escaped as RFC 6901 asks.
std::string Pointer(std::string_view pointer, std::string_view token);
std::string Pointer(std::string_view pointer, size_t index);

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_JSON_H_
