#include "server/jobs/root_rotation.h"

#include <optional>
#include <string>
#include <string_view>

#include "crypto/seal/wrap.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::server::jobs {
namespace {

using crypto::digest::SecretBytes;
using crypto::seal::RootKey;

// A key that seals nothing: it tells under which root the key store stands.
constexpr std::string_view kCheckId = "root/check";
// Delivery keys lie under the year keys and stay as they are.
constexpr std::string_view kUnderYearKeys = "delivery/";

[[noreturn]] void WrongRoot() {
  throw base::ProblemError("wrong-root", "",
                           "The keys in the key store are wrapped under another root. Was the root "
                           "changed, or the key store restored from before that?");
}

std::optional<SecretBytes> Under(const RootKey& root, const std::string& id,
                                 base::ByteView wrapped) {
  try {
    return root.Unwrap(wrapped, base::AsBytes(id));
  } catch (const base::ProblemError& error) {
    if (error.code() != "unseal-failed") throw;
    return std::nullopt;
  }
}

}  // namespace

void CheckRoot(store::KeyStore& keys, const RootKey& root, base::Instant at) {
  const std::string check(kCheckId);
  const auto standing = keys.Find(check);
  if (standing) {
    if (!Under(root, check, *standing)) WrongRoot();
    return;
  }
  // A key store from before there was a check says it by any of its keys.
  for (const std::string& id : keys.Ids("")) {
    if (id.starts_with(kUnderYearKeys)) continue;
    if (!Under(root, id, keys.Find(id).value())) WrongRoot();
    break;
  }
  const auto made = crypto::seal::NewWrappedKey(root, base::AsBytes(check));
  // Two may come at once with different roots: the second sees what the first put there.
  if (!Under(root, check, keys.PutIfAbsent(check, made.wrapped, at))) WrongRoot();
}

Rotated RotateRoot(store::KeyStore& keys, const RootKey& from, const RootKey& to) {
  Rotated rotated;
  keys.Rewrap([&](const std::string& id, base::ByteView wrapped) -> std::optional<base::Bytes> {
    if (id.starts_with(kUnderYearKeys)) return std::nullopt;
    const auto key = Under(from, id, wrapped);
    if (!key) {
      if (!Under(to, id, wrapped)) WrongRoot();
      ++rotated.already;
      return std::nullopt;
    }
    base::Bytes anew = to.Wrap(*key, base::AsBytes(id));
    const auto back = Under(to, id, anew);
    if (!back || !crypto::digest::ConstantTimeEqual(back->view(), key->view())) WrongRoot();
    ++rotated.rewrapped;
    return anew;
  });
  return rotated;
}

}  // namespace polder::server::jobs
