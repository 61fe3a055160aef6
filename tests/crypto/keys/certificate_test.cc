#include "crypto/keys/certificate.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/keys/authority.h"
#include "crypto/keys/trust.h"
#include "policies/base/problem.h"
#include "tests/crypto/keys/openssl_command.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::keys {
namespace {

using base::Instant;
using testing_support::CodeOf;
using tests::Folder;

Instant At(const char* text) { return Instant::Parse(text).value(); }

const Validity kTenYears{At("2020-01-01T00:00:00Z"), At("2030-01-01T00:00:00Z")};
const Validity kOneYear{At("2022-08-01T00:00:00Z"), At("2023-08-01T00:00:00Z")};
const Instant kNow = At("2022-12-01T12:00:00Z");
constexpr char kOin[] = "00000001234567890000";

class Certificates : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority_ = new CertificateAuthority(CertificateAuthority::Create("Demo root", kTenYears));
    key_ = new PrivateKey(PrivateKey::Generate(KeyType::kP256));
  }
  static void TearDownTestSuite() {
    delete authority_;
    delete key_;
  }
  static Certificate Client(const Validity& validity = kOneYear) {
    return authority_->Issue(CertificateUse::kClient, key_->public_key(), {"Gemeente Één", kOin},
                             validity);
  }
  static TrustStore Trusted() { return TrustStore::WithoutRevocation({authority_->root()}); }

  static CertificateAuthority* authority_;
  static PrivateKey* key_;
};
CertificateAuthority* Certificates::authority_ = nullptr;
PrivateKey* Certificates::key_ = nullptr;

TEST_F(Certificates, SayWhoTheyAreAndUntilWhen) {
  const Certificate certificate = Client();
  EXPECT_EQ(certificate.oin(), kOin);
  EXPECT_EQ(certificate.common_name(), "Gemeente Één");
  EXPECT_EQ(certificate.not_before(), kOneYear.not_before);
  EXPECT_EQ(certificate.not_after(), kOneYear.not_after);
  EXPECT_TRUE(certificate.public_key().Equals(key_->public_key()));
  EXPECT_TRUE(certificate.MatchesKey(*key_));
  EXPECT_FALSE(certificate.MatchesKey(PrivateKey::Generate(KeyType::kP256)));
  EXPECT_EQ(authority_->root().oin(), "");
}

TEST_F(Certificates, SurvivePemAndDerAndCopies) {
  const Certificate certificate = Client();
  const Certificate from_pem = Certificate::FromPem(certificate.ToPem());
  const Certificate from_der = Certificate::FromDer(certificate.ToDer());
  Certificate copy = authority_->root();
  copy = certificate;
  for (const Certificate* other : std::vector<const Certificate*>{&from_pem, &from_der, &copy}) {
    EXPECT_EQ(other->fingerprint(), certificate.fingerprint());
    EXPECT_EQ(other->oin(), kOin);
  }
  EXPECT_NE(Client().fingerprint(), certificate.fingerprint()) << "serial numbers are random";
}

TEST_F(Certificates, RefuseEveryOtherFormOfInput) {
  const Certificate certificate = Client();
  const std::string pem = certificate.ToPem();
  EXPECT_EQ(Certificate::BundleFromPem(pem + pem).size(), 2u);
  for (const std::string& wrong :
       {std::string(), std::string("text"), pem + pem, pem.substr(0, pem.size() / 2),
        pem + pem.substr(0, pem.size() / 2)}) {
    EXPECT_EQ(CodeOf([&] { Certificate::FromPem(wrong); }), "certificate-unreadable");
  }
  EXPECT_EQ(CodeOf([&] { Certificate::BundleFromPem(pem + pem.substr(0, pem.size() / 2)); }),
            "certificate-unreadable");
  base::Bytes der = certificate.ToDer();
  der.push_back(0);
  EXPECT_EQ(CodeOf([&] { Certificate::FromDer(der); }), "certificate-unreadable");
  EXPECT_EQ(CodeOf([&] { Certificate::FromDer({}); }), "certificate-unreadable");
}

