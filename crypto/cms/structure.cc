#include "crypto/cms/structure.h"

#include <algorithm>
#include <iterator>
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
struct FreePss {
  void operator()(RSA_PSS_PARAMS* parameters) const { RSA_PSS_PARAMS_free(parameters); }
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

struct Hash {
  int nid;
  int ecdsa;  // the signature over it
  long bytes;
};
constexpr Hash kHashes[] = {{NID_sha256, NID_ecdsa_with_SHA256, 32},
                            {NID_sha384, NID_ecdsa_with_SHA384, 48},
                            {NID_sha512, NID_ecdsa_with_SHA512, 64}};

const Hash* HashOf(const X509_ALGOR* algorithm) {
  const int nid = NidOf(algorithm);
  const auto* found = std::find_if(std::begin(kHashes), std::end(kHashes),
                                   [nid](const Hash& hash) { return hash.nid == nid; });
  return found == std::end(kHashes) ? nullptr : found;
}

// A digest takes no parameters: what stands there otherwise would be free to change.
bool IsPlain(const X509_ALGOR* algorithm, int nid) {
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &type, nullptr, algorithm);
  return NidOf(algorithm) == nid && (type == V_ASN1_UNDEF || type == V_ASN1_NULL);
}

// Everything written out: what is left away is SHA-1 by the standard (RFC 4055 §3.1).
bool IsPss(const X509_ALGOR* algorithm, const Hash& hash) {
  const ASN1_STRING* packed = SequenceOf(algorithm);
  if (NidOf(algorithm) != NID_rsassaPss || packed == nullptr) return false;
  const std::unique_ptr<RSA_PSS_PARAMS, FreePss> parameters(
      static_cast<RSA_PSS_PARAMS*>(ASN1_item_unpack(packed, ASN1_ITEM_rptr(RSA_PSS_PARAMS))));
  if (!parameters || parameters->hashAlgorithm == nullptr ||
      parameters->maskGenAlgorithm == nullptr || parameters->saltLength == nullptr ||
      !IsPlain(parameters->hashAlgorithm, hash.nid) ||
      NidOf(parameters->maskGenAlgorithm) != NID_mgf1 ||
      ASN1_INTEGER_get(parameters->saltLength) < hash.bytes) {
    return false;
  }
  const Algorithm mask_hash = InnerOf(parameters->maskGenAlgorithm);
  return mask_hash && IsPlain(mask_hash.get(), hash.nid);
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
    int kind = 0;        // V_ASN1_UNIVERSAL or V_ASN1_CONTEXT_SPECIFIC
    bool parts = false;  // whether it consists of others
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
    element.parts = (head & V_ASN1_CONSTRUCTED) != 0;
    const size_t header = static_cast<size_t>(at - rest_.data());
    element.body = rest_.subspan(header, static_cast<size_t>(length));
    rest_ = rest_.subspan(header + static_cast<size_t>(length));
    return element;
  }

  // The next element when it is a universal one with this tag.
  std::optional<base::ByteView> Next(int tag) {
    const std::optional<Element> element = Next();
    // A string in parts (BER) is another string than its bytes here.
    const bool whole = tag == V_ASN1_SEQUENCE || tag == V_ASN1_SET;
    return element && element->Is(tag) && element->parts == whole ? std::optional(element->body)
                                                                  : std::nullopt;
  }

 private:
  base::ByteView rest_;
};

constexpr uint8_t kAes256Gcm[] = {0x60, 0x86, 0x48, 0x01, 0x65,
                                  0x03, 0x04, 0x01, 0x2e};  // 2.16.840.1.101.3.4.1.46
constexpr uint8_t kIdData[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                               0x0d, 0x01, 0x07, 0x01};  // 1.2.840.113549.1.7.1
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

bool Equals(const std::optional<base::ByteView>& body, base::ByteView expected) {
  return body && std::equal(body->begin(), body->end(), expected.begin(), expected.end());
}

// An INTEGER of one byte.
bool IsNumber(const std::optional<base::ByteView>& body, uint8_t expected) {
  return Equals(body, base::ByteView(&expected, 1));
}

// authEncryptedContentInfo: id-data, AES-256-GCM {nonce, icvLen}.
bool IsStrongContent(base::ByteView encrypted_content_info) {
  DerReader info(encrypted_content_info);
  if (!Equals(info.Next(V_ASN1_OBJECT), kIdData)) return false;
  const auto algorithm = info.Next(V_ASN1_SEQUENCE);
  if (!algorithm) return false;
  DerReader parts(*algorithm);
  if (!Equals(parts.Next(V_ASN1_OBJECT), kAes256Gcm)) return false;
  const auto sequence = parts.Next(V_ASN1_SEQUENCE);
  if (!sequence) return false;
  DerReader parameters(*sequence);
  const auto nonce = parameters.Next(V_ASN1_OCTET_STRING);
  return nonce && nonce->size() == kNonceBytes &&
         IsNumber(parameters.Next(V_ASN1_INTEGER), kTagBytes);
}

