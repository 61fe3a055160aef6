#include "crypto/tls/tls.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "crypto/keys/authority.h"

namespace polder::crypto::tls {
namespace {

using keys::CertificateAuthority;
using keys::CertificateUse;
using keys::PrivateKey;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;

base::Instant At(const char* text) { return base::Instant::Parse(text).value(); }

// A made-up year, to prove that the given instant counts and not the machine's.
const keys::Validity kYear{At("2022-08-01T00:00:00Z"), At("2023-08-01T00:00:00Z")};
const base::Instant kNow = At("2022-12-01T00:00:00Z");

class Tls : public testing::Test {
 protected:
  Tls() {
    server_.reset(SSL_CTX_new(TLS_server_method()));
    client_.reset(SSL_CTX_new(TLS_client_method()));
    HardenServer(server_.get());
    HardenClient(client_.get());
    SetVerificationTime(server_.get(), kNow);
    SetVerificationTime(client_.get(), kNow);
    Use(server_.get(), ca_.IssueServer(server_key_.public_key(), {"Regio", ""}, kYear),
        server_key_);
    Trust(server_.get(), ca_);
    Trust(client_.get(), ca_);
    SSL_CTX_set_verify(server_.get(), SSL_VERIFY_PEER, nullptr);
  }

  static void Use(SSL_CTX* context, const keys::Certificate& certificate, const PrivateKey& key) {
    ASSERT_EQ(SSL_CTX_use_certificate(context, certificate.handle()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(context, key.handle()), 1);
  }
  static void Trust(SSL_CTX* context, const CertificateAuthority& authority) {
    ASSERT_EQ(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.root().handle()), 1);
  }

  // Two connections joined in memory, driven until both are done or one fails.
  bool Shake() {
    a_.reset(SSL_new(client_.get()));
    b_.reset(SSL_new(server_.get()));
    SSL_set1_host(a_.get(), "localhost");
    BIO* left = nullptr;
    BIO* right = nullptr;
    BIO_new_bio_pair(&left, 0, &right, 0);
    SSL_set_bio(a_.get(), left, left);
    SSL_set_bio(b_.get(), right, right);
    SSL_set_connect_state(a_.get());
    SSL_set_accept_state(b_.get());
    for (int i = 0; i < 20; ++i) {
      for (SSL* connection : {a_.get(), b_.get()}) {
        const int done = SSL_do_handshake(connection);
        if (done != 1 && SSL_get_error(connection, done) == SSL_ERROR_SSL) {
          ERR_clear_error();
          return false;
        }
      }
      if (SSL_is_init_finished(a_.get()) == 1 && SSL_is_init_finished(b_.get()) == 1) return true;
    }
    return false;
  }

