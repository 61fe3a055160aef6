// A witness that runs: decides, remembers and cosigns, one request after another.
// Source: c2sp.org/tlog-witness (add-checkpoint), c2sp.org/tlog-cosignature.
#ifndef POLDER_SERVER_WITNESS_WITNESS_H_
#define POLDER_SERVER_WITNESS_WITNESS_H_

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/note.h"
#include "policies/base/clock.h"
#include "server/http/message.h"
#include "server/http/router.h"
#include "server/witness/seen_file.h"

namespace polder::server::witness {

// Where a witness keeps its things: "key.pem", "witness.vkey", "seen.json", "refused/".
struct Place {
  std::string directory;
  std::string KeyPath() const { return directory + "/key.pem"; }
  std::string VerifierPath() const { return directory + "/witness.vkey"; }
  std::string SeenPath() const { return directory + "/seen.json"; }
  std::string RefusedPath() const { return directory + "/refused"; }
};

// Makes a key and an empty memory; returns the verifier key that the region puts in its policy.
// Throws ProblemError "already-there", "key-name" or "cannot-write".
std::string Create(const Place& place, const std::string& name);

// Thread-safe.
class Witness {
 public:
  // `tell` gets a line per cosigned or refused checkpoint: origins and sizes, which are public.
  // `clock` must outlive this. Throws ProblemError as SeenFile, "cannot-read", "log-key" without
  // logs or with two of one name, "verifier-key" when key and name do not belong together.
  Witness(Place place, std::vector<crypto::log::VerifierKey> logs, const base::Clock& clock,
          std::function<void(const std::string&)> tell = {});

  // The body of add-checkpoint to its answer. A signature is given only after what it covers is on
  // disk; 503 when that fails.
  http::Response Answer(std::string_view body);

  const crypto::log::NoteSigner& signer() const { return signer_; }

 private:
  void KeepRefused(std::string_view body) const;
  void Tell(const std::string& line) const;

  Place place_;
  std::vector<crypto::log::VerifierKey> logs_;
  const base::Clock& clock_;
  std::function<void(const std::string&)> tell_;
  crypto::log::NoteSigner signer_;
  std::mutex mutex_;
  SeenFile seen_;
};

// POST /add-checkpoint; with `members_only` for those who show a certificate. `witness` must
// outlive the router.
void AddWitnessRoutes(http::Router& router, Witness& witness, bool members_only);

}  // namespace polder::server::witness

#endif  // POLDER_SERVER_WITNESS_WITNESS_H_
