#include "crypto/log/tiles.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/log/checkpoint.h"
#include "crypto/log/note.h"
#include "policies/base/problem.h"
#include "tests/crypto/digest/vectors.h"

namespace polder::crypto::log {
namespace {

std::vector<Digest> Leaves(uint64_t count) {
  std::vector<Digest> leaves;
  leaves.reserve(count);
  for (uint64_t i = 0; i < count; ++i) leaves.push_back(LeafHash(base::AsBytes(std::to_string(i))));
  return leaves;
}

TEST(TilePath, IsAsPublishedAndBack) {
  const std::pair<Tile, const char*> rows[] = {
      {{0, 1234067, 256}, "tile/0/x001/x234/067"},
      {{1, 0, 17}, "tile/1/000.p/17"},
      {{kEntriesLevel, 5, 256}, "tile/entries/005"},
      {{kEntriesLevel, 1000, 1}, "tile/entries/x001/000.p/1"},
      {{7, 999, 255}, "tile/7/999.p/255"}};
  for (const auto& [tile, path] : rows) {
    EXPECT_EQ(TilePath(tile), path);
    EXPECT_EQ(ParseTilePath(path), tile) << path;
  }
}

TEST(TilePath, HasOneSpelling) {
  for (const char* wrong : {"",
                            "tile",
                            "tile/0",
                            "tile/0/",
                            "tile/00/000",
                            "tile/8/000",
                            "tile/-1/000",
                            "tile/0/0",
                            "tile/0/0000",
                            "tile/0/x000/001",
                            "tile/0/x001",
                            "tile/0/001/002",
                            "tile/0/000.p/0",
                            "tile/0/000.p/256",
                            "tile/0/000.p/01",
                            "tile/0/000.p/",
                            "tile/0/000/",
                            "tile/0/../secret",
                            "/tile/0/000",
                            "tile/entries/00a",
                            "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_FALSE(ParseTilePath(wrong).has_value()) << wrong;
  }
}

TEST(TilesOf, MatchesTheExampleOfTheFormat) {
  // "A tree of size 70,000 …": 273 full and one partial (112) of level 0, one full and one partial
  // (17) of level 1, one partial (1) of level 2.
  std::map<std::pair<int, uint32_t>, int> count;
  for (const Tile& tile : TilesOf(70000)) ++count[{tile.level, tile.width}];
  const std::map<std::pair<int, uint32_t>, int> expected = {{{kEntriesLevel, 256}, 273},
                                                            {{kEntriesLevel, 112}, 1},
                                                            {{0, 256}, 273},
                                                            {{0, 112}, 1},
                                                            {{1, 256}, 1},
                                                            {{1, 17}, 1},
                                                            {{2, 1}, 1}};
  EXPECT_EQ(count, expected);
  EXPECT_TRUE(TilesOf(0).empty());
}

TEST(TileBytes, RebuildTheRootAtTheEdgesOfTiles) {
  const std::vector<Digest> leaves = Leaves(65537);
  for (const uint64_t size : {1u, 255u, 256u, 257u, 511u, 513u, 65535u, 65536u, 65537u}) {
    const auto tree = std::span(leaves).first(size);
    // A reader's way: the tiles of level 0 give all leaf hashes back; each higher hash is the root
    // of the tile below it.
    std::map<int, std::vector<Digest>> by_level;
    for (const Tile& tile : TilesOf(size)) {
      if (tile.level == kEntriesLevel) continue;
      const auto hashes = ParseTile(TileBytes(tree, tile)).value();
      EXPECT_EQ(hashes.size(), tile.width);
      auto& level = by_level[tile.level];
      EXPECT_EQ(level.size(), tile.index * kTileWidth);
      level.insert(level.end(), hashes.begin(), hashes.end());
    }
    EXPECT_EQ(RootHash(by_level[0]), RootHash(tree)) << size;
    for (const auto& [level, hashes] : by_level) {
      if (level == 0) continue;
      for (size_t i = 0; i < hashes.size(); ++i) {
        EXPECT_EQ(hashes[i], RootHash(std::span(by_level[level - 1]).subspan(256 * i, 256)));
      }
      EXPECT_EQ(hashes.size(), by_level[level - 1].size() / 256);
    }
  }
}

TEST(TileBytes, RefusesTilesThatTheTreeDoesNotHave) {
  const std::vector<Digest> leaves = Leaves(300);
  for (const Tile& tile :
       {Tile{0, 1, 45}, Tile{0, 2, 1}, Tile{1, 0, 2}, Tile{kEntriesLevel, 0, 1}, Tile{0, 0, 0},
        Tile{0, 0, 257}, Tile{8, 0, 1}, Tile{0, UINT64_MAX / 256, 256}}) {
    EXPECT_THROW(TileBytes(leaves, tile), base::ProblemError) << tile.level << " " << tile.index;
  }
  EXPECT_EQ(TileBytes(leaves, {0, 1, 44}).size(), 44u * 32);
}

TEST(EntryBundle, SurvivesAndRefusesTruncation) {
  const base::Bytes first = base::ToBytes("one");
  const base::Bytes largest(65535, 'x');
  const base::Bytes too_large(65536, 'x');
  const std::vector<base::ByteView> entries = {first, {}, largest};
  const base::Bytes bundle = EntryBundle(entries);
  const auto read = ParseEntryBundle(bundle).value();
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0], first);
  EXPECT_TRUE(read[1].empty());
  EXPECT_EQ(read[2], largest);
  for (const size_t cut :
       {size_t{1}, size_t{2}, size_t{4}, size_t{6}, size_t{8}, bundle.size() - 1}) {
    EXPECT_FALSE(ParseEntryBundle(base::ByteView(bundle).first(cut)).has_value()) << cut;
  }
  EXPECT_THROW(EntryBundle(std::vector<base::ByteView>{too_large}), base::ProblemError);
  EXPECT_THROW(EntryBundle(std::vector<base::ByteView>(257)), base::ProblemError);
  EXPECT_FALSE(ParseEntryBundle(base::Bytes(2 * 257)).has_value());
}

TEST(PublishedLog, EntriesTilesCheckpointsAndSignaturesAllAgree) {
  const VerifierKey key = VerifierKey::Parse(
      "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
  std::vector<Digest> leaves;
  int checkpoints = 0;
  for (const tests::Fields& c : tests::ReadVectors("tlog_testdata")) {
    const base::Bytes bytes = tests::Hex(c[2]);
    if (c[0] == "entries") {
      const std::vector<base::Bytes> entries = ParseEntryBundle(bytes).value();
      for (const base::Bytes& entry : entries) leaves.push_back(LeafHash(entry));
    } else if (c[0] == "tile") {
      EXPECT_EQ(TileBytes(leaves, {0, 0, static_cast<uint32_t>(leaves.size())}), bytes);
    } else {
      const auto note = VerifyNote(base::AsText(bytes), key);
      ASSERT_TRUE(note.has_value()) << c[1];
      const Checkpoint checkpoint = Checkpoint::Parse(note->text).value();
      EXPECT_EQ(std::to_string(checkpoint.size), c[1]);
      EXPECT_EQ(checkpoint.root, RootHash(std::span(leaves).first(checkpoint.size)));
      ++checkpoints;
    }
  }
  EXPECT_EQ(leaves.size(), 15u);
  EXPECT_EQ(checkpoints, 15);
}

}  // namespace
}  // namespace polder::crypto::log
