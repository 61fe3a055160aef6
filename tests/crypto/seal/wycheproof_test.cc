// Wycheproof's AES-GCM, by the calls that sealing makes for each chunk: the key once, then nonce,
// data and tag.
#include <array>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "tests/crypto/digest/vectors.h"

namespace polder::crypto::seal {
namespace {

using tests::Fields;
using tests::Hex;

class Gcm {
 public:
  Gcm(const base::Bytes& key, const base::Bytes& nonce, bool encrypting)
      : context_(EVP_CIPHER_CTX_new()) {
    const std::string name = "AES-" + std::to_string(key.size() * 8) + "-GCM";
    const std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> cipher(
        EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr), EVP_CIPHER_free);
    const int direction = encrypting ? 1 : 0;
    ready_ =
        EVP_CipherInit_ex2(context_.get(), cipher.get(), nullptr, nullptr, direction, nullptr) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()),
                            nullptr) == 1 &&
        EVP_CipherInit_ex2(context_.get(), nullptr, key.data(), nullptr, direction, nullptr) == 1 &&
        EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nonce.data(), direction, nullptr) == 1;
  }

  bool ready() const { return ready_; }

  std::optional<base::Bytes> Update(const base::Bytes& aad, const base::Bytes& data) {
    base::Bytes out(data.size() + 16);
    int size = 0;
    if ((!aad.empty() && EVP_CipherUpdate(context_.get(), nullptr, &size, aad.data(),
                                          static_cast<int>(aad.size())) != 1) ||
        (!data.empty() && EVP_CipherUpdate(context_.get(), out.data(), &size, data.data(),
                                           static_cast<int>(data.size())) != 1)) {
      return std::nullopt;
    }
    out.resize(data.size());
    return out;
  }
  std::string Tag() {
    std::array<uint8_t, 16> tag{};
    int rest = 0;
    EXPECT_EQ(EVP_CipherFinal_ex(context_.get(), tag.data(), &rest), 1);
    EXPECT_EQ(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()), 1);
    return base::ToHex(tag);
  }
  bool Verifies(base::Bytes tag) {
    uint8_t nothing[16];
    int rest = 0;
    return EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                               tag.data()) == 1 &&
           EVP_CipherFinal_ex(context_.get(), nothing, &rest) == 1;
  }

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
  bool ready_ = false;
};

TEST(Wycheproof, EveryCaseOfAesGcm) {
  int valid = 0, cases = 0, ours = 0, too_long = 0;
  for (const Fields& c : tests::ReadVectors("aes_gcm")) {
    ++cases;
    const base::Bytes key = Hex(c[2]), nonce = Hex(c[3]), aad = Hex(c[4]), plain = Hex(c[5]);
    const base::Bytes cipher = Hex(c[6]), tag = Hex(c[7]);
    Gcm opening(key, nonce, false);
    if (c[1] != "valid") {
      // A nonce of no bytes is refused at once, a changed tag at the end.
      EXPECT_FALSE(opening.ready() && opening.Update(aad, cipher) && opening.Verifies(tag))
          << "case " << c[0];
      continue;
    }
    ++valid;
    if (nonce.size() > 128) {
      // OpenSSL takes nonces of at most 1024 bits; ours have 96.
      EXPECT_FALSE(opening.ready()) << "case " << c[0];
      ++too_long;
      continue;
    }
    ours += key.size() == 32 && nonce.size() == 12 && tag.size() == 16;
    ASSERT_TRUE(opening.ready()) << "case " << c[0];
    EXPECT_EQ(opening.Update(aad, cipher), plain) << "case " << c[0];
    EXPECT_TRUE(opening.Verifies(tag)) << "case " << c[0];
    Gcm sealing(key, nonce, true);
    EXPECT_EQ(sealing.Update(aad, plain), cipher) << "case " << c[0];
    EXPECT_EQ(sealing.Tag(), c[7]) << "case " << c[0];
  }
  EXPECT_EQ(cases, 316);
  EXPECT_EQ(valid, 229);
  EXPECT_EQ(ours, 39);
  EXPECT_EQ(too_long, 3);
}

}  // namespace
}  // namespace polder::crypto::seal
