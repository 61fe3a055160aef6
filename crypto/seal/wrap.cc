#include "crypto/seal/wrap.h"

#include "crypto/random/random.h"
#include "crypto/seal/seal.h"

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

}  // namespace polder::crypto::seal
