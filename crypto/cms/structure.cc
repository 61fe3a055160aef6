#include "crypto/cms/structure.h"

#include <algorithm>
#include <optional>
#include <span>

#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/keys/handles.h"

namespace polder::crypto::cms {
namespace {

struct FreeAlgorithm {
  void operator()(X509_ALGOR* algorithm) const { X509_ALGOR_free(algorithm); }
};
using Algorithm = std::unique_ptr<X509_ALGOR, FreeAlgorithm>;
struct FreeOaep {
  void operator()(RSA_OAEP_PARAMS* parameters) const { RSA_OAEP_PARAMS_free(parameters); }
};

int NidOf(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

// The parameters of an algorithm when they are a SEQUENCE; else null.
const ASN1_STRING* SequenceOf(const X509_ALGOR* algorithm) {
  int type = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  return type == V_ASN1_SEQUENCE ? static_cast<const ASN1_STRING*>(value) : nullptr;
}

// The algorithm that stands in the parameters of another, as in MGF1 and key agreement.
Algorithm InnerOf(const X509_ALGOR* outer) {
  const ASN1_STRING* parameters = SequenceOf(outer);
  if (parameters == nullptr) return nullptr;
  return Algorithm(
      static_cast<X509_ALGOR*>(ASN1_item_unpack(parameters, ASN1_ITEM_rptr(X509_ALGOR))));
}

bool IsOaepSha256(const X509_ALGOR* algorithm) {
  const ASN1_STRING* packed = SequenceOf(algorithm);
  if (NidOf(algorithm) != NID_rsaesOaep || packed == nullptr) return false;
  const std::unique_ptr<RSA_OAEP_PARAMS, FreeOaep> parameters(
      static_cast<RSA_OAEP_PARAMS*>(ASN1_item_unpack(packed, ASN1_ITEM_rptr(RSA_OAEP_PARAMS))));
  if (!parameters || parameters->hashFunc == nullptr || parameters->maskGenFunc == nullptr ||
      parameters->pSourceFunc != nullptr || NidOf(parameters->hashFunc) != NID_sha256 ||
      NidOf(parameters->maskGenFunc) != NID_mgf1) {
    return false;
  }
  const Algorithm mask_hash = InnerOf(parameters->maskGenFunc);
  return mask_hash && NidOf(mask_hash.get()) == NID_sha256;
}

bool IsEcdhSha256(const X509_ALGOR* algorithm) {
  if (NidOf(algorithm) != NID_dhSinglePass_stdDH_sha256kdf_scheme) return false;
  const Algorithm wrap = InnerOf(algorithm);
  return wrap && NidOf(wrap.get()) == NID_id_aes256_wrap;
}

// One element of DER after another.
class DerReader {
 public:
  struct Element {
    int tag = 0;
    int kind = 0;  // V_ASN1_UNIVERSAL or V_ASN1_CONTEXT_SPECIFIC
    base::ByteView body;
    bool Is(int expected) const { return kind == V_ASN1_UNIVERSAL && tag == expected; }
  };

  explicit DerReader(base::ByteView bytes) : rest_(bytes) {}

  std::optional<Element> Next() {
    Element element;
    const unsigned char* at = rest_.data();
    long length = 0;
    if (rest_.empty()) return std::nullopt;
    const int head =
        ASN1_get_object(&at, &length, &element.tag, &element.kind, static_cast<long>(rest_.size()));
    if ((head & 0x80) != 0 || (head & 1) != 0) return std::nullopt;  // malformed or indefinite
    const size_t header = static_cast<size_t>(at - rest_.data());
    element.body = rest_.subspan(header, static_cast<size_t>(length));
    rest_ = rest_.subspan(header + static_cast<size_t>(length));
    return element;
  }

  // The next element when it is a universal one with this tag.
  std::optional<base::ByteView> Next(int tag) {
    const std::optional<Element> element = Next();
    return element && element->Is(tag) ? std::optional(element->body) : std::nullopt;
  }

 private:
  base::ByteView rest_;
};

// 2.16.840.1.101.3.4.1.46
constexpr uint8_t kAes256Gcm[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e};
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

bool IsStrongContent(base::ByteView encrypted_content_info) {
  DerReader info(encrypted_content_info);
  if (!info.Next(V_ASN1_OBJECT)) return false;
  const auto algorithm = info.Next(V_ASN1_SEQUENCE);
  if (!algorithm) return false;
  DerReader parts(*algorithm);
  const auto cipher = parts.Next(V_ASN1_OBJECT);
  if (!cipher ||
      !std::equal(cipher->begin(), cipher->end(), std::begin(kAes256Gcm), std::end(kAes256Gcm))) {
    return false;
  }
  const auto parameters = parts.Next(V_ASN1_SEQUENCE);
  if (!parameters) return false;
  const auto nonce = DerReader(*parameters).Next(V_ASN1_OCTET_STRING);
  return nonce && nonce->size() == kNonceBytes;
}

}  // namespace

void FreeCms::operator()(CMS_ContentInfo_st* cms) const {
  if (cms != nullptr && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed) {
    ASN1_OCTET_STRING** content = CMS_get0_content(cms);
    if (content != nullptr && *content != nullptr && ASN1_STRING_length(*content) > 0) {
      digest::SecureWipe(std::span(const_cast<unsigned char*>(ASN1_STRING_get0_data(*content)),
                                   static_cast<size_t>(ASN1_STRING_length(*content))));
    }
  }
  CMS_ContentInfo_free(cms);
}

CmsHandle ReadCms(base::ByteView bytes) {
  const unsigned char* at = bytes.data();
  if (bytes.empty()) return nullptr;
  CmsHandle cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(bytes.size())));
  ERR_clear_error();
  if (cms && at != bytes.data() + bytes.size()) return nullptr;
  return cms;
}

