#include <algorithm>
#include <variant>
#include <vector>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/cms/cms.h"
#include "crypto/cms/structure.h"
#include "crypto/keys/handles.h"
#include "crypto/keys/memory_bio.h"
#include "policies/base/problem.h"

namespace polder::crypto::cms {
namespace {

constexpr int kReadBytes = 1 << 16;
constexpr int kMaxCertificates = 16;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * list) const { sk_X509_pop_free(list, X509_free); }
};
using CertificateList = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

// Leaves nothing in the thread's error queue, whichever way the opening ends.
class ErrorsCleared {
 public:
  ErrorsCleared() { ERR_clear_error(); }
  ~ErrorsCleared() { ERR_clear_error(); }
  ErrorsCleared(const ErrorsCleared&) = delete;
  ErrorsCleared& operator=(const ErrorsCleared&) = delete;
};

// The whole plaintext, or nothing when key or tag do not fit. `capacity` is a bound on its size.
std::optional<digest::SecretBytes> Decrypt(CMS_ContentInfo* cms, const keys::PrivateKey& key,
                                           const keys::Certificate& certificate, size_t capacity) {
  if (CMS_decrypt_set1_pkey(cms, key.handle(), certificate.handle()) != 1) {
    return std::nullopt;
  }
  const keys::BioHandle chain(CMS_dataInit(cms, nullptr));
  if (!chain || BIO_find_type(chain.get(), BIO_TYPE_CIPHER) != chain.get()) return std::nullopt;
  digest::SecretBytes plaintext(capacity);
  size_t size = 0;
  while (true) {
    const int room = static_cast<int>(std::min<size_t>(kReadBytes, capacity - size));
    if (room == 0) return std::nullopt;
    const int got = BIO_read(chain.get(), plaintext.writable().data() + size, room);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  // The end of the data is where the tag is checked.
  if (BIO_get_cipher_status(chain.get()) != 1) return std::nullopt;
  plaintext.Shrink(size);
  return plaintext;
}

// Without signed attributes a signature over attributes could be passed off as one over content.
bool HasSignedContentType(CMS_SignerInfo* signer) {
  const void* type =
      CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
  return type != nullptr && OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(type)) == NID_pkcs7_data;
}

struct Signed {
  keys::Certificate signer;
  std::vector<keys::Certificate> others;
};

keys::Certificate Shared(X509* certificate) {
  X509_up_ref(certificate);
  return keys::Certificate::Adopt(keys::X509Handle(certificate));
}

// The one signer's certificate once its signature over the content has been verified.
std::variant<Refusal, Signed> CheckSignature(CMS_ContentInfo* inner) {
  if (OBJ_obj2nid(CMS_get0_type(inner)) != NID_pkcs7_signed ||
      OBJ_obj2nid(CMS_get0_eContentType(inner)) != NID_pkcs7_data || CMS_is_detached(inner) != 0) {
    return Refusal::kBadSignature;
  }
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(inner);
  if (sk_CMS_SignerInfo_num(signers) != 1) return Refusal::kBadSignature;
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);

  const CertificateList list(CMS_get1_certs(inner));
  const int count = list ? sk_X509_num(list.get()) : 0;
  X509* found = nullptr;
  for (int i = 0; i < count; ++i) {
    X509* certificate = sk_X509_value(list.get(), i);
    if (CMS_SignerInfo_cert_cmp(signer, certificate) == 0) found = certificate;
  }
  if (found == nullptr || count > kMaxCertificates) return Refusal::kUnknownSigner;

  if (!HasStrongSignature(signer)) return Refusal::kWeakSignature;
  if (!HasSignedContentType(signer)) return Refusal::kBadSignature;
  CMS_SignerInfo_set1_signer_cert(signer, found);
  // The chain is judged apart, at the given instant.
  if (CMS_verify(inner, nullptr, nullptr, nullptr, nullptr,
                 CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1) {
    return Refusal::kBadSignature;
  }
  try {
    Signed result{Shared(found), {}};
    for (int i = 0; i < count; ++i) result.others.push_back(Shared(sk_X509_value(list.get(), i)));
    return result;
  } catch (const base::ProblemError&) {
    return Refusal::kUnknownSigner;
  }
}