  static inline const CertificateAuthority ca_ = CertificateAuthority::Create("Root", kYear);
  static inline const PrivateKey server_key_ = PrivateKey::Generate(keys::KeyType::kP256);
  static inline const PrivateKey client_key_ = PrivateKey::Generate(keys::KeyType::kP256);
  Context server_, client_;
  Connection a_, b_;
};

TEST_F(Tls, BothEndsKnowEachOtherAndSpeakVersion13) {
  Use(client_.get(),
      ca_.Issue(CertificateUse::kClient, client_key_.public_key(),
                {"Gemeente", "00000001234567890000"}, kYear),
      client_key_);
  ASSERT_TRUE(Shake());
  EXPECT_EQ(SSL_version(a_.get()), TLS1_3_VERSION);
  EXPECT_EQ(PeerCertificate(b_.get()).value().oin(), "00000001234567890000");
  EXPECT_EQ(PeerCertificate(a_.get()).value().common_name(), "Regio");
}

TEST_F(Tls, AnAnonymousClientHasNoCertificate) {
  ASSERT_TRUE(Shake());
  EXPECT_FALSE(PeerCertificate(b_.get()).has_value());
}

TEST_F(Tls, AServerThatVerifiesNothingHasNoPeer) {
  Use(client_.get(),
      ca_.Issue(CertificateUse::kClient, client_key_.public_key(), {"Gemeente", ""}, kYear),
      client_key_);
  SSL_CTX_set_verify(server_.get(), SSL_VERIFY_NONE, nullptr);
  ASSERT_TRUE(Shake());
  EXPECT_FALSE(PeerCertificate(b_.get()).has_value());
}

TEST_F(Tls, AClientThatVerifiesNothingHasNoPeerEither) {
  SSL_CTX_set_verify(client_.get(), SSL_VERIFY_NONE, nullptr);
  ASSERT_TRUE(Shake());
  EXPECT_FALSE(PeerCertificate(a_.get()).has_value());
}

TEST_F(Tls, AnUnverifiedCertificateIsNoPeerEvenWhenACallbackLetsItThrough) {
  const CertificateAuthority impostor = CertificateAuthority::Create("Root", kYear);
  Use(client_.get(),
      impostor.Issue(CertificateUse::kClient, client_key_.public_key(),
                     {"Gemeente", "00000001234567890000"}, kYear),
      client_key_);
  SSL_CTX_set_verify(server_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  ASSERT_TRUE(Shake());
  EXPECT_FALSE(PeerCertificate(b_.get()).has_value());
}

TEST_F(Tls, AClientOfAnotherAuthorityIsRefused) {
  const CertificateAuthority impostor = CertificateAuthority::Create("Root", kYear);
  Use(client_.get(),
      impostor.Issue(CertificateUse::kClient, client_key_.public_key(), {"G", ""}, kYear),
      client_key_);
  EXPECT_FALSE(Shake());
}

TEST_F(Tls, AServersCertificateIsNoClients) {
  Use(client_.get(), ca_.IssueServer(client_key_.public_key(), {"G", ""}, kYear), client_key_);
  EXPECT_FALSE(Shake());
}

TEST_F(Tls, TheClientRefusesAServerItDoesNotTrust) {
  const CertificateAuthority impostor = CertificateAuthority::Create("Root", kYear);
  Use(server_.get(), impostor.IssueServer(server_key_.public_key(), {"Regio", ""}, kYear),
      server_key_);
  EXPECT_FALSE(Shake());
}

TEST_F(Tls, TheGivenInstantDecidesWhatHasExpired) {
  SetVerificationTime(client_.get(), kYear.not_after.Plus(1));
  EXPECT_FALSE(Shake());
  SetVerificationTime(client_.get(), kYear.not_after.Plus(-1));
  EXPECT_TRUE(Shake());
}

TEST_F(Tls, Version12WorksOnlyWithForwardSecrecyAndAnAead) {
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_2_VERSION);
  ASSERT_TRUE(Shake());
  EXPECT_EQ(SSL_version(a_.get()), TLS1_2_VERSION);
  const std::string chosen = SSL_get_cipher_name(a_.get());
  EXPECT_EQ(chosen.rfind("ECDHE-", 0), 0u);
  for (const char* weak : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"}) {
    ASSERT_EQ(SSL_CTX_set_cipher_list(client_.get(), weak), 1);
    EXPECT_FALSE(Shake()) << weak;
  }
}

TEST_F(Tls, NothingOlderThanVersion12IsSpoken) {
  SSL_CTX_set_security_level(client_.get(), 0);
  SSL_CTX_set_cipher_list(client_.get(), "ALL");
  SSL_CTX_set_min_proto_version(client_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_1_VERSION);
  EXPECT_FALSE(Shake());
  // Whatever the machine's own configuration or the caller had set before.
  for (const auto harden : {HardenServer, HardenClient}) {
    const Context context(SSL_CTX_new(TLS_method()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    harden(context.get());
    EXPECT_EQ(SSL_CTX_get_min_proto_version(context.get()), TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_get_max_proto_version(context.get()), TLS1_3_VERSION);
  }
}

TEST_F(Tls, NoSessionIsEverResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(client_.get(), version);
    ASSERT_TRUE(Shake());
    // A ticket of TLS 1.3 would arrive with the first reading.
    char byte = 0;
    SSL_write(b_.get(), "x", 1);
    ASSERT_EQ(SSL_read(a_.get(), &byte, 1), 1);
    SSL_SESSION* session = SSL_get1_session(a_.get());
    EXPECT_EQ(SSL_SESSION_has_ticket(session), 0);
    EXPECT_EQ(SSL_SESSION_is_resumable(session), 0) << version;
    SSL_SESSION_free(session);
  }
}

TEST_F(Tls, RenegotiationIsRefused) {
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_2_VERSION);
  ASSERT_TRUE(Shake());
  EXPECT_NE(SSL_renegotiate(a_.get()), 1);
  EXPECT_NE(SSL_renegotiate(b_.get()), 1);
  ERR_clear_error();
}

}  // namespace
}  // namespace polder::crypto::tls
