#include "crypto/jws/key_ring.h"

#include <utility>

#include "policies/base/problem.h"

namespace polder::crypto::jws {

std::shared_ptr<const KeySet> KeyRing::Held() const {
  const std::scoped_lock lock(mutex_);
  return clock_.Now().seconds - confirmed_.seconds < kLongestSeconds ? keys_ : nullptr;
}

bool KeyRing::Refresh() {
  {
    const std::scoped_lock lock(mutex_);
    const base::Instant now = clock_.Now();
    if (tried_ && now.seconds - tried_->seconds < kRefreshSeconds) return false;
    tried_ = now;  // before fetching: others do not wait for an issuer that is slow
  }
  try {
    const std::optional<std::string> text = fetch_();
    if (!text) return false;
    auto keys = std::make_shared<const KeySet>(KeySet::Parse(*text));
    const std::scoped_lock lock(mutex_);
    keys_ = std::move(keys);
    confirmed_ = clock_.Now();
    return true;
  } catch (const base::ProblemError&) {
    return false;
  }
}

Verdict KeyRing::Verify(std::string_view token) {
  std::shared_ptr<const KeySet> keys = Held();
  if (!keys && Refresh()) keys = Held();
  if (!keys) {
    Verdict verdict;
    verdict.code = "token-key-unknown";
    verdict.detail = "The issuer's keys cannot be had now.";
    return verdict;
  }
  Verdict verdict = jws::Verify(token, *keys);
  if (verdict.code != "token-key-unknown" || !Refresh()) return verdict;
  keys = Held();
  return keys ? jws::Verify(token, *keys) : verdict;
}

}  // namespace polder::crypto::jws
