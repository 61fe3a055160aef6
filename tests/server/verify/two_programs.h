// Asks the programs themselves: what an auditor has in hand. Every verdict is asked twice, of
// polder-verify and of the checker in Python that a privacy officer can read
// (docs/for-privacy-officers/controleer_publicatie.py), and the two must agree.
#ifndef POLDER_TESTS_SERVER_VERIFY_TWO_PROGRAMS_H_
#define POLDER_TESTS_SERVER_VERIFY_TWO_PROGRAMS_H_

#include <algorithm>
#include <array>
#include <cstdint>
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
#include "tests/support/places.h"

namespace polder::server::verify {

namespace log = crypto::log;
using readers::SampleCell;
using readers::SampleOptions;
using readers::SampleRelease;

struct Outcome {
  int status = -1;
  std::string output;
};

class PolderVerifyTest : public testing::Test {
 protected:
  PolderVerifyTest()
      : signer_("region.test/log",
                crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519)) {
    for (const char* name : {"a.test/w", "b.test/w", "c.test/w"}) {
      witnesses_.emplace_back(name,
                              crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519),
                              log::SignatureKind::kCosignature);
    }
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

  // A log of five leaves, the third of which is ours.
  static std::vector<log::Digest> Leaves(const std::string& leaf) {
    std::vector<log::Digest> leaves;
    for (const std::string& text :
         {std::string("a"), std::string("b"), leaf, std::string("c"), std::string("d")}) {
      leaves.push_back(log::LeafHash(base::AsBytes(text)));
    }
    return leaves;
  }
  std::string CheckpointText(const std::string& leaf,
                             const std::string& origin = "region.test/log") const {
    const auto leaves = Leaves(leaf);
    return log::Checkpoint{origin, leaves.size(), log::RootHash(leaves), {}}.Text();
  }
  // `witnesses`: how many of the three put their line under it.
  std::string Proof(const std::string& leaf, size_t witnesses = 0) const {
    std::string note = log::MakeNote(CheckpointText(leaf), signer_);
    for (size_t i = 0; i < witnesses; ++i) {
      note += witnesses_[i].CosignLine(CheckpointText(leaf), {1'700'000'000});
    }
    return log::WriteProof({.extra = base::ToBytes(leaf),
                            .index = 2,
                            .path = log::InclusionProof(Leaves(leaf), 2),
                            .checkpoint = note});
  }
  std::string Policy(const std::string& quorum = "group all 2 wa wb wc\nquorum all\n") const {
    std::string text = "log " + signer_.verifier().Text() + "\n";
    const char* names[] = {"wa", "wb", "wc"};
    for (size_t i = 0; i < 3; ++i) {
      text += std::string("witness ") + names[i] + " " + witnesses_[i].verifier().Text() + "\n";
    }
    return text + quorum;
  }

  Outcome Run(const std::string& more = "") const {
    const std::string program = polder::tests::BinaryDir() + "/bin/polder-verify";
    if (!std::filesystem::exists(program)) {
      ADD_FAILURE() << "build the program polder-verify before its tests";
      return {};
    }
    const Outcome outcome = Ask("'" + program + "'", more);
    if (more.find("--format") == std::string::npos) {
      const Outcome second = Ask(std::string(POLDER_PYTHON) + " '" + polder::tests::SourceDir() +
                                     "/docs/for-privacy-officers/controleer_publicatie.py'",
                                 more);
      EXPECT_EQ(second.status, outcome.status) << outcome.output << second.output;
    }
    return outcome;
  }
  Outcome Ask(const std::string& program, const std::string& more) const {
    const std::string command = "cd '" + directory_ + "' && " + program +
                                " release.json --proof proof --log-policy log-policy " + more +
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
  void ExpectNoFor(const std::string& what) { EXPECT_EQ(Run().status, 1) << what; }

  void ExpectNo(const std::string& reason, const std::string& more = "") {
    const Outcome outcome = Run(more);
    EXPECT_EQ(outcome.status, 1) << outcome.output;
    EXPECT_THAT(outcome.output, testing::HasSubstr(reason));
  }

  std::string directory_;
  log::NoteSigner signer_;
  std::vector<log::NoteSigner> witnesses_;
};

}  // namespace polder::server::verify

#endif  // POLDER_TESTS_SERVER_VERIFY_TWO_PROGRAMS_H_
