// The pupil wall of a release: what may open sealed deliveries, sealed answers and revealed seeds.
//
// Two hold it: the worker, who makes a release, and the replay auditor, who makes it again. Whoever
// has the root key and the key store can build one; nobody else can.
#ifndef POLDER_SERVER_JOBS_SEALED_ACCESS_H_
#define POLDER_SERVER_JOBS_SEALED_ACCESS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest/secret.h"
#include "crypto/seal/root_key.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "server/store/key_store.h"
#include "server/store/store.h"

namespace polder::server::jobs {

// All of it must outlive what is read through it.
struct SealedAccess {
  store::Store& store;
  store::KeyStore& keys;
  const crypto::seal::RootKey& root;  // wraps the keys of sealed answers
  // Opens what other rooms sealed: a delivery's key (municipality, year, key id), and a revealed
  // seed under store::SeedContext.
  std::function<crypto::digest::SecretBytes(const std::string& municipality, const base::Year& year,
                                            const std::string& key_id)>
      open_delivery_key;
  std::function<crypto::digest::SecretBytes(base::ByteView sealed, std::string_view context)>
      open_seed;
};

// Privacy: noisy answers before hiding; wiped when it dies.
struct StoredAnswers {
  crypto::digest::SecretBytes text;  // as AnswersToText
  base::Instant at;                  // when they were sealed
};

// Seals the answers of a reservation under a key of their own, made now unless it stands already.
store::SealedAnswers SealAnswers(const SealedAccess& access, const std::string& release_id,
                                 const std::string& reservation_id, std::string_view text,
                                 base::Instant at);
// nullopt when none were sealed. Throws ProblemError "key-destroyed" when their key was shredded,
// "answers-key-missing" when the key store does not know it, "unseal-failed" when they are not what
// was sealed.
std::optional<StoredAnswers> OpenAnswers(const SealedAccess& access, const std::string& release_id,
                                         const std::string& reservation_id);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_SEALED_ACCESS_H_