TEST_F(Certificates, AnOinIsOneNumberOfTwentyDigits) {
  const Folder folder;
  ASSERT_TRUE(folder.Openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem"));
  const auto oin = [&](const std::string& subject) {
    EXPECT_TRUE(folder.Openssl("req -x509 -key k.pem -out c.pem -subj '" + subject + "'"));
    return Certificate::FromPem(folder.Read("c.pem")).oin();
  };
  EXPECT_EQ(oin("/CN=a/serialNumber=00000001234567890000"), "00000001234567890000");
  EXPECT_EQ(oin("/CN=a/serialNumber=0000000123456789000"), "");
  EXPECT_EQ(oin("/CN=a/serialNumber=000000012345678900000"), "");
  EXPECT_EQ(oin("/CN=a/serialNumber=0000000123456789000X"), "");
  EXPECT_EQ(oin("/CN=a/serialNumber=00000001234567890000/serialNumber=00000001234567890001"), "");
  EXPECT_EQ(oin("/CN=00000001234567890000"), "");
}

TEST_F(Certificates, AreTrustedForTheirUseOnly) {
  const Subject subject{"Regio", kOin};
  const PublicKey key = key_->public_key();
  const Certificate server = authority_->IssueServer(key, subject, kOneYear, {"region.example"});
  const Certificate client = Client();
  const Certificate signer = authority_->Issue(CertificateUse::kSigner, key, subject, kOneYear);
  const Certificate recipient =
      authority_->Issue(CertificateUse::kRecipient, key, subject, kOneYear);
  const TrustStore store = Trusted();
  const auto trust = [&](const Certificate& certificate, CertificateUse use) {
    return TrustCode(store.Verify(certificate, {}, use, kNow));
  };
  struct Row {
    const Certificate* certificate;
    const char* expected[4];  // server, client, signer, recipient
  };
  const Row rows[] = {{&server, {"trusted", "wrong-use", "wrong-use", "wrong-use"}},
                      {&client, {"wrong-use", "trusted", "wrong-use", "wrong-use"}},
                      {&signer, {"wrong-use", "wrong-use", "trusted", "wrong-use"}},
                      {&recipient, {"wrong-use", "wrong-use", "wrong-use", "trusted"}}};
  for (const Row& row : rows) {
    EXPECT_EQ(trust(*row.certificate, CertificateUse::kServer), row.expected[0]);
    EXPECT_EQ(trust(*row.certificate, CertificateUse::kClient), row.expected[1]);
    EXPECT_EQ(trust(*row.certificate, CertificateUse::kSigner), row.expected[2]);
    EXPECT_EQ(trust(*row.certificate, CertificateUse::kRecipient), row.expected[3]);
  }
}

TEST_F(Certificates, AreJudgedAtTheGivenInstant) {
  const Certificate certificate = Client();
  const TrustStore store = Trusted();
  const auto trust = [&](Instant now) {
    return TrustCode(store.Verify(certificate, {}, CertificateUse::kClient, now));
  };
  EXPECT_EQ(trust(kOneYear.not_before.Plus(-1)), "not-yet-valid");
  EXPECT_EQ(trust(kOneYear.not_before), "trusted");
  EXPECT_EQ(trust(kOneYear.not_after.Plus(-1)), "trusted");
  EXPECT_EQ(trust(kOneYear.not_after.Plus(1)), "expired");
}

TEST_F(Certificates, OfAnotherAuthorityWithTheSameNameAreUnknown) {
  const CertificateAuthority impostor = CertificateAuthority::Create("Demo root", kTenYears);
  const Certificate forged =
      impostor.Issue(CertificateUse::kClient, key_->public_key(), {"Gemeente", kOin}, kOneYear);
  EXPECT_EQ(Trusted().Verify(forged, {}, CertificateUse::kClient, kNow), Trust::kUnknownIssuer);
  EXPECT_EQ(Trusted().Verify(forged, std::vector{impostor.root()}, CertificateUse::kClient, kNow),
            Trust::kUnknownIssuer);
  EXPECT_EQ(TrustStore::WithoutRevocation({authority_->root(), impostor.root()})
                .Verify(forged, {}, CertificateUse::kClient, kNow),
            Trust::kTrusted);
}

TEST_F(Certificates, OneFlippedBitAnywhereIsNotTrusted) {
  const TrustStore store = Trusted();
  const base::Bytes der = Client().ToDer();
  for (size_t i = 0; i < der.size(); ++i) {
    base::Bytes changed = der;
    changed[i] ^= 0x04;
    try {
      const Certificate certificate = Certificate::FromDer(changed);
      EXPECT_NE(store.Verify(certificate, {}, CertificateUse::kClient, kNow), Trust::kTrusted)
          << "byte " << i;
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "certificate-unreadable") << "byte " << i;
    }
  }
}

