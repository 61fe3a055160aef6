#include "crypto/log/note.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/log/checkpoint.h"
#include "policies/base/problem.h"
#include "tests/support/problem_code.h"

namespace polder::crypto::log {
namespace {

using keys::KeyType;
using keys::PrivateKey;
using testing_support::CodeOf;

constexpr char kPublishedKey[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr char kPublishedNote[] =
    "This is an example message.\n\n\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

NoteSigner Signer(const char* name, uint8_t seed, SignatureKind kind = SignatureKind::kNote) {
  digest::SecretBytes bytes(32);
  bytes.writable()[0] = seed;
  return NoteSigner(name, PrivateKey::FromEd25519Seed(bytes), kind);
}

TEST(Note, VerifiesThePublishedExample) {
  const auto note = VerifyNote(kPublishedNote, VerifierKey::Parse(kPublishedKey));
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(note->text, "This is an example message.\n");
  EXPECT_EQ(note->signatures.front().name, "example.com/foo");
}

TEST(Note, OneChangedByteAnywhereIsRefused) {
  const VerifierKey key = VerifierKey::Parse(kPublishedKey);
  const std::string note = kPublishedNote;
  for (size_t i = 0; i < note.size(); ++i) {
    for (const int bit : {1, 2, 32}) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      EXPECT_FALSE(VerifyNote(changed, key).has_value()) << "byte " << i;
    }
  }
  for (size_t cut = 0; cut < note.size(); ++cut) {
    EXPECT_FALSE(VerifyNote(note.substr(0, cut), key).has_value()) << "cut " << cut;
  }
}

TEST(Note, WhatIsMadeVerifiesWithEmptyLinesInside) {
  const NoteSigner signer = Signer("regio.example/log", 1);
  for (const char* text : {"a\n", "a\n\nb\n", "a\n\n", "\na\n", "é\n"}) {
    const auto note = VerifyNote(MakeNote(text, signer), signer.verifier());
    ASSERT_TRUE(note.has_value()) << text;
    EXPECT_EQ(note->text, text);
  }
}

TEST(Note, ATextThatLooksLikeASignatureSignsNothing) {
  const NoteSigner signer = Signer("regio.example/log", 1);
  const NoteSigner other = Signer("other.example", 2);
  const std::string inner = MakeNote("claim\n", signer);
  const auto outer = VerifyNote(MakeNote(inner, other), std::vector{signer.verifier()});
  EXPECT_FALSE(outer.has_value()) << "the inner signature is text of the outer note";
}

TEST(Note, RefusesTextsThatAreNoNotes) {
  const NoteSigner signer = Signer("regio.example/log", 1);
  for (const char* text : {"", "\n", "no newline", "tab\there\n", "cr\r\n", "\xC3\n"}) {
    EXPECT_EQ(CodeOf([&] { MakeNote(text, signer); }), "note-text") << text;
  }
}

TEST(Note, UnknownSignersAreIgnoredAndKnownOnesMustVerify) {
  const NoteSigner first = Signer("a.example", 1);
  const NoteSigner second = Signer("b.example", 2);
  const NoteSigner* const both[] = {&first, &second};
  const std::string note = MakeNote("text\n", both);
  EXPECT_EQ(VerifyNote(note, first.verifier())->signatures.size(), 1u);
  EXPECT_EQ(VerifyNote(note, std::vector{first.verifier(), second.verifier()})->signatures.size(),
            2u);
  EXPECT_FALSE(VerifyNote(note, Signer("c.example", 3).verifier()).has_value());
  EXPECT_FALSE(VerifyNote(note, std::vector<VerifierKey>{}).has_value());
  EXPECT_FALSE(VerifyNote(note, Signer("a.example", 2).verifier()).has_value());

  // A known key's line over another text spoils the whole note, though the other line is good.
  const std::string spoiled = "text\n\n" + first.SignLine("text\n") + second.SignLine("other\n");
  EXPECT_TRUE(VerifyNote(spoiled, first.verifier()).has_value());
  EXPECT_FALSE(VerifyNote(spoiled, std::vector{first.verifier(), second.verifier()}).has_value());

  const std::string doubled = "text\n\n" + first.SignLine("text\n") + first.SignLine("text\n");
  EXPECT_FALSE(VerifyNote(doubled, first.verifier()).has_value());
}

TEST(Note, ManySignaturesAreAcceptedAndTooManyRefused) {
  const NoteSigner signer = Signer("a.example", 1);
  std::string note = "text\n\n" + signer.SignLine("text\n");
  for (int i = 0; i < 99; ++i) note += Signer("x.example", 9).SignLine("text\n");
  EXPECT_TRUE(VerifyNote(note, signer.verifier()).has_value());
  note += Signer("x.example", 9).SignLine("text\n");
  EXPECT_FALSE(VerifyNote(note, signer.verifier()).has_value());
}

TEST(VerifierKey, TextAndParseAreInverses) {
  EXPECT_EQ(VerifierKey::Parse(kPublishedKey).Text(), kPublishedKey);
  const VerifierKey witness = Signer("w.example", 4, SignatureKind::kCosignature).verifier();
  EXPECT_EQ(VerifierKey::Parse(witness.Text()).Text(), witness.Text());
  EXPECT_NE(witness.id(), Signer("w.example", 4).verifier().id());
}

TEST(VerifierKey, RefusesEveryOtherSpelling) {
  for (const char* wrong :
       {"", "example.com/foo", "example.com/foo+530d903a", "example.com/foo+530d903a+",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k "}) {
    EXPECT_EQ(CodeOf([&] { VerifierKey::Parse(wrong); }), "verifier-key") << wrong;
  }
}

TEST(KeyName, HasNoSpacesOfAnyAlphabet) {
  EXPECT_TRUE(IsKeyName("example.com/log"));
  EXPECT_TRUE(IsKeyName("\xE2\x80\x94"));
  for (const char* wrong : {"", "a b", "a+b", "a\tb", "a\nb",
                            "a\xC2\xA0"
                            "b",
                            "a\xE3\x80\x80", "\xE2\x80\xA8", "\xFF"}) {
    EXPECT_FALSE(IsKeyName(wrong)) << wrong;
  }
}

TEST(Cosignature, SaysWhenAndIsBoundToIt) {
  const NoteSigner log = Signer("regio.example/log", 1);
  const NoteSigner witness = Signer("gemeente.example/w", 2, SignatureKind::kCosignature);
  const std::string text = Checkpoint{"regio.example/log", 3, Digest{}, {}}.Text();
  const base::Instant when{1679315147};
  const std::string note = MakeNote(text, log) + witness.CosignLine(text, when);
  const auto verified = VerifyNote(note, std::vector{log.verifier(), witness.verifier()});
  ASSERT_TRUE(verified.has_value());
  ASSERT_EQ(verified->signatures.size(), 2u);
  EXPECT_FALSE(verified->signatures[0].cosigned_at.has_value());
  EXPECT_EQ(verified->signatures[1].cosigned_at, when);
  // The time in the line is signed: moving it breaks the signature.
  const size_t blob = note.rfind(' ') + 1;
  base::Bytes bytes = base::FromBase64(note.substr(blob, note.size() - blob - 1)).value();
  bytes[11] ^= 1;
  const std::string moved = note.substr(0, blob) + base::ToBase64(bytes) + "\n";
  EXPECT_FALSE(VerifyNote(moved, std::vector{log.verifier(), witness.verifier()}).has_value());
}

TEST(Cosignature, AgreesWithAnIndependentComputation) {
  // Made with Python's `cryptography` from the seed 02 00 … 00: see the format's description.
  const NoteSigner witness = Signer("gemeente.example/w", 2, SignatureKind::kCosignature);
  const std::string text = Checkpoint{"regio.example/log", 3, Digest{}, {}}.Text();
  EXPECT_EQ(witness.CosignLine(text, base::Instant{1679315147}),
            "\xE2\x80\x94 gemeente.example/w "
            "IRYooQAAAABkGFDLgo8p3ITFQ+uo44MgeiWu+AkNhxMiv5I3wU/qD3MgWTEJmmp/"
            "HqJCbVz2fFuFce71C2Iz0FgWivHcAWhOydS0AA==\n");
}

TEST(Cosignature, AWitnessSignsCheckpointsOnlyAndALogNeverCosigns) {
  const NoteSigner log = Signer("regio.example/log", 1);
  const NoteSigner witness = Signer("gemeente.example/w", 2, SignatureKind::kCosignature);
  const std::string text = Checkpoint{"regio.example/log", 3, Digest{}, {}}.Text();
  EXPECT_EQ(CodeOf([&] { witness.SignLine(text); }), "note-kind");
  EXPECT_EQ(CodeOf([&] { log.CosignLine(text, {0}); }), "note-kind");
  EXPECT_EQ(CodeOf([&] { witness.CosignLine("text\n", {0}); }), "note-text");
  EXPECT_EQ(CodeOf([&] { witness.CosignLine(text, {-1}); }), "note-kind");
}

TEST(Checkpoint, TextAndParseAreInversesAndStrict) {
  Checkpoint checkpoint{"regio.example/log", 20852163, Digest{1, 2, 3}, {"extension"}};
  EXPECT_EQ(Checkpoint::Parse(checkpoint.Text()), checkpoint);
  checkpoint.extensions.clear();
  const std::string text = checkpoint.Text();
  EXPECT_EQ(Checkpoint::Parse(text), checkpoint);
  for (const std::string& wrong :
       {std::string(), std::string("a\n1\n"), text.substr(0, text.size() - 1), text + "\n",
        "\n" + text.substr(text.find('\n') + 1),
        "o\n01" + text.substr(text.rfind('\n', text.size() - 2)),
        "o\n-1" + text.substr(text.rfind('\n', text.size() - 2)), std::string("o\n1\nAAAA\n"),
        "o\n9223372036854775808" + text.substr(text.rfind('\n', text.size() - 2))}) {
    EXPECT_FALSE(Checkpoint::Parse(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(CodeOf([] { Checkpoint{"", 1, Digest{}, {}}.Text(); }), "checkpoint");
  EXPECT_EQ(CodeOf([] { Checkpoint{"a\nb", 1, Digest{}, {}}.Text(); }), "checkpoint");
  EXPECT_EQ(CodeOf([] { Checkpoint{"a", 1, Digest{}, {""}}.Text(); }), "checkpoint");
}

}  // namespace
}  // namespace polder::crypto::log
