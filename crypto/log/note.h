// Signed notes: a text and Ed25519 signatures that name their key.
//
// Used for checkpoints, receipts and releases. A note that does not verify has no text.
// Source: c2sp.org/signed-note, c2sp.org/tlog-cosignature (Ed25519, v1).
#ifndef POLDER_CRYPTO_LOG_NOTE_H_
#define POLDER_CRYPTO_LOG_NOTE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/keys/key.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"

namespace polder::crypto::log {

// What a key says with its signature. The two never share a key id.
enum class SignatureKind : uint8_t {
  kNote = 0x01,         // Ed25519 over the text
  kCosignature = 0x04,  // a witness: seen, consistent, at this time
};

// Non-empty, valid UTF-8, no white space (Unicode's included), no control character, no '+'.
bool IsKeyName(std::string_view name);

// A key that is known: "example.com/log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".
// Copyable, thread-safe.
class VerifierKey {
 public:
  // Throws ProblemError "key-name", or "key-type" unless Ed25519.
  VerifierKey(std::string name, keys::PublicKey key, SignatureKind kind = SignatureKind::kNote);
  // Strict: the id must be the key's, the kind one of ours. Throws ProblemError "verifier-key".
  static VerifierKey Parse(std::string_view text);

  const std::string& name() const { return name_; }
  uint32_t id() const { return id_; }
  SignatureKind kind() const { return kind_; }
  const keys::PublicKey& key() const { return key_; }
  std::string Text() const;

 private:
  std::string name_;
  keys::PublicKey key_;
  SignatureKind kind_;
  uint32_t id_;
};

// A name and the private key that signs under it. Move-only. Thread-safe.
class NoteSigner {
 public:
  // Throws as VerifierKey.
  NoteSigner(std::string name, keys::PrivateKey key, SignatureKind kind = SignatureKind::kNote);
  VerifierKey verifier() const;
  // One signature line, newline included. Throws ProblemError "note-text" unless `text` is valid
  // UTF-8 without control characters, not empty, ending in a newline; "note-kind" when the signer's
  // kind is not kNote.
  std::string SignLine(std::string_view text) const;
  // A witness's line; the signer's kind must be kCosignature and the text a checkpoint's.
  std::string CosignLine(std::string_view checkpoint_text, base::Instant now) const;

 private:
  std::string name_;
  keys::PrivateKey key_;
  SignatureKind kind_;
  uint32_t id_;
};

// text, empty line, signature lines. Throws as SignLine.
std::string MakeNote(std::string_view text, const NoteSigner& signer);
std::string MakeNote(std::string_view text, std::span<const NoteSigner* const> signers);

struct KnownSignature {
  std::string name;
  uint32_t id = 0;
  std::optional<base::Instant> cosigned_at;  // of a cosignature
};

// What verified: the text, and which of the known keys signed it (each once).
struct VerifiedNote {
  std::string text;
  std::vector<KnownSignature> signatures;
};

// nullopt when the note is malformed, larger than 1 MiB, has more than 100 signatures, when a
// signature of a known key is wrong or doubled, or when none of the known keys signed. Unknown keys
// are ignored, as the format asks.
std::optional<VerifiedNote> VerifyNote(std::string_view note, std::span<const VerifierKey> known);
std::optional<VerifiedNote> VerifyNote(std::string_view note, const VerifierKey& known);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_NOTE_H_
