// Changing the root key: every key that it wraps is wrapped anew; nothing that they seal is
// touched.
#ifndef POLDER_SERVER_JOBS_ROOT_ROTATION_H_
#define POLDER_SERVER_JOBS_ROOT_ROTATION_H_

#include <cstddef>

#include "crypto/seal/root_key.h"
#include "policies/base/clock.h"
#include "server/store/key_store.h"

namespace polder::server::jobs {

// Throws ProblemError "wrong-root" unless `root` is the one under which the key store stands. The
// first root that comes to an empty key store becomes it.
void CheckRoot(store::KeyStore& keys, const crypto::seal::RootKey& root, base::Instant at);

struct Rotated {
  size_t rewrapped = 0;
  size_t already = 0;  // under the new root before: of a rotation that was repeated
};

// Wraps every key of `from` under `to`, in one transaction, and reads each back before it counts.
// Whoever is stopped half-way has changed nothing and begins again; a second time changes nothing
// more. Throws ProblemError "wrong-root" when a key is under neither. Processes that still hold the
// old root find nothing to open afterwards: stop them first.
Rotated RotateRoot(store::KeyStore& keys, const crypto::seal::RootKey& from,
                   const crypto::seal::RootKey& to);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_ROOT_ROTATION_H_
