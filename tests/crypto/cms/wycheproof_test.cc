// Wycheproof's vectors for what envelopes are made of, by the library calls behind them: RSA-OAEP
// for RSA recipients, ECDH and key wrap for those of P-256.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/keys/key.h"
#include "policies/base/problem.h"
#include "tests/crypto/digest/vectors.h"

namespace polder::crypto::cms {
namespace {

using tests::Fields;
using tests::Hex;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;

std::string Pem(const std::string& what, const base::Bytes& der) {
  return "-----BEGIN " + what + "-----\n" + base::ToBase64(der) + "\n-----END " + what + "-----\n";
}

// As cms.cc sets it up: SHA-256 twice. An envelope has no label; the vectors have.
std::optional<base::Bytes> OaepDecrypt(const keys::PrivateKey& key, const base::Bytes& label,
                                       const base::Bytes& cipher) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
  EXPECT_EQ(EVP_PKEY_decrypt_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()), 1);
  if (!label.empty()) {
    void* copy = OPENSSL_memdup(label.data(), label.size());
    EXPECT_EQ(EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy, static_cast<int>(label.size())),
              1);
  }
  base::Bytes plain(512);
  size_t size = plain.size();
  const bool good =
      EVP_PKEY_decrypt(context.get(), plain.data(), &size, cipher.data(), cipher.size()) == 1;
  ERR_clear_error();
  if (!good) return std::nullopt;
  plain.resize(size);
  return plain;
}

TEST(Wycheproof, EveryCaseOfRsaOaepWithSha256) {
  std::optional<keys::PrivateKey> key;
  int valid = 0, cases = 0;
  for (const Fields& c : tests::ReadVectors("rsa_oaep_2048_sha256")) {
    if (c[0] == "key") {
      key = keys::PrivateKey::FromPem(Pem("PRIVATE KEY", Hex(c[1])));
      continue;
    }
    ++cases;
    const std::optional<base::Bytes> plain = OaepDecrypt(*key, Hex(c[2]), Hex(c[4]));
    if (c[1] == "valid") {
      ++valid;
      EXPECT_EQ(plain, Hex(c[3])) << "case " << c[0];
    } else {
      EXPECT_FALSE(plain.has_value()) << "case " << c[0];
    }
  }
  EXPECT_EQ(cases, 37);
  EXPECT_EQ(valid, 18);
}

std::optional<base::Bytes> Wrap(const base::Bytes& key, const base::Bytes& in, bool wrapping) {
  const std::string name = "AES-" + std::to_string(key.size() * 8) + "-WRAP-PAD";
  const std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>> cipher(
      EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr));
  const CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  base::Bytes out(in.size() + 32);
  int size = 0;
  const bool good = EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nullptr,
                                       wrapping ? 1 : 0, nullptr) == 1 &&
                    EVP_CipherUpdate(context.get(), out.data(), &size, in.data(),
                                     static_cast<int>(in.size())) == 1;
  ERR_clear_error();
  if (!good) return std::nullopt;
  out.resize(static_cast<size_t>(size));
  return out;
}

TEST(Wycheproof, EveryCaseOfAesKeyWrapWithPadding) {
  int valid = 0, cases = 0;
  for (const Fields& c : tests::ReadVectors("aes_kwp")) {
    ++cases;
    const base::Bytes key = Hex(c[2]), plain = Hex(c[3]), wrapped = Hex(c[4]);
    if (c[1] == "valid") {
      ++valid;
      EXPECT_EQ(Wrap(key, plain, true), wrapped) << "case " << c[0];
      EXPECT_EQ(Wrap(key, wrapped, false), plain) << "case " << c[0];
    } else {
      EXPECT_FALSE(Wrap(key, wrapped, false).has_value()) << "case " << c[0];
    }
  }
  EXPECT_EQ(cases, 254);
  EXPECT_EQ(valid, 77);
}

keys::PkeyHandle P256Private(const base::Bytes& big_endian) {
  const std::unique_ptr<BIGNUM, Free<BN_clear_free>> number(
      BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get(), 32);
  const std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()), 1);
  return keys::PkeyHandle(key);
}

// A public key as the product reads them, and the agreement that an envelope's recipient makes.
std::optional<base::Bytes> Agree(const base::Bytes& public_der, const base::Bytes& private_number) {
  std::optional<keys::PublicKey> peer;
  try {
    peer = keys::PublicKey::FromPem(Pem("PUBLIC KEY", public_der));
  } catch (const base::ProblemError&) {
    return std::nullopt;
  }
  if (peer->type() != keys::KeyType::kP256) return std::nullopt;
  const keys::PkeyHandle mine = P256Private(private_number);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, mine.get(), nullptr));
  base::Bytes secret(32);
  size_t size = secret.size();
  const bool good = EVP_PKEY_derive_init(context.get()) == 1 &&
                    EVP_PKEY_derive_set_peer(context.get(), peer->handle()) == 1 &&
                    EVP_PKEY_derive(context.get(), secret.data(), &size) == 1;
  ERR_clear_error();
  if (!good) return std::nullopt;
  secret.resize(size);
  return secret;
}

TEST(Wycheproof, EveryCaseOfEcdhWithP256) {
  const base::Bytes head = Hex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
  int valid = 0, acceptable = 0, accepted = 0, cases = 0;
  for (const Fields& c : tests::ReadVectors("ecdh_p256")) {
    ++cases;
    base::Bytes der;
    if (c[2].starts_with("point:")) {
      der = head;
      const base::Bytes point = Hex(c[2].substr(6));
      der.insert(der.end(), point.begin(), point.end());
    } else {
      der = Hex(c[2]);
    }
    const std::optional<base::Bytes> shared = Agree(der, Hex(c[3]));
    if (c[1] == "valid") {
      ++valid;
      EXPECT_EQ(shared, Hex(c[4])) << "case " << c[0];
    } else if (c[1] == "acceptable") {
      // Odd ways to write a good key; whoever is let in must get the right secret.
      ++acceptable;
      accepted += shared.has_value();
      if (shared) {
        EXPECT_EQ(*shared, Hex(c[4])) << "case " << c[0];
      }
    } else {
      EXPECT_FALSE(shared.has_value()) << "case " << c[0];
    }
  }
  EXPECT_EQ(cases, 612);
  EXPECT_EQ(valid, 330);
  EXPECT_EQ(acceptable, 230);
  RecordProperty("accepted", accepted);
}

}  // namespace
}  // namespace polder::crypto::cms
