// The acts of officers and the public log, as routes.
//
//   POST /v1/policies                        privacyOfficer: the policy document
//   POST /v1/policies/{digest}/approvals     another privacyOfficer
//   POST /v1/deadlines                       coordinator: {"releaseId","deliverBy"}
//   POST /v1/token-keys                      keyHolder: {"domain","keyId","publicKey"}
//   POST /v1/token-keys/{id}/ends            the same keyHolder, once the key is destroyed
//   POST /v1/seed-commitments                operator, auditor: {"releaseId","commitment"}
//   POST /v1/freezes                         coordinator: {"releaseId","policy"}
//   POST /v1/seed-reveals                    who committed: {"releaseId","seed","escrow"}
//   GET  /v1/seed-escrows/{id}/{role}        replayAuditor: the seed as CMS; leaves a leaf
//   POST /v1/releases                        coordinator: {"releaseId"} -> 202 {"jobId",…}
//   POST /v1/releases/{id}/vetoes            privacyOfficer, under embargo: {"reason"}
//   POST /v1/erasures                        {"items":[{"municipality","deliveryId"|"year"}],
//                                            "reason"}: a member for itself -> 202 {"jobId",…};
//                                            privacyOfficer -> 201 {"digest",…}, proposed
//   POST /v1/erasures/{digest}/approvals     another privacyOfficer -> 202 {"jobId",…}
//   POST /v1/erasures/{digest}/withdrawals   a privacyOfficer
//   GET  /v1/erasures                        privacyOfficer: what was proposed, with its text
//   GET  /v1/jobs/{id}                       any registered person
//   GET  /v1/token-keys                      public: polder-tokens-1, what members give to prepare
//   GET  /v1/budget, /v1/log/checkpoint, /v1/log/leaves?from=&to=, /v1/log/proofs/{index},
//        /v1/log/tile/{path...} (c2sp.org/tlog-tiles), /v1/codebooks/{id}?version=,
//        /v1/health                        public
//
// Commitment and seed are hexadecimal. A commitment is crypto::random::SeedCommitment over the seed
// with the context store::SeedContext(releaseId, role). Each act adds its leaf in the transaction
// of its fact and answers with the leaf's index ("logIndex").
#ifndef POLDER_SERVER_GOVERN_ROUTES_H_
#define POLDER_SERVER_GOVERN_ROUTES_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest/digest.h"
#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/codebook/codebook.h"
#include "server/govern/checkpoints.h"
#include "server/govern/people.h"
#include "server/govern/sign_in.h"
#include "server/http/router.h"
#include "server/store/store.h"
#include "stats/budget/ledger.h"

namespace polder::server::govern {

// What the second reveal of a release takes from the budget, in the reveal's own transaction.
struct PlannedReservation {
  stats::budget::Reservation reservation;
  stats::budget::Limits limits;
};

// Keeps a seed that its holder encrypted to the replay auditor, under the key with which the seed
// itself is sealed: who erases that key erases both. `context` is store::SeedContext.
struct EscrowKeeping {
  std::function<base::Bytes(base::ByteView escrow, std::string_view context)> seal = {};
  // Throws ProblemError "key-destroyed" when it was erased.
  std::function<base::Bytes(base::ByteView sealed, std::string_view context)> open = {};
};

// Where members find a key holder. The name is that under which it acts.
struct KeyHolder {
  std::string name;
  std::string url;
  std::string authority;  // PEM: who signs its certificate
};

// What the acts work on. All references must outlive the router.
struct GovernContext {
  store::Store& store;
  const base::Clock& clock;
  const policies::codebook::Codebook& codebook;
  const People& people;
  const Checkpoints& checkpoints;
  // crypto::random::SeedCommitment.
  std::function<crypto::digest::Digest(const crypto::digest::SecretBytes& seed,
                                       base::ByteView context)>
      seed_commitment;
  // Seals a revealed seed under the root key, bound to `context` (store::SeedContext); the worker
  // opens it.
  std::function<base::Bytes(const crypto::digest::SecretBytes& seed, std::string_view context)>
      seal_seed;
  // From what the release's freeze pins. Whoever holds both seeds can compute the noise, so the
  // reservation stands before that moment, whether the release is ever started or not. Throws
  // ProblemError when the release cannot be planned.
  std::function<PlannedReservation(const std::string& release_id)> plan_reservation = {};
  EscrowKeeping escrow = {};
  std::vector<KeyHolder> key_holders = {};
  // 32 random bytes, so that the digest of what was erased can be guessed by nobody.
  std::function<base::Bytes()> random_salt = {};
  // Null when people come with certificates only. Must outlive the router.
  const SignIn* sign_in = nullptr;
};

void AddGovernRoutes(http::Router& router, const GovernContext& context);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_ROUTES_H_
