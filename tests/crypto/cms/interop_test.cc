// The documented `openssl cms` commands, in both directions, and what they can be told to do wrong.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/cms/cms.h"
#include "tests/crypto/cms/parties.h"
#include "tests/crypto/keys/openssl_command.h"
#include "tests/support/places.h"

namespace polder::crypto::cms {
namespace {

using base::AsBytes;
using tests::Everyone;
using tests::Folder;
using tests::kNow;
using tests::Parties;

class OpensslCms : public testing::Test {
 protected:
  OpensslCms() {
    const Parties& p = Everyone();
    folder_.Write("root.pem", p.authority.root().ToPem());
    folder_.Write("member.pem", p.member.ToPem());
    folder_.Write("member.key", p.member_key.ToPem().text());
    folder_.Write("rsa-member.pem", p.rsa_member.ToPem());
    folder_.Write("rsa.key", p.rsa_key.ToPem().text());
    folder_.Write("region.pem", p.region.ToPem());
    folder_.Write("region.key", p.region_key.ToPem().text());
    folder_.Write("rsa-region.pem", p.rsa_region.ToPem());
    folder_.Write("delivery.ndjson", kContent);
  }

  void Sign(const std::string& options = "-signer member.pem -inkey member.key -md sha256") {
    ASSERT_TRUE(
        folder_.Openssl("cms -sign -binary -nodetach -nosmimecap -outform DER -in "
                        "delivery.ndjson -out signed.der " +
                        options))
        << folder_.Read("log");
  }
  std::string Encrypt(const std::string& options =
                          "-aes-256-gcm -recip region.pem -keyopt "
                          "ecdh_kdf_md:sha256",
                      const std::string& input = "signed.der") {
    EXPECT_TRUE(folder_.Openssl("cms -encrypt -binary -outform DER -in " + input +
                                " -out envelope.der " + options))
        << folder_.Read("log");
    return folder_.Read("envelope.der");
  }
  static std::string Opening(const std::string& envelope) {
    return Everyone().Opening(AsBytes(envelope));
  }

