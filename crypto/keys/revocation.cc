#include "crypto/keys/revocation.h"

#include <ctime>
#include <memory>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "crypto/digest/failure.h"
#include "crypto/keys/authority.h"
#include "crypto/keys/memory_bio.h"
#include "policies/base/problem.h"

namespace polder::crypto::keys {
namespace {

constexpr char kWhat[] = "make a revocation list";

struct FreeList {
  void operator()(X509_CRL* list) const { X509_CRL_free(list); }
};
struct FreeTime {
  void operator()(ASN1_TIME* time) const { ASN1_TIME_free(time); }
};
using Time = std::unique_ptr<ASN1_TIME, FreeTime>;

Time TimeOf(base::Instant instant) {
  Time time(ASN1_TIME_set(nullptr, static_cast<time_t>(instant.seconds)));
  if (!time) digest::ThrowCryptoFailure(kWhat);
  return time;
}

}  // namespace

void AddRevocationLists(X509_STORE* store, std::string_view pem) {
  const BioHandle bio = ReadingBio(pem);
  int added = 0;
  while (true) {
    const std::unique_ptr<X509_CRL, FreeList> list(
        PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (!list) break;
    digest::Require(X509_STORE_add_crl(store, list.get()), "revocation list");
    ++added;
  }
  // The loop ends well only where no further PEM block begins.
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (added == 0 || ERR_GET_LIB(error) != ERR_LIB_PEM ||
      ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    throw base::ProblemError("revocation-list", "",
                             "The revocation list is not in PEM form (BEGIN X509 CRL); fetch it "
                             "from the authority again.");
  }
}

std::string CertificateAuthority::RevocationList(const std::vector<Certificate>& revoked,
                                                 const Validity& validity) const {
  const std::unique_ptr<X509_CRL, FreeList> list(X509_CRL_new());
  if (!list) digest::ThrowCryptoFailure(kWhat);
  const Time begin = TimeOf(validity.not_before);
  const Time end = TimeOf(validity.not_after);
  digest::Require(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2), kWhat);
  digest::Require(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(root_.handle())),
                  kWhat);
  digest::Require(X509_CRL_set1_lastUpdate(list.get(), begin.get()), kWhat);
  digest::Require(X509_CRL_set1_nextUpdate(list.get(), end.get()), kWhat);
  for (const Certificate& certificate : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    digest::Require(entry != nullptr ? 1 : 0, kWhat);
    digest::Require(X509_CRL_add0_revoked(list.get(), entry), kWhat);  // the list owns it now
    digest::Require(
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.handle())), kWhat);
    digest::Require(X509_REVOKED_set_revocationDate(entry, begin.get()), kWhat);
  }
  digest::Require(X509_CRL_sort(list.get()), kWhat);
  if (X509_CRL_sign(list.get(), key_.handle(), EVP_sha256()) <= 0) {
    digest::ThrowCryptoFailure(kWhat);
  }
  const BioHandle bio = WritingBio();
  digest::Require(PEM_write_bio_X509_CRL(bio.get(), list.get()), kWhat);
  return std::string(Written(bio.get()));
}

}  // namespace polder::crypto::keys
