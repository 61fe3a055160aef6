// Runs the program itself: what an auditor has in hand.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "crypto/keys/key.h"
#include "crypto/log/checkpoint.h"
#include "crypto/log/merkle.h"
#include "crypto/log/note.h"
#include "crypto/log/proof.h"
#include "tests/server/readers/sample_release.h"

namespace polder::server::readers {
namespace {

namespace log = crypto::log;

struct Outcome {
  int status = -1;
  std::string output;
};

class PolderVerifyTest : public testing::Test {
 protected:
  PolderVerifyTest()
      : signer_("region.test/log",
                crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519)) {
    directory_ = testing::TempDir() + "/polder-verify-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ + "/earlier");
    Write("release.json", SampleRelease());
    Write("proof", Proof(Leaf(SampleRelease())));
    Write("log-policy", "log " + signer_.verifier().Text() + "\nquorum none\n");
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << text;
  }

  static std::string Leaf(const std::string& release, const std::string& kind = "release") {
    return base::CanonicalJson(
        base::Json{{"format", "polder-leaf-1"},
                   {"kind", kind},
                   {"releaseId", SampleOptions().id},
                   {"digest", crypto::digest::Sha256Hex(base::AsBytes(release))}});
  }

  // A proof under a log of five leaves, the third of which is ours.
  std::string Proof(const std::string& leaf) const {
    std::vector<log::Digest> leaves;
    for (const std::string& text :
         {std::string("a"), std::string("b"), leaf, std::string("c"), std::string("d")}) {
      leaves.push_back(log::LeafHash(base::AsBytes(text)));
    }
    const log::Checkpoint checkpoint{"region.test/log", leaves.size(), log::RootHash(leaves), {}};
    return log::WriteProof({.extra = base::ToBytes(leaf),
                            .index = 2,
                            .path = log::InclusionProof(leaves, 2),
                            .checkpoint = log::MakeNote(checkpoint.Text(), signer_)});
  }

  Outcome Run(const std::string& more = "") const {
    const std::string program = std::string(POLDER_BINARY_DIR) + "/bin/polder-verify";
    if (!std::filesystem::exists(program)) {
      ADD_FAILURE() << "build the program polder-verify before its tests";
      return {};
    }
    const std::string command = "cd '" + directory_ + "' && '" + program +
                                "' release.json --proof proof --log-policy log-policy " + more +
                                " 2>&1";
    Outcome outcome;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
      outcome.output.append(buffer.data(), count);
    }
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
  }

  void ExpectNo(const std::string& reason, const std::string& more = "") {
    const Outcome outcome = Run(more);
    EXPECT_EQ(outcome.status, 1) << outcome.output;
    EXPECT_THAT(outcome.output, testing::HasSubstr(reason));
  }

  std::string directory_;
  log::NoteSigner signer_;
};

TEST_F(PolderVerifyTest, SaysYesToAReleaseThatIsWholeAndLogged) {
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, testing::StartsWith("yes: " + SampleOptions().id));
}

TEST_F(PolderVerifyTest, EveryChangedCharacterIsFound) {
  const std::string release = SampleRelease();
  for (size_t at = 1; at < release.size(); at += release.size() / 40) {
    std::string changed = release;
    changed[at] = changed[at] == '1' ? '2' : '1';
    Write("release.json", changed);
    EXPECT_EQ(Run().status, 1) << "at " << at;
  }
}

TEST_F(PolderVerifyTest, AnotherTrueReleaseDoesNotPassForThisOne) {
  Write("release.json", SampleRelease({.more = 1}));
  ExpectNo("does not speak of this file");
}

TEST_F(PolderVerifyTest, ALeafOfAnotherKindIsNoRelease) {
  Write("proof", Proof(Leaf(SampleRelease(), "freeze")));
  ExpectNo("does not speak of this file");
}

TEST_F(PolderVerifyTest, ALeafThatIsNotUnderTheCheckpointIsNoProof) {
  auto proof = log::ParseProof(Proof("another leaf"));
  proof->extra = base::ToBytes(Leaf(SampleRelease()));
  Write("proof", log::WriteProof(*proof));
  ExpectNo("not");
  Write("proof", "nonsense");
  ExpectNo("tlog-proof");
}

TEST_F(PolderVerifyTest, ACheckpointOfAnUnknownLogIsNotTrusted) {
  const log::NoteSigner other("region.test/log",
                              crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519));
  Write("log-policy", "log " + other.verifier().Text() + "\nquorum none\n");
  ExpectNo("no: ");
}

TEST_F(PolderVerifyTest, AHiddenCellThatSumsGiveBackIsFound) {
  auto json = base::ParseJson(SampleRelease());
  auto& cells = json["measures"][0]["tables"][3]["cells"];
  cells[0] = SampleCell({"absolute", "GM0518"}, 25);  // now every other cell follows
  const std::string text = base::CanonicalJson(json);
  Write("release.json", text);
  Write("proof", Proof(Leaf(text)));
  ExpectNo("hidden cell");
}

TEST_F(PolderVerifyTest, EarlierReleasesMayNotShareSeedsOrReservations) {
  auto json = base::ParseJson(SampleRelease({.id = "earlier", .kind = "provisional"}));
  Write("earlier/a.json", base::CanonicalJson(json));
  ExpectNo("same seed", "--earlier earlier");
  json["header"]["seedCommitments"] = {std::string(64, 'd'), std::string(64, 'e')};
  Write("earlier/a.json", base::CanonicalJson(json));
  EXPECT_EQ(Run("--earlier earlier").status, 0);
  json["header"]["reservationId"] = "R-" + SampleOptions().id;
  Write("earlier/a.json", base::CanonicalJson(json));
  ExpectNo("same reservation", "--earlier earlier");
}

TEST_F(PolderVerifyTest, TwoVersionsOfOneReleaseAreFound) {
  Write("earlier/a.json", SampleRelease({.more = 2}));
  ExpectNo("same id", "--earlier earlier");
}

TEST_F(PolderVerifyTest, ExitStatusesTellNoFromWrongUseFromUnreadable) {
  EXPECT_EQ(Run("--earlier nowhere").status, 3);
  EXPECT_EQ(Run("--unknown").status, 2);
  EXPECT_EQ(Run("--help").status, 0);
  std::filesystem::remove(directory_ + "/release.json");
  EXPECT_EQ(Run().status, 3);
}

TEST_F(PolderVerifyTest, ReasonsComeAsJsonWhenAsked) {
  Write("release.json", SampleRelease({.more = 1}));
  const auto json = base::ParseJson(Run("--format json").output);
  EXPECT_EQ(json["errors"][0]["code"], "other-release");
}

}  // namespace
}  // namespace polder::server::readers
