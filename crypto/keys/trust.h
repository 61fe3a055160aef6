// Who is believed: roots, and the decision about one certificate at one instant.
#ifndef POLDER_CRYPTO_KEYS_TRUST_H_
#define POLDER_CRYPTO_KEYS_TRUST_H_

#include <span>
#include <string_view>
#include <vector>

#include "crypto/keys/certificate.h"
#include "crypto/keys/handles.h"
#include "policies/base/clock.h"

namespace polder::crypto::keys {

// What a certificate is used for. Server and client are the two ends of TLS; a signer signs
// deliveries, a recipient opens them.
enum class CertificateUse { kServer, kClient, kSigner, kRecipient };

enum class Trust {
  kTrusted,
  kUnknownIssuer,  // no chain of valid signatures to a root
  kExpired,        // the certificate, or one above it, is past its end
  kNotYetValid,
  kWrongUse,  // key usage or extended key usage does not allow the use; the latter must be there
  kRevoked,
  kRevocationUnknown,  // no list of an issuer in the chain is there and valid now
};
std::string_view TrustCode(Trust trust);  // "trusted", "unknown-issuer", …

// Only these roots, never the system's. Copyable in effect by its certificates; thread-safe.
class TrustStore {
 public:
  // Every certificate of a chain must stand under a revocation list of its issuer that is valid at
  // the instant: without a list (PEM, one after another), or with an outdated one, nobody is
  // trusted. Throws ProblemError "trust-roots" without a root, "revocation-list" when a list is
  // unreadable or there is none.
  TrustStore(std::vector<Certificate> roots, std::string_view revocation_lists);
  static TrustStore FromPem(std::string_view bundle, std::string_view revocation_lists);
  // Where nobody can be revoked: an authority that exists for a test or an example.
  static TrustStore WithoutRevocation(std::vector<Certificate> roots);

  // A value, never an exception, for any certificate.
  Trust Verify(const Certificate& leaf, std::span<const Certificate> intermediates,
               CertificateUse use, base::Instant now) const;
  const std::vector<Certificate>& roots() const { return roots_; }

 private:
  explicit TrustStore(std::vector<Certificate> roots);

  std::vector<Certificate> roots_;
  StoreHandle store_;
  bool asks_lists_ = false;
};

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_TRUST_H_
