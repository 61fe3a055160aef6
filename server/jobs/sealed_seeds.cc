#include "server/jobs/sealed_seeds.h"

#include <string>

#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"
#include "server/store/records.h"

namespace polder::server::jobs {
namespace {

// Unseal would refuse one in the place of the other.
std::string EscrowContext(std::string_view context) { return std::string(context) + "/escrow"; }

crypto::digest::SecretBytes SeedKey(store::KeyStore& keys, const crypto::seal::RootKey& root,
                                    std::string_view context) {
  const std::string id = store::SeedKeyId(context);
  const auto wrapped = keys.Find(id);
  if (!wrapped) {
    throw base::ProblemError("seed-key-missing", "",
                             "The key of a revealed seed is not in the key store. Was the key "
                             "store restored from an older copy than the data?");
  }
  return root.Unwrap(*wrapped, base::AsBytes(id));
}

crypto::digest::SecretBytes SeedKeyOrNew(store::KeyStore& keys, const crypto::seal::RootKey& root,
                                         std::string_view context, base::Instant at) {
  const std::string id = store::SeedKeyId(context);
  auto wrapped = keys.Find(id);
  if (!wrapped) {
    const auto fresh = crypto::seal::NewWrappedKey(root, base::AsBytes(id));
    wrapped = keys.PutIfAbsent(id, fresh.wrapped, at);
  }
  return root.Unwrap(*wrapped, base::AsBytes(id));
}

}  // namespace

base::Bytes SealSeed(store::KeyStore& keys, const crypto::seal::RootKey& root,
                     const crypto::digest::SecretBytes& seed, std::string_view context,
                     base::Instant at) {
  return crypto::seal::Seal(seed.view(), SeedKeyOrNew(keys, root, context, at),
                            base::AsBytes(context));
}

crypto::digest::SecretBytes OpenSeed(store::KeyStore& keys, const crypto::seal::RootKey& root,
                                     base::ByteView sealed, std::string_view context) {
  return crypto::seal::Unseal(sealed, SeedKey(keys, root, context), base::AsBytes(context));
}

base::Bytes SealEscrow(store::KeyStore& keys, const crypto::seal::RootKey& root,
                       base::ByteView escrow, std::string_view context, base::Instant at) {
  return crypto::seal::Seal(escrow, SeedKeyOrNew(keys, root, context, at),
                            base::AsBytes(EscrowContext(context)));
}

base::Bytes OpenEscrow(store::KeyStore& keys, const crypto::seal::RootKey& root,
                       base::ByteView sealed, std::string_view context) {
  const auto opened = crypto::seal::Unseal(sealed, SeedKey(keys, root, context),
                                           base::AsBytes(EscrowContext(context)));
  return base::Bytes(opened.view().begin(), opened.view().end());
}

}  // namespace polder::server::jobs
