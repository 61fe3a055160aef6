// An issuer's keys over time: replaced when a token names a key that is not there yet, but not as
// often as somebody who invents key names would like.
#ifndef POLDER_CRYPTO_JWS_KEY_RING_H_
#define POLDER_CRYPTO_JWS_KEY_RING_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/jws/jws.h"
#include "crypto/jws/key_set.h"
#include "policies/base/clock.h"

namespace polder::crypto::jws {

// Thread-safe. Does no I/O: who owns it gives it a way to fetch.
class KeyRing {
 public:
  // `fetch` returns the issuer's key set as text, or nullopt when it cannot be had; it may throw
  // nothing else than ProblemError. `clock` must outlive this.
  using Fetch = std::function<std::optional<std::string>()>;
  KeyRing(Fetch fetch, const base::Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}

  static constexpr int64_t kRefreshSeconds = 60;
  static constexpr int64_t kLongestSeconds = 3600;

  // As jws::Verify, with the keys held; for an unknown key, after fetching them anew, at most once
  // a minute. A set that cannot be fetched or read leaves the keys in use for an hour after they
  // were last confirmed; then nothing verifies, so that a withdrawn key does not live on.
  Verdict Verify(std::string_view token);

 private:
  std::shared_ptr<const KeySet> Held() const;
  bool Refresh();

  const Fetch fetch_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
  std::optional<base::Instant> tried_;
  base::Instant confirmed_{};
};

}  // namespace polder::crypto::jws

#endif  // POLDER_CRYPTO_JWS_KEY_RING_H_
