#include "crypto/cms/cms.h"

namespace polder::crypto::cms {

std::string_view RefusalCode(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNotCms:
      return "not-cms";
    case Refusal::kNotAuthEnveloped:
      return "not-auth-enveloped";
    case Refusal::kWrongRecipient:
      return "wrong-recipient";
    case Refusal::kSignedOutside:
      return "signed-outside";
    case Refusal::kWeakKeyTransport:
      return "weak-key-transport";
    case Refusal::kWeakCipher:
      return "weak-cipher";
    case Refusal::kWeakSignature:
      return "weak-signature";
    case Refusal::kDecryptionFailed:
      return "decryption-failed";
    case Refusal::kBadSignature:
      return "bad-signature";
    case Refusal::kUnknownSigner:
      return "unknown-signer";
    case Refusal::kExpiredSigner:
      return "expired-signer";
    case Refusal::kRevokedSigner:
      return "revoked-signer";
    case Refusal::kRevocationUnknown:
      return "revocation-unknown";
  }
  return "not-cms";
}

std::string_view RefusalText(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNotCms:
      return "This is not a CMS message in binary form, or it is too large. Send the file that "
             "polder-member or openssl cms -outform DER wrote.";
    case Refusal::kNotAuthEnveloped:
      return "The message is not authenticated-enveloped data. Encrypt the signed message with "
             "AES-256-GCM.";
    case Refusal::kWrongRecipient:
      return "The message is not encrypted to this service. Fetch the service's current "
             "certificate and encrypt to that.";
    case Refusal::kSignedOutside:
      return "The message is signed on the outside. Sign the delivery first, then encrypt the "
             "signed message with AES-256-GCM.";
    case Refusal::kWeakKeyTransport:
      return "The content key is not encrypted in an accepted way. Use RSA-OAEP with SHA-256 "
             "throughout, or ECDH with the SHA-256 key derivation and AES-256 wrapping.";
    case Refusal::kWeakCipher:
      return "The content is not encrypted in the accepted way. Use AES-256-GCM with a tag of 16 "
             "bytes.";
    case Refusal::kWeakSignature:
      return "The delivery is not signed in an accepted way. Sign with ECDSA or RSA-PSS, and with "
             "SHA-256 or stronger throughout.";
    case Refusal::kDecryptionFailed:
      return "The message could not be decrypted. Make it anew and send it again.";
    case Refusal::kBadSignature:
      return "The decrypted message is not data signed by one signer, or the signature is wrong. "
             "Sign the delivery, then encrypt the signed message.";
    case Refusal::kUnknownSigner:
      return "The signer's certificate is missing, was not issued for signing, or comes from an "
             "authority that is not accepted. Sign with the certificate that was agreed.";
    case Refusal::kExpiredSigner:
      return "The signer's certificate is not valid at this moment. Renew it and sign again.";
    case Refusal::kRevokedSigner:
      return "The signer's certificate was revoked. Sign with the certificate that replaced it.";
    case Refusal::kRevocationUnknown:
      return "The service has no valid revocation list of the signer's authority, so it trusts "
             "nobody of that authority now. Tell the region's operator, and send again later.";
  }
  return "";
}

}  // namespace polder::crypto::cms
