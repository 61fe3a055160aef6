// X.509 certificates as far as Polder needs them: who, until when, for what.
#ifndef POLDER_CRYPTO_KEYS_CERTIFICATE_H_
#define POLDER_CRYPTO_KEYS_CERTIFICATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "crypto/keys/handles.h"
#include "crypto/keys/key.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"

namespace polder::crypto::keys {

// Copyable, immutable, thread-safe.
class Certificate {
 public:
  // Exactly one certificate. Throws ProblemError "certificate-unreadable".
  static Certificate FromPem(std::string_view pem);
  static Certificate FromDer(base::ByteView der);
  // One or more, in the order of the file. Throws ProblemError "certificate-unreadable".
  static std::vector<Certificate> BundleFromPem(std::string_view pem);
  static Certificate Adopt(X509Handle handle);

  Certificate(const Certificate& other);
  Certificate& operator=(const Certificate& other);
  Certificate(Certificate&&) noexcept = default;
  Certificate& operator=(Certificate&&) noexcept = default;

  // The organisation's number: the subject's serialNumber when there is exactly one and it is 20
  // digits; else empty. Source: Logius, Digikoppeling identification and authentication.
  const std::string& oin() const { return oin_; }
  const std::string& common_name() const { return common_name_; }  // UTF-8; empty when none
  const std::string& fingerprint() const { return fingerprint_; }  // SHA-256 of the DER, hex
  // SHA-256 of the public key (SubjectPublicKeyInfo, DER), hex: two certificates with one key.
  const std::string& key_fingerprint() const { return key_fingerprint_; }
  base::Instant not_before() const { return not_before_; }
  base::Instant not_after() const { return not_after_; }
  PublicKey public_key() const;
  std::string ToPem() const;
  base::Bytes ToDer() const;
  bool MatchesKey(const PrivateKey& key) const;

  x509_st* handle() const { return handle_.get(); }

 private:
  Certificate() = default;
  X509Handle handle_;
  std::string oin_;
  std::string common_name_;
  std::string fingerprint_;
  std::string key_fingerprint_;
  base::Instant not_before_;
  base::Instant not_after_;
};

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_CERTIFICATE_H_