TEST_F(Certificates, AMemberCannotIssueForOthers) {
  // A client's key signs another certificate; the chain leaf <- client <- root must fail.
  const Folder folder;
  folder.Write("client.pem", Client().ToPem());
  folder.Write("client.key", key_->ToPem().text());
  ASSERT_TRUE(folder.Openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem"));
  ASSERT_TRUE(folder.Openssl("req -new -key k.pem -out r.csr -subj /CN=x/serialNumber=" +
                             std::string("00000009999999990000")));
  folder.Write("ext",
               "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
               "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
               "basicConstraints=critical,CA:FALSE\n");
  ASSERT_TRUE(
      folder.Openssl("x509 -req -in r.csr -CA client.pem -CAkey client.key -set_serial 77 "
                     "-extfile ext -days 3650 -out leaf.pem"));
  const Certificate leaf = Certificate::FromPem(folder.Read("leaf.pem"));
  const Instant now = leaf.not_before().Plus(60);
  EXPECT_EQ(Trusted().Verify(leaf, std::vector{Client()}, CertificateUse::kClient, now),
            Trust::kUnknownIssuer);
  const Validity wide{At("2020-01-01T00:00:00Z"), At("2029-12-31T00:00:00Z")};
  EXPECT_NE(Trusted().Verify(leaf, std::vector{Client(wide)}, CertificateUse::kClient, now),
            Trust::kTrusted);
}

TEST_F(Certificates, WithoutExtendedUseAreNotForAnyUse) {
  const Folder folder;
  folder.Write("root.pem", authority_->root().ToPem());
  folder.Write("root.key", authority_->KeyPem().text());
  ASSERT_TRUE(folder.Openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem"));
  ASSERT_TRUE(folder.Openssl("req -new -key k.pem -out r.csr -subj /CN=x"));
  for (const bool extended : {false, true}) {
    folder.Write("ext", std::string("keyUsage=critical,digitalSignature\n") +
                            "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n"
                            "authorityKeyIdentifier=keyid\n" +
                            (extended ? "extendedKeyUsage=clientAuth\n" : ""));
    ASSERT_TRUE(
        folder.Openssl("x509 -req -in r.csr -CA root.pem -CAkey root.key -set_serial 77 "
                       "-extfile ext -days 2 -out leaf.pem"));
    const Certificate leaf = Certificate::FromPem(folder.Read("leaf.pem"));
    EXPECT_EQ(Trusted().Verify(leaf, {}, CertificateUse::kClient, leaf.not_before().Plus(60)),
              extended ? Trust::kTrusted : Trust::kWrongUse);
  }
}

TEST_F(Certificates, SignedWithSha1OrForWeakKeysAreNotTrusted) {
  const Folder folder;
  folder.Write("root.pem", authority_->root().ToPem());
  folder.Write("root.key", authority_->KeyPem().text());
  folder.Write("ext",
               "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
               "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n"
               "authorityKeyIdentifier=keyid\n");
  const auto trust = [&](const std::string& key_options, const std::string& digest) {
    EXPECT_TRUE(folder.Openssl("genpkey " + key_options + " -out k.pem"));
    EXPECT_TRUE(folder.Openssl("req -new -key k.pem -out r.csr -subj /CN=x"));
    EXPECT_TRUE(
        folder.Openssl("x509 -req -in r.csr -CA root.pem -CAkey root.key -set_serial 77 "
                       "-extfile ext -days 2 -out leaf.pem " +
                       digest));
    const Certificate leaf = Certificate::FromPem(folder.Read("leaf.pem"));
    return Trusted().Verify(leaf, {}, CertificateUse::kClient, leaf.not_before().Plus(60));
  };
  const std::string p256 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
  EXPECT_EQ(trust(p256, "-sha256"), Trust::kTrusted);
  EXPECT_NE(trust(p256, "-sha1"), Trust::kTrusted);
  EXPECT_NE(trust("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "-sha256"), Trust::kTrusted);
}

TEST_F(Certificates, TheOpensslCommandAgrees) {
  const Folder folder;
  folder.Write("root.pem", authority_->root().ToPem());
  folder.Write("client.pem", Client().ToPem());
  folder.Write("server.pem",
               authority_->IssueServer(key_->public_key(), {"Regio", ""}, kOneYear).ToPem());
  const std::string when = " -x509_strict -attime " + std::to_string(kNow.seconds) + " ";
  EXPECT_TRUE(folder.Openssl("verify -CAfile root.pem -purpose sslclient" + when + "client.pem"));
  EXPECT_FALSE(folder.Openssl("verify -CAfile root.pem -purpose smimesign" + when + "client.pem"));
  folder.Write(
      "signer.pem",
      authority_->Issue(CertificateUse::kSigner, key_->public_key(), {"Regio", ""}, kOneYear)
          .ToPem());
  EXPECT_TRUE(folder.Openssl("verify -CAfile root.pem -purpose smimesign" + when + "signer.pem"));
  EXPECT_FALSE(folder.Openssl("verify -CAfile root.pem -purpose sslclient" + when + "signer.pem"));
  EXPECT_FALSE(folder.Openssl("verify -CAfile root.pem -purpose sslserver" + when + "client.pem"));
  EXPECT_TRUE(
      folder.Openssl("verify -CAfile root.pem -purpose sslserver -verify_hostname localhost" +
                     when + "server.pem"));
  EXPECT_TRUE(folder.Openssl("verify -CAfile root.pem -purpose sslserver -verify_ip 127.0.0.1" +
                             when + "server.pem"));
  EXPECT_FALSE(
      folder.Openssl("verify -CAfile root.pem -verify_hostname example.com" + when + "server.pem"));
}

TEST_F(Certificates, RevocationListsDecideAndFailClosed) {
  const Certificate good = Client();
  const Certificate bad = Client();
  const Validity week{kNow.Plus(-3600), kNow.Plus(7 * 86400)};
  const std::string list = authority_->RevocationList({bad}, week);
  const auto trust = [&](const Certificate& certificate, const std::string& lists,
                         Instant now = kNow) {
    return TrustCode(TrustStore({authority_->root()}, lists)
                         .Verify(certificate, {}, CertificateUse::kClient, now));
  };
  EXPECT_EQ(TrustCode(Trusted().Verify(bad, {}, CertificateUse::kClient, kNow)), "trusted");
  EXPECT_EQ(CodeOf([&] { trust(good, ""); }), "revocation-list") << "no list is not an empty list";
  EXPECT_EQ(trust(good, list), "trusted");
  EXPECT_EQ(trust(bad, list), "revoked");
  EXPECT_EQ(trust(good, list, week.not_after.Plus(1)), "revocation-unknown");
  EXPECT_EQ(trust(good, list, week.not_before.Plus(-1)), "revocation-unknown");
  const CertificateAuthority impostor = CertificateAuthority::Create("Demo root", kTenYears);
  EXPECT_NE(trust(good, impostor.RevocationList({}, week)), "trusted");
  const CertificateAuthority stranger = CertificateAuthority::Create("Another", kTenYears);
  EXPECT_EQ(trust(good, stranger.RevocationList({}, week)), "revocation-unknown");
  EXPECT_EQ(trust(bad, stranger.RevocationList({}, week) + list), "revoked");
  EXPECT_EQ(CodeOf([&] { trust(good, "no list"); }), "revocation-list");
  EXPECT_EQ(CodeOf([&] { trust(good, list + list.substr(0, 80)); }), "revocation-list");
}

TEST_F(Certificates, TheAuthoritySurvivesPemAndRefusesNonsense) {
  const CertificateAuthority again =
      CertificateAuthority::Load(authority_->root().ToPem(), authority_->KeyPem().text());
  EXPECT_EQ(again.root().fingerprint(), authority_->root().fingerprint());
  const PublicKey key = key_->public_key();
  const auto issue = [&](const Subject& subject, const Validity& validity,
                         CertificateUse use = CertificateUse::kClient) {
    return CodeOf([&] { again.Issue(use, key, subject, validity); });
  };
  EXPECT_EQ(issue({"ok", kOin}, kOneYear), "");
  EXPECT_EQ(issue({"", kOin}, kOneYear), "certificate-subject");
  EXPECT_EQ(issue({std::string(65, 'n'), kOin}, kOneYear), "certificate-subject");
  EXPECT_EQ(issue({"a\nb", kOin}, kOneYear), "certificate-subject");
  EXPECT_EQ(issue({"ok", "123"}, kOneYear), "certificate-subject");
  EXPECT_EQ(issue({"ok", kOin}, {kOneYear.not_after, kOneYear.not_before}), "certificate-validity");
  EXPECT_EQ(issue({"ok", kOin}, {kOneYear.not_before, kTenYears.not_after.Plus(1)}),
            "certificate-validity");
  EXPECT_EQ(issue({"ok", kOin}, kOneYear, CertificateUse::kServer), "certificate-use");
  EXPECT_EQ(CodeOf([&] {
              again.IssueServer(key, {"ok", ""}, kOneYear, {"a,DNS:evil"});
            }),
            "certificate-subject");
  EXPECT_EQ(
      CodeOf([&] { CertificateAuthority::Load(authority_->root().ToPem(), key_->ToPem().text()); }),
      "certificate-key-mismatch");
  EXPECT_EQ(CodeOf([] { TrustStore::WithoutRevocation({}); }), "trust-roots");
}

}  // namespace
}  // namespace polder::crypto::keys