CMS_RecipientInfo_st* RecipientOf(CMS_ContentInfo_st* cms, const keys::Certificate& certificate) {
  STACK_OF(CMS_RecipientInfo)* recipients = CMS_get0_RecipientInfos(cms);
  for (int i = 0; i < sk_CMS_RecipientInfo_num(recipients); ++i) {
    CMS_RecipientInfo* recipient = sk_CMS_RecipientInfo_value(recipients, i);
    if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_TRANS &&
        CMS_RecipientInfo_ktri_cert_cmp(recipient, certificate.handle()) == 0) {
      return recipient;
    }
    if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_AGREE) {
      STACK_OF(CMS_RecipientEncryptedKey)* sharers = CMS_RecipientInfo_kari_get0_reks(recipient);
      for (int k = 0; k < sk_CMS_RecipientEncryptedKey_num(sharers); ++k) {
        if (CMS_RecipientEncryptedKey_cert_cmp(sk_CMS_RecipientEncryptedKey_value(sharers, k),
                                               certificate.handle()) == 0) {
          return recipient;
        }
      }
    }
  }
  return nullptr;
}

bool HasStrongKeyTransport(CMS_RecipientInfo_st* recipient) {
  X509_ALGOR* algorithm = nullptr;
  bool strong = false;
  if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_TRANS) {
    strong = CMS_RecipientInfo_ktri_get0_algs(recipient, nullptr, nullptr, &algorithm) == 1 &&
             IsOaepSha256(algorithm);
  } else if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_AGREE) {
    strong = CMS_RecipientInfo_kari_get0_alg(recipient, &algorithm, nullptr) == 1 &&
             IsEcdhSha256(algorithm);
  }
  ERR_clear_error();
  return strong;
}

bool HasStrongCipher(CMS_ContentInfo_st* cms) {
  // Written anew, so that there are definite lengths to walk over whatever the sender chose.
  unsigned char* written = nullptr;
  const int size = i2d_CMS_ContentInfo(cms, &written);
  ERR_clear_error();
  if (size <= 0) return false;
  struct FreeMemory {
    void operator()(unsigned char* memory) const { OPENSSL_free(memory); }
  };
  const std::unique_ptr<unsigned char, FreeMemory> owner(written);
  const auto content_info =
      DerReader(base::ByteView(written, static_cast<size_t>(size))).Next(V_ASN1_SEQUENCE);
  if (!content_info) return false;
  DerReader outer(*content_info);
  if (!outer.Next(V_ASN1_OBJECT)) return false;
  const auto explicit_content = outer.Next();
  if (!explicit_content) return false;
  const auto enveloped = DerReader(explicit_content->body).Next(V_ASN1_SEQUENCE);
  if (!enveloped) return false;
  // RFC 5083 §2.1: version, [0] originatorInfo, recipientInfos, authEncryptedContentInfo,
  // [1] authAttrs, mac, [2] unauthAttrs. The optional ones are not ours and are refused.
  DerReader fields(*enveloped);
  if (!fields.Next(V_ASN1_INTEGER) || !fields.Next(V_ASN1_SET)) return false;
  const auto content = fields.Next(V_ASN1_SEQUENCE);
  const auto tag = fields.Next(V_ASN1_OCTET_STRING);
  return content && tag && IsStrongContent(*content) && tag->size() == kTagBytes;
}

}  // namespace polder::crypto::cms
