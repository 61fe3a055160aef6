#include "crypto/log/proof.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"

namespace polder::crypto::log {
namespace {

NoteSigner Signer(const std::string& name, uint8_t seed,
                  SignatureKind kind = SignatureKind::kNote) {
  digest::SecretBytes bytes(32);
  bytes.writable()[0] = seed;
  return NoteSigner(name, keys::PrivateKey::FromEd25519Seed(bytes), kind);
}

NoteSigner Witness(uint8_t seed) {
  return Signer("w" + std::to_string(seed) + ".example", seed, SignatureKind::kCosignature);
}

std::string Code(const std::string& policy, size_t* faults = nullptr) {
  try {
    LogPolicy::Parse(policy);
  } catch (const base::ProblemError& error) {
    if (faults != nullptr) *faults = error.problems().size();
    return error.code();
  }
  return "";
}

class Proofs : public testing::Test {
 protected:
  Proofs() {
    for (int i = 0; i < 11; ++i) leaves_.push_back(LeafHash(base::AsBytes(std::to_string(i))));
    text_ = Checkpoint{"regio.example/log", leaves_.size(), RootHash(leaves_), {}}.Text();
    note_ = MakeNote(text_, log_);
    proof_.index = 6;
    proof_.path = InclusionProof(leaves_, 6);
    proof_.checkpoint = note_;
  }
  std::string Line(const NoteSigner& signer) const { return signer.verifier().Text(); }

  NoteSigner log_ = Signer("regio.example/log", 1);
  std::vector<Digest> leaves_;
  std::string text_, note_;
  LogProof proof_;
};

TEST_F(Proofs, AProofOfAnEntryVerifies) {
  const ProofVerdict verdict =
      VerifyProof(WriteProof(proof_), leaves_[6], LogPolicy::ForLog(log_.verifier()));
  EXPECT_TRUE(verdict.ok) << verdict.detail;
  EXPECT_EQ(verdict.index, 6u);
  EXPECT_EQ(verdict.checkpoint->checkpoint.size, 11u);
}

TEST_F(Proofs, OfAnotherEntryLogOrPlaceAreRefusedWithTheirReason) {
  const LogPolicy policy = LogPolicy::ForLog(log_.verifier());
  EXPECT_EQ(VerifyProof(WriteProof(proof_), leaves_[5], policy).code, "not-included");
  EXPECT_EQ(VerifyProof("", leaves_[6], policy).code, "malformed-proof");
  const LogPolicy other = LogPolicy::ForLog(Signer("regio.example/log", 2).verifier());
  EXPECT_EQ(VerifyProof(WriteProof(proof_), leaves_[6], other).code, "untrusted-checkpoint");
  proof_.index = 5;
  EXPECT_EQ(VerifyProof(WriteProof(proof_), leaves_[6], policy).code, "not-included");
}

TEST_F(Proofs, ALogSpeaksForItsOwnOriginOnly) {
  const NoteSigner second = Signer("other.example/log", 3);
  const LogPolicy policy =
      LogPolicy::Parse("log " + Line(log_) + "\nlog " + Line(second) + "\nquorum none\n");
  EXPECT_TRUE(policy.Check(note_).has_value());
  EXPECT_FALSE(policy.Check(MakeNote(text_, second)).has_value());
}

TEST_F(Proofs, ASignedTextThatIsNoCheckpointIsRefused) {
  std::string why;
  EXPECT_FALSE(LogPolicy::ForLog(log_.verifier()).Check(MakeNote("a receipt\n", log_), &why));
  EXPECT_EQ(why, "The signed text is not a checkpoint.");
}

TEST_F(Proofs, ThereIsOneSpelling) {
  proof_.extra = base::ToBytes("extra");
  const std::string text = WriteProof(proof_);
  const LogProof read = ParseProof(text).value();
  EXPECT_EQ(WriteProof(read), text);
  EXPECT_EQ(read.extra, proof_.extra);
  EXPECT_EQ(read.path, proof_.path);
  EXPECT_EQ(read.checkpoint, note_);
  int accepted = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {1, 16}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      const auto parsed = ParseProof(changed);
      if (parsed) {
        EXPECT_EQ(WriteProof(*parsed), changed) << "byte " << i;
        ++accepted;
      }
    }
  }
  EXPECT_GT(accepted, 0);  // within extra, hashes and the checkpoint other texts are well-formed
  for (size_t cut = 0; cut + note_.size() <= text.size(); ++cut) {
    EXPECT_FALSE(ParseProof(text.substr(0, cut)).has_value()) << cut;
  }
}

