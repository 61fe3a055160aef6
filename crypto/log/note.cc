#include "crypto/log/note.h"

#include <algorithm>

#include "crypto/digest/digest.h"
#include "crypto/log/checkpoint.h"
#include "policies/base/problem.h"

namespace polder::crypto::log {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014 and a space
constexpr size_t kMaxNoteBytes = size_t{1} << 20;
constexpr size_t kMaxSignatures = 100;
constexpr size_t kEd25519Bytes = 64;

// UTF-8 of the white space outside ASCII (Unicode's White_Space property).
constexpr std::string_view kUnicodeSpaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

bool HasControls(std::string_view text, bool newline_allowed) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    return static_cast<unsigned char>(c) < 0x20 && !(newline_allowed && c == '\n');
  });
}

// SHA-256(name || 0x0A || kind || public key), the first four bytes.
uint32_t KeyId(std::string_view name, SignatureKind kind, const keys::PublicKey& key) {
  base::Bytes hashed = base::ToBytes(name);
  hashed.push_back('\n');
  hashed.push_back(static_cast<uint8_t>(kind));
  const auto raw = key.Ed25519();
  hashed.insert(hashed.end(), raw.begin(), raw.end());
  const digest::Digest digest = digest::Sha256(hashed);
  return static_cast<uint32_t>(digest[0]) << 24 | static_cast<uint32_t>(digest[1]) << 16 |
         static_cast<uint32_t>(digest[2]) << 8 | digest[3];
}

void AppendBe32(base::Bytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

void RequireText(std::string_view text) {
  if (text.size() > 1 && text.back() == '\n' && base::IsUtf8(text) && !HasControls(text, true)) {
    return;
  }
  throw base::ProblemError(
      "note-text", "", "A note is UTF-8 text without control characters that ends in a newline.");
}

std::string Line(std::string_view name, uint32_t id, base::ByteView signature) {
  base::Bytes blob;
  AppendBe32(blob, id);
  blob.insert(blob.end(), signature.begin(), signature.end());
  return std::string(kDash) + std::string(name) + " " + base::ToBase64(blob) + "\n";
}

std::string Cosigned(base::Instant when, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(when.seconds) + "\n" + std::string(text);
}

struct SignatureLine {
  std::string name;
  uint32_t id = 0;
  base::Bytes signature;
};

struct Parts {
  std::string_view text;
  std::vector<SignatureLine> lines;
};

std::optional<SignatureLine> ReadLine(std::string_view line) {
  if (!line.starts_with(kDash)) return std::nullopt;
  line.remove_prefix(kDash.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !IsKeyName(line.substr(0, space))) return std::nullopt;
  const std::optional<base::Bytes> blob = base::FromBase64(line.substr(space + 1));
  if (!blob || blob->size() < 5) return std::nullopt;
  SignatureLine read;
  read.name = std::string(line.substr(0, space));
  for (size_t i = 0; i < 4; ++i) read.id = read.id << 8 | (*blob)[i];
  read.signature.assign(blob->begin() + 4, blob->end());
  return read;
}

std::optional<Parts> Split(std::string_view note) {
  if (note.size() > kMaxNoteBytes || !base::IsUtf8(note) || HasControls(note, true)) {
    return std::nullopt;
  }
  const size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos || gap == 0 || note.back() != '\n') return std::nullopt;
  Parts parts;
  parts.text = note.substr(0, gap + 1);
  for (std::string_view rest = note.substr(gap + 2); !rest.empty();) {
    const size_t end = rest.find('\n');
    std::optional<SignatureLine> line = ReadLine(rest.substr(0, end));
    if (!line || parts.lines.size() == kMaxSignatures) return std::nullopt;
    parts.lines.push_back(std::move(*line));
    rest.remove_prefix(end + 1);
  }
  if (parts.lines.empty()) return std::nullopt;
  return parts;
}

// The signature verified, or nullopt.
std::optional<KnownSignature> Check(const VerifierKey& key, const SignatureLine& line,
                                    std::string_view text) {
  KnownSignature known{key.name(), key.id(), std::nullopt};
  if (key.kind() == SignatureKind::kNote) {
    if (line.signature.size() != kEd25519Bytes) return std::nullopt;
    return key.key().Verify(base::AsBytes(text), line.signature) ? std::optional(known)
                                                                 : std::nullopt;
  }
  if (line.signature.size() != 8 + kEd25519Bytes) return std::nullopt;
  uint64_t seconds = 0;
  for (size_t i = 0; i < 8; ++i) seconds = seconds << 8 | line.signature[i];
  if (seconds > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  known.cosigned_at = base::Instant{static_cast<int64_t>(seconds)};
  const std::string message = Cosigned(*known.cosigned_at, text);
  const base::ByteView signature = base::ByteView(line.signature).subspan(8);
  return key.key().Verify(base::AsBytes(message), signature) ? std::optional(known) : std::nullopt;
}

}  // namespace

