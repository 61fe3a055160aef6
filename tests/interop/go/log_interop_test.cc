// Logs that we write, read by golang.org/x/mod/sumdb.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "crypto/log/checkpoint.h"
#include "crypto/log/merkle.h"
#include "crypto/log/note.h"
#include "crypto/log/proof.h"
#include "crypto/log/tiles.h"
#include "tests/support/places.h"

namespace polder::crypto::log {
namespace {

struct Outcome {
  int status = -1;
  std::string output;
};

Outcome Execute(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), count);
  }
  outcome.status = WEXITSTATUS(pclose(pipe));
  return outcome;
}

NoteSigner Key(uint8_t seed, const char* name, SignatureKind kind = SignatureKind::kNote) {
  return {name,
          keys::PrivateKey::FromEd25519Seed(
              digest::SecretBytes::CopyOf(base::ByteView(base::Bytes(32, seed)))),
          kind};
}

class GoReadsOurLog : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::string folder = polder::tests::BinaryDir() + "/interop";
    std::filesystem::create_directories(folder);
    program_ = folder + "/read_log";
    const auto built = Execute(
        "cd '" + polder::tests::SourceDir() +
        "/tests/interop/go' && GO111MODULE=off GOFLAGS= GOPROXY=off GOPATH=/usr/share/gocode "
        "GOCACHE='" +
        folder + "/gocache' go build -o '" + program_ + "' read_log.go");
    ASSERT_EQ(built.status, 0) << built.output;
  }

  GoReadsOurLog() {
    folder_ = testing::TempDir() + "/go-reads-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
  }
  ~GoReadsOurLog() override { std::filesystem::remove_all(folder_); }

  void Put(const std::string& name, base::ByteView bytes) const {
    const std::filesystem::path path = folder_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    const std::string_view text = base::AsText(bytes);
    std::ofstream(path, std::ios::binary)
        .write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  std::string Note(uint64_t size) const {
    const Checkpoint checkpoint{
        "region.test/log", size, RootHash(std::span(leaves_).first(size)), {}};
    std::string note = MakeNote(checkpoint.Text(), log_);
    for (const auto* witness : {&one_, &two_}) {
      note += witness->CosignLine(checkpoint.Text(), {1'700'000'000});
    }
    return note;
  }
  void Write(uint64_t size) {
    entries_.clear();
    leaves_.clear();
    for (uint64_t i = 0; i < size; ++i) {
      entries_.push_back("{\"n\":" + std::to_string(i) + "}");
      leaves_.push_back(LeafHash(base::AsBytes(entries_.back())));
    }
    for (const Tile& tile : TilesOf(size)) {
      if (tile.level != kEntriesLevel) {
        Put(TilePath(tile), TileBytes(leaves_, tile));
        continue;
      }
      std::vector<base::ByteView> views;
      for (uint64_t i = 0; i < tile.width; ++i) {
        views.push_back(base::AsBytes(entries_[tile.index * kTileWidth + i]));
      }
      Put(TilePath(tile), EntryBundle(views));
    }
    Put("checkpoint", base::AsBytes(Note(size)));
    for (const uint64_t earlier : {uint64_t{1}, (size + 1) / 2, size}) {
      Put("checkpoints/" + std::to_string(earlier), base::AsBytes(Note(earlier)));
    }
    LogProof proof{base::ToBytes(entries_[size / 3]), size / 3, InclusionProof(leaves_, size / 3),
                   Note(size)};
    Put("proof", base::AsBytes(WriteProof(proof)));
  }
  Outcome Read() const {
    return Execute("'" + program_ + "' '" + folder_ + "' '" + log_.verifier().Text() + "' '" +
                   one_.verifier().Text() + "' '" + two_.verifier().Text() + "' --proof '" +
                   folder_ + "/proof'");
  }
  void Flip(const std::string& name, size_t at) const {
    std::fstream file(folder_ + "/" + name, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file.is_open()) << name;
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }

  static inline std::string program_;
  std::string folder_;
  std::vector<std::string> entries_;
  std::vector<Digest> leaves_;
  NoteSigner log_ = Key(1, "region.test/log");
  NoteSigner one_ = Key(2, "one.test/w", SignatureKind::kCosignature);
  NoteSigner two_ = Key(3, "two.test/w", SignatureKind::kCosignature);
};

TEST_F(GoReadsOurLog, AtEverySizeAroundATile) {
  for (const uint64_t size :
       {1u, 2u, 7u, 255u, 256u, 257u, 511u, 512u, 513u, 65'535u, 65'536u, 65'537u}) {
    std::filesystem::remove_all(folder_);
    Write(size);
    const auto read = Read();
    EXPECT_EQ(read.status, 0) << size << ": " << read.output;
    EXPECT_THAT(read.output, testing::StartsWith(std::to_string(size) + " entries, 3 signatures"));
  }
}

TEST_F(GoReadsOurLog, AndSeesWhatWasTamperedWith) {
  Write(300);
  ASSERT_EQ(Read().status, 0);
  for (const auto& [name, at] :
       std::vector<std::pair<std::string, size_t>>{{"tile/0/000", 40},
                                                   {"tile/0/001.p/44", 1'400},
                                                   {"tile/1/000.p/1", 3},
                                                   {"tile/entries/000", 50},
                                                   {"tile/entries/001.p/44", 9},
                                                   {"checkpoint", 20},
                                                   {"checkpoint", 120},
                                                   {"checkpoints/150", 30},
                                                   {"proof", 40},
                                                   {"proof", 100}}) {
    Flip(name, at);
    EXPECT_NE(Read().status, 0) << name << " at " << at;
    Flip(name, at);
  }
  EXPECT_EQ(Read().status, 0);
}

}  // namespace
}  // namespace polder::crypto::log
