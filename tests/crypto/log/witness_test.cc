#include "crypto/log/witness.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/log/checkpoint.h"
#include "crypto/log/log_policy.h"
#include "crypto/log/log_walk.h"
#include "crypto/log/tiles.h"
#include "crypto/log/tree_hasher.h"

namespace polder::crypto::log {
namespace {

NoteSigner Signer(const char* name, uint8_t seed, SignatureKind kind = SignatureKind::kNote) {
  digest::SecretBytes bytes(32);
  bytes.writable()[0] = seed;
  return NoteSigner(name, keys::PrivateKey::FromEd25519Seed(bytes), kind);
}

std::vector<Digest> Leaves(size_t count, int history = 0) {
  std::vector<Digest> leaves;
  for (size_t i = 0; i < count; ++i) {
    leaves.push_back(LeafHash(base::AsBytes(std::to_string(history) + "/" + std::to_string(i))));
  }
  return leaves;
}

class WitnessTest : public testing::Test {
 protected:
  std::string Note(const std::vector<Digest>& leaves) {
    return MakeNote(Checkpoint{"log.test/a", leaves.size(), RootHash(leaves), {}}.Text(), log_);
  }
  WitnessDecision Ask(const std::string& body) {
    const VerifierKey known[] = {other_.verifier(), log_.verifier()};
    WitnessDecision decision =
        Decide(body, known, [&](const std::string& origin) { return seen_[origin]; });
    if (decision.status == 200) seen_[decision.origin] = decision.now_seen;
    return decision;
  }
  WitnessDecision Ask(uint64_t old_size, std::vector<Digest> proof,
                      const std::vector<Digest>& leaves) {
    return Ask(WriteCheckpointRequest({old_size, std::move(proof), Note(leaves)}));
  }

  NoteSigner log_ = Signer("log.test/a", 1);
  NoteSigner other_ = Signer("log.test/b", 2);
  std::map<std::string, SeenCheckpoint> seen_;
};

TEST_F(WitnessTest, FollowsALogThatGrows) {
  const auto leaves = Leaves(300);
  uint64_t last = 0;
  for (const size_t size : {1u, 2u, 3u, 3u, 255u, 256u, 257u, 300u}) {
    const std::vector<Digest> now(leaves.begin(), leaves.begin() + static_cast<long>(size));
    const auto proof = last == 0 ? std::vector<Digest>{} : ConsistencyProof(now, last);
    EXPECT_EQ(Ask(last, proof, now).status, 200) << size;
    last = size;
  }
  EXPECT_EQ(seen_["log.test/a"], (SeenCheckpoint{300, RootHash(leaves)}));
}

TEST_F(WitnessTest, TellsTheSizeToWhoDoesNotKnowIt) {
  EXPECT_EQ(Ask(0, {}, Leaves(7)).status, 200);
  for (const uint64_t old_size : {0u, 6u, 8u}) {
    const auto decision = Ask(old_size, {}, Leaves(9));
    EXPECT_EQ(decision.status, 409);
    EXPECT_EQ(decision.body, "7\n");
    EXPECT_EQ(decision.content_type, "text/x.tlog.size");
  }
  EXPECT_EQ(seen_["log.test/a"].size, 7u);
}

TEST_F(WitnessTest, NeverCosignsAFork) {
  EXPECT_EQ(Ask(0, {}, Leaves(7)).status, 200);
  const SeenCheckpoint before = seen_["log.test/a"];
  const auto fork = Leaves(9, 1);
  EXPECT_EQ(Ask(7, ConsistencyProof(fork, 7), fork).status, 422);
  EXPECT_EQ(Ask(7, {}, Leaves(7, 1)).status, 422);  // as large, another root
  EXPECT_EQ(Ask(7, {}, Leaves(9)).status, 422);     // true, and not proved
  EXPECT_EQ(seen_["log.test/a"], before);
}

TEST_F(WitnessTest, NeverGoesBack) {
  EXPECT_EQ(Ask(0, {}, Leaves(7)).status, 200);
  EXPECT_EQ(Ask(7, {}, Leaves(6)).status, 400);
  EXPECT_EQ(Ask(0, {}, Leaves(6)).status, 409);
  EXPECT_EQ(seen_["log.test/a"].size, 7u);
}

TEST_F(WitnessTest, OfAnEmptyTreeThereIsOneRoot) {
  EXPECT_EQ(Ask(0, {}, {}).status, 200);
  const std::string wrong = MakeNote(Checkpoint{"log.test/a", 0, Digest{}, {}}.Text(), log_);
  EXPECT_EQ(Ask(WriteCheckpointRequest({0, {}, wrong})).status, 422);
  EXPECT_EQ(Ask(0, {Digest{}}, Leaves(3)).status, 422);  // nothing to prove from nothing
}

TEST_F(WitnessTest, BelievesOnlyTheLogItself) {
  const std::string text = Checkpoint{"log.test/a", 3, RootHash(Leaves(3)), {}}.Text();
  EXPECT_EQ(Ask(WriteCheckpointRequest({0, {}, MakeNote(text, other_)})).status, 403);
  EXPECT_EQ(Ask(WriteCheckpointRequest({0, {}, MakeNote(text, Signer("log.test/a", 9))})).status,
            403);
  const std::string unknown = Checkpoint{"log.test/c", 3, RootHash(Leaves(3)), {}}.Text();
  EXPECT_EQ(Ask(WriteCheckpointRequest({0, {}, MakeNote(unknown, Signer("log.test/c", 9))})).status,
            404);
  EXPECT_EQ(Ask(WriteCheckpointRequest({0, {}, MakeNote("log.test/a\nno\n", log_)})).status, 400);
  EXPECT_TRUE(seen_.empty());
}

TEST_F(WitnessTest, MalformedRequestsAreRefused) {
  const std::string note = Note(Leaves(3));
  const std::string hash = base::ToBase64(Digest{});
  std::string many = "old 1\n";
  for (int i = 0; i < 64; ++i) many += hash + "\n";
  for (const std::string& body :
       {std::string(), "old 0\n" + note, "old\n\n" + note, "old 00\n\n" + note, "old -1\n\n" + note,
        "old 1 \n\n" + note, "Old 0\n\n" + note, "old 9223372036854775808\n\n" + note,
        "old 1\n" + hash.substr(4) + "\n\n" + note, many + "\n" + note, std::string("old 0\n\n")}) {
    EXPECT_EQ(Ask(body).status, 400) << body;
  }
  EXPECT_EQ(Ask("old 0\n\n" + note).status, 200);
}

TEST(TreeHasher, GivesTheRootOfEveryPrefix) {
  const auto leaves = Leaves(300);
  TreeHasher tree;
  for (size_t size = 0; size <= leaves.size(); ++size) {
    ASSERT_EQ(tree.Root(), RootHash(std::span(leaves).first(size))) << size;
    if (size < leaves.size()) tree.Append(leaves[size]);
  }
}

// A whole log as static files, in memory.
class LogWalkTest : public testing::Test {
 protected:
  void Make(size_t size) {
    entries_.clear();
    for (size_t i = 0; i < size; ++i) entries_.push_back("entry " + std::to_string(i));
    Write();
  }
  void Write() {
    files_.clear();
    std::vector<Digest> leaves;
    for (const auto& entry : entries_) leaves.push_back(LeafHash(base::AsBytes(entry)));
    for (const Tile& tile : TilesOf(entries_.size())) {
      if (tile.level != kEntriesLevel) {
        files_[TilePath(tile)] = TileBytes(leaves, tile);
        continue;
      }
      std::vector<base::ByteView> views;
      for (size_t i = 0; i < tile.width; ++i) {
        views.push_back(base::AsBytes(entries_[tile.index * kTileWidth + i]));
      }
      files_[TilePath(tile)] = EntryBundle(views);
    }
    files_["checkpoint"] = base::ToBytes(Signed(entries_.size()));
  }
  std::string Signed(size_t size) {
    std::vector<Digest> leaves;
    for (size_t i = 0; i < size; ++i) leaves.push_back(LeafHash(base::AsBytes(entries_[i])));
    return MakeNote(Checkpoint{"log.test/a", size, RootHash(leaves), {}}.Text(), log_);
  }
  LogWalk Walk(std::vector<std::string> earlier = {}) {
    return WalkLog({.read = [&](const std::string& path) -> std::optional<base::Bytes> {
                      const auto found = files_.find(path);
                      return found == files_.end() ? std::nullopt : std::optional(found->second);
                    },
                    .earlier_checkpoints = std::move(earlier),
                    .entry = {}},
                   LogPolicy::ForLog(log_.verifier()));
  }

