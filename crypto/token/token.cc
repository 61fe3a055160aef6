#include "crypto/token/token.h"

#include <algorithm>
#include <vector>

#include "policies/base/problem.h"

namespace polder::crypto::token {
namespace {

constexpr size_t kMinKeyBytes = 32;

bool IsPart(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void RequireKey(const digest::SecretBytes& key) {
  if (key.size() >= kMinKeyBytes) return;
  throw base::ProblemError("token-key", "",
                           "A key for tokens has at least 32 bytes; make a new one.");
}

void RequireDomain(const TokenDomain& domain) {
  if (IsPart(domain.region) && IsPart(domain.calendar) && IsPart(domain.year)) return;
  throw base::ProblemError("token-domain", "",
                           "A token domain is region/calendar/year, as RMC10/absence/2022SJ.");
}

digest::SecretBytes Derive(const digest::SecretBytes& root, const TokenDomain& domain,
                           std::string_view label) {
  RequireKey(root);
  RequireDomain(domain);
  base::Bytes info;
  base::AppendFramed(info, base::AsBytes(domain.region));
  base::AppendFramed(info, base::AsBytes(domain.calendar));
  base::AppendFramed(info, base::AsBytes(domain.year));
  return digest::HkdfSha256Secret(root.view(), base::AsBytes(label), info, kMinKeyBytes);
}

// The message holds an identifier or a token, so it is wiped.
class Message {
 public:
  explicit Message(std::string_view label) {
    bytes_.reserve(256);
    bytes_.insert(bytes_.end(), label.begin(), label.end());
    bytes_.push_back(0);
  }
  ~Message() { digest::SecureWipe(bytes_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  Message& Add(base::ByteView part) {
    const size_t needed = bytes_.size() + 8 + part.size();
    if (needed > bytes_.capacity()) {
      base::Bytes larger;
      larger.reserve(2 * needed);
      larger = bytes_;
      digest::SecureWipe(bytes_);
      bytes_.swap(larger);
    }
    base::AppendFramed(bytes_, part);
    return *this;
  }
  base::ByteView view() const { return bytes_; }

 private:
  base::Bytes bytes_;
};

}  // namespace

std::string TokenDomain::Text() const { return region + "/" + calendar + "/" + year; }

std::optional<TokenDomain> TokenDomain::Parse(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), IsPart)) return std::nullopt;
  return TokenDomain{parts[0], parts[1], parts[2]};
}

ReKeyer::ReKeyer(const digest::SecretBytes& root, const TokenDomain& domain)
    : key_(token::Derive(root, domain, "polder/re-key/v1").view()) {}

Token ReKeyer::ReKey(base::ByteView token) const {
  Message message("polder/re-keyed-token/v1");
  return key_.Mac(message.Add(token).view());
}

}  // namespace polder::crypto::token
