#include "server/http/media_type.h"

#include <algorithm>
#include <map>
#include <optional>

namespace polder::server::http {
namespace {

struct MediaType {
  std::string type;
  std::map<std::string, std::string> parameters;
};

std::string Tidy(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  const auto last = text.find_last_not_of(" \t");
  std::string lower(text.substr(first, last - first + 1));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::optional<MediaType> Parse(std::string_view text) {
  MediaType parsed;
  const size_t end = text.find(';');
  parsed.type = Tidy(text.substr(0, end));
  const size_t slash = parsed.type.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == parsed.type.size()) {
    return std::nullopt;
  }
  while (text.find(';') != std::string_view::npos) {
    text.remove_prefix(text.find(';') + 1);
    const std::string parameter = Tidy(text.substr(0, text.find(';')));
    if (parameter.empty()) continue;
    const size_t equals = parameter.find('=');
    if (equals == 0 || equals == std::string::npos) return std::nullopt;
    std::string value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!parsed.parameters.emplace(parameter.substr(0, equals), value).second) return std::nullopt;
  }
  return parsed;
}

}  // namespace

bool MatchesMediaType(std::string_view accepted, std::string_view sent) {
  const auto wanted = Parse(accepted);
  const auto given = Parse(sent);
  if (!wanted || !given || wanted->type != given->type) return false;
  return std::all_of(wanted->parameters.begin(), wanted->parameters.end(),
                     [&](const auto& parameter) {
                       const auto found = given->parameters.find(parameter.first);
                       return found != given->parameters.end() && found->second == parameter.second;
                     });
}

}  // namespace polder::server::http