// The sender's ephemeral key: a point of whole bytes. A count of unused bits would be ignored where
// the last bit is zero, and so be free to change.
bool IsWholeKey(base::ByteView originator) {
  const auto key = DerReader(originator).Next();
  if (!key || key->kind != V_ASN1_CONTEXT_SPECIFIC || key->tag != 1) return false;
  DerReader parts(key->body);
  if (!parts.Next(V_ASN1_SEQUENCE)) return false;
  const auto point = parts.Next(V_ASN1_BIT_STRING);
  return point && !point->empty() && point->front() == 0;
}

// Key transport (version 0 or 2) and key agreement (version 3) and no passwords or shared keys.
bool AreOurRecipients(base::ByteView recipient_infos) {
  constexpr int kKeyAgreement = 1;
  DerReader recipients(recipient_infos);
  while (const auto recipient = recipients.Next()) {
    DerReader fields(recipient->body);
    const auto version = fields.Next(V_ASN1_INTEGER);
    const bool transport =
        recipient->Is(V_ASN1_SEQUENCE) && (IsNumber(version, 0) || IsNumber(version, 2));
    bool agreement = recipient->kind == V_ASN1_CONTEXT_SPECIFIC &&
                     recipient->tag == kKeyAgreement && IsNumber(version, 3);
    if (agreement) {
      const auto originator = fields.Next();
      agreement = originator && originator->kind == V_ASN1_CONTEXT_SPECIFIC &&
                  originator->tag == 0 && IsWholeKey(originator->body);
    }
    if (!transport && !agreement) return false;
  }
  return true;
}

// The whole AuthEnvelopedData, walked over without a copy.
bool IsStrongEnvelope(base::ByteView bytes) {
  const auto content_info = DerReader(bytes).Next(V_ASN1_SEQUENCE);
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
  if (!IsNumber(fields.Next(V_ASN1_INTEGER), 0)) return false;
  const auto recipients = fields.Next(V_ASN1_SET);
  const auto content = fields.Next(V_ASN1_SEQUENCE);
  const auto tag = fields.Next(V_ASN1_OCTET_STRING);
  return recipients && AreOurRecipients(*recipients) && content && IsStrongContent(*content) &&
         tag && tag->size() == kTagBytes && !fields.Next();
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

bool HasStrongSignature(CMS_SignerInfo_st* signer) {
  X509_ALGOR* digest = nullptr;
  X509_ALGOR* signature = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, &signature);
  const Hash* hash = HashOf(digest);
  if (hash == nullptr) return false;
  const bool strong = NidOf(signature) == hash->ecdsa || IsPss(signature, *hash);
  ERR_clear_error();
  return strong;
}

bool HasStrongCipher(CMS_ContentInfo_st* cms, base::ByteView bytes) {
  if (IsStrongEnvelope(bytes)) return true;
  // Written anew, so that there are definite lengths to walk over whatever the sender chose.
  unsigned char* written = nullptr;
  const int size = i2d_CMS_ContentInfo(cms, &written);
  ERR_clear_error();
  if (size <= 0) return false;
  struct FreeMemory {
    void operator()(unsigned char* memory) const { OPENSSL_free(memory); }
  };
  const std::unique_ptr<unsigned char, FreeMemory> owner(written);
  return IsStrongEnvelope(base::ByteView(written, static_cast<size_t>(size)));
}

std::optional<base::ByteView> ContentIn(base::ByteView bytes) {
  const auto content_info = DerReader(bytes).Next(V_ASN1_SEQUENCE);
  if (!content_info) return std::nullopt;
  DerReader outer(*content_info);
  if (!outer.Next(V_ASN1_OBJECT)) return std::nullopt;
  const auto explicit_content = outer.Next();
  if (!explicit_content) return std::nullopt;
  const auto signed_data = DerReader(explicit_content->body).Next(V_ASN1_SEQUENCE);
  if (!signed_data) return std::nullopt;
  DerReader fields(*signed_data);
  if (!fields.Next(V_ASN1_INTEGER) || !fields.Next(V_ASN1_SET)) return std::nullopt;
  const auto encapsulated = fields.Next(V_ASN1_SEQUENCE);
  if (!encapsulated) return std::nullopt;
  DerReader content(*encapsulated);
  if (!content.Next(V_ASN1_OBJECT)) return std::nullopt;
  const auto explicit_octets = content.Next();
  if (!explicit_octets) return std::nullopt;
  return DerReader(explicit_octets->body).Next(V_ASN1_OCTET_STRING);
}

}  // namespace polder::crypto::cms
