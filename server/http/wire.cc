#include "server/http/wire.h"

#include <array>

namespace polder::server::http {
namespace {

std::string TwoDigits(int64_t value) {
  std::string text = std::to_string(value);
  return text.size() < 2 ? "0" + text : text;
}

}  // namespace

std::string HttpDate(base::Instant instant) {
  static constexpr std::array<std::string_view, 7> kDays = {
      "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // day 0: Thursday
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const base::Date day = instant.Day();
  const int64_t second = instant.seconds - day.days() * 86'400;
  const auto weekday = static_cast<size_t>(((day.days() % 7) + 7) % 7);
  std::string text(kDays[weekday]);
  text += ", " + TwoDigits(day.day()) + " ";
  text += kMonths[static_cast<size_t>(day.month() - 1)];
  text += " " + std::to_string(day.year()) + " " + TwoDigits(second / 3'600) + ":" +
          TwoDigits(second / 60 % 60) + ":" + TwoDigits(second % 60) + " GMT";
  return text;
}

std::string ResponseHead(const Response& response, bool close, std::string_view request_id,
                         base::Instant now) {
  Headers fields = response.headers;
  fields["Date"] = HttpDate(now);
  fields["API-Version"] = kApiVersion;
  fields["X-Request-Id"] = request_id;
  fields["Strict-Transport-Security"] = "max-age=31536000";
  fields["X-Content-Type-Options"] = "nosniff";
  fields["X-Frame-Options"] = "DENY";
  fields.emplace("Referrer-Policy", "no-referrer");
  fields.emplace("Cache-Control", "no-store");
  std::string& policy = fields["Content-Security-Policy"];
  if (policy.find("frame-ancestors") == std::string::npos) {
    policy += policy.empty() ? "frame-ancestors 'none'" : "; frame-ancestors 'none'";
  }
  // Framing is the door's alone.
  fields.erase("Transfer-Encoding");
  fields.erase("Content-Length");
  fields.erase("Connection");
  if (response.status != 204 && response.status != 304) {
    fields["Content-Length"] = std::to_string(response.body.size());
    if (!response.content_type.empty()) fields["Content-Type"] = response.content_type;
  }
  if (close) fields["Connection"] = "close";

  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += ReasonPhrase(response.status);
  head += "\r\n";
  for (const auto& [name, value] : fields) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

}  // namespace polder::server::http
