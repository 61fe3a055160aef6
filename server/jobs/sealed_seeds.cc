#include "server/jobs/sealed_seeds.h"

#include <string>

#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"
#include "server/store/records.h"

namespace polder::server::jobs {

base::Bytes SealSeed(store::KeyStore& keys, const crypto::seal::RootKey& root,
                     const crypto::digest::SecretBytes& seed, std::string_view context,
                     base::Instant at) {
  const std::string id = store::SeedKeyId(context);
  auto wrapped = keys.Find(id);
  if (!wrapped) {
    const auto fresh = crypto::seal::NewWrappedKey(root, base::AsBytes(id));
    wrapped = keys.PutIfAbsent(id, fresh.wrapped, at);
  }
  return crypto::seal::Seal(seed.view(), root.Unwrap(*wrapped, base::AsBytes(id)),
                            base::AsBytes(context));
}

crypto::digest::SecretBytes OpenSeed(store::KeyStore& keys, const crypto::seal::RootKey& root,
                                     base::ByteView sealed, std::string_view context) {
  const std::string id = store::SeedKeyId(context);
  const auto wrapped = keys.Find(id);
  if (!wrapped) {
    throw base::ProblemError("seed-key-missing", "",
                             "The key of a revealed seed is not in the key store. Was the key "
                             "store restored from an older copy than the data?");
  }
  return crypto::seal::Unseal(sealed, root.Unwrap(*wrapped, base::AsBytes(id)),
                              base::AsBytes(context));
}

}  // namespace polder::server::jobs
