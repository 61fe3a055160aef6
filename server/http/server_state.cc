#include "server/http/server_state.h"

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace polder::server::http {
namespace {

std::string RandomPrefix() {
  std::array<uint8_t, 8> bytes;
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return base::ToHex(bytes);
}

// A class and not a number: the exact time of an answer can tell what was in the request.
std::string_view DurationClass(std::chrono::steady_clock::duration took) {
  using std::chrono::milliseconds;
  if (took < milliseconds(10)) return "<10ms";
  if (took < milliseconds(100)) return "<100ms";
  if (took < milliseconds(1'000)) return "<1s";
  if (took < milliseconds(10'000)) return "<10s";
  return ">=10s";
}

std::string Line(const base::Json& json) {
  return json.dump(-1, ' ', true, base::Json::error_handler_t::replace);
}

}  // namespace

ServerState::ServerState(Router all_routes, const Limits& all_limits, const base::Clock& the_clock,
                         ServerLog where_to)
    : router(std::move(all_routes)),
      limits(all_limits),
      clock(the_clock),
      log(std::move(where_to)),
      gate(all_limits.threads, all_limits.queue),
      bodies(all_limits.bodies_in_flight_bytes),
      id_prefix_(RandomPrefix()) {}

std::string ServerState::NextRequestId() {
  base::Bytes count;
  base::AppendBe64(count, ++ids_);
  return id_prefix_ + base::ToHex(base::ByteView(count).last(5));
}

void ServerState::LogAccess(const Request& request, int status,
                            std::chrono::steady_clock::duration took) {
  if (!log.access) return;
  Write(Line({{"time", clock.Now().Text()},
              {"method", request.method},
              {"route", request.route},
              {"status", status},
              {"took", DurationClass(took)},
              {"request", request.request_id}}));
}

void ServerState::LogError(const Request& request, std::string_view what) {
  Write(Line({{"time", clock.Now().Text()},
              {"error", what},
              {"method", request.method},
              {"route", request.route},
              {"request", request.request_id}}));
}

void ServerState::LogTrouble(std::string_view what) {
  // Called where nothing may be thrown any more, and the trouble may be the clock's own: a made-up
  // one is a file.
  std::string time;
  try {
    time = clock.Now().Text();
  } catch (const std::exception&) {
  }
  Write(Line({{"time", time}, {"error", what}}));
}

void ServerState::Write(const std::string& line) {
  if (log.sink) {
    log.sink(line);
    return;
  }
  // One call, so that lines of several threads do not mix.
  const std::string whole = line + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

}  // namespace polder::server::http
