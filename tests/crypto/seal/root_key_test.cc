// The root in a file and in a token: what one wraps it unwraps, and nothing else does.
#include "crypto/seal/root_key.h"

#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/random/random.h"
#include "crypto/seal/pkcs11_uri.h"
#include "crypto/seal/seal.h"
#include "tests/support/problem_code.h"
#include "tests/support/soft_token.h"

namespace polder::crypto::seal {
namespace {

using base::AsBytes;
using digest::SecretBytes;
using testing_support::CodeOf;
using testing_support::SoftToken;

SecretBytes Filled(uint8_t byte, size_t size = kKeyBytes) {
  return SecretBytes::CopyOf(base::ByteView(base::Bytes(size, byte)));
}

void WrapsForItselfOnly(const RootKey& root) {
  for (const size_t size : {size_t{1}, size_t{32}, size_t{500}}) {
    const SecretBytes key = Filled(0x42, size);
    const base::Bytes wrapped = root.Wrap(key, AsBytes("year/GM0148/2022SJ"));
    EXPECT_NE(wrapped, root.Wrap(key, AsBytes("year/GM0148/2022SJ")));
    EXPECT_TRUE(digest::ConstantTimeEqual(
        root.Unwrap(wrapped, AsBytes("year/GM0148/2022SJ")).view(), key.view()));
    EXPECT_EQ(CodeOf([&] { root.Unwrap(wrapped, AsBytes("year/GM0160/2022SJ")); }),
              "unseal-failed");
  }
  const base::Bytes wrapped = root.Wrap(Filled(7), AsBytes("c"));
  for (size_t i = 0; i < wrapped.size(); i += 5) {
    base::Bytes changed = wrapped;
    changed[i] ^= 1;
    EXPECT_EQ(CodeOf([&] { root.Unwrap(changed, AsBytes("c")); }), "unseal-failed") << i;
  }
  for (size_t cut = 0; cut < wrapped.size(); cut += 7) {
    EXPECT_EQ(CodeOf([&] { root.Unwrap(base::ByteView(wrapped).first(cut), AsBytes("c")); }),
              "unseal-failed")
        << cut;
  }
}

TEST(FileRootKey, WrapsForItselfOnly) {
  const FileRootKey root(Filled(1));
  WrapsForItselfOnly(root);
  const FileRootKey other(Filled(2));
  EXPECT_EQ(CodeOf([&] { other.Unwrap(root.Wrap(Filled(3), AsBytes("c")), AsBytes("c")); }),
            "unseal-failed");
  EXPECT_EQ(CodeOf([] { FileRootKey(Filled(1, 31)); }), "seal-key");
}

class Token : public testing::Test {
 protected:
  void SetUp() override {
    if (SoftToken::Get() == nullptr) GTEST_SKIP() << "softhsm2 and opensc are not installed";
  }
  const SoftToken& token() const { return *SoftToken::Get(); }
};

TEST_F(Token, WrapsForItselfOnly) {
  const auto root = OpenPkcs11RootKey(token().Uri());
  WrapsForItselfOnly(*root);
  ASSERT_TRUE(token().MakeKey("other"));
  const auto other = OpenPkcs11RootKey(token().Uri("other"));
  EXPECT_EQ(CodeOf([&] { other->Unwrap(root->Wrap(Filled(3), AsBytes("c")), AsBytes("c")); }),
            "unseal-failed");
  // A second process, a second session: the key is in the token, not here.
  const auto again = OpenPkcs11RootKey(token().Uri());
  EXPECT_EQ(again->Unwrap(root->Wrap(Filled(3), AsBytes("c")), AsBytes("c")).size(), kKeyBytes);
}

TEST_F(Token, ServesManyThreadsAtOnce) {
  const auto root = OpenPkcs11RootKey(token().Uri());
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      const std::string context = "context " + std::to_string(t);
      for (int i = 0; i < 50; ++i) {
        const SecretBytes key = Filled(static_cast<uint8_t>(t * 50 + static_cast<size_t>(i)));
        const SecretBytes back = root->Unwrap(root->Wrap(key, AsBytes(context)), AsBytes(context));
        good[t] += digest::ConstantTimeEqual(back.view(), key.view()) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 50));
}

TEST_F(Token, SaysWhatIsMissing) {
  const auto code = [](const std::string& uri) { return CodeOf([&] { OpenPkcs11RootKey(uri); }); };
  EXPECT_EQ(code(token().Uri("absent")), "pkcs11-failed");
  EXPECT_EQ(code(token().Uri("root", "absent")), "pkcs11-failed");
  ASSERT_TRUE(token().MakeKey("short", "aes:16"));
  EXPECT_EQ(code(token().Uri("short")), "pkcs11-failed") << "128 bits";
  ASSERT_TRUE(token().MakeKey("twice") && token().MakeKey("twice"));
  EXPECT_EQ(code(token().Uri("twice")), "pkcs11-failed") << "two keys of one label";
  EXPECT_EQ(code("pkcs11:token=polder;object=root?module-path=/nowhere.so&pin-source=file:/no"),
            "pkcs11-failed");
  EXPECT_EQ(code("pkcs11:token=polder;object=root?module-path=/lib/x86_64-linux-gnu/libm.so.6"
                 "&pin-source=file:/no"),
            "pkcs11-failed");
}

TEST(Pkcs11Uri, IsReadWithItsEscapes) {
  const Pkcs11Uri uri = ParsePkcs11Uri(
      "pkcs11:object=the%20root;token=a%3bb;type=secret-key?pin-source=file:/p&module-path=/m.so");
  EXPECT_EQ(uri.token, "a;b");
  EXPECT_EQ(uri.object, "the root");
  EXPECT_EQ(uri.module_path, "/m.so");
  EXPECT_EQ(uri.pin_path, "/p");
}

TEST(Pkcs11Uri, WhatCannotBeUsedIsRefused) {
  const std::string good = "pkcs11:token=t;object=o?module-path=/m&pin-source=file:/p";
  ASSERT_EQ(CodeOf([&] { ParsePkcs11Uri(good); }), "");
  for (const char* bad :
       {"", "file:/x", "pkcs11:", "pkcs11:token=t?module-path=/m&pin-source=file:/p",
        "pkcs11:object=o?module-path=/m&pin-source=file:/p",
        "pkcs11:token=t;object=o?module-path=m&pin-source=file:/p",
        "pkcs11:token=t;object=o?module-path=/m",
        "pkcs11:token=t;object=o?module-path=/m&pin-value=1",
        "pkcs11:token=t;object=o?module-path=/m&pin-source=/p",
        "pkcs11:token=t;token=u;object=o?module-path=/m&pin-source=file:/p",
        "pkcs11:token=t%2;object=o?module-path=/m&pin-source=file:/p",
        "pkcs11:token=t%zz;object=o?module-path=/m&pin-source=file:/p",
        "pkcs11:token=t%00;object=o?module-path=/m&pin-source=file:/p",
        "pkcs11:token=t;object=o;type=private?module-path=/m&pin-source=file:/p",
        "pkcs11:token=t;object=o;id=%01?module-path=/m&pin-source=file:/p"}) {
    EXPECT_EQ(CodeOf([&] { ParsePkcs11Uri(bad); }), "pkcs11-uri") << bad;
  }
}

}  // namespace
}  // namespace polder::crypto::seal
