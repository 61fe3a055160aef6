#include "policies/base/json.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::base {
namespace {

struct Place {
  uint64_t line = 1;
  uint64_t column = 1;
};

Place PlaceOf(std::string_view text, size_t offset) {
  Place place;
  for (const char c : text.substr(0, std::min(offset, text.size()))) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return place;
}

[[noreturn]] void Malformed(std::string detail, Place place) {
  throw ProblemError(
      std::vector<Problem>{{"malformed-json", "", std::move(detail), place.line, place.column}});
}

// RFC 8785 §3.2.3 sorts by UTF-16 code units, which differs from byte order above the basic plane.
std::vector<uint16_t> Utf16(std::string_view text) {
  std::vector<uint16_t> units;
  units.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (size_t j = 1; j < length; ++j) {
      point = (point << 6) | (static_cast<uint8_t>(text[i + j]) & 0x3FU);
    }
    if (point >= 0x10000) {
      units.push_back(static_cast<uint16_t>(0xD800 + ((point - 0x10000) >> 10)));
      units.push_back(static_cast<uint16_t>(0xDC00 + ((point - 0x10000) & 0x3FF)));
    } else {
      units.push_back(static_cast<uint16_t>(point));
    }
    i += length;
  }
  return units;
}

void AppendString(std::string& out, std::string_view text) {
  if (!IsUtf8(text)) throw ProblemError("not-canonical", "", "a string is not UTF-8");
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          std::array<char, 8> escaped{};
          std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
          out += escaped.data();
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void Append(std::string& out, const Json& value) {
  constexpr int64_t kLargest = (int64_t{1} << 53) - 1;
  switch (value.type()) {
    case Json::value_t::null:
      out += "null";
      return;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Json::value_t::string:
      AppendString(out, value.get_ref<const std::string&>());
      return;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: {
      const bool huge =
          value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(kLargest);
      const int64_t number = huge ? 0 : value.get<int64_t>();
      if (huge || number > kLargest || number < -kLargest) {
        throw ProblemError("not-canonical", "", "an integer beyond 53 bits must be a string");
      }
      out += std::to_string(number);
      return;
    }
    case Json::value_t::array: {
      out += '[';
      bool first = true;
      for (const Json& item : value) {
        if (!std::exchange(first, false)) out += ',';
        Append(out, item);
      }
      out += ']';
      return;
    }
    case Json::value_t::object: {
      std::vector<std::pair<std::vector<uint16_t>, const std::string*>> names;
      for (const auto& item : value.items()) names.emplace_back(Utf16(item.key()), &item.key());
      std::sort(names.begin(), names.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      out += '{';
      bool first = true;
      for (const auto& [units, name] : names) {
        if (!std::exchange(first, false)) out += ',';
        AppendString(out, *name);
        out += ':';
        Append(out, value.at(*name));
      }
      out += '}';
      return;
    }
    default:
      throw ProblemError("not-canonical", "", "exact numbers are integers or strings");
  }
}

}  // namespace

Json ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    Malformed("The text begins with a byte order mark. Save it as UTF-8 without one.", {});
  }
  if (text.size() > limits.max_bytes) {
    throw ProblemError(
        "too-large", "",
        "the JSON text is longer than " + std::to_string(limits.max_bytes) + " bytes");
  }
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (depth >= limits.max_depth) {
          throw ProblemError("malformed-json", "",
                             "nested deeper than " + std::to_string(limits.max_depth) + " levels");
        }
        names.emplace_back();
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        names.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!names.back().insert(parsed.get<std::string>()).second) {
          throw ProblemError("malformed-json", "",
                             "the name \"" + parsed.get<std::string>() + "\" is given twice");
        }
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::parse_error& error) {
    Malformed("this is not valid JSON", PlaceOf(text, error.byte > 0 ? error.byte - 1 : 0));
  } catch (const Json::exception&) {
    Malformed("this JSON holds a number that cannot be represented", {});
  }
}

std::string CanonicalJson(const Json& value) {
  std::string out;
  Append(out, value);
  return out;
}

std::string Pointer(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Pointer(std::string_view pointer, size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

}  // namespace polder::base
