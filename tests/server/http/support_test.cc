#include "tests/server/http/support.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/keys/authority.h"

namespace polder::server::http {
namespace {

using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;
using crypto::keys::Validity;

std::string WriteFile(const std::string& name, std::string_view text) {
  const std::string path =
      testing::TempDir() + "/polder-http-" + std::to_string(::getpid()) + "-" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TestFiles MakeFiles() {
  const base::Instant now = base::SystemClock().Now();
  const Validity valid{now.Plus(-86'400), now.Plus(86'400)};
  const Validity root_valid{now.Plus(-10 * 86'400), now.Plus(10 * 86'400)};
  const auto authority = CertificateAuthority::Create("Test authority", root_valid);
  const auto other = CertificateAuthority::Create("Other authority", root_valid);
  const auto server_key = PrivateKey::Generate(KeyType::kP256);
  const auto member_key = PrivateKey::Generate(KeyType::kP256);
  const std::string ca = WriteFile("ca.pem", authority.root().ToPem());
  const std::string other_ca = WriteFile("other-ca.pem", other.root().ToPem());
  const std::string server_pem =
      WriteFile("server.pem",
                authority.IssueServer(server_key.public_key(), {"localhost", ""}, valid).ToPem());
  const std::string server_key_pem = WriteFile("server.key", server_key.ToPem().text());
  const std::string member_key_pem = WriteFile("member.key", member_key.ToPem().text());
  const auto client = [&](const CertificateAuthority& issuer, const std::string& name,
                          const Validity& validity) {
    const auto certificate = issuer.Issue(CertificateUse::kClient, member_key.public_key(),
                                          {"Gemeente Zeeland", std::string(kOin)}, validity);
    return ClientTlsFiles{ca, WriteFile(name, certificate.ToPem()), member_key_pem};
  };
  TestFiles files;
  files.server = {server_pem, server_key_pem, ca};
  files.member = client(authority, "member.pem", valid);
  files.anonymous = {ca, "", ""};
  files.stranger = client(other, "stranger.pem", valid);
  files.expired = client(authority, "expired.pem", {now.Plus(-5 * 86'400), now.Plus(-86'400)});
  files.as_client = {ca, server_pem, server_key_pem};
  files.trusts_other = {other_ca, "", ""};
  return files;
}

}  // namespace

const TestFiles& Files() {
  static const TestFiles files = MakeFiles();
  return files;
}

ServerLog LogLines::Log(bool access) {
  return {access, [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(line);
          }};
}

std::vector<std::string> LogLines::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

std::string LogLines::All() const {
  std::string all;
  for (const std::string& line : lines()) all += line + "\n";
  return all;
}

Limits QuickLimits() {
  using std::chrono::milliseconds;
  Limits limits;
  limits.handshake = milliseconds(400);
  limits.header = milliseconds(300);
  limits.keep_alive = milliseconds(600);
  limits.body_grace = milliseconds(300);
  limits.write = milliseconds(500);
  limits.linger = milliseconds(100);
  limits.drain = milliseconds(1'500);
  return limits;
}

Router TestRouter() {
  Router router;
  router.Add("GET", "/hello", [](const Request&) { return Response::Text(200, "hello"); },
             {.cors = true, .cache_seconds = 60, .immutable = true});
  router.Add("GET", "/items/{id}",
             [](const Request& request) { return Response::Text(200, request.Param("id")); });
  router.Add("POST", "/echo", [](const Request& request) {
    return Response::Binary(200, request.body, "application/octet-stream");
  });
  router.Add("POST", "/deliveries",
             [](const Request& request) {
               return Response::Json(201, {{"oin", request.peer.oin}, {"n", request.body.size()}});
             },
             {.max_body = size_t{1} << 20,
              .client_certificate = true,
              .content_types = {"application/pkcs7-mime; smime-type=authEnveloped-data"}});
  router.Add("GET", "/whoami", [](const Request& request) {
    return Response::Json(200, {{"oin", request.peer.oin},
                                {"name", request.peer.common_name},
                                {"fingerprint", request.peer.fingerprint},
                                {"address", request.peer.address}});
  });
  router.Add("GET", "/big", [](const Request&) {
    return Response::Binary(200, base::Bytes(size_t{8} << 20, 'x'), "application/octet-stream");
  });
  const Handler slow = [](const Request& request) {
    int wait = 0;
    const std::string text = request.Query("ms", "300");
    std::from_chars(text.data(), text.data() + text.size(), wait);
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    return Response::Text(200, "done");
  };
  router.Add("GET", "/slow", slow);
  router.Add("POST", "/slow", slow);
  router.Add("GET", "/throw", [](const Request&) -> Response {
    throw std::runtime_error("pupil 123456782 is in row 7");
  });
  router.Add("GET", "/throw-int", [](const Request&) -> Response { throw 7; });
  router.Add("GET", "/problems", [](const Request&) -> Response {
    base::Problems problems;
    problems.Add("unknown-code", "/cases/1/kind", "Use a code of the codebook.");
    problems.Add({"missing-field", "opened", "Add the week the case was opened.", 3, 9});
    problems.ThrowIfAny();
    return {};
  });
  router.Add("GET", "/split", [](const Request&) {
    Response response = Response::Text(200, "x");
    response.headers["X-Name"] = "a\r\nSet-Cookie: stolen=1";
    return response;
  });
  router.Add("GET", "/refuse", [](const Request&) -> Response {
    throw ResponseError(Response::Problem(409, "already-frozen", "Conflict", "Frozen."));
  });
  return router;
}

TestServer::TestServer(std::optional<TlsFiles> tls, Limits limits, ServerLog log)
    : server("127.0.0.1", 0, std::move(tls), TestRouter(), limits, clock, std::move(log)) {
  server.Start();
}

RawConnection::RawConnection(uint16_t port) : handle_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ =
      ::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

RawConnection::~RawConnection() { ::close(handle_); }

bool RawConnection::Send(std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(handle_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawConnection::EndSending() { ::shutdown(handle_, SHUT_WR); }

std::string RawConnection::ReadAll(std::chrono::milliseconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  std::string text;
  std::array<char, 65'536> chunk;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd wanted{handle_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wanted, 1, static_cast<int>(left.count())) <= 0) return text;
    const auto count = ::recv(handle_, chunk.data(), chunk.size(), 0);
    if (count <= 0) {
      closed_ = true;
      reset_ = count < 0;
      return text;
    }
    text.append(chunk.data(), static_cast<size_t>(count));
  }
}

std::string RawConnection::ReadAnswers(size_t count) {
  std::string text;
  for (int tries = 0; tries < 200; ++tries) {
    text += ReadAll(std::chrono::milliseconds(10));
    size_t seen = 0;
    size_t at = 0;
    while (seen < count) {
      const size_t end = text.find("\r\n\r\n", at);
      if (end == std::string::npos) break;
      const size_t length_at = text.find("Content-Length: ", at);
      size_t length = 0;
      if (length_at < end) {
        std::from_chars(text.data() + length_at + 16, text.data() + end, length);
      }
      if (text.size() < end + 4 + length) break;
      at = end + 4 + length;
      ++seen;
    }
    if (seen == count || closed_) return text;
  }
  return text;
}

std::string Say(uint16_t port, std::string_view bytes) {
  RawConnection connection(port);
  connection.Send(bytes);
  connection.EndSending();
  return connection.ReadAll();
}

size_t CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

int StatusOf(std::string_view answer) {
  int status = 0;
  if (answer.starts_with("HTTP/1.1 ") && answer.size() >= 12) {
    std::from_chars(answer.data() + 9, answer.data() + 12, status);
  }
  return status;
}

std::chrono::milliseconds Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

}  // namespace polder::server::http
