#include "crypto/seal/wrap.h"

#include <utility>

#include "crypto/random/random.h"
#include "crypto/seal/seal.h"
#include "policies/base/problem.h"

namespace polder::crypto::seal {
namespace {

base::Bytes WrapContext(base::ByteView context) {
  base::Bytes bound = base::ToBytes(std::string_view("polder/wrapped-key/v1\0", 22));
  bound.insert(bound.end(), context.begin(), context.end());
  return bound;
}

}  // namespace

base::Bytes WrapKey(const digest::SecretBytes& key, const digest::SecretBytes& kek,
                    base::ByteView context) {
  return Seal(key.view(), kek, WrapContext(context));
}

digest::SecretBytes UnwrapKey(base::ByteView wrapped, const digest::SecretBytes& kek,
                              base::ByteView context) {
  return Unseal(wrapped, kek, WrapContext(context));
}

WrappedKey NewWrappedKey(const digest::SecretBytes& kek, base::ByteView context) {
  digest::SecretBytes key = random::RandomSecret(kKeyBytes);
  base::Bytes wrapped = WrapKey(key, kek, context);
  return {std::move(key), std::move(wrapped)};
}

WrappedKey NewWrappedKey(const RootKey& root, base::ByteView context) {
  digest::SecretBytes key = random::RandomSecret(kKeyBytes);
  base::Bytes wrapped = root.Wrap(key, context);
  return {std::move(key), std::move(wrapped)};
}

FileRootKey::FileRootKey(digest::SecretBytes key) : key_(std::move(key)) {
  if (key_.size() == kKeyBytes) return;
  throw base::ProblemError("seal-key", "", "A root key has 32 bytes; make a new one.");
}

base::Bytes FileRootKey::Wrap(const digest::SecretBytes& key, base::ByteView context) const {
  return WrapKey(key, key_, context);
}

digest::SecretBytes FileRootKey::Unwrap(base::ByteView wrapped, base::ByteView context) const {
  return UnwrapKey(wrapped, key_, context);
}

}  // namespace polder::crypto::seal
