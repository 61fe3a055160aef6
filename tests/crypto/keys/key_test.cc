#include "crypto/keys/key.h"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/crypto/digest/vectors.h"
#include "tests/crypto/keys/openssl_command.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::keys {
namespace {

using base::AsBytes;
using testing_support::CodeOf;
using tests::Folder;
using tests::Hex;

static_assert(!std::is_copy_constructible_v<PrivateKey>);

TEST(Ed25519, SignsTheRfc8032Vectors) {
  // RFC 8032 §7.1, TEST 1 and TEST 3.
  const PrivateKey first = PrivateKey::FromEd25519Seed(digest::SecretBytes::Taking(
      Hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
  EXPECT_EQ(base::ToHex(first.public_key().Ed25519()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(base::ToHex(first.Sign({})),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const PrivateKey third = PrivateKey::FromEd25519Seed(digest::SecretBytes::Taking(
      Hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")));
  EXPECT_EQ(base::ToHex(third.Sign(Hex("af82"))),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
}

TEST(Ed25519, VerifiesExactlyTheValidWycheproofCases) {
  int valid = 0;
  for (const tests::Fields& c : tests::ReadVectors("ed25519")) {
    const PublicKey key = PublicKey::FromEd25519(Hex(c[2]));
    EXPECT_EQ(key.Verify(Hex(c[3]), Hex(c[4])), c[1] == "valid") << "case " << c[0];
    valid += c[1] == "valid";
  }
  EXPECT_GT(valid, 80);
}

TEST(P256, VerifiesExactlyTheValidWycheproofCases) {
  int valid = 0;
  for (const tests::Fields& c : tests::ReadVectors("ecdsa_p256_sha256")) {
    const std::string pem =
        "-----BEGIN PUBLIC KEY-----\n" + base::ToBase64(Hex(c[2])) + "\n-----END PUBLIC KEY-----\n";
    EXPECT_EQ(PublicKey::FromPem(pem).Verify(Hex(c[3]), Hex(c[4])), c[1] == "valid")
        << "case " << c[0];
    valid += c[1] == "valid";
  }
  EXPECT_GT(valid, 100);
}

TEST(Keys, EveryKindSignsVerifiesAndSurvivesPem) {
  for (const KeyType type : {KeyType::kP256, KeyType::kEd25519, KeyType::kRsa}) {
    const PrivateKey made = PrivateKey::Generate(type);
    const PrivateKey key = PrivateKey::FromPem(made.ToPem().text());
    EXPECT_EQ(key.type(), type);
    const PublicKey public_key = PublicKey::FromPem(made.public_key().ToPem());
    EXPECT_TRUE(public_key.Equals(key.public_key()));
    const base::Bytes signature = key.Sign(AsBytes("message"));
    EXPECT_TRUE(public_key.Verify(AsBytes("message"), signature));
    EXPECT_FALSE(public_key.Verify(AsBytes("Message"), signature));
    EXPECT_FALSE(public_key.Verify(AsBytes("message"), {}));
    for (size_t i = 0; i < signature.size(); i += 7) {
      base::Bytes changed = signature;
      changed[i] ^= 0x10;
      EXPECT_FALSE(public_key.Verify(AsBytes("message"), changed)) << i;
    }
    EXPECT_FALSE(PrivateKey::Generate(type).public_key().Verify(AsBytes("message"), signature));
  }
}

TEST(Keys, TwoGeneratedKeysDiffer) {
  EXPECT_FALSE(PrivateKey::Generate(KeyType::kP256)
                   .public_key()
                   .Equals(PrivateKey::Generate(KeyType::kP256).public_key()));
}

TEST(Keys, ThePublicKeyOfAPrivateKeyCannotSign) {
  const PublicKey key = PrivateKey::Generate(KeyType::kEd25519).public_key();
  EXPECT_EQ(CodeOf([&] { key.ToPem(); }), "");
  EXPECT_EQ(key.ToPem().find("PRIVATE"), std::string::npos);
}

TEST(Keys, RefusesWhatItCannotRead) {
  EXPECT_EQ(CodeOf([] { PrivateKey::FromPem("no key"); }), "private-key-unreadable");
  EXPECT_EQ(CodeOf([] { PublicKey::FromPem(""); }), "public-key-unreadable");
  EXPECT_EQ(CodeOf([] { PublicKey::FromEd25519(base::Bytes(31)); }), "public-key-unreadable");
  EXPECT_EQ(CodeOf([] { PrivateKey::FromEd25519Seed(digest::SecretBytes(33)); }),
            "private-key-unreadable");
  EXPECT_EQ(CodeOf([] { PrivateKey::Generate(KeyType::kP256).public_key().Ed25519(); }),
            "key-type");
}

TEST(Keys, RefusesWeakAndForeignKindsFromTheOpensslCommand) {
  const Folder folder;
  ASSERT_TRUE(folder.Openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.pem"));
  ASSERT_TRUE(folder.Openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out c.pem"));
  ASSERT_TRUE(folder.Openssl("genpkey -algorithm X25519 -out x.pem"));
  // Numbers that are P-256's are not its name: whoever writes them can change one.
  ASSERT_TRUE(
      folder.Openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
                     "-pkeyopt ec_param_enc:explicit -out numbers.pem"));
  for (const char* name : {"weak.pem", "c.pem", "x.pem", "numbers.pem"}) {
    EXPECT_EQ(CodeOf([&] { PrivateKey::FromPem(folder.Read(name)); }), "key-type") << name;
  }
  ASSERT_TRUE(folder.Openssl(
      "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x -out enc.pem"));
  EXPECT_EQ(CodeOf([&] { PrivateKey::FromPem(folder.Read("enc.pem")); }), "private-key-unreadable");
}

TEST(Keys, TheOpensslCommandReadsOurKeysAndSignatures) {
  const Folder folder;
  const PrivateKey key = PrivateKey::Generate(KeyType::kEd25519);
  folder.Write("key.pem", key.ToPem().text());
  folder.Write("public.pem", key.public_key().ToPem());
  folder.Write("message", "message");
  folder.Write("signature", base::AsText(key.Sign(AsBytes("message"))));
  EXPECT_TRUE(folder.Openssl("pkey -in key.pem -check -noout"));
  EXPECT_TRUE(folder.Openssl(
      "pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature"));
  folder.Write("message", "massage");
  EXPECT_FALSE(folder.Openssl(
      "pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature"));
}

}  // namespace
}  // namespace polder::crypto::keys
