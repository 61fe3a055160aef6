#include "crypto/keys/trust.h"

#include <memory>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/digest/failure.h"
#include "crypto/keys/revocation.h"
#include "policies/base/problem.h"

namespace polder::crypto::keys {
namespace {

struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
// The certificates stay their owners'; only the list is freed.
struct FreeList {
  void operator()(STACK_OF(X509) * list) const { sk_X509_free(list); }
};

int PurposeOf(CertificateUse use) {
  switch (use) {
    case CertificateUse::kServer:
      return X509_PURPOSE_SSL_SERVER;
    case CertificateUse::kClient:
      return X509_PURPOSE_SSL_CLIENT;
    case CertificateUse::kSigner:
      return X509_PURPOSE_SMIME_SIGN;
    case CertificateUse::kRecipient:
      // The library's purpose for S/MIME encryption asks for keyEncipherment, which a key
      // agreement certificate does not have: the extensions are judged below.
      return X509_PURPOSE_ANY;
  }
  return X509_PURPOSE_ANY;
}

// A certificate without extended key usage is good for everything, by the standard; not here.
bool SaysItsUse(X509* certificate, CertificateUse use) {
  const uint32_t extended = X509_get_extended_key_usage(certificate);
  if (extended == UINT32_MAX) return false;
  switch (use) {
    case CertificateUse::kServer:
      return (extended & XKU_SSL_SERVER) != 0;
    case CertificateUse::kClient:
      return (extended & XKU_SSL_CLIENT) != 0;
    case CertificateUse::kSigner:
      return (extended & XKU_SMIME) != 0;
    case CertificateUse::kRecipient:
      return (extended & XKU_SMIME) != 0 &&
             (X509_get_key_usage(certificate) & (KU_KEY_AGREEMENT | KU_KEY_ENCIPHERMENT)) != 0;
  }
  return false;
}

Trust Meaning(int error) {
  switch (error) {
    case X509_V_OK:
      return Trust::kTrusted;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Trust::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Trust::kNotYetValid;
    case X509_V_ERR_INVALID_PURPOSE:
      return Trust::kWrongUse;
    case X509_V_ERR_CERT_REVOKED:
      return Trust::kRevoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return Trust::kRevocationUnknown;
    default:
      return Trust::kUnknownIssuer;
  }
}

}  // namespace

std::string_view TrustCode(Trust trust) {
  switch (trust) {
    case Trust::kTrusted:
      return "trusted";
    case Trust::kUnknownIssuer:
      return "unknown-issuer";
    case Trust::kExpired:
      return "expired";
    case Trust::kNotYetValid:
      return "not-yet-valid";
    case Trust::kWrongUse:
      return "wrong-use";
    case Trust::kRevoked:
      return "revoked";
    case Trust::kRevocationUnknown:
      return "revocation-unknown";
  }
  return "unknown-issuer";
}

TrustStore::TrustStore(std::vector<Certificate> roots)
    : roots_(std::move(roots)), store_(X509_STORE_new()) {
  if (roots_.empty()) {
    throw base::ProblemError("trust-roots", "", "Name at least one root certificate to trust.");
  }
  if (!store_) digest::ThrowCryptoFailure("trust store");
  for (const Certificate& root : roots_) {
    digest::Require(X509_STORE_add_cert(store_.get(), root.handle()), "trust store");
  }
}

TrustStore::TrustStore(std::vector<Certificate> roots, std::string_view revocation_lists)
    : TrustStore(std::move(roots)) {
  asks_lists_ = true;
  AddRevocationLists(store_.get(), revocation_lists);
}

TrustStore TrustStore::WithoutRevocation(std::vector<Certificate> roots) {
  return TrustStore(std::move(roots));
}

TrustStore TrustStore::FromPem(std::string_view bundle, std::string_view revocation_lists) {
  return TrustStore(Certificate::BundleFromPem(bundle), revocation_lists);
}

Trust TrustStore::Verify(const Certificate& leaf, std::span<const Certificate> intermediates,
                         CertificateUse use, base::Instant now) const {
  const std::unique_ptr<STACK_OF(X509), FreeList> others(sk_X509_new_null());
  const std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
  if (!others || !context) digest::ThrowCryptoFailure("verify a certificate");
  for (const Certificate& certificate : intermediates) {
    if (sk_X509_push(others.get(), certificate.handle()) == 0) {
      digest::ThrowCryptoFailure("verify a certificate");
    }
  }
  digest::Require(X509_STORE_CTX_init(context.get(), store_.get(), leaf.handle(), others.get()),
                  "verify a certificate");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(now.seconds));
  digest::Require(X509_VERIFY_PARAM_set_purpose(parameters, PurposeOf(use)),
                  "verify a certificate");
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  if (asks_lists_) {
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  // 112 bits of security: no SHA-1 signature, no RSA under 2048 bits.
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);
  const bool verified = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (!verified) return error == X509_V_OK ? Trust::kUnknownIssuer : Meaning(error);
  return SaysItsUse(leaf.handle(), use) ? Trust::kTrusted : Trust::kWrongUse;
}

}  // namespace polder::crypto::keys
