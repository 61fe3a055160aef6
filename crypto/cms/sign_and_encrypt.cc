#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/cms/cms.h"
#include "crypto/cms/structure.h"
#include "crypto/keys/handles.h"
#include "crypto/keys/memory_bio.h"
#include "policies/base/problem.h"

namespace polder::crypto::cms {
namespace {

constexpr char kWhat[] = "make an envelope";

void Require(bool done) { keys::Require(done ? 1 : 0, kWhat); }

void RequireCertificateKey(keys::KeyType type) {
  if (type != keys::KeyType::kEd25519) return;
  throw base::ProblemError("key-type", "",
                           "Envelopes are signed with and encrypted to P-256 or RSA certificates.");
}

base::Bytes ToDer(CMS_ContentInfo* cms) {
  const int size = i2d_CMS_ContentInfo(cms, nullptr);
  Require(size > 0);
  base::Bytes der(static_cast<size_t>(size));
  unsigned char* at = der.data();
  Require(i2d_CMS_ContentInfo(cms, &at) == size);
  return der;
}

digest::SecretBytes Sign(base::ByteView content, const keys::PrivateKey& key,
                         const keys::Certificate& certificate) {
  const keys::BioHandle input = keys::ReadingBio(base::AsText(content));
  const CmsHandle cms(CMS_sign(nullptr, nullptr, nullptr, input.get(), CMS_BINARY | CMS_PARTIAL));
  Require(cms != nullptr);
  CMS_SignerInfo* signer =
      CMS_add1_signer(cms.get(), certificate.handle(), key.handle(), EVP_sha256(),
                      CMS_BINARY | CMS_NOSMIMECAP | CMS_KEY_PARAM);
  Require(signer != nullptr);
  if (key.type() == keys::KeyType::kRsa) {
    EVP_PKEY_CTX* parameters = CMS_SignerInfo_get0_pkey_ctx(signer);
    Require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  Require(CMS_final(cms.get(), input.get(), nullptr, CMS_BINARY) == 1);
  return digest::SecretBytes::Taking(ToDer(cms.get()));
}

void AddRecipient(CMS_ContentInfo* cms, const keys::Certificate& certificate) {
  const keys::KeyType type = certificate.public_key().type();
  RequireCertificateKey(type);
  CMS_RecipientInfo* recipient = CMS_add1_recipient_cert(cms, certificate.handle(), CMS_KEY_PARAM);
  Require(recipient != nullptr);
  EVP_PKEY_CTX* parameters = CMS_RecipientInfo_get0_pkey_ctx(recipient);
  if (type == keys::KeyType::kRsa) {
    Require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_OAEP_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(parameters, EVP_sha256()) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()) == 1);
  } else {
    Require(EVP_PKEY_CTX_set_ecdh_kdf_md(parameters, EVP_sha256()) == 1);
  }
}

}  // namespace

base::Bytes SignAndEncrypt(base::ByteView content, const keys::PrivateKey& signer_key,
                           const keys::Certificate& signer_certificate,
                           std::span<const keys::Certificate> recipients) {
  RequireCertificateKey(signer_key.type());
  if (!signer_certificate.MatchesKey(signer_key)) {
    throw base::ProblemError("certificate-key-mismatch", "",
                             "The signing key does not belong to the signer's certificate.");
  }
  if (recipients.empty()) {
    throw base::ProblemError("recipient-missing", "",
                             "Name the certificate of at least one recipient.");
  }
  const digest::SecretBytes inner = Sign(content, signer_key, signer_certificate);
  const keys::BioHandle input = keys::ReadingBio(inner.text());
  const CmsHandle cms(
      CMS_encrypt(nullptr, input.get(), EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL));
  Require(cms != nullptr);
  for (const keys::Certificate& recipient : recipients) AddRecipient(cms.get(), recipient);
  Require(CMS_final(cms.get(), input.get(), nullptr, CMS_BINARY) == 1);
  return ToDer(cms.get());
}

}  // namespace polder::crypto::cms
