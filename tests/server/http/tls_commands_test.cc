// Real handshakes by the stock `openssl s_client`: what a stranger's program may and may not do.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "crypto/keys/authority.h"
#include "tests/crypto/keys/openssl_command.h"
#include "tests/server/http/support.h"
#include "tests/support/problem_code.h"

namespace polder::server::http {
namespace {

using crypto::keys::Certificate;
using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;
using crypto::keys::Validity;
using testing::HasSubstr;
using testing::Not;
using testing_support::CodeOf;

constexpr int64_t kDay = 86'400;

class TlsCommands : public testing::Test {
 protected:
  TlsCommands() {
    folder_.Write("ca.pem", authority_.root().ToPem());
    folder_.Write("key.pem", key_.ToPem().text());
    folder_.Write("server.pem",
                  authority_.IssueServer(key_.public_key(), {"localhost", ""}, week_).ToPem());
    Member("member", week_);
    Member("revoked", week_);
    Member("expired", {now_.Plus(-2 * kDay), now_.Plus(-kDay)});
    folder_.Write("lists.pem", authority_.RevocationList({}, week_));
    server_ = std::make_unique<TestServer>(TlsFiles{folder_.At("server.pem"), folder_.At("key.pem"),
                                                    folder_.At("ca.pem"), folder_.At("lists.pem")},
                                           Limits{});
  }

