// The log as static files: tiles of 256 hashes and bundles of entries.
// Source: c2sp.org/tlog-tiles.
#ifndef POLDER_CRYPTO_LOG_TILES_H_
#define POLDER_CRYPTO_LOG_TILES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/merkle.h"
#include "policies/base/bytes.h"

namespace polder::crypto::log {

inline constexpr int kEntriesLevel = -1;  // a bundle of entries rather than a tile
inline constexpr uint32_t kTileWidth = 256;

// `width` is 1 to 256; below 256 the tile is partial.
struct Tile {
  int level = 0;  // 0 to 7, or kEntriesLevel
  uint64_t index = 0;
  uint32_t width = kTileWidth;

  friend bool operator==(const Tile&, const Tile&) = default;
};

// "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000.p/3".
std::string TilePath(const Tile& tile);
// The inverse, strict; nullopt for every other text.
std::optional<Tile> ParseTilePath(std::string_view path);

// Every tile and bundle that a tree of `size` leaves consists of, lowest level first.
std::vector<Tile> TilesOf(uint64_t size);

// The bytes of one tile (level >= 0) of the tree over `leaves`: width * 32. Throws ProblemError
// "log-tile" when the tree is too small for it.
base::Bytes TileBytes(std::span<const Digest> leaves, const Tile& tile);
// The hashes in a level 0 tile; nullopt unless a multiple of 32 bytes, at most 256 of them.
std::optional<std::vector<Digest>> ParseTile(base::ByteView bytes);

// be16 length and bytes of each entry. Throws ProblemError "log-entry" for one over 65535 bytes or
// more than 256 of them.
base::Bytes EntryBundle(std::span<const base::ByteView> entries);
std::optional<std::vector<base::Bytes>> ParseEntryBundle(base::ByteView bytes);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_TILES_H_
