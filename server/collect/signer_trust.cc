#include "server/collect/signer_trust.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "policies/base/problem.h"

namespace polder::server::collect {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || text.empty()) {
    throw base::ProblemError("cannot-read", "", "Cannot read " + path + ", or it is empty.");
  }
  return text;
}

}  // namespace

SignerTrust::SignerTrust(std::string roots, std::string revocation_lists,
                         std::function<void(std::string_view)> trouble)
    : roots_(std::move(roots)),
      revocation_lists_(std::move(revocation_lists)),
      trouble_(std::move(trouble)),
      stamp_(base::FileStamp::Of({roots_, revocation_lists_})),
      current_(Read()) {}

std::shared_ptr<const crypto::keys::TrustStore> SignerTrust::Read() const {
  return std::make_shared<const crypto::keys::TrustStore>(
      crypto::keys::TrustStore::FromPem(ReadFile(roots_), ReadFile(revocation_lists_)));
}

std::shared_ptr<const crypto::keys::TrustStore> SignerTrust::Current() {
  const std::lock_guard lock(mutex_);
  base::FileStamp stamp = base::FileStamp::Of({roots_, revocation_lists_});
  if (stamp == stamp_) return current_;
  stamp_ = std::move(stamp);
  try {
    current_ = Read();
  } catch (const base::ProblemError& error) {
    if (trouble_) trouble_("whom to trust was changed into something unusable: " + error.code());
  }
  return current_;
}

}  // namespace polder::server::collect
