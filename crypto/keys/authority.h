// The demonstration's certificate authority. A real region uses PKIoverheid's private root; this
// one makes a complete set of certificates in a second, under any clock.
#ifndef POLDER_CRYPTO_KEYS_AUTHORITY_H_
#define POLDER_CRYPTO_KEYS_AUTHORITY_H_

#include <string>
#include <string_view>
#include <vector>

#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/keys/trust.h"
#include "policies/base/clock.h"

namespace polder::crypto::keys {

struct Validity {
  base::Instant not_before;
  base::Instant not_after;
};

struct Subject {
  std::string common_name;  // 1 to 64 characters of UTF-8
  std::string oin;          // 20 digits, or empty
};

class CertificateAuthority {
 public:
  // A new P-256 root, self-signed, that may sign certificates of ends only (path length 0).
  static CertificateAuthority Create(std::string_view common_name, const Validity& validity);
  // Throws ProblemError "certificate-key-mismatch" when the key is not the certificate's.
  static CertificateAuthority Load(std::string_view certificate_pem, std::string_view key_pem);

  const Certificate& root() const { return root_; }
  digest::SecretBytes KeyPem() const { return key_.ToPem(); }

  // SAN: DNS localhost, IP 127.0.0.1 and ::1, and `more_dns_names`. Extended use: serverAuth.
  Certificate IssueServer(const PublicKey& key, const Subject& subject, const Validity& validity,
                          const std::vector<std::string>& more_dns_names = {}) const;
  // kClient: clientAuth, digitalSignature only. kSigner: emailProtection, signatures only: one
  // certificate is never good for both. kRecipient:
  // emailProtection, key agreement or key encipherment only. Throws ProblemError
  // "certificate-subject" for a bad name or OIN, "certificate-validity" when the times are reversed
  // or outside the root's, "certificate-use" for kServer.
  Certificate Issue(CertificateUse use, const PublicKey& key, const Subject& subject,
                    const Validity& validity) const;

  // A list of the certificates that no longer count, valid for the given time. PEM.
  std::string RevocationList(const std::vector<Certificate>& revoked,
                             const Validity& validity) const;

 private:
  CertificateAuthority(Certificate root, PrivateKey key)
      : root_(std::move(root)), key_(std::move(key)) {}
  Certificate root_;
  PrivateKey key_;
};

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_AUTHORITY_H_