// What was signed. It stands in the decrypted message already, so it is moved to the front of that:
// another buffer of its size would have to be asked of the system.
digest::SecretBytes KeepContent(digest::SecretBytes message, base::ByteView signed_content) {
  const std::optional<base::ByteView> there = ContentIn(message.view());
  if (!there || there->size() != signed_content.size() ||
      !std::equal(there->begin(), there->end(), signed_content.begin())) {
    return digest::SecretBytes::CopyOf(signed_content);
  }
  std::copy(there->begin(), there->end(), message.writable().begin());
  message.Shrink(signed_content.size());
  return message;
}

}  // namespace

OpenResult OpenDelivery(base::ByteView envelope, const keys::PrivateKey& recipient_key,
                        const keys::Certificate& recipient_certificate,
                        const keys::TrustStore& roots, base::Instant now) {
  if (!recipient_certificate.MatchesKey(recipient_key)) {
    throw base::ProblemError("certificate-key-mismatch", "",
                             "The recipient's key does not belong to its certificate.");
  }
  const ErrorsCleared errors;
  if (envelope.size() > kMaxEnvelopeBytes) return OpenResult(Refusal::kNotCms);
  CmsHandle outer = ReadCms(envelope);
  if (!outer) return OpenResult(Refusal::kNotCms);
  const int type = OBJ_obj2nid(CMS_get0_type(outer.get()));
  if (type == NID_pkcs7_signed) return OpenResult(Refusal::kSignedOutside);
  if (type != NID_id_smime_ct_authEnvelopedData) return OpenResult(Refusal::kNotAuthEnveloped);
  CMS_RecipientInfo_st* recipient = RecipientOf(outer.get(), recipient_certificate);
  if (recipient == nullptr) return OpenResult(Refusal::kWrongRecipient);
  if (!HasStrongKeyTransport(recipient)) return OpenResult(Refusal::kWeakKeyTransport);
  if (!HasStrongCipher(outer.get(), envelope)) return OpenResult(Refusal::kWeakCipher);
  std::optional<digest::SecretBytes> plaintext =
      Decrypt(outer.get(), recipient_key, recipient_certificate, envelope.size());
  if (!plaintext) return OpenResult(Refusal::kDecryptionFailed);

  // What has been read is let go at once: each is as large as the delivery.
  outer.reset();
  const CmsHandle inner = ReadCms(plaintext->view());
  if (!inner) return OpenResult(Refusal::kBadSignature);
  std::variant<Refusal, Signed> checked = CheckSignature(inner.get());
  if (const Refusal* refusal = std::get_if<Refusal>(&checked)) return OpenResult(*refusal);
  Signed& good = std::get<Signed>(checked);
  switch (roots.Verify(good.signer, good.others, keys::CertificateUse::kSigner, now)) {
    case keys::Trust::kTrusted:
      break;
    case keys::Trust::kExpired:
    case keys::Trust::kNotYetValid:
      return OpenResult(Refusal::kExpiredSigner);
    case keys::Trust::kRevoked:
      return OpenResult(Refusal::kRevokedSigner);
    case keys::Trust::kRevocationUnknown:
      return OpenResult(Refusal::kRevocationUnknown);
    default:
      return OpenResult(Refusal::kUnknownSigner);
  }
  const ASN1_OCTET_STRING* content = *CMS_get0_content(inner.get());
  return OpenResult(KeepContent(std::move(*plaintext),
                                base::ByteView(ASN1_STRING_get0_data(content),
                                               static_cast<size_t>(ASN1_STRING_length(content)))),
                    std::move(good.signer));
}

}  // namespace polder::crypto::cms
