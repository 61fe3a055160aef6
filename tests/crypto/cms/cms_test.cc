#include "crypto/cms/cms.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/crypto/cms/parties.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::cms {
namespace {

using base::AsBytes;
using testing_support::CodeOf;
using tests::Everyone;
using tests::kNow;
using tests::kYears;
using tests::Parties;

static_assert(!std::is_copy_constructible_v<OpenResult>);

base::Bytes Envelope(std::string_view content = "manifest\ncase\n") {
  const Parties& p = Everyone();
  return SignAndEncrypt(AsBytes(content), p.member_key, p.member, std::vector{p.region});
}

TEST(Envelope, TheRecipientGetsTheContentAndItsSigner) {
  const Parties& p = Everyone();
  OpenResult result = OpenDelivery(Envelope("a\r\nb\n\0c"), p.region_key, p.region, p.trust, kNow);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.content().text(), "a\r\nb\n") << "bytes as they were, line ends too";
  EXPECT_EQ(result.oin(), tests::kOin);
  EXPECT_EQ(result.signer().fingerprint(), p.member.fingerprint());
  EXPECT_EQ(result.TakeContent().text(), "a\r\nb\n");
}

TEST(Envelope, EmptyAndLargeContentsSurvive) {
  const Parties& p = Everyone();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65536}, size_t{3'000'001}}) {
    base::Bytes content(size);
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<uint8_t>(i * 31 + i / 251);
    const base::Bytes envelope =
        SignAndEncrypt(content, p.member_key, p.member, std::vector{p.region});
    const OpenResult result = OpenDelivery(envelope, p.region_key, p.region, p.trust, kNow);
    ASSERT_TRUE(result.ok()) << size;
    EXPECT_TRUE(digest::ConstantTimeEqual(result.content().view(), content)) << size;
  }
}

TEST(Envelope, RsaOnBothSidesAndSeveralRecipients) {
  const Parties& p = Everyone();
  const base::Bytes envelope = SignAndEncrypt(AsBytes("cases"), p.rsa_key, p.rsa_member,
                                              std::vector{p.region, p.rsa_region});
  EXPECT_EQ(p.Opening(envelope), "ok");
  const OpenResult second = OpenDelivery(envelope, p.rsa_key, p.rsa_region, p.trust, kNow);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.content().text(), "cases");
}

TEST(Envelope, NeitherContentNorSignerShowsOutside) {
  const std::string outside(base::AsText(Envelope("a marker that would be seen")));
  EXPECT_EQ(outside.find("a marker"), std::string::npos);
  EXPECT_EQ(outside.find(tests::kOin), std::string::npos);
}

TEST(Envelope, IsNeverMadeTwiceAlike) { EXPECT_NE(Envelope("same"), Envelope("same")); }

TEST(Envelope, EveryFlippedBitIsRefused) {
  const base::Bytes envelope = Envelope("c");
  std::map<std::string, int> seen;
  for (size_t i = 0; i < envelope.size(); ++i) {
    for (const int bit : {0x01, 0x40}) {
      base::Bytes changed = envelope;
      changed[i] = static_cast<uint8_t>(changed[i] ^ bit);
      const std::string opening = Everyone().Opening(changed);
      ++seen[opening];
      EXPECT_NE(opening, "ok") << "byte " << i << " of " << envelope.size();
    }
  }
  // Nothing behind the tag is ever reached by a changed envelope.
  EXPECT_EQ(seen["bad-signature"] + seen["unknown-signer"] + seen["expired-signer"], 0);
  EXPECT_GT(seen["decryption-failed"], 1000);
  EXPECT_GT(seen["not-cms"], 0);
  EXPECT_GT(seen["wrong-recipient"], 0);
  EXPECT_GT(seen["weak-cipher"], 0);
}

