// A delivery's envelope: signed by the municipality, then encrypted to the region.
//
// CMS SignedData (one signer, content type id-data, ECDSA or RSA-PSS over SHA-2) inside
// AuthEnvelopedData with AES-256-GCM; the content key goes to P-256 recipients by ECDH
// (dhSinglePass-stdDH-sha256kdf with aes256-wrap) and to RSA recipients by RSAES-OAEP with SHA-256.
// Anyone can make and open it with the stock `openssl cms`; docs/formats/delivery.md has the
// commands. Source: RFC 5652, RFC 5083, RFC 5084, RFC 5753, RFC 4056.
#ifndef POLDER_CRYPTO_CMS_CMS_H_
#define POLDER_CRYPTO_CMS_CMS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/keys/trust.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"

namespace polder::crypto::cms {

// DER. Throws ProblemError "certificate-key-mismatch" when the key is not the signer
// certificate's, "key-type" for an Ed25519 signer or recipient, "recipient-missing" without one.
base::Bytes SignAndEncrypt(base::ByteView content, const keys::PrivateKey& signer_key,
                           const keys::Certificate& signer_certificate,
                           std::span<const keys::Certificate> recipients);

// Why an envelope was refused.
enum class Refusal {
  kNotCms,            // not one DER or BER ContentInfo, or bytes after it, or too large
  kNotAuthEnveloped,  // EnvelopedData (CBC) or any other type
  kSignedOutside,     // SignedData outside: not encrypted, or encrypted first and then signed
  kWrongRecipient,    // no recipient is the given certificate
  kWeakKeyTransport,  // PKCS #1 v1.5, another OAEP or malformed parameters, another key agreement
  kWeakCipher,        // another cipher, nonce or tag than the above, or attributes outside
  kDecryptionFailed,  // whatever went wrong after the recipient was found
  kWeakSignature,     // a digest below SHA-256, PKCS #1 v1.5, weaker or unwritten PSS parameters
  kBadSignature,      // not one signer, not id-data, no signed attributes, or it does not verify
  kUnknownSigner,     // the signer's certificate is absent, leads to no root, or is not for signing
  kExpiredSigner,     // outside the validity of the signer's certificate or one above it
  kRevokedSigner,
  kRevocationUnknown,  // no revocation list of an authority above the signer is valid now
};
// "not-cms", "not-auth-enveloped", "signed-outside", "wrong-recipient", "weak-key-transport",
// "weak-cipher", "decryption-failed", "weak-signature", "bad-signature", "unknown-signer",
// "expired-signer", "revoked-signer", "revocation-unknown".
std::string_view RefusalCode(Refusal refusal);
// One sentence for the sender, saying what to do. One text for all decryption failures.
std::string_view RefusalText(Refusal refusal);

// A value: either the content and who signed it, or one refusal.
// Privacy: the content may see pupils; move-only, wiped when it dies.
class OpenResult {
 public:
  explicit OpenResult(Refusal refusal) : refusal_(refusal) {}
  OpenResult(digest::SecretBytes content, keys::Certificate signer)
      : content_(std::move(content)), signer_(std::move(signer)) {}

  bool ok() const { return signer_.has_value(); }
  // Only when not ok.
  Refusal refusal() const { return refusal_; }
  std::string_view code() const { return RefusalCode(refusal_); }
  // Only when ok; the signer's OIN may be empty, when its certificate carries none.
  const digest::SecretBytes& content() const { return content_; }
  digest::SecretBytes TakeContent() { return std::move(content_); }
  const keys::Certificate& signer() const { return signer_.value(); }
  const std::string& oin() const { return signer_.value().oin(); }

 private:
  Refusal refusal_ = Refusal::kNotCms;
  digest::SecretBytes content_;
  std::optional<keys::Certificate> signer_;
};

// CMS is decrypted in memory, at about four times its size: the size is limited here (a text of 64
// MiB, and what signature and recipients add) and the number of openings at once by the caller.
inline constexpr size_t kMaxEnvelopeBytes = (size_t{64} << 20) + (size_t{64} << 10);

// Nothing of the content is looked at before the tag has been verified, and nothing of it is
// returned unless the signature and the chain are good. Thread-safe. Never throws for what a sender
// can send; ProblemError "certificate-key-mismatch" when the recipient's key and certificate are
// not a pair.
OpenResult OpenDelivery(base::ByteView envelope, const keys::PrivateKey& recipient_key,
                        const keys::Certificate& recipient_certificate,
                        const keys::TrustStore& roots, base::Instant now);

}  // namespace polder::crypto::cms

#endif  // POLDER_CRYPTO_CMS_CMS_H_