TEST_F(Proofs, OneChangedByteAnywhereButInExtraIsRefused) {
  const std::string text = WriteProof(proof_);
  const LogPolicy policy = LogPolicy::ForLog(log_.verifier());
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {1, 16}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      EXPECT_FALSE(VerifyProof(changed, leaves_[6], policy).ok) << "byte " << i;
    }
  }
}

TEST_F(Proofs, OneSingleLeafHasAnEmptyPath) {
  const std::vector<Digest> one = {leaves_[0]};
  const std::string text = Checkpoint{"regio.example/log", 1, RootHash(one), {}}.Text();
  const std::string proof = WriteProof({std::nullopt, 0, {}, MakeNote(text, log_)});
  EXPECT_TRUE(VerifyProof(proof, leaves_[0], LogPolicy::ForLog(log_.verifier())).ok);
}

TEST_F(Proofs, AQuorumOfWitnessesDecides) {
  const NoteSigner w2 = Witness(2);
  const NoteSigner w3 = Witness(3);
  const NoteSigner w4 = Witness(4);
  const std::string lines = "# the region\nlog " + Line(log_) + " https://regio.example\n\n" +
                            "witness A " + Line(w2) + "\n witness\tB " + Line(w3) +
                            " https://b.example \nwitness C " + Line(w4) + "\n";
  const auto accepts = [&](const std::string& policy, const std::vector<const NoteSigner*>& who) {
    std::string note = note_;
    for (const NoteSigner* w : who) note += w->CosignLine(text_, {1700000000});
    return LogPolicy::Parse(lines + policy).Check(note).has_value();
  };
  EXPECT_TRUE(accepts("quorum none\n", {}));
  EXPECT_FALSE(accepts("quorum A\n", {&w3}));
  EXPECT_TRUE(accepts("quorum A\n", {&w2}));
  const std::string two = "group G 2 A B C\nquorum G\n";
  EXPECT_FALSE(accepts(two, {&w2}));
  EXPECT_TRUE(accepts(two, {&w2, &w4}));
  EXPECT_TRUE(accepts(two, {&w2, &w3, &w4}));
  EXPECT_FALSE(accepts("group G all A B C\nquorum G\n", {&w2, &w3}));
  EXPECT_TRUE(accepts("group G any A B C\nquorum G\n", {&w4}));
  const std::string nested = "group G any A B\ngroup H all G C\nquorum H\n";
  EXPECT_TRUE(accepts(nested, {&w3, &w4}));
  EXPECT_FALSE(accepts(nested, {&w2, &w3}));
}

TEST_F(Proofs, AStrangersOrAnotherCheckpointsCosignatureDoesNotCount) {
  const NoteSigner w2 = Witness(2);
  const LogPolicy policy =
      LogPolicy::Parse("log " + Line(log_) + "\nwitness A " + Line(w2) + "\nquorum A\n");
  EXPECT_FALSE(policy.Check(note_ + Witness(3).CosignLine(text_, {1})).has_value());
  const std::string other = Checkpoint{"regio.example/log", 12, RootHash(leaves_), {}}.Text();
  EXPECT_FALSE(policy.Check(note_ + w2.CosignLine(other, {1})).has_value());
  const auto trusted = policy.Check(note_ + w2.CosignLine(text_, {1})).value();
  EXPECT_EQ(trusted.witnesses.size(), 1u);
}

TEST_F(Proofs, APolicyNamesAllItsFaultsAtOnce) {
  const std::string log = "log " + Line(log_) + "\n";
  const std::string a = "witness A " + Line(Witness(2)) + "\n";
  EXPECT_EQ(Code(log + a + "quorum A"), "");
  for (const std::string& wrong :
       {log, log + "quorum none\nquorum none\n", log + "quorum B\n", log + log + "quorum none\n",
        log + a + a + "quorum A\n", log + a + "group A any A\nquorum A\n",
        log + a + "group G any B\nquorum G\n", log + a + "group G 2 A\nquorum G\n",
        log + a + "group G 0 A\nquorum G\n", log + a + "group G 01 A\nquorum G\n",
        log + a + "group G any A A\nquorum G\n",
        log + a + "group G any A\ngroup H any A\nquorum G\n",
        log + a + "group none any A\nquorum none\n", log + "logs x\nquorum none\n",
        "witness W " + Line(log_) + "\nquorum W\n", "log " + Line(Witness(2)) + "\nquorum none\n",
        log + "quorum none extra\n", log + "quo\rrum none\n"}) {
    EXPECT_EQ(Code(wrong), "log-policy") << wrong;
  }
  size_t faults = 0;
  Code("log x\nwitness y\nnonsense\n", &faults);
  EXPECT_EQ(faults, 4u) << "three lines and the missing quorum";
}

}  // namespace
}  // namespace polder::crypto::log
