#include "crypto/tls/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "crypto/keys/handles.h"
#include "crypto/keys/revocation.h"

namespace polder::crypto::tls {
namespace {

constexpr char kWhat[] = "set up TLS";
// TLS 1.2: forward secrecy and an AEAD, nothing else.
constexpr char kCiphers12[] =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr char kCiphers13[] =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr char kSignatures[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

void Harden(SSL_CTX* context) {
  ERR_clear_error();
  keys::Require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, kWhat);
  keys::Require(SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1, kWhat);
  keys::Require(SSL_CTX_set_cipher_list(context, kCiphers12), kWhat);
  keys::Require(SSL_CTX_set_ciphersuites(context, kCiphers13), kWhat);
  keys::Require(SSL_CTX_set1_groups_list(context, kGroups) == 1, kWhat);
  keys::Require(SSL_CTX_set1_sigalgs_list(context, kSignatures) == 1, kWhat);
  // 112 bits: no RSA under 2048 bits, no SHA-1 in the other end's chain.
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_clear_options(context, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                                     SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

}  // namespace

void HardenServer(ssl_ctx_st* context) {
  Harden(context);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A resumed session would carry an identity that was proved on another connection.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  keys::Require(SSL_CTX_set_num_tickets(context, 0), kWhat);
  keys::Require(SSL_CTX_set_max_early_data(context, 0), kWhat);
}

void HardenClient(ssl_ctx_st* context) {
  Harden(context);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, SSL_CTX_get_verify_callback(context));
}

void TrustAuthorities(ssl_ctx_st* context, const std::vector<keys::Certificate>& authorities) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const keys::Certificate& authority : authorities) {
    keys::Require(X509_STORE_add_cert(store, authority.handle()) == 1, kWhat);
  }
}

void SetVerificationTime(ssl_ctx_st* context, base::Instant now) {
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), static_cast<time_t>(now.seconds));
}

void RequireRevocationLists(ssl_ctx_st* context, std::string_view pem) {
  keys::AddRevocationLists(SSL_CTX_get_cert_store(context), pem);
  keys::Require(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context),
                                            X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL),
                kWhat);
}

std::optional<keys::Certificate> PeerCertificate(ssl_st* connection) {
  if ((SSL_get_verify_mode(connection) & SSL_VERIFY_PEER) == 0) return std::nullopt;
  if (SSL_is_init_finished(connection) != 1) return std::nullopt;
  if (SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  keys::X509Handle certificate(SSL_get1_peer_certificate(connection));
  if (!certificate) return std::nullopt;
  return keys::Certificate::Adopt(std::move(certificate));
}

}  // namespace polder::crypto::tls
