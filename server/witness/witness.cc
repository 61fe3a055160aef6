#include "server/witness/witness.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "crypto/digest/digest.h"
#include "crypto/keys/key.h"
#include "crypto/log/checkpoint.h"
#include "crypto/log/witness.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::server::witness {
namespace {

using base::ProblemError;
using crypto::keys::PrivateKey;
using crypto::log::NoteSigner;
using crypto::log::SignatureKind;
using crypto::log::VerifierKey;

// A note of a log has one signature of its own; a body has room for 63 hashes beside it.
constexpr size_t kMaxBody = size_t{16} << 10;
constexpr size_t kMostRefused = 50;

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) throw ProblemError("cannot-read", "", "Cannot read " + path + ".");
  return {std::istreambuf_iterator<char>(file), {}};
}

NoteSigner OpenSigner(const Place& place) {
  std::string vkey = Read(place.VerifierPath());
  while (vkey.ends_with('\n')) vkey.pop_back();
  const VerifierKey known = VerifierKey::Parse(vkey);
  std::string pem = Read(place.KeyPath());
  NoteSigner signer(known.name(), PrivateKey::FromPem(pem), SignatureKind::kCosignature);
  crypto::digest::SecureWipe(pem);
  if (signer.verifier().Text() != known.Text()) {
    throw ProblemError("verifier-key", "",
                       place.KeyPath() + " is not the key of " + place.VerifierPath() + ".");
  }
  return signer;
}

std::vector<VerifierKey> Checked(std::vector<VerifierKey> logs) {
  std::set<std::string> names;
  for (const VerifierKey& log : logs) {
    if (log.kind() != SignatureKind::kNote || !names.insert(log.name()).second) {
      throw ProblemError("log-key", "", "Each log has one key, that of a log: " + log.name());
    }
  }
  if (logs.empty()) throw ProblemError("log-key", "", "A witness follows at least one log.");
  return logs;
}

// The note with the log's own signature and no other: what strangers added is not remembered.
std::string OwnNote(const std::string& note, const std::string& text, const VerifierKey& log) {
  std::string_view lines = std::string_view(note).substr(text.size() + 1);
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size() - 1);
    const std::string one = text + "\n" + std::string(lines.substr(0, end + 1));
    if (crypto::log::VerifyNote(one, log)) return one;
    lines.remove_prefix(end + 1);
  }
  return note;
}

}  // namespace

std::string Create(const Place& place, const std::string& name) {
  if (std::filesystem::exists(place.KeyPath())) {
    throw ProblemError("already-there", "", place.directory + " holds a witness already.");
  }
  PrivateKey key = PrivateKey::Generate(crypto::keys::KeyType::kEd25519);
  const auto pem = key.ToPem();
  const NoteSigner signer(name, std::move(key), SignatureKind::kCosignature);
  std::error_code error;
  std::filesystem::create_directories(place.RefusedPath(), error);
  std::filesystem::permissions(place.directory, std::filesystem::perms::owner_all, error);
  SeenFile::Create(place.SeenPath());
  WriteDurably(place.KeyPath(), pem.text());
  WriteDurably(place.VerifierPath(), signer.verifier().Text() + "\n");
  return signer.verifier().Text();
}

Witness::Witness(Place place, std::vector<VerifierKey> logs, const base::Clock& clock,
                 std::function<void(const std::string&)> tell)
    : place_(std::move(place)),
      logs_(Checked(std::move(logs))),
      clock_(clock),
      tell_(std::move(tell)),
      signer_(OpenSigner(place_)),
      seen_(place_.SeenPath(), logs_) {}

void Witness::Tell(const std::string& line) const {
  if (tell_) tell_(line);
}

void Witness::KeepRefused(std::string_view body) const {
  const auto request = crypto::log::ParseCheckpointRequest(body);
  if (!request) return;
  const std::string path = place_.RefusedPath() + "/" +
                           crypto::digest::Sha256Hex(base::AsBytes(request->checkpoint)) + ".note";
  std::error_code error;
  size_t kept = 0;
  for (const auto& file : std::filesystem::directory_iterator(place_.RefusedPath(), error)) {
    if (file.is_regular_file(error)) ++kept;
  }
  if (error || kept >= kMostRefused || std::filesystem::exists(path)) return;
  try {
    WriteDurably(path, request->checkpoint);
  } catch (const ProblemError&) {
    Tell("a refused checkpoint could not be kept");
  }
}

http::Response Witness::Answer(std::string_view body) {
  const std::scoped_lock lock(mutex_);
  const auto decision = crypto::log::Decide(
      body, logs_, [this](const std::string& origin) { return seen_.Of(origin); });
  if (decision.status == 422) {
    KeepRefused(body);
    Tell("REFUSED: a checkpoint that does not continue the last one; see refused/");
  }
  if (decision.status != 200) {
    return http::Response::Text(decision.status, decision.body, decision.content_type);
  }
  try {
    const base::Instant now = clock_.Now();
    const std::string line = signer_.CosignLine(decision.text, now);
    const bool fresh = seen_.Of(decision.origin) != decision.now_seen;
    if (fresh) {
      const auto log = std::find_if(logs_.begin(), logs_.end(), [&](const VerifierKey& key) {
        return key.name() == decision.origin;
      });
      const auto request = crypto::log::ParseCheckpointRequest(body);
      seen_.Replace(decision.origin,
                    {OwnNote(request->checkpoint, decision.text, *log), decision.now_seen});
      Tell("cosigned " + decision.origin + " " + std::to_string(decision.now_seen.size));
    }
    return http::Response::Text(200, line);
  } catch (const ProblemError& error) {
    Tell("nothing was cosigned: " + error.code());
    return http::Response::Text(503, "This witness cannot remember what it sees now.\n");
  }
}

void AddWitnessRoutes(http::Router& router, Witness& witness, bool members_only) {
  router.Add("POST", "/add-checkpoint",
             [&witness](const http::Request& request) { return witness.Answer(request.Text()); },
             {.max_body = kMaxBody, .client_certificate = members_only});
}

}  // namespace polder::server::witness
