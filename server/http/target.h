// The request target: path segments and query, decoded strictly (RFC 3986). What could be read in
// two ways is an error, because a proxy and this server might read it differently.
#ifndef POLDER_SERVER_HTTP_TARGET_H_
#define POLDER_SERVER_HTTP_TARGET_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polder::server::http {

// "%41" → "A". nullopt for a broken escape, for control characters (also escaped) and for what is
// not UTF-8. With `plus_is_space` a "+" is a space, as HTML forms write it.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

// Percent-encodes all but RFC 3986's unreserved characters.
std::string PercentEncode(std::string_view text);

// The segments of an absolute path, decoded: "/a/b%20c" → {"a", "b c"}; "/" → {}. nullopt when it
// does not start with "/", has an empty segment, a "." or "..", an escaped "/" or "\", or a broken
// escape.
std::optional<std::vector<std::string>> SplitPath(std::string_view path);

// "a=1&b=x%20y"; a name without "=" has the empty value. nullopt for a broken escape, an empty
// name, or more than `most` pairs.
std::optional<std::multimap<std::string, std::string>> ParseQuery(std::string_view query,
                                                                  size_t most);

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_TARGET_H_
