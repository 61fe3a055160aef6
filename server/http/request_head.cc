#include "server/http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "server/http/target.h"

namespace polder::server::http {
namespace {

using Outcome = std::variant<RequestHead, HeadRefusal>;

// Fields that have one value. A second one is an attempt to be understood in two ways.
constexpr std::array<std::string_view, 15> kOnce = {"authorization",
                                                    "content-encoding",
                                                    "content-length",
                                                    "content-location",
                                                    "content-range",
                                                    "content-type",
                                                    "date",
                                                    "etag",
                                                    "expect",
                                                    "from",
                                                    "host",
                                                    "location",
                                                    "proxy-authorization",
                                                    "retry-after",
                                                    "user-agent"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

HeadRefusal Refuse(int status, std::string code, std::string detail) {
  return {status, std::move(code), std::move(detail)};
}

// A comma-separated list that holds `token`, without regard to case.
bool ListHas(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (ToLower(Trim(list.substr(0, comma))) == token) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// Takes the scheme and authority off an absolute-form target (RFC 9112 §3.2.2); nothing here
// depends on the authority.
std::string_view OriginForm(std::string_view target) {
  const std::string lower = ToLower(target.substr(0, 8));
  size_t authority = 0;
  if (lower.starts_with("http://")) authority = 7;
  if (lower.starts_with("https://")) authority = 8;
  if (authority == 0) return target;
  const size_t slash = target.find('/', authority);
  if (slash == std::string_view::npos || slash == authority) return "";
  return target.substr(slash);
}

std::optional<HeadRefusal> ReadRequestLine(std::string_view line, const Limits& limits,
                                           RequestHead& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || HasControl(line) ||
      line.find('\t') != std::string_view::npos) {
    return Refuse(400, "bad-request-line", "Send `METHOD target HTTP/1.1` with single spaces.");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || target.empty() || target.find(' ') != std::string_view::npos) {
    return Refuse(400, "bad-request-line", "Send `METHOD target HTTP/1.1` with single spaces.");
  }
  const bool is_version = version.size() == 8 && version.starts_with("HTTP/") &&
                          version[5] >= '0' && version[5] <= '9' && version[6] == '.' &&
                          version[7] >= '0' && version[7] <= '9';
  if (!is_version) return Refuse(400, "bad-version", "Use HTTP/1.1.");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Refuse(505, "unsupported-version", "Use HTTP/1.1.");
  }
  if (target.size() > limits.target_bytes) {
    return Refuse(414, "target-too-long", "Send long input in a body instead.");
  }
  const std::string_view origin = OriginForm(target);
  const size_t mark = origin.find('?');
  const bool printable = std::all_of(origin.begin(), origin.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f;
  });
  if (origin.empty() || origin.front() != '/' || !printable ||
      origin.find('#') != std::string_view::npos) {
    return Refuse(400, "bad-target", "The request target must be an encoded absolute path.");
  }
  head.method = method;
  head.path = origin.substr(0, mark);
  head.keep_alive = version == "HTTP/1.1";
  if (mark != std::string_view::npos) {
    auto query = ParseQuery(origin.substr(mark + 1), limits.query_parameters);
    if (!query) {
      return Refuse(400, "bad-query", "The query must be `name=value` pairs, percent-encoded.");
    }
    head.query = std::move(*query);
  }
  return std::nullopt;
}

std::optional<HeadRefusal> ReadFraming(RequestHead& head, bool is_1_1) {
  const auto find = [&](std::string_view name) -> const std::string* {
    const auto found = head.headers.find(name);
    return found == head.headers.end() ? nullptr : &found->second;
  };
  const std::string* host = find("host");
  if (host == nullptr && is_1_1) {
    return Refuse(400, "bad-host", "Send exactly one Host field.");
  }
  const std::string* length = find("content-length");
  if (find("transfer-encoding") != nullptr) {
    if (length != nullptr || !is_1_1) {
      return Refuse(400, "ambiguous-framing", "Send Content-Length and no Transfer-Encoding.");
    }
    return Refuse(411, "length-required",
                  "Send the body with a Content-Length instead of Transfer-Encoding.");
  }
  const bool takes_body = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
  if (length == nullptr) {
    if (takes_body) {
      return Refuse(411, "length-required", "Send a Content-Length; 0 when there is no body.");
    }
  } else {
    const auto parsed = ParseContentLength(*length);
    if (!parsed) return Refuse(400, "bad-content-length", "Content-Length must be digits only.");
    if (*parsed > 0 && !takes_body) {
      return Refuse(400, "unexpected-body", "This method takes no body.");
    }
    head.body_length = *parsed;
  }
  if (const std::string* expect = find("expect")) {
    if (ToLower(*expect) != "100-continue") {
      return Refuse(417, "unknown-expectation", "Only `Expect: 100-continue` is known.");
    }
    head.expect_continue = is_1_1 && head.body_length > 0;
  }
  if (const std::string* connection = find("connection")) {
    if (ListHas(*connection, "close")) head.keep_alive = false;
  }
  return std::nullopt;
}

}  // namespace

