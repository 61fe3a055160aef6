// What both ends of a TLS connection agree to, and who the other end is.
//
// TLS 1.2 with ECDHE and an AEAD, or TLS 1.3; nothing older, no renegotiation, no compression, and
// on the server no tickets and no resumption: every connection proves its certificate anew.
// Source: RFC 9325, NCSC-NL IT security guidelines for TLS, Digikoppeling security requirements.
#ifndef POLDER_CRYPTO_TLS_TLS_H_
#define POLDER_CRYPTO_TLS_TLS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "crypto/keys/certificate.h"
#include "policies/base/clock.h"

struct ssl_ctx_st;
struct ssl_st;

namespace polder::crypto::tls {

// Throw ProblemError "crypto-failure" when the library refuses a setting. Certificates and trust
// stay the caller's, and on the server whether a client certificate is asked for; a client always
// verifies the server, whose name the caller must set (SSL_set1_host).
void HardenServer(ssl_ctx_st* context);
void HardenClient(ssl_ctx_st* context);

// Adds authorities that may sign the other end's certificate. Throws ProblemError "crypto-failure".
void TrustAuthorities(ssl_ctx_st* context, const std::vector<keys::Certificate>& authorities);

// Judges certificates of the other end at this instant instead of the machine's: for a region
// under a simulated clock.
void SetVerificationTime(ssl_ctx_st* context, base::Instant now);

// From now on a certificate of the other end, and every one above it, must stand under one of these
// lists (PEM), valid at the time of verification: without the list of an issuer its certificates
// are refused. Throws ProblemError "revocation-list".
void RequireRevocationLists(ssl_ctx_st* context, std::string_view pem);

// The other end's certificate when it gave one and the chain verified; else nullopt. Call after the
// handshake. A connection that verifies nothing (SSL_VERIFY_NONE) has no peer.
std::optional<keys::Certificate> PeerCertificate(ssl_st* connection);

}  // namespace polder::crypto::tls

#endif  // POLDER_CRYPTO_TLS_TLS_H_