TEST(Envelope, EveryTruncationAndExtensionIsRefused) {
  const base::Bytes envelope = Envelope("c");
  for (size_t cut = 0; cut < envelope.size(); ++cut) {
    EXPECT_EQ(Everyone().Opening(base::ByteView(envelope).first(cut)), "not-cms") << cut;
  }
  base::Bytes extended = envelope;
  extended.push_back(0);
  EXPECT_EQ(Everyone().Opening(extended), "not-cms");
  extended.back() = '\n';
  EXPECT_EQ(Everyone().Opening(extended), "not-cms");
}

TEST(Envelope, AShortenedTagIsRefusedBeforeAnyKeyIsUsed) {
  // The tag is the last element; the library would accept four bytes of it, which can be guessed.
  base::Bytes envelope = Envelope("c");
  ASSERT_EQ(envelope[envelope.size() - 18], 0x04);
  ASSERT_EQ(envelope[envelope.size() - 17], 16);
  const base::Bytes original = envelope;
  envelope.resize(envelope.size() - 12);
  envelope[original.size() - 17] = 4;
  // The three enclosing lengths (ContentInfo, [0], AuthEnvelopedData) shrink by 12, each in the
  // long form 82 xx xx at the front.
  size_t at = 0;
  for (int level = 0; level < 3; ++level) {
    ASSERT_EQ(envelope[at + 1], 0x82);
    const int length = (envelope[at + 2] << 8 | envelope[at + 3]) - 12;
    envelope[at + 2] = static_cast<uint8_t>(length >> 8);
    envelope[at + 3] = static_cast<uint8_t>(length);
    at += 4;
    if (level == 0) at += size_t{2} + envelope[at + 1];  // the content type
  }
  EXPECT_EQ(Everyone().Opening(envelope), "weak-cipher");
}

TEST(Envelope, UnusedBitsOfTheEphemeralKeyAreNotFreeToChange) {
  // Where the point's last bit is zero, "one unused bit" reads as the same key.
  constexpr std::array<uint8_t, 4> kHead = {0x03, 0x42, 0x00, 0x04};
  int tried = 0;
  for (int i = 0; i < 64 && tried < 3; ++i) {
    base::Bytes envelope = Envelope("c");
    const auto head =
        std::search(envelope.begin(), envelope.end(), std::begin(kHead), std::end(kHead));
    ASSERT_NE(head, envelope.end());
    if ((*(head + 2 + 65) & 1) != 0) continue;
    *(head + 2) = 1;
    EXPECT_EQ(Everyone().Opening(envelope), "weak-cipher");
    ++tried;
  }
  EXPECT_EQ(tried, 3);
}

TEST(Envelope, RandomBytesAreRefused) {
  EXPECT_EQ(Everyone().Opening({}), "not-cms");
  EXPECT_EQ(Everyone().Opening(AsBytes("not an envelope")), "not-cms");
  EXPECT_EQ(Everyone().Opening(base::Bytes(1000, 0x30)), "not-cms");
  EXPECT_EQ(Everyone().Opening(base::Bytes(kMaxEnvelopeBytes + 1)), "not-cms");
}

TEST(Envelope, AnotherRecipientCannotOpenIt) {
  const Parties& p = Everyone();
  const OpenResult result = OpenDelivery(Envelope(), p.rsa_key, p.rsa_region, p.trust, kNow);
  EXPECT_EQ(result.code(), "wrong-recipient");
  // The same name and number, another key: the envelope names issuer and serial number only.
  const keys::PrivateKey other = keys::PrivateKey::Generate(keys::KeyType::kP256);
  EXPECT_EQ(CodeOf([&] { OpenDelivery(Envelope(), other, p.region, p.trust, kNow); }),
            "certificate-key-mismatch");
}

