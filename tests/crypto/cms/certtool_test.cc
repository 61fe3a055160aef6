// The certtool command of GnuTLS, a CMS program that shares no code with ours or with OpenSSL.
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/cms/cms.h"
#include "tests/crypto/cms/parties.h"
#include "tests/crypto/keys/openssl_command.h"

namespace polder::crypto::cms {
namespace {

using base::AsBytes;
using tests::Everyone;
using tests::Folder;
using tests::kNow;
using tests::Parties;

constexpr char kContent[] = "manifest\ncase one\ncase two\n";

class Certtool : public testing::Test {
 protected:
  Certtool() {
    const Parties& p = Everyone();
    folder_.Write("root.pem", p.authority.root().ToPem());
    folder_.Write("member.pem", p.member.ToPem());
    folder_.Write("member.key", p.member_key.ToPem().text());
    folder_.Write("rsa-member.pem", p.rsa_member.ToPem());
    folder_.Write("rsa.key", p.rsa_key.ToPem().text());
    folder_.Write("region.pem", p.region.ToPem());
    folder_.Write("region.key", p.region_key.ToPem().text());
    folder_.Write("delivery.ndjson", kContent);
  }
  bool Run(const std::string& arguments) const {
    return std::system(
               ("cd '" + folder_.At("") + "' && certtool " + arguments + " >>log 2>&1").c_str()) ==
           0;
  }
  // certtool makes no authenticated envelope; what it signs travels in one of openssl's.
  std::string Envelope(const std::string& signed_file) const {
    EXPECT_TRUE(
        folder_.Openssl("cms -encrypt -binary -aes-256-gcm -outform DER -recip region.pem "
                        "-keyopt ecdh_kdf_md:sha256 -aes256-wrap -out envelope.der -in " +
                        signed_file))
        << folder_.Read("log");
    return folder_.Read("envelope.der");
  }
  Folder folder_;
};

// Its signatures with RSA are PKCS #1 v1.5 and nothing else.
TEST_F(Certtool, WhatItSignsWeOpenUnlessItIsPkcs1) {
  const struct {
    const char* signer;
    const char* key;
    bool strong;
  } rows[] = {{"member.pem", "member.key", true}, {"rsa-member.pem", "rsa.key", false}};
  for (const auto& row : rows) {
    ASSERT_TRUE(
        Run(std::string("--p7-sign --p7-time --p7-include-cert --hash SHA256 --outder "
                        "--infile delivery.ndjson --outfile signed.der --load-certificate ") +
            row.signer + " --load-privkey " + row.key))
        << folder_.Read("log");
    const Parties& p = Everyone();
    const OpenResult result =
        OpenDelivery(AsBytes(Envelope("signed.der")), p.region_key, p.region, p.trust, kNow);
    ASSERT_EQ(result.ok(), row.strong) << row.signer << ": " << result.code();
    if (!row.strong) {
      EXPECT_EQ(result.code(), "weak-signature");
      continue;
    }
    EXPECT_EQ(result.content().text(), kContent);
    EXPECT_EQ(result.oin(), tests::kOin);
  }
}

TEST_F(Certtool, VerifiesWhatWeSign) {
  const Parties& p = Everyone();
  const struct {
    const keys::PrivateKey& key;
    const keys::Certificate& signer;
  } rows[] = {{p.member_key, p.member}, {p.rsa_key, p.rsa_member}};
  for (const auto& row : rows) {
    folder_.Write("ours.der", base::AsText(SignAndEncrypt(AsBytes(kContent), row.key, row.signer,
                                                          std::vector{p.region})));
    ASSERT_TRUE(
        folder_.Openssl("cms -decrypt -binary -inform DER -in ours.der -out inner.der -recip "
                        "region.pem -inkey region.key"))
        << folder_.Read("log");
    EXPECT_TRUE(Run("--p7-verify --inder --infile inner.der --load-ca-certificate root.pem"))
        << folder_.Read("log");
    std::string changed = folder_.Read("inner.der");
    const size_t at = changed.find("case one");
    ASSERT_NE(at, std::string::npos);
    changed[at] = 'C';
    folder_.Write("changed.der", changed);
    EXPECT_FALSE(Run("--p7-verify --inder --infile changed.der --load-ca-certificate root.pem"));
  }
}

}  // namespace
}  // namespace polder::crypto::cms