bool IsToken(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::optional<size_t> ParseContentLength(std::string_view text) {
  if (text.empty() || text.size() > 15) return std::nullopt;
  size_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

size_t FindHeadEnd(std::string_view received) {
  // The earliest blank line of either kind ends the reading, so that a head with bare LFs is
  // refused at once instead of waited for.
  const size_t strict = received.find("\r\n\r\n");
  size_t end = strict == std::string_view::npos ? strict : strict + 4;
  for (const std::string_view loose : {"\n\n", "\n\r\n"}) {
    const size_t found = received.find(loose);
    if (found != std::string_view::npos) end = std::min(end, found + loose.size());
  }
  return end;
}

std::optional<Headers> ParseFields(std::string_view lines, size_t most_fields,
                                   HeadRefusal& refusal) {
  Headers headers;
  size_t fields = 0;
  while (true) {
    const size_t end = lines.find("\r\n");
    if (end == std::string_view::npos) {
      refusal = Refuse(400, "bad-line-ending", "Every line of the head must end in CR LF.");
      return std::nullopt;
    }
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      refusal = Refuse(400, "folded-field", "Send each field on one line.");
      return std::nullopt;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon)) || HasControl(line)) {
      refusal = Refuse(400, "bad-field", "Send fields as `Name: value` without control bytes.");
      return std::nullopt;
    }
    if (++fields > most_fields) {
      refusal = Refuse(431, "too-many-fields", "Send fewer header fields.");
      return std::nullopt;
    }
    const std::string name = ToLower(line.substr(0, colon));
    const std::string_view value = Trim(line.substr(colon + 1));
    const auto [place, is_new] = headers.emplace(name, value);
    if (is_new) continue;
    if (std::find(kOnce.begin(), kOnce.end(), name) != kOnce.end()) {
      refusal = Refuse(400, "repeated-field", "Send " + name + " once.");
      return std::nullopt;
    }
    place->second.append(", ").append(value);
  }
  if (!lines.empty()) {
    refusal = Refuse(400, "bad-line-ending", "Every line of the head must end in CR LF.");
    return std::nullopt;
  }
  return headers;
}

Outcome ParseRequestHead(std::string_view head, const Limits& limits) {
  if (head.size() > limits.header_bytes) {
    return Refuse(431, "head-too-large", "Send fewer or shorter header fields.");
  }
  const size_t end = head.find("\r\n");
  if (end == std::string_view::npos) {
    return Refuse(400, "bad-line-ending", "Every line of the head must end in CR LF.");
  }
  RequestHead parsed;
  if (auto refusal = ReadRequestLine(head.substr(0, end), limits, parsed)) return *refusal;
  const bool is_1_1 = parsed.keep_alive;
  HeadRefusal refusal;
  auto headers = ParseFields(head.substr(end + 2), limits.header_fields, refusal);
  if (!headers) return refusal;
  parsed.headers = std::move(*headers);
  if (auto framing = ReadFraming(parsed, is_1_1)) return *framing;
  return parsed;
}

}  // namespace polder::server::http