TEST(Envelope, TheSignerMustBeKnownForSigningAndValidNow) {
  const Parties& p = Everyone();
  const auto opening = [&](const keys::Certificate& signer, base::Instant now) {
    return p.Opening(SignAndEncrypt(AsBytes("c"), p.member_key, signer, std::vector{p.region}),
                     now);
  };
  EXPECT_EQ(opening(p.member, kYears.not_before), "ok");
  EXPECT_EQ(opening(p.member, kYears.not_before.Plus(-1)), "expired-signer");
  EXPECT_EQ(opening(p.member, kYears.not_after.Plus(1)), "expired-signer");
  const auto impostor = keys::CertificateAuthority::Create("Demo root", tests::kDecade);
  const keys::PublicKey key = p.member_key.public_key();
  EXPECT_EQ(
      opening(impostor.Issue(keys::CertificateUse::kSigner, key, {"G", tests::kOin}, kYears), kNow),
      "unknown-signer");
  const keys::Subject subject{"G", tests::kOin};
  EXPECT_EQ(opening(p.authority.Issue(keys::CertificateUse::kClient, key, subject, kYears), kNow),
            "unknown-signer");
  EXPECT_EQ(opening(p.authority.IssueServer(key, subject, kYears), kNow), "unknown-signer");
  EXPECT_EQ(
      opening(p.authority.Issue(keys::CertificateUse::kRecipient, key, subject, kYears), kNow),
      "unknown-signer");
}

TEST(Envelope, ARevokedSignerIsRefusedAndSoIsEveryoneUnderAnOutdatedList) {
  const Parties& p = Everyone();
  const keys::Validity month{kNow.Plus(-86400), kNow.Plus(30 * 86400)};
  const auto opening = [&](const std::vector<keys::Certificate>& revoked, base::Instant now) {
    const keys::TrustStore trust({p.authority.root()}, p.authority.RevocationList(revoked, month));
    const OpenResult result = OpenDelivery(Envelope(), p.region_key, p.region, trust, now);
    return result.ok() ? "ok" : std::string(result.code());
  };
  EXPECT_EQ(opening({p.rsa_member}, kNow), "ok");
  EXPECT_EQ(opening({p.rsa_member, p.member}, kNow), "revoked-signer");
  EXPECT_EQ(opening({p.rsa_member}, month.not_after.Plus(1)), "revocation-unknown");
  EXPECT_EQ(opening({p.rsa_member}, month.not_before.Plus(-1)), "revocation-unknown");
}

TEST(Envelope, MayBeOpenedFromManyThreads) {
  const base::Bytes envelope = Envelope();
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) good[t] += Everyone().Opening(envelope) == "ok";
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(good.begin(), good.end(), 20), 4);
}

TEST(SignAndEncrypt, RefusesWhatCannotBeMade) {
  const Parties& p = Everyone();
  const std::vector region = {p.region};
  EXPECT_EQ(CodeOf([&] { SignAndEncrypt({}, p.region_key, p.member, region); }),
            "certificate-key-mismatch");
  EXPECT_EQ(CodeOf([&] { SignAndEncrypt({}, p.member_key, p.member, {}); }), "recipient-missing");
  const keys::PrivateKey ed = keys::PrivateKey::Generate(keys::KeyType::kEd25519);
  const keys::Certificate certificate =
      p.authority.Issue(keys::CertificateUse::kSigner, ed.public_key(), {"G", tests::kOin}, kYears);
  EXPECT_EQ(CodeOf([&] { SignAndEncrypt({}, ed, certificate, region); }), "key-type");
  EXPECT_EQ(CodeOf([&] { SignAndEncrypt({}, p.member_key, p.member, std::vector{certificate}); }),
            "key-type");
}

TEST(Refusal, EveryOneHasItsOwnCodeAndSaysWhatToDo) {
  std::set<std::string_view> codes;
  std::set<std::string_view> texts;
  for (int i = 0; i <= static_cast<int>(Refusal::kRevocationUnknown); ++i) {
    codes.insert(RefusalCode(static_cast<Refusal>(i)));
    texts.insert(RefusalText(static_cast<Refusal>(i)));
  }
  EXPECT_EQ(codes.size(), 13u);
  EXPECT_EQ(texts.size(), 13u);
  EXPECT_FALSE(texts.contains(""));
}

}  // namespace
}  // namespace polder::crypto::cms
