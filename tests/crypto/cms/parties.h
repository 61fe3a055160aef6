// The region, a municipality and their authority, as the envelope tests need them.
#ifndef POLDER_TESTS_CRYPTO_CMS_PARTIES_H_
#define POLDER_TESTS_CRYPTO_CMS_PARTIES_H_

#include <string>
#include <vector>

#include "crypto/cms/cms.h"
#include "crypto/keys/authority.h"

namespace polder::tests {

using crypto::keys::Certificate;
using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;
using crypto::keys::TrustStore;

inline base::Instant At(const char* text) { return base::Instant::Parse(text).value(); }

inline const crypto::keys::Validity kDecade{At("2020-01-01T00:00:00Z"), At("2040-01-01T00:00:00Z")};
inline const crypto::keys::Validity kYears{At("2022-08-01T00:00:00Z"), At("2036-08-01T00:00:00Z")};
inline const base::Instant kNow = At("2024-12-01T12:00:00Z");
inline constexpr char kOin[] = "00000001234567890000";

// Made once per program: keys take time.
struct Parties {
  CertificateAuthority authority = CertificateAuthority::Create("Demo root", kDecade);
  TrustStore trust{{authority.root()}, authority.RevocationList({}, kDecade)};
  PrivateKey member_key = PrivateKey::Generate(KeyType::kP256);
  Certificate member =
      authority.Issue(CertificateUse::kSigner, member_key.public_key(), {"Gemeente", kOin}, kYears);
  PrivateKey region_key = PrivateKey::Generate(KeyType::kP256);
  Certificate region =
      authority.Issue(CertificateUse::kRecipient, region_key.public_key(), {"Regio", ""}, kYears);
  PrivateKey rsa_key = PrivateKey::Generate(KeyType::kRsa);
  Certificate rsa_region =
      authority.Issue(CertificateUse::kRecipient, rsa_key.public_key(), {"Regio", ""}, kYears);
  Certificate rsa_member =
      authority.Issue(CertificateUse::kSigner, rsa_key.public_key(), {"Gemeente", kOin}, kYears);

  // "ok" or the refusal's code.
  std::string Opening(base::ByteView envelope, base::Instant now = kNow) const {
    const crypto::cms::OpenResult result =
        crypto::cms::OpenDelivery(envelope, region_key, region, trust, now);
    return result.ok() ? "ok" : std::string(result.code());
  }
};

inline const Parties& Everyone() {
  static const Parties* const parties = new Parties();
  return *parties;
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_CRYPTO_CMS_PARTIES_H_
