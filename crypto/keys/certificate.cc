#include "crypto/keys/certificate.h"

#include <algorithm>
#include <ctime>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/digest/digest.h"
#include "crypto/digest/failure.h"
#include "crypto/keys/memory_bio.h"
#include "policies/base/problem.h"

namespace polder::crypto::keys {
namespace {

constexpr size_t kOinDigits = 20;

[[noreturn]] void ThrowUnreadable() {
  ERR_clear_error();
  throw base::ProblemError("certificate-unreadable", "",
                           "This is not an X.509 certificate in the form that was expected (PEM "
                           "text between BEGIN CERTIFICATE and END CERTIFICATE, or DER).");
}

// Every value of one attribute of the subject, as UTF-8.
std::vector<std::string> SubjectValues(const X509* certificate, int nid) {
  std::vector<std::string> values;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int at = X509_NAME_get_index_by_NID(subject, nid, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(subject, nid, at)) {
    unsigned char* text = nullptr;
    const int length =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0) ThrowUnreadable();
    values.emplace_back(reinterpret_cast<const char*>(text), static_cast<size_t>(length));
    OPENSSL_free(text);
  }
  return values;
}

bool IsOin(std::string_view text) {
  return text.size() == kOinDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

base::Bytes KeyDerOf(const X509* certificate) {
  const X509_PUBKEY* key = X509_get_X509_PUBKEY(certificate);
  const int length = i2d_X509_PUBKEY(key, nullptr);
  if (length <= 0) ThrowUnreadable();
  base::Bytes der(static_cast<size_t>(length));
  unsigned char* at = der.data();
  i2d_X509_PUBKEY(key, &at);
  return der;
}

base::Instant InstantOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) ThrowUnreadable();
  return {static_cast<int64_t>(timegm(&parts))};
}

}  // namespace

Certificate Certificate::Adopt(X509Handle handle) {
  Certificate certificate;
  certificate.handle_ = std::move(handle);
  const X509* x509 = certificate.handle_.get();
  const std::vector<std::string> numbers = SubjectValues(x509, NID_serialNumber);
  if (numbers.size() == 1 && IsOin(numbers.front())) certificate.oin_ = numbers.front();
  const std::vector<std::string> names = SubjectValues(x509, NID_commonName);
  if (!names.empty()) certificate.common_name_ = names.front();
  certificate.not_before_ = InstantOf(X509_get0_notBefore(x509));
  certificate.not_after_ = InstantOf(X509_get0_notAfter(x509));
  certificate.fingerprint_ = digest::Sha256Hex(certificate.ToDer());
  certificate.key_fingerprint_ = digest::Sha256Hex(KeyDerOf(x509));
  return certificate;
}

std::vector<Certificate> Certificate::BundleFromPem(std::string_view pem) {
  const BioHandle bio = ReadingBio(pem);
  std::vector<Certificate> bundle;
  while (true) {
    X509Handle handle(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!handle) break;
    bundle.push_back(Adopt(std::move(handle)));
  }
  // The loop ends well only where no further PEM block begins.
  const unsigned long error = ERR_peek_last_error();
  if (bundle.empty() || ERR_GET_LIB(error) != ERR_LIB_PEM ||
      ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    ThrowUnreadable();
  }
  ERR_clear_error();
  return bundle;
}

Certificate Certificate::FromPem(std::string_view pem) {
  std::vector<Certificate> bundle = BundleFromPem(pem);
  if (bundle.size() != 1) ThrowUnreadable();
  return std::move(bundle.front());
}

Certificate Certificate::FromDer(base::ByteView der) {
  const unsigned char* at = der.data();
  X509Handle handle(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!handle || at != der.data() + der.size()) ThrowUnreadable();
  return Adopt(std::move(handle));
}

Certificate::Certificate(const Certificate& other)
    : handle_(other.handle_.get()),
      oin_(other.oin_),
      common_name_(other.common_name_),
      fingerprint_(other.fingerprint_),
      key_fingerprint_(other.key_fingerprint_),
      not_before_(other.not_before_),
      not_after_(other.not_after_) {
  X509_up_ref(handle_.get());
}

Certificate& Certificate::operator=(const Certificate& other) {
  if (this != &other) *this = Certificate(other);
  return *this;
}

PublicKey Certificate::public_key() const {
  PkeyHandle key(X509_get_pubkey(handle_.get()));
  if (!key) ThrowUnreadable();
  return PublicKey::Adopt(std::move(key));
}

std::string Certificate::ToPem() const {
  const BioHandle bio = WritingBio();
  digest::Require(PEM_write_bio_X509(bio.get(), handle_.get()), "write a certificate");
  return std::string(Written(bio.get()));
}

base::Bytes Certificate::ToDer() const {
  const int length = i2d_X509(handle_.get(), nullptr);
  if (length <= 0) digest::ThrowCryptoFailure("write a certificate");
  base::Bytes der(static_cast<size_t>(length));
  unsigned char* at = der.data();
  i2d_X509(handle_.get(), &at);
  return der;
}

bool Certificate::MatchesKey(const PrivateKey& key) const {
  const bool matches = X509_check_private_key(handle_.get(), key.handle()) == 1;
  ERR_clear_error();
  return matches;
}

}  // namespace polder::crypto::keys
