// The witness as the members run it: what it cosigns, what it remembers, and what it never does.
#include "server/witness/witness.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/keys/authority.h"
#include "crypto/log/checkpoint.h"
#include "crypto/log/log_policy.h"
#include "crypto/log/witness.h"
#include "server/http/client.h"
#include "tests/support/places.h"
#include "tests/support/problem_code.h"

extern char** environ;

namespace polder::server::witness {
namespace {

namespace log = crypto::log;
using crypto::digest::Digest;
using testing_support::CodeOf;

class StandingClock : public base::Clock {
 public:
  base::Instant Now() const override { return {1'700'000'000}; }
  bool simulated() const override { return false; }
};

log::NoteSigner LogKey(uint8_t seed, const std::string& name = "region.test/log") {
  return {name, crypto::keys::PrivateKey::FromEd25519Seed(
                    crypto::digest::SecretBytes::CopyOf(base::ByteView(base::Bytes(32, seed))))};
}

std::vector<Digest> Leaves(size_t count, int history = 0) {
  std::vector<Digest> leaves;
  for (size_t i = 0; i < count; ++i) {
    leaves.push_back(
        log::LeafHash(base::AsBytes(std::to_string(history) + "/" + std::to_string(i))));
  }
  return leaves;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    directory_ = testing::TempDir() + "/witness-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name() + "-" +
                 std::to_string(getpid());
    std::filesystem::remove_all(directory_);
    vkey_ = Create(place(), "zwolle.example/witness");
    Open();
  }
  ~WitnessTest() override { std::filesystem::remove_all(directory_); }

  Place place() const { return {directory_}; }
  void Open() {
    witness_.reset();
    witness_ =
        std::make_unique<Witness>(place(), std::vector{log_.verifier(), other_.verifier()}, clock_,
                                  [this](const std::string& line) { told_.push_back(line); });
  }
  std::string Body(uint64_t old_size, const std::vector<Digest>& leaves,
                   const std::vector<Digest>& proof_over) const {
    log::CheckpointRequest request{old_size, {}, {}};
    if (old_size > 0) request.proof = log::ConsistencyProof(proof_over, old_size);
    request.checkpoint = log::MakeNote(
        log::Checkpoint{"region.test/log", leaves.size(), log::RootHash(leaves), {}}.Text(), log_);
    return log::WriteCheckpointRequest(request);
  }
  http::Response Show(uint64_t old_size, const std::vector<Digest>& leaves) {
    return witness_->Answer(Body(old_size, leaves, leaves));
  }
  std::string Memory() const { return ReadText(place().SeenPath()); }

  std::string directory_, vkey_;
  log::NoteSigner log_ = LogKey(1);
  log::NoteSigner other_ = LogKey(2, "other.test/log");
  StandingClock clock_;
  std::vector<std::string> told_;
  std::unique_ptr<Witness> witness_;
};

TEST_F(WitnessTest, ItsLineIsACosignatureThatAPolicyCounts) {
  const auto leaves = Leaves(5);
  const auto answer = Show(0, leaves);
  ASSERT_EQ(answer.status, 200) << base::AsText(answer.body);
  const auto policy = log::LogPolicy::Parse("log " + log_.verifier().Text() + "\nwitness w " +
                                            vkey_ + "\nquorum w\n");
  std::string note =
      log::MakeNote(log::Checkpoint{"region.test/log", 5, log::RootHash(leaves), {}}.Text(), log_);
  EXPECT_FALSE(policy.Check(note));
  note += base::AsText(answer.body);
  const auto trusted = policy.Check(note);
  ASSERT_TRUE(trusted);
  EXPECT_EQ(trusted->witnesses.at(0).cosigned_at, base::Instant{1'700'000'000});
}

TEST_F(WitnessTest, WhatItSawIsThereAfterAStopAndIsANoteThatTheLogSigned) {
  ASSERT_EQ(Show(0, Leaves(5)).status, 200);
  ASSERT_EQ(Show(5, Leaves(9)).status, 200);
  Open();
  const auto answer = Show(0, Leaves(12));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(base::AsText(answer.body), "9\n");
  EXPECT_EQ(answer.content_type, "text/x.tlog.size");
  const auto note =
      log::VerifyNote(SeenFile::Notes(place().SeenPath()).at("region.test/log"), log_.verifier());
  ASSERT_TRUE(note);
  EXPECT_EQ(log::Checkpoint::Parse(note->text)->size, 9u);
}

TEST_F(WitnessTest, AForkIsRefusedAndBothSidesOfItAreKept) {
  ASSERT_EQ(Show(0, Leaves(5)).status, 200);
  const std::string before = Memory();
  const auto fork = Leaves(8, 1);
  EXPECT_EQ(Show(5, fork).status, 422);
  EXPECT_EQ(Show(5, Leaves(5, 1)).status, 422);
  EXPECT_EQ(witness_->Answer(Body(5, Leaves(8), fork)).status, 422);  // a proof of something else
  EXPECT_EQ(Memory(), before);
  size_t kept = 0;
  for (const auto& file : std::filesystem::directory_iterator(place().RefusedPath())) {
    EXPECT_TRUE(log::VerifyNote(ReadText(file.path()), log_.verifier()));
    ++kept;
  }
  EXPECT_EQ(kept, 3u);
  EXPECT_THAT(told_, testing::Contains(testing::HasSubstr("REFUSED")));
}

TEST_F(WitnessTest, ItNeverGoesBack) {
  ASSERT_EQ(Show(0, Leaves(9)).status, 200);
  const std::string before = Memory();
  EXPECT_EQ(Show(0, Leaves(5)).status, 409);
  EXPECT_EQ(Show(9, Leaves(9)).status, 200) << "the same again may be cosigned again";
  EXPECT_EQ(witness_->Answer(Body(5, Leaves(5), Leaves(5))).status, 409);
  EXPECT_EQ(Memory(), before);
}

TEST_F(WitnessTest, WhatStrangersAddToANoteIsNotRemembered) {
  const auto leaves = Leaves(3);
  const std::string text = log::Checkpoint{"region.test/log", 3, log::RootHash(leaves), {}}.Text();
  const log::NoteSigner stranger = LogKey(9, "stranger.test/x");
  log::CheckpointRequest request{0, {}, text + "\n" + stranger.SignLine(text)};
  EXPECT_EQ(witness_->Answer(log::WriteCheckpointRequest(request)).status, 403);
  request.checkpoint += log_.SignLine(text) + stranger.SignLine(text);
  EXPECT_EQ(witness_->Answer(log::WriteCheckpointRequest(request)).status, 200);
  EXPECT_THAT(Memory(), testing::Not(testing::HasSubstr("stranger.test")));
  Open();
  EXPECT_EQ(Show(3, Leaves(4)).status, 200);
}

TEST_F(WitnessTest, WithoutItsMemoryItDoesNotStart) {
  ASSERT_EQ(Show(0, Leaves(5)).status, 200);
  const std::string whole = Memory();
  const auto starts = [&] {
    witness_.reset();
    return CodeOf([&] { Open(); });
  };
  std::filesystem::remove(place().SeenPath());
  EXPECT_EQ(starts(), "witness-memory");
  for (size_t at = 0; at < whole.size() - 1; at += 7) {
    std::string damaged = whole;
    damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
    std::ofstream(place().SeenPath(), std::ios::binary | std::ios::trunc) << damaged;
    EXPECT_EQ(starts(), "witness-memory") << at;
  }
  std::ofstream(place().SeenPath(), std::ios::binary | std::ios::trunc) << whole.substr(0, 20);
  EXPECT_EQ(starts(), "witness-memory");
  std::ofstream(place().SeenPath(), std::ios::binary | std::ios::trunc) << whole;
  EXPECT_EQ(starts(), "");
}

TEST_F(WitnessTest, OneWitnessRunsOnce) {
  EXPECT_EQ(CodeOf([&] { Witness second(place(), {log_.verifier()}, clock_); }), "witness-running");
}

TEST_F(WitnessTest, ADiskThatIsFullMeansNoSignature) {
  ASSERT_EQ(Show(0, Leaves(5)).status, 200);
  const std::string before = Memory();
  // Stands for a full disk: the file that would be written first cannot be.
  std::filesystem::create_directory(place().SeenPath() + ".new");
  const auto answer = Show(5, Leaves(9));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(std::string(base::AsText(answer.body)), testing::Not(testing::HasSubstr("zwolle")));
  std::filesystem::remove(place().SeenPath() + ".new");
  EXPECT_EQ(Memory(), before);
  EXPECT_EQ(base::AsText(Show(0, Leaves(9)).body), "5\n");
}

TEST_F(WitnessTest, IsMadeOnceAndItsKeyIsItsOwnersOnly) {
  EXPECT_EQ(CodeOf([&] { Create(place(), "zwolle.example/witness"); }), "already-there");
  const auto mode = std::filesystem::status(place().KeyPath()).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  witness_.reset();
  EXPECT_EQ(CodeOf([&] { Witness none(place(), {}, clock_); }), "log-key");
  EXPECT_EQ(CodeOf([&] {
              Witness two(place(), {log_.verifier(), log_.verifier()}, clock_);
            }),
            "log-key");
}

// --- the program
// -----------------------------------------------------------------------------------

class Program {
 public:
  Program(const std::string& directory, const std::vector<std::string>& more) {
    url_file_ = directory + "/url";
    std::filesystem::remove(url_file_);
    std::vector<std::string> words{polder::tests::BinaryDir() + "/bin/polder-member",
                                   "witness",
                                   "serve",
                                   "--dir",
                                   directory,
                                   "--address",
                                   "127.0.0.1",
                                   "--port",
                                   "0",
                                   "--url-file",
                                   url_file_};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (posix_spawn(&pid_, words[0].c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
      pid_ = -1;
    }
    for (int i = 0; i < 600 && !Listens() && waitpid(pid_, &status_, WNOHANG) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ~Program() { End(SIGKILL); }

  bool Listens() const { return std::filesystem::exists(url_file_); }
  uint16_t port() const {
    const std::string url = ReadText(url_file_);
    return static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  int End(int signal) {
    if (pid_ < 0) return status_;
    kill(pid_, signal);
    waitpid(pid_, &status_, 0);
    pid_ = -1;
    return status_;
  }

 private:
  std::string url_file_;
  pid_t pid_ = -1;
  int status_ = 0;
};

TEST_F(WitnessTest, KilledAtAnyMomentItForgetsNothingThatItSigned) {
  witness_.reset();
  const auto leaves = Leaves(4'000);
  uint64_t signed_size = 0;
  for (int round = 0; round < 12; ++round) {
    Program program(directory_, {"--log", log_.verifier().Text()});
    ASSERT_TRUE(program.Listens());
    std::atomic<int> answered = 0;
    std::thread killer([&] {
      for (int i = 0; i < 2'000 && answered < 2 + round % 3; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(3 * (round % 7)));
      program.End(SIGKILL);
    });
    try {
      http::Client client(std::nullopt, "127.0.0.1", program.port());
      for (uint64_t old = signed_size;;) {
        const uint64_t size = std::min<uint64_t>(old + 1 + old % 3, leaves.size());
        const std::vector<Digest> now(leaves.begin(), leaves.begin() + static_cast<long>(size));
        const auto answer = client.Send("POST", "/add-checkpoint", "text/plain",
                                        base::AsBytes(Body(old, now, now)));
        if (answer.status == 200) {
          signed_size = old = size;
          ++answered;
        } else {
          // It may have seen what it was killed before it could answer; never less.
          ASSERT_EQ(answer.status, 409);
          old = std::stoull(std::string(answer.Text()));
          ASSERT_GE(old, signed_size);
        }
      }
    } catch (const base::ProblemError&) {
      // killed
    }
    killer.join();
  }
  EXPECT_GT(signed_size, 12u);
  Open();
  EXPECT_EQ(Show(0, leaves).status, 409);
  EXPECT_GE(log::Checkpoint::Parse(
                log::VerifyNote(SeenFile::Notes(place().SeenPath()).at("region.test/log"),
                                log_.verifier())
                    ->text)
                ->size,
            signed_size);
}

TEST_F(WitnessTest, TheProgramAsksForACertificateWhenToldToAndStopsInOrder) {
  using crypto::keys::CertificateAuthority;
  witness_.reset();
  const base::Instant now = base::SystemClock().Now();
  const crypto::keys::Validity validity{now.Plus(-3600), now.Plus(86'400)};
  const auto authority = CertificateAuthority::Create("Test authority", validity);
  const auto put = [&](const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << text;
    return directory_ + "/" + name;
  };
  const auto server_key = crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kP256);
  const auto client_key = crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kP256);
  const std::string ca = put("ca.pem", authority.root().ToPem());
  const std::string server =
      put("server.pem",
          authority.IssueServer(server_key.public_key(), {"Witness", ""}, validity).ToPem());
  const std::string key = put("server.key", std::string(server_key.ToPem().text()));
  const std::string client =
      put("client.pem", authority
                            .Issue(crypto::keys::CertificateUse::kClient, client_key.public_key(),
                                   {"Region", ""}, validity)
                            .ToPem());
  const std::string client_pem = put("client.key", std::string(client_key.ToPem().text()));
  Program program(directory_, {"--log", log_.verifier().Text(), "--certificate", server,
                               "--private-key", key, "--client-ca", ca});
  ASSERT_TRUE(program.Listens());
  const auto leaves = Leaves(3);
  const std::string body = Body(0, leaves, leaves);
  const auto ask = [&](const http::ClientTlsFiles& tls) {
    http::Client asking(tls, "127.0.0.1", program.port());
    return asking.Send("POST", "/add-checkpoint", "text/plain", base::AsBytes(body)).status;
  };
  EXPECT_EQ(ask({ca, "", ""}), 403);
  EXPECT_EQ(ask({ca, client, client_pem}), 200);
  http::Client asking(http::ClientTlsFiles{ca, client, client_pem}, "127.0.0.1", program.port());
  EXPECT_EQ(asking.Send("POST", "/add-checkpoint", "text/plain", base::Bytes(40'000, 'x')).status,
            413);
  EXPECT_EQ(WEXITSTATUS(program.End(SIGTERM)), 0);
}

}  // namespace
}  // namespace polder::server::witness
