// What an envelope is made of, judged before any key touches it. Internal to crypto/cms.
#ifndef POLDER_CRYPTO_CMS_STRUCTURE_H_
#define POLDER_CRYPTO_CMS_STRUCTURE_H_

#include <memory>
#include <optional>

#include "crypto/keys/certificate.h"
#include "policies/base/bytes.h"

struct CMS_ContentInfo_st;
struct CMS_RecipientInfo_st;
struct CMS_SignerInfo_st;

namespace polder::crypto::cms {

// Frees the structure after wiping a signed content inside it.
struct FreeCms {
  void operator()(CMS_ContentInfo_st* cms) const;
};
using CmsHandle = std::unique_ptr<CMS_ContentInfo_st, FreeCms>;

// One ContentInfo and no byte more; null for anything else.
CmsHandle ReadCms(base::ByteView bytes);

// The recipient that names this certificate; null when none does. Belongs to `cms`.
CMS_RecipientInfo_st* RecipientOf(CMS_ContentInfo_st* cms, const keys::Certificate& certificate);

// RSAES-OAEP with SHA-256 throughout and no label, or dhSinglePass-stdDH-sha256kdf with
// aes256-wrap. The parameters are read here, since the library falls back to older schemes when
// they are malformed.
bool HasStrongKeyTransport(CMS_RecipientInfo_st* recipient);

// AES-256-GCM with a nonce of 12 bytes and a tag of 16, no originator's or authenticated
// attributes. `cms` is an AuthEnvelopedData, read from `bytes`.
bool HasStrongCipher(CMS_ContentInfo_st* cms, base::ByteView bytes);

// Where in `bytes`, a SignedData, its content stands, when it stands there in one piece; else
// nullopt (lengths left open, or the content in parts).
std::optional<base::ByteView> ContentIn(base::ByteView bytes);

// SHA-256 or longer, and by it ECDSA, or RSA-PSS with the same digest in its mask and a salt of the
// digest's length or more. PKCS #1 v1.5 and whatever is spelled otherwise is not.
bool HasStrongSignature(CMS_SignerInfo_st* signer);

}  // namespace polder::crypto::cms

#endif  // POLDER_CRYPTO_CMS_STRUCTURE_H_
