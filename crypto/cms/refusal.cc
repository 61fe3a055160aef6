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
    case Refusal::kWeakAlgorithm:
      return "weak-algorithm";
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
    case Refusal::kWeakAlgorithm:
      return "The message uses an algorithm that is not accepted. Use AES-256-GCM, RSA-OAEP with "
             "SHA-256 or ECDH with the SHA-256 key derivation and AES-256 wrapping, and sign with "
             "SHA-256 or stronger.";
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
      return "The signer's certificate was revoked, or the service cannot tell at this moment. Ask "
             "the region's operator.";
  }
  return "";
}

}  // namespace polder::crypto::cms