bool IsKeyName(std::string_view name) {
  if (name.empty() || !base::IsUtf8(name) || HasControls(name, false)) return false;
  if (name.find_first_of(" +\x7f") != std::string_view::npos) return false;
  return std::none_of(std::begin(kUnicodeSpaces), std::end(kUnicodeSpaces),
                      [&](std::string_view s) { return name.find(s) != std::string_view::npos; });
}

VerifierKey::VerifierKey(std::string name, keys::PublicKey key, SignatureKind kind)
    : name_(std::move(name)), key_(std::move(key)), kind_(kind), id_(0) {
  if (!IsKeyName(name_)) {
    throw base::ProblemError("key-name", "",
                             "A key's name is not empty and has no spaces and no '+'; use the form "
                             "example.com/log.");
  }
  id_ = KeyId(name_, kind_, key_);
}

VerifierKey VerifierKey::Parse(std::string_view text) {
  const base::ProblemError unreadable(
      "verifier-key", "", "A verifier key is name+id+base64, as the key's owner publishes it.");
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos || second - first != 9) throw unreadable;
  const std::string_view id_text = text.substr(first + 1, 8);
  const std::optional<base::Bytes> material = base::FromBase64(text.substr(second + 1));
  if (!IsKeyName(text.substr(0, first)) || !material || material->size() != 33) throw unreadable;
  const auto kind = static_cast<SignatureKind>(material->front());
  if (kind != SignatureKind::kNote && kind != SignatureKind::kCosignature) throw unreadable;
  const VerifierKey key(std::string(text.substr(0, first)),
                        keys::PublicKey::FromEd25519(base::ByteView(*material).subspan(1)), kind);
  base::Bytes id;
  AppendBe32(id, key.id());
  if (base::ToHex(id) != id_text) throw unreadable;
  return key;
}

std::string VerifierKey::Text() const {
  base::Bytes id;
  AppendBe32(id, id_);
  base::Bytes material = {static_cast<uint8_t>(kind_)};
  const auto raw = key_.Ed25519();
  material.insert(material.end(), raw.begin(), raw.end());
  return name_ + "+" + base::ToHex(id) + "+" + base::ToBase64(material);
}

NoteSigner::NoteSigner(std::string name, keys::PrivateKey key, SignatureKind kind)
    : name_(std::move(name)),
      key_(std::move(key)),
      kind_(kind),
      id_(VerifierKey(name_, key_.public_key(), kind_).id()) {}

VerifierKey NoteSigner::verifier() const { return VerifierKey(name_, key_.public_key(), kind_); }

std::string NoteSigner::SignLine(std::string_view text) const {
  if (kind_ != SignatureKind::kNote) {
    throw base::ProblemError("note-kind", "",
                             "A witness's key cosigns checkpoints and nothing else.");
  }
  RequireText(text);
  return Line(name_, id_, key_.Sign(base::AsBytes(text)));
}

std::string NoteSigner::CosignLine(std::string_view checkpoint_text, base::Instant now) const {
  if (kind_ != SignatureKind::kCosignature || now.seconds < 0) {
    throw base::ProblemError("note-kind", "",
                             "Cosigning needs a witness's key and a time after 1970.");
  }
  if (!Checkpoint::Parse(checkpoint_text)) {
    throw base::ProblemError("note-text", "", "A witness cosigns checkpoints and nothing else.");
  }
  base::Bytes signature;
  base::AppendBe64(signature, static_cast<uint64_t>(now.seconds));
  const base::Bytes signed_bytes = key_.Sign(base::AsBytes(Cosigned(now, checkpoint_text)));
  signature.insert(signature.end(), signed_bytes.begin(), signed_bytes.end());
  return Line(name_, id_, signature);
}

std::string MakeNote(std::string_view text, std::span<const NoteSigner* const> signers) {
  RequireText(text);
  std::string note = std::string(text) + "\n";
  for (const NoteSigner* signer : signers) note += signer->SignLine(text);
  return note;
}

std::string MakeNote(std::string_view text, const NoteSigner& signer) {
  const NoteSigner* const one[] = {&signer};
  return MakeNote(text, one);
}

std::optional<VerifiedNote> VerifyNote(std::string_view note, std::span<const VerifierKey> known) {
  const std::optional<Parts> parts = Split(note);
  if (!parts) return std::nullopt;
  VerifiedNote verified{std::string(parts->text), {}};
  for (const SignatureLine& line : parts->lines) {
    const auto key = std::find_if(known.begin(), known.end(), [&](const VerifierKey& k) {
      return k.name() == line.name && k.id() == line.id;
    });
    if (key == known.end()) continue;
    const bool doubled = std::any_of(
        verified.signatures.begin(), verified.signatures.end(),
        [&](const KnownSignature& s) { return s.name == line.name && s.id == line.id; });
    std::optional<KnownSignature> signature = Check(*key, line, parts->text);
    if (doubled || !signature) return std::nullopt;
    verified.signatures.push_back(std::move(*signature));
  }
  if (verified.signatures.empty()) return std::nullopt;
  return verified;
}

std::optional<VerifiedNote> VerifyNote(std::string_view note, const VerifierKey& known) {
  return VerifyNote(note, std::span(&known, 1));
}

}  // namespace polder::crypto::log