  NoteSigner log_ = Signer("log.test/a", 1);
  std::vector<std::string> entries_;
  std::map<std::string, base::Bytes> files_;
};

TEST_F(LogWalkTest, AWholeLogPassesAtEverySizeAroundATile) {
  for (const size_t size :
       {1u, 2u, 255u, 256u, 257u, 511u, 512u, 513u, 65'535u, 65'536u, 65'537u}) {
    Make(size);
    const LogWalk walk = Walk({Signed(1), Signed((size + 1) / 2), Signed(size)});
    EXPECT_TRUE(walk.problems.empty()) << size << " " << walk.problems.front().detail;
    EXPECT_EQ(walk.size, size);
    EXPECT_EQ(walk.checkpoints, 4u);
  }
}

TEST_F(LogWalkTest, EveryChangedByteOfEveryFileIsFound) {
  Make(259);
  const auto whole = files_;
  ASSERT_TRUE(Walk().problems.empty());
  for (const auto& [path, bytes] : whole) {
    for (size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 25) {
      files_ = whole;
      files_[path][at] ^= 1;
      EXPECT_FALSE(Walk().problems.empty()) << path << " at " << at;
    }
    files_ = whole;
    files_.erase(path);
    EXPECT_FALSE(Walk().problems.empty()) << path;
  }
}

TEST_F(LogWalkTest, ARewrittenHistoryIsFoundByAnyCheckpointThatWasKept) {
  Make(300);
  const std::string kept = Signed(100);
  entries_[42] = "entry 42, rewritten";
  Write();  // the log signs its new history
  EXPECT_TRUE(Walk().problems.empty());
  const LogWalk walk = Walk({kept});
  ASSERT_EQ(walk.problems.size(), 1u);
  EXPECT_EQ(walk.problems.front().code, "log-forked");
  Make(300);
  const std::string larger = Signed(300);
  Make(200);
  EXPECT_EQ(Walk({larger}).problems.at(0).code, "log-forked");
  EXPECT_EQ(Walk({"nonsense"}).problems.at(0).code, "untrusted-checkpoint");
}

}  // namespace
}  // namespace polder::crypto::log