  static constexpr char kContent[] = "manifest\ncase one\ncase two\n";
  Folder folder_;
};

TEST_F(OpensslCms, WhatTheCommandMakesWeOpen) {
  Sign();
  const std::string envelope = Encrypt();
  const Parties& p = Everyone();
  const OpenResult result = OpenDelivery(AsBytes(envelope), p.region_key, p.region, p.trust, kNow);
  ASSERT_TRUE(result.ok()) << result.code();
  EXPECT_EQ(result.content().text(), kContent);
  EXPECT_EQ(result.oin(), tests::kOin);
}

TEST_F(OpensslCms, TheCommandsOfTheDocumentationWorkAsTheyStandThere) {
  std::ifstream file(polder::tests::SourceDir() + "/docs/formats/delivery.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  const Parties& p = Everyone();
  folder_.Write("municipality.pem", p.member.ToPem());
  folder_.Write("municipality.key", p.member_key.ToPem().text());
  folder_.Write("municipality-rsa.pem", p.rsa_member.ToPem());
  folder_.Write("municipality-rsa.key", p.rsa_key.ToPem().text());
  folder_.Write("region-rsa.pem", p.rsa_region.ToPem());
  folder_.Write("authority.pem", p.authority.root().ToPem());
  int commands = 0;
  for (size_t at = document.find("\nopenssl cms "); at != std::string::npos;
       at = document.find("\nopenssl cms ", at + 1), ++commands) {
    size_t end = document.find('\n', at + 1);
    while (document[end - 1] == '\\') end = document.find('\n', end + 1);
    const size_t begin = at + std::string("\nopenssl ").size();
    EXPECT_TRUE(folder_.Openssl(document.substr(begin, end - begin))) << folder_.Read("log");
    if (commands == 1) {
      EXPECT_EQ(Opening(folder_.Read("delivery.p7m")), "ok");
    }
  }
  EXPECT_EQ(commands, 6);
  EXPECT_EQ(folder_.Read("checked.ndjson"), kContent);
  EXPECT_TRUE(
      OpenDelivery(AsBytes(folder_.Read("delivery.p7m")), p.rsa_key, p.rsa_region, p.trust, kNow)
          .ok());
}

TEST_F(OpensslCms, WhatTheCommandMakesWithRsaWeOpen) {
  Sign(
      "-signer rsa-member.pem -inkey rsa.key -md sha256 -keyopt rsa_padding_mode:pss -keyopt "
      "rsa_pss_saltlen:digest");
  const std::string envelope = Encrypt(
      "-aes-256-gcm -recip rsa-region.pem -keyopt rsa_padding_mode:oaep -keyopt "
      "rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256");
  const Parties& p = Everyone();
  const OpenResult result = OpenDelivery(AsBytes(envelope), p.rsa_key, p.rsa_region, p.trust, kNow);
  ASSERT_TRUE(result.ok()) << result.code();
  EXPECT_EQ(result.content().text(), kContent);
}

TEST_F(OpensslCms, WhatTheCommandStreamsWeOpen) {
  Sign();
  EXPECT_EQ(Opening(Encrypt("-stream -aes-256-gcm -recip region.pem -keyopt ecdh_kdf_md:sha256")),
            "ok");
}

TEST_F(OpensslCms, WhatWeMakeTheCommandOpensAndVerifies) {
  const Parties& p = Everyone();
  const struct {
    const keys::PrivateKey& signer_key;
    const keys::Certificate& signer;
    const keys::Certificate& recipient;
    const char* recipient_options;
  } rows[] = {{p.member_key, p.member, p.region, "-recip region.pem -inkey region.key"},
              {p.rsa_key, p.rsa_member, p.rsa_region, "-recip rsa-region.pem -inkey rsa.key"}};
  for (const auto& row : rows) {
    folder_.Write("ours.der", base::AsText(SignAndEncrypt(AsBytes(kContent), row.signer_key,
                                                          row.signer, std::vector{row.recipient})));
    ASSERT_TRUE(folder_.Openssl(
        std::string("cms -decrypt -binary -inform DER -in ours.der -out opened.der ") +
        row.recipient_options))
        << folder_.Read("log");
    ASSERT_TRUE(
        folder_.Openssl("cms -verify -binary -inform DER -in opened.der -CAfile root.pem "
                        "-attime " +
                        std::to_string(kNow.seconds) + " -out content"))
        << folder_.Read("log");
    EXPECT_EQ(folder_.Read("content"), kContent);
  }
}

TEST_F(OpensslCms, PlainEncryptionWithoutAuthenticationIsRefused) {
  Sign();
  EXPECT_EQ(Opening(Encrypt("-aes-256-cbc -recip region.pem -keyopt ecdh_kdf_md:sha256")),
            "not-auth-enveloped");
  EXPECT_EQ(Opening(folder_.Read("signed.der")), "signed-outside");
}

TEST_F(OpensslCms, WeakerAlgorithmsAreRefused) {
  Sign();
  EXPECT_EQ(Opening(Encrypt("-aes-256-gcm -recip region.pem")), "weak-key-transport")
      << "the command's own choice is SHA-1 in the key derivation";
  EXPECT_EQ(
      Opening(Encrypt("-aes-128-gcm -aes256-wrap -recip region.pem -keyopt ecdh_kdf_md:sha256")),
      "weak-cipher");
  const Parties& p = Everyone();
  for (const char* padding :
       {"", "-keyopt rsa_padding_mode:oaep",
        "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha1"}) {
    const std::string envelope =
        Encrypt(std::string("-aes-256-gcm -recip rsa-region.pem ") + padding);
    EXPECT_EQ(OpenDelivery(AsBytes(envelope), p.rsa_key, p.rsa_region, p.trust, kNow).code(),
              "weak-key-transport")
        << padding;
  }
  Sign("-signer member.pem -inkey member.key -md sha1");
  EXPECT_EQ(Opening(Encrypt()), "weak-signature");
}

TEST_F(OpensslCms, SignaturesOfPkcs1AndWeakerPssAreRefused) {
  const std::string rsa = "-signer rsa-member.pem -inkey rsa.key ";
  const std::string pss = rsa + "-keyopt rsa_padding_mode:pss -keyopt ";
  const struct {
    std::string options, verdict;
  } rows[] = {
      {rsa + "-md sha256", "weak-signature"},  // PKCS #1 v1.5, the command's own choice
      {rsa + "-md sha512", "weak-signature"},
      {pss + "rsa_pss_saltlen:16 -md sha256", "weak-signature"},
      {pss + "rsa_pss_saltlen:digest -keyopt rsa_mgf1_md:sha1 -md sha256", "weak-signature"},
      {pss + "rsa_pss_saltlen:digest -keyopt rsa_mgf1_md:sha512 -md sha256", "weak-signature"},
      {pss + "rsa_pss_saltlen:digest -md sha1", "weak-signature"},
      {pss + "rsa_pss_saltlen:digest -md sha256", "ok"},
      {pss + "rsa_pss_saltlen:digest -md sha384", "ok"},
      {pss + "rsa_pss_saltlen:max -md sha256", "ok"},
      {"-signer member.pem -inkey member.key -md sha384", "ok"},
  };
  for (const auto& row : rows) {
    Sign(row.options);
    EXPECT_EQ(Opening(Encrypt()), row.verdict) << row.options;
  }
}

// What the signature says of itself is inside the envelope but outside the signature: whatever a
// stranger makes of it, nothing is accepted that was not signed so.
TEST_F(OpensslCms, NoPartOfThePssParametersMayBeAnotherOne) {
  Sign(
      "-signer rsa-member.pem -inkey rsa.key -md sha256 -keyopt rsa_padding_mode:pss -keyopt "
      "rsa_pss_saltlen:digest");
  const std::string good = folder_.Read("signed.der");
  const std::string pss = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30";
  const size_t at = good.rfind(pss);
  ASSERT_NE(at, std::string::npos);
  const size_t begin = at + pss.size() - 1;
  const size_t length = static_cast<unsigned char>(good[begin + 1]);
  ASSERT_LT(length, 0x80u);
  for (size_t i = begin; i < begin + 2 + length; ++i) {
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    folder_.Write("signed.der", changed);
    EXPECT_NE(Opening(Encrypt()), "ok") << i - begin;
  }
}

// openssl/openssl #32567: parameters that are no RSAES-OAEP-params make the library decrypt as
// PKCS #1 v1.5 without a word, and so give a padding oracle back to whoever asks for it.
TEST_F(OpensslCms, MalformedOaepParametersAreNotTakenForPkcs1) {
  Sign();
  std::string envelope = Encrypt("-aes-256-gcm -recip rsa-region.pem");
  const std::string pkcs1 = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
  const size_t at = envelope.find(pkcs1);
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(envelope.find(pkcs1, at + 1), std::string::npos);
  envelope[at + pkcs1.size() - 1] = 0x07;  // rsaesOAEP, with the NULL that v1.5 has
  const Parties& p = Everyone();
  const OpenResult result = OpenDelivery(AsBytes(envelope), p.rsa_key, p.rsa_region, p.trust, kNow);
  EXPECT_EQ(result.code(), "weak-key-transport");
}

TEST_F(OpensslCms, NoPartOfTheOaepParametersMayBeAnotherOne) {
  Sign();
  const std::string good = Encrypt(
      "-aes-256-gcm -recip rsa-region.pem -keyopt rsa_padding_mode:oaep -keyopt "
      "rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256");
  const Parties& p = Everyone();
  ASSERT_TRUE(OpenDelivery(AsBytes(good), p.rsa_key, p.rsa_region, p.trust, kNow).ok());
  const std::string oaep = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30";
  const size_t at = good.find(oaep);
  ASSERT_NE(at, std::string::npos);
  const size_t begin = at + oaep.size() - 1;
  const size_t length = static_cast<unsigned char>(good[begin + 1]);
  ASSERT_LT(length, 0x80u);
  for (size_t i = begin; i < begin + 2 + length; ++i) {
    for (const int bit : {1, 2, 0x80}) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      EXPECT_FALSE(OpenDelivery(AsBytes(changed), p.rsa_key, p.rsa_region, p.trust, kNow).ok())
          << i - begin << " bit " << bit;
    }
  }
}

TEST_F(OpensslCms, EncryptedFirstAndSignedAfterwardsIsRefused) {
  // A signature outside can be taken off and replaced by another's: the content is not his.
  Encrypt("-aes-256-gcm -recip region.pem -keyopt ecdh_kdf_md:sha256", "delivery.ndjson");
  ASSERT_TRUE(
      folder_.Openssl("cms -sign -binary -nodetach -md sha256 -econtent_type "
                      "id-smime-ct-authEnvelopedData -signer member.pem -inkey member.key "
                      "-outform DER -in envelope.der -out outside.der"))
      << folder_.Read("log");
  EXPECT_EQ(Opening(folder_.Read("outside.der")), "signed-outside");
}

TEST_F(OpensslCms, WhatIsNotSignedByExactlyOneSignerIsRefused) {
  EXPECT_EQ(Opening(Encrypt("-aes-256-gcm -recip region.pem -keyopt ecdh_kdf_md:sha256",
                            "delivery.ndjson")),
            "bad-signature");
  Sign("-signer member.pem -inkey member.key -signer rsa-member.pem -inkey rsa.key");
  EXPECT_EQ(Opening(Encrypt()), "bad-signature");
  Sign("-signer member.pem -inkey member.key -noattr");
  EXPECT_EQ(Opening(Encrypt()), "bad-signature");
  Sign("-signer member.pem -inkey member.key -econtent_type pkcs7-signedData");
  EXPECT_EQ(Opening(Encrypt()), "bad-signature");
  Sign("-signer member.pem -inkey member.key -nocerts");
  EXPECT_EQ(Opening(Encrypt()), "unknown-signer");
  ASSERT_TRUE(
      folder_.Openssl("cms -sign -binary -outform DER -in delivery.ndjson -out signed.der "
                      "-signer member.pem -inkey member.key"));
  EXPECT_EQ(Opening(Encrypt()), "bad-signature") << "the content is detached";
}

TEST_F(OpensslCms, AChangedContentInsideAGoodEnvelopeIsRefused) {
  Sign();
  std::string inner = folder_.Read("signed.der");
  const size_t at = inner.find("case one");
  ASSERT_NE(at, std::string::npos);
  inner[at] = 'C';
  folder_.Write("signed.der", inner);
  EXPECT_EQ(Opening(Encrypt()), "bad-signature");
}

TEST_F(OpensslCms, NoFlippedBitInsideAGoodEnvelopeChangesWhatIsAccepted) {
  // A hostile sender may encrypt anything: whatever he changes in a signed message, either it is
  // refused or the content and the signer are the signed ones.
  Sign();
  const std::string inner = folder_.Read("signed.der");
  const Parties& p = Everyone();
  int accepted = 0;
  for (size_t i = 0; i < inner.size(); i += 23) {
    std::string changed = inner;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    folder_.Write("signed.der", changed);
    const std::string envelope = Encrypt();
    const OpenResult result =
        OpenDelivery(AsBytes(envelope), p.region_key, p.region, p.trust, kNow);
    if (!result.ok()) continue;
    ++accepted;
    EXPECT_EQ(result.content().text(), kContent) << i;
    EXPECT_EQ(result.signer().fingerprint(), p.member.fingerprint()) << i;
  }
  EXPECT_LT(accepted, 3);
}

}  // namespace
}  // namespace polder::crypto::cms