  Certificate Member(const std::string& name, const Validity& validity) {
    Certificate certificate = authority_.Issue(CertificateUse::kClient, key_.public_key(),
                                               {"Gemeente", std::string(kOin)}, validity);
    folder_.Write(name + ".pem", certificate.ToPem());
    return certificate;
  }
  Certificate Named(const std::string& name) const {
    return Certificate::FromPem(folder_.Read(name + ".pem"));
  }
  // As an operator does it: write beside, then rename.
  void Replace(const std::string& name, const std::string& text) const {
    folder_.Write(name + ".new", text);
    std::rename(folder_.At(name + ".new").c_str(), folder_.At(name).c_str());
    std::this_thread::sleep_for(std::chrono::milliseconds(1'100));  // looked at once a second
  }

  // Everything that `openssl s_client` printed while asking for /whoami.
  std::string Client(const std::string& options) const {
    folder_.Write("out", "");
    const std::string command = "cd '" + folder_.At("") +
                                "' && printf 'GET /whoami HTTP/1.1\\r\\nHost: "
                                "localhost\\r\\nConnection: close\\r\\n\\r\\n' "
                                "| timeout 20 openssl s_client -ign_eof -connect 127.0.0.1:" +
                                std::to_string(server_->server.port()) + " -CAfile ca.pem " +
                                options + " >out 2>&1";
    (void)std::system(command.c_str());
    return folder_.Read("out");
  }
  std::string As(const std::string& name, const std::string& options = "") const {
    return Client("-cert " + name + ".pem -key key.pem " + options);
  }

  static constexpr char kServed[] = "HTTP/1.1 200";

  base::Instant now_ = base::SystemClock().Now();
  Validity week_{now_.Plus(-3 * kDay), now_.Plus(4 * kDay)};
  CertificateAuthority authority_ = CertificateAuthority::Create("Test authority", week_);
  PrivateKey key_ = PrivateKey::Generate(KeyType::kP256);
  tests::Folder folder_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(TlsCommands, AMemberIsKnownByItsCertificateOverBothVersions) {
  for (const char* version : {"-tls1_3", "-tls1_2"}) {
    const std::string out = As("member", version);
    EXPECT_THAT(out, HasSubstr(kServed)) << version;
    EXPECT_THAT(out, HasSubstr(std::string(kOin))) << version;
  }
  EXPECT_THAT(As("member"), HasSubstr("TLSv1.3"));
}

TEST_F(TlsCommands, OlderVersionsAreRefusedByTheServer) {
  // The client's own limits are lowered, so that the alert is the server's.
  for (const char* version : {"-tls1", "-tls1_1"}) {
    const std::string out = As("member", std::string(version) + " -cipher ALL:@SECLEVEL=0");
    EXPECT_THAT(out, HasSubstr("alert protocol version")) << version;
    EXPECT_THAT(out, Not(HasSubstr(kServed))) << version;
  }
}

TEST_F(TlsCommands, WeakCiphersAreRefusedByTheServer) {
  for (const char* cipher :
       {"ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "AES256-GCM-SHA384", "AES128-SHA",
        "DHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-NULL-SHA", "AECDH-AES256-SHA"}) {
    const std::string out = As("member", std::string("-tls1_2 -cipher ") + cipher + ":@SECLEVEL=0");
    EXPECT_THAT(out, HasSubstr("alert handshake failure")) << cipher;
    EXPECT_THAT(out, Not(HasSubstr(kServed))) << cipher;
  }
  EXPECT_THAT(As("member", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384"), HasSubstr(kServed));
}

TEST_F(TlsCommands, AnExpiredCertificateIsRefused) {
  const std::string out = As("expired");
  EXPECT_THAT(out, HasSubstr("alert certificate expired"));
  EXPECT_THAT(out, Not(HasSubstr(kServed)));
}

TEST_F(TlsCommands, ACertificateOfAnotherAuthorityIsRefused) {
  const auto other = CertificateAuthority::Create("Test authority", week_);
  folder_.Write("stranger.pem", other
                                    .Issue(CertificateUse::kClient, key_.public_key(),
                                           {"Gemeente", std::string(kOin)}, week_)
                                    .ToPem());
  EXPECT_THAT(As("stranger"), Not(HasSubstr(kServed)));
}

TEST_F(TlsCommands, ARevocationHoldsWithoutARestart) {
  EXPECT_THAT(As("revoked"), HasSubstr(kServed));
  Replace("lists.pem", authority_.RevocationList({Named("revoked")}, week_));
  const std::string out = As("revoked");
  EXPECT_THAT(out, HasSubstr("alert certificate revoked"));
  EXPECT_THAT(out, Not(HasSubstr(kServed)));
  EXPECT_THAT(As("member"), HasSubstr(kServed));
  EXPECT_THAT(Client(""), HasSubstr(kServed)) << "who shows no certificate is nobody, not revoked";
}

TEST_F(TlsCommands, WithoutAValidListNobodyIsBelieved) {
  Replace("lists.pem", authority_.RevocationList({}, {now_.Plus(-2 * kDay), now_.Plus(-kDay)}));
  EXPECT_THAT(As("member"), Not(HasSubstr(kServed)));
  const auto other = CertificateAuthority::Create("Another authority", week_);
  Replace("lists.pem", other.RevocationList({}, week_));
  EXPECT_THAT(As("member"), Not(HasSubstr(kServed)));
  Replace("lists.pem", authority_.RevocationList({}, week_));
  EXPECT_THAT(As("member"), HasSubstr(kServed));
}

TEST_F(TlsCommands, AHalfWrittenListChangesNothing) {
  Replace("lists.pem", authority_.RevocationList({Named("revoked")}, week_));
  EXPECT_THAT(As("revoked"), Not(HasSubstr(kServed)));
  Replace("lists.pem", authority_.RevocationList({}, week_).substr(0, 100));
  EXPECT_THAT(As("revoked"), Not(HasSubstr(kServed)));
  EXPECT_THAT(As("member"), HasSubstr(kServed));
}

TEST_F(TlsCommands, ARenewedServerCertificateIsTakenOver) {
  Replace("server.pem",
          authority_.IssueServer(key_.public_key(), {"renewed.example", ""}, week_).ToPem());
  EXPECT_THAT(As("member"), HasSubstr("renewed.example"));
}

TEST_F(TlsCommands, AServerDoesNotStartWithoutTheListsThatItNames) {
  const auto start = [&](const std::string& text) {
    folder_.Write("lists.pem", text);
    return CodeOf([&] {
      TestServer(TlsFiles{folder_.At("server.pem"), folder_.At("key.pem"), folder_.At("ca.pem"),
                          folder_.At("lists.pem")});
    });
  };
  EXPECT_EQ(start(""), "bad-tls-files");
  EXPECT_EQ(start("no list"), "bad-tls-files");
  EXPECT_EQ(start(authority_.RevocationList({}, week_)), "");
}

TEST_F(TlsCommands, AHeaderIsNeverAnIdentity) {
  const std::string pem = folder_.Read("member.pem");
  folder_.Write("out", "");
  const std::string command =
      "cd '" + folder_.At("") +
      "' && printf 'GET /whoami HTTP/1.1\\r\\nHost: localhost\\r\\nX-SSL-Client-Cert: "
      "anything\\r\\nX-Forwarded-Client-Cert: Subject=\"serialNumber=" +
      std::string(kOin) + "\"\\r\\nX-Client-OIN: " + std::string(kOin) +
      "\\r\\nConnection: close\\r\\n\\r\\n' | timeout 20 openssl s_client -quiet -connect "
      "127.0.0.1:" +
      std::to_string(server_->server.port()) + " -CAfile ca.pem >out 2>/dev/null";
  (void)std::system(command.c_str());
  const std::string out = folder_.Read("out");
  EXPECT_THAT(out, HasSubstr(kServed));
  EXPECT_THAT(out, Not(HasSubstr(std::string(kOin))));
}

}  // namespace
}  // namespace polder::server::http
