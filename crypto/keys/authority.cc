#include "crypto/keys/authority.h"

#include <algorithm>
#include <ctime>
#include <memory>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/digest/failure.h"
#include "crypto/random/random.h"
#include "policies/base/problem.h"

namespace polder::crypto::keys {
namespace {

constexpr char kWhat[] = "make a certificate";
constexpr size_t kMaxCommonName = 64;  // RFC 5280, ub-common-name
constexpr size_t kSerialBytes = 16;

struct FreeExtension {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
};

void CheckSubject(const Subject& subject) {
  const bool name_good = !subject.common_name.empty() &&
                         subject.common_name.size() <= kMaxCommonName &&
                         base::IsUtf8(subject.common_name) &&
                         std::none_of(subject.common_name.begin(), subject.common_name.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  const bool oin_good =
      subject.oin.empty() ||
      (subject.oin.size() == 20 && std::all_of(subject.oin.begin(), subject.oin.end(),
                                               [](char c) { return c >= '0' && c <= '9'; }));
  if (name_good && oin_good) return;
  throw base::ProblemError("certificate-subject", "",
                           "A certificate needs a name of 1 to 64 bytes and an OIN of 20 digits or "
                           "none.");
}

void CheckValidity(const Validity& validity) {
  if (validity.not_before <= validity.not_after) return;
  throw base::ProblemError("certificate-validity", "",
                           "The certificate would end before it begins; exchange the times.");
}

void SetName(X509_NAME* name, int nid, std::string_view value) {
  digest::Require(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>(value.data()),
                                             static_cast<int>(value.size()), -1, 0),
                  kWhat);
}

void SetTime(ASN1_TIME* time, base::Instant instant) {
  if (ASN1_TIME_set(time, static_cast<time_t>(instant.seconds)) == nullptr) {
    digest::ThrowCryptoFailure(kWhat);
  }
}

void Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeExtension> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension) digest::ThrowCryptoFailure(kWhat);
  digest::Require(X509_add_ext(certificate, extension.get(), -1), kWhat);
}

// Everything but the extensions and the signature.
X509Handle Begin(const PublicKey& key, const Subject& subject, const Validity& validity) {
  X509Handle made(X509_new());
  if (!made) digest::ThrowCryptoFailure(kWhat);
  X509* x509 = made.get();
  digest::Require(X509_set_version(x509, X509_VERSION_3), kWhat);
  base::Bytes serial = random::RandomBytes(kSerialBytes);
  serial[0] = static_cast<uint8_t>((serial[0] & 0x7f) | 0x40);  // positive, of one length
  const std::unique_ptr<BIGNUM, FreeNumber> number(
      BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) == nullptr) {
    digest::ThrowCryptoFailure(kWhat);
  }
  SetTime(X509_getm_notBefore(x509), validity.not_before);
  SetTime(X509_getm_notAfter(x509), validity.not_after);
  X509_NAME* name = X509_get_subject_name(x509);
  SetName(name, NID_countryName, "NL");
  SetName(name, NID_commonName, subject.common_name);
  if (!subject.oin.empty()) SetName(name, NID_serialNumber, subject.oin);
  digest::Require(X509_set_pubkey(x509, key.handle()), kWhat);
  return made;
}

Certificate Finish(X509Handle made, const PrivateKey& signer) {
  if (X509_sign(made.get(), signer.handle(), EVP_sha256()) <= 0) digest::ThrowCryptoFailure(kWhat);
  // Read back from its bytes, so that nothing cached while it was built stays with it.
  const Certificate built = Certificate::Adopt(std::move(made));
  return Certificate::FromDer(built.ToDer());
}

X509Handle BeginIssued(const Certificate& root, const PublicKey& key, const Subject& subject,
                       const Validity& validity) {
  CheckSubject(subject);
  CheckValidity(validity);
  if (validity.not_before < root.not_before() || validity.not_after > root.not_after()) {
    throw base::ProblemError(
        "certificate-validity", "",
        "A certificate cannot be valid when its authority is not; choose times "
        "inside the authority's.");
  }
  X509Handle made = Begin(key, subject, validity);
  digest::Require(X509_set_issuer_name(made.get(), X509_get_subject_name(root.handle())), kWhat);
  Extend(made.get(), root.handle(), NID_basic_constraints, "critical,CA:FALSE");
  Extend(made.get(), root.handle(), NID_subject_key_identifier, "hash");
  Extend(made.get(), root.handle(), NID_authority_key_identifier, "keyid:always");
  return made;
}

bool IsDnsName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace

CertificateAuthority CertificateAuthority::Create(std::string_view common_name,
                                                  const Validity& validity) {
  const Subject subject{std::string(common_name), ""};
  CheckSubject(subject);
  CheckValidity(validity);
  PrivateKey key = PrivateKey::Generate(KeyType::kP256);
  X509Handle made = Begin(key.public_key(), subject, validity);
  digest::Require(X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())), kWhat);
  Extend(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  Extend(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  Extend(made.get(), made.get(), NID_subject_key_identifier, "hash");
  Extend(made.get(), made.get(), NID_authority_key_identifier, "keyid:always");
  Certificate root = Finish(std::move(made), key);
  return CertificateAuthority(std::move(root), std::move(key));
}

CertificateAuthority CertificateAuthority::Load(std::string_view certificate_pem,
                                                std::string_view key_pem) {
  Certificate root = Certificate::FromPem(certificate_pem);
  PrivateKey key = PrivateKey::FromPem(key_pem);
  if (!root.MatchesKey(key)) {
    throw base::ProblemError("certificate-key-mismatch", "",
                             "The key does not belong to the certificate; name the pair that was "
                             "made together.");
  }
  return CertificateAuthority(std::move(root), std::move(key));
}

Certificate CertificateAuthority::IssueServer(
    const PublicKey& key, const Subject& subject, const Validity& validity,
    const std::vector<std::string>& more_dns_names) const {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& name : more_dns_names) {
    if (!IsDnsName(name)) {
      throw base::ProblemError("certificate-subject", "",
                               "A server's name has lower-case letters, digits, '-' and '.' only.");
    }
    names += ",DNS:" + name;
  }
  X509Handle made = BeginIssued(root_, key, subject, validity);
  Extend(made.get(), root_.handle(), NID_key_usage, "critical,digitalSignature");
  Extend(made.get(), root_.handle(), NID_ext_key_usage, "serverAuth");
  Extend(made.get(), root_.handle(), NID_subject_alt_name, names);
  return Finish(std::move(made), key_);
}

Certificate CertificateAuthority::Issue(CertificateUse use, const PublicKey& key,
                                        const Subject& subject, const Validity& validity) const {
  if (use == CertificateUse::kServer) {
    throw base::ProblemError("certificate-use", "",
                             "A server's certificate carries names: use IssueServer.");
  }
  std::string usage = "critical,digitalSignature,nonRepudiation";
  std::string extended = "emailProtection";
  if (use == CertificateUse::kClient) {
    usage = "critical,digitalSignature";
    extended = "clientAuth";
  }
  if (use == CertificateUse::kRecipient) {
    usage = key.type() == KeyType::kRsa ? "critical,keyEncipherment" : "critical,keyAgreement";
  }
  X509Handle made = BeginIssued(root_, key, subject, validity);
  Extend(made.get(), root_.handle(), NID_key_usage, usage);
  Extend(made.get(), root_.handle(), NID_ext_key_usage, extended);
  return Finish(std::move(made), key_);
}

}  // namespace polder::crypto::keys
