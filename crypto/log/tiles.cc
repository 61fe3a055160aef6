#include "crypto/log/tiles.h"

#include <algorithm>

#include "policies/base/problem.h"

namespace polder::crypto::log {
namespace {

constexpr size_t kMaxEntryBytes = 65535;
constexpr int kMaxLevel = 7;  // 256^8 leaves are more than any counter holds

// Leaves under one hash of a tile of this level.
uint64_t LeavesPerHash(int level) { return uint64_t{1} << (8 * level); }

std::string ThreeDigits(uint64_t value) {
  std::string text = std::to_string(value);
  return std::string(3 - text.size(), '0') + text;
}

std::optional<uint64_t> Decimal(std::string_view text, uint64_t most) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + static_cast<uint64_t>(c - '0');
  }
  return value <= most ? std::optional(value) : std::nullopt;
}

// "x001/x234/067" up to the end of `text`.
std::optional<uint64_t> IndexOf(std::string_view text) {
  uint64_t index = 0;
  bool first = true;
  while (true) {
    const bool more = !text.empty() && text[0] == 'x';
    if (more) text.remove_prefix(1);
    if (text.size() < 3) return std::nullopt;
    uint64_t group = 0;
    for (const char c : text.substr(0, 3)) {
      if (c < '0' || c > '9') return std::nullopt;
      group = 10 * group + static_cast<uint64_t>(c - '0');
    }
    if (first && more && group == 0) return std::nullopt;  // one spelling only
    if (index > (UINT64_MAX - group) / 1000) return std::nullopt;
    index = 1000 * index + group;
    text.remove_prefix(3);
    first = false;
    if (!more) return text.empty() ? std::optional(index) : std::nullopt;
    if (text.empty() || text[0] != '/') return std::nullopt;
    text.remove_prefix(1);
  }
}

}  // namespace

std::string TilePath(const Tile& tile) {
  std::string index = ThreeDigits(tile.index % 1000);
  for (uint64_t rest = tile.index / 1000; rest > 0; rest /= 1000) {
    index = "x" + ThreeDigits(rest % 1000) + "/" + index;
  }
  const std::string level =
      tile.level == kEntriesLevel ? std::string("entries") : std::to_string(tile.level);
  const std::string partial =
      tile.width == kTileWidth ? std::string() : ".p/" + std::to_string(tile.width);
  return "tile/" + level + "/" + index + partial;
}

std::optional<Tile> ParseTilePath(std::string_view path) {
  Tile tile;
  if (!path.starts_with("tile/")) return std::nullopt;
  path.remove_prefix(5);
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view level_text = path.substr(0, slash);
  if (level_text == "entries") {
    tile.level = kEntriesLevel;
  } else {
    const std::optional<uint64_t> level = Decimal(level_text, kMaxLevel);
    if (!level) return std::nullopt;
    tile.level = static_cast<int>(*level);
  }
  path.remove_prefix(slash + 1);
  if (const size_t partial = path.find(".p/"); partial != std::string_view::npos) {
    const std::optional<uint64_t> width = Decimal(path.substr(partial + 3), kTileWidth - 1);
    if (!width || *width == 0) return std::nullopt;
    tile.width = static_cast<uint32_t>(*width);
    path = path.substr(0, partial);
  }
  const std::optional<uint64_t> index = IndexOf(path);
  if (!index) return std::nullopt;
  tile.index = *index;
  return tile;
}

std::vector<Tile> TilesOf(uint64_t size) {
  std::vector<Tile> tiles;
  const auto add_level = [&tiles](int level, uint64_t hashes) {
    for (uint64_t i = 0; i < hashes / kTileWidth; ++i) tiles.push_back({level, i, kTileWidth});
    const uint32_t rest = static_cast<uint32_t>(hashes % kTileWidth);
    if (rest > 0) tiles.push_back({level, hashes / kTileWidth, rest});
  };
  add_level(kEntriesLevel, size);
  for (int level = 0; level <= kMaxLevel && size >> (8 * level) > 0; ++level) {
    add_level(level, size >> (8 * level));
  }
  return tiles;
}

base::Bytes TileBytes(std::span<const Digest> leaves, const Tile& tile) {
  const bool possible = tile.level >= 0 && tile.level <= kMaxLevel && tile.width >= 1 &&
                        tile.width <= kTileWidth &&
                        tile.index <= (UINT64_MAX - tile.width) / kTileWidth &&
                        tile.index * kTileWidth + tile.width <= leaves.size() >> (8 * tile.level);
  if (!possible) {
    throw base::ProblemError("log-tile", "", "The log is too small for this tile.");
  }
  const uint64_t span = LeavesPerHash(tile.level);
  base::Bytes bytes;
  bytes.reserve(tile.width * sizeof(Digest));
  for (uint64_t i = 0; i < tile.width; ++i) {
    const uint64_t begin = (tile.index * kTileWidth + i) * span;
    const Digest hash = RootHash(leaves.subspan(begin, span));
    bytes.insert(bytes.end(), hash.begin(), hash.end());
  }
  return bytes;
}

std::optional<std::vector<Digest>> ParseTile(base::ByteView bytes) {
  if (bytes.size() % sizeof(Digest) != 0 || bytes.size() > kTileWidth * sizeof(Digest)) {
    return std::nullopt;
  }
  std::vector<Digest> hashes(bytes.size() / sizeof(Digest));
  for (size_t i = 0; i < hashes.size(); ++i) {
    const base::ByteView one = bytes.subspan(i * sizeof(Digest), sizeof(Digest));
    std::copy(one.begin(), one.end(), hashes[i].begin());
  }
  return hashes;
}

base::Bytes EntryBundle(std::span<const base::ByteView> entries) {
  base::Bytes bundle;
  for (const base::ByteView& entry : entries) {
    if (entry.size() > kMaxEntryBytes || entries.size() > kTileWidth) {
      throw base::ProblemError("log-entry", "",
                               "A bundle holds at most 256 entries of at most 65535 bytes.");
    }
    bundle.push_back(static_cast<uint8_t>(entry.size() >> 8));
    bundle.push_back(static_cast<uint8_t>(entry.size() & 0xff));
    bundle.insert(bundle.end(), entry.begin(), entry.end());
  }
  return bundle;
}

std::optional<std::vector<base::Bytes>> ParseEntryBundle(base::ByteView bytes) {
  std::vector<base::Bytes> entries;
  while (!bytes.empty()) {
    if (bytes.size() < 2 || entries.size() == kTileWidth) return std::nullopt;
    const size_t length = static_cast<size_t>(bytes[0]) << 8 | bytes[1];
    bytes = bytes.subspan(2);
    if (bytes.size() < length) return std::nullopt;
    entries.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    bytes = bytes.subspan(length);
  }
  return entries;
}

}  // namespace polder::crypto::log
