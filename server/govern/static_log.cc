#include "server/govern/static_log.h"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "policies/base/problem.h"

namespace polder::server::govern {
namespace {

using crypto::log::kEntriesLevel;
using crypto::log::kTileWidth;
using crypto::log::Tile;

// How many leaves a node of this level stands for; 0 for more than a log can have.
uint64_t LeavesUnder(int level) {
  return level < 7 ? uint64_t{1} << (8 * static_cast<unsigned>(level < 0 ? 0 : level)) : 0;
}

void WriteWhole(const std::filesystem::path& path, base::ByteView bytes) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const std::filesystem::path fresh = path.string() + ".new";
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  const std::string_view text = base::AsText(bytes);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (file) std::filesystem::rename(fresh, path, error);
  if (!file || error) {
    throw base::ProblemError("cannot-write", "", "Cannot write " + path.string() + ".");
  }
}

}  // namespace

base::Bytes ReadTile(const store::Reader& reader, const Tile& tile) {
  const uint64_t each = LeavesUnder(tile.level);
  const uint64_t size = reader.LogSize();
  const uint64_t first = tile.index * kTileWidth;
  if (each == 0 || tile.index > size || first + tile.width > size / each) {
    throw base::ProblemError("not-found", "", "The log is too small for this tile.");
  }
  if (tile.level != kEntriesLevel) {
    return crypto::log::TileBytes(reader.LeafHashes((first + tile.width) * each), tile);
  }
  const std::vector<store::LeafRecord> leaves = reader.Leaves(first, first + tile.width);
  std::vector<base::ByteView> entries;
  for (const auto& leaf : leaves) entries.push_back(base::AsBytes(leaf.canonical));
  return crypto::log::EntryBundle(entries);
}

void ExportLog(const store::Reader& reader, const store::CheckpointRecord& checkpoint,
               const std::string& directory) {
  const std::filesystem::path root(directory);
  for (const Tile& tile : crypto::log::TilesOf(checkpoint.size)) {
    const std::filesystem::path path = root / crypto::log::TilePath(tile);
    if (!std::filesystem::exists(path)) WriteWhole(path, ReadTile(reader, tile));
  }
  for (const auto& earlier : reader.Checkpoints()) {
    if (earlier.size > checkpoint.size) break;
    const std::filesystem::path path = root / "checkpoints" / std::to_string(earlier.size);
    const auto cosigned = reader.FindCosigned(earlier.size);
    // Witnesses may have come to it since it was written.
    if (cosigned || !std::filesystem::exists(path)) {
      WriteWhole(path, base::AsBytes(cosigned ? cosigned->note : earlier.note));
    }
  }
  WriteWhole(root / "checkpoint", base::AsBytes(checkpoint.note));
}

}  // namespace polder::server::govern
