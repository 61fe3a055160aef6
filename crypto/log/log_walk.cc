#include "crypto/log/log_walk.h"

#include <algorithm>
#include <map>
#include <utility>

#include "crypto/log/tiles.h"
#include "crypto/log/tree_hasher.h"

namespace polder::crypto::log {
namespace {

constexpr size_t kMostProblems = 20;

class Walker {
 public:
  Walker(const LogFiles& files, const LogPolicy& policy) : files_(files), policy_(policy) {}

  LogWalk Walk() {
    const auto note = files_.read("checkpoint");
    if (!note) {
      Problem("log-file-missing", "checkpoint", "there is no such file");
      return std::move(walk_);
    }
    std::string why;
    const auto trusted = policy_.Check(base::AsText(*note), &why);
    if (!trusted) {
      Problem("untrusted-checkpoint", "checkpoint", why);
      return std::move(walk_);
    }
    walk_.size = trusted->checkpoint.size;
    roots_.emplace(walk_.size, std::pair("checkpoint", trusted->checkpoint.root));
    ++walk_.checkpoints;
    ReadEarlier(trusted->checkpoint.origin);
    ReadEntries();
    if (walk_.problems.empty()) CheckTiles();
    return std::move(walk_);
  }

 private:
  void Problem(const char* code, const std::string& path, const std::string& detail) {
    if (walk_.problems.size() < kMostProblems) {
      walk_.problems.push_back({code, "", path + ": " + detail});
    }
  }

  // Signed by the log is enough for these: witnesses stand by the last one, and it by its prefixes.
  void ReadEarlier(const std::string& origin) {
    size_t number = 0;
    for (const std::string& note : files_.earlier_checkpoints) {
      const std::string name = "earlier checkpoint " + std::to_string(++number);
      const auto verified = VerifyNote(note, policy_.logs());
      const auto checkpoint = verified ? Checkpoint::Parse(verified->text) : std::nullopt;
      if (!checkpoint || checkpoint->origin != origin) {
        Problem("untrusted-checkpoint", name, "the log did not sign it");
      } else if (checkpoint->size > walk_.size) {
        Problem("log-forked", name, "it is of a larger log than the last checkpoint");
      } else {
        roots_.emplace(checkpoint->size, std::pair(name, checkpoint->root));
        ++walk_.checkpoints;
      }
    }
  }

  void CheckRoots() {
    const auto [from, to] = roots_.equal_range(tree_.size());
    for (auto at = from; at != to; ++at) {
      if (at->second.second != tree_.Root()) {
        Problem("log-forked", at->second.first,
                "the entries give another root for its " + std::to_string(tree_.size()) +
                    " leaves: an entry was rewritten, or there are two histories");
      }
    }
  }

  void ReadEntries() {
    CheckRoots();
    for (uint64_t first = 0; first < walk_.size; first += kTileWidth) {
      const auto width = static_cast<uint32_t>(std::min<uint64_t>(kTileWidth, walk_.size - first));
      const std::string path = TilePath({kEntriesLevel, first / kTileWidth, width});
      const auto bytes = files_.read(path);
      if (!bytes) return Problem("log-file-missing", path, "there is no such file");
      const auto entries = ParseEntryBundle(*bytes);
      if (!entries || entries->size() != width) {
        return Problem("log-file-damaged", path, "it does not hold its entries");
      }
      for (const base::Bytes& entry : *entries) {
        if (files_.entry) files_.entry(tree_.size(), entry);
        leaves_.push_back(LeafHash(entry));
        tree_.Append(leaves_.back());
        CheckRoots();
      }
    }
  }

  // Level by level, so that each tile costs what it holds.
  void CheckTiles() {
    std::vector<Digest> level = std::move(leaves_);
    for (int number = 0; !level.empty(); ++number) {
      std::vector<Digest> above;
      for (size_t first = 0; first < level.size(); first += kTileWidth) {
        const size_t width = std::min<size_t>(kTileWidth, level.size() - first);
        const std::span<const Digest> hashes = std::span(level).subspan(first, width);
        const std::string path =
            TilePath({number, first / kTileWidth, static_cast<uint32_t>(width)});
        const auto bytes = files_.read(path);
        const auto held = bytes ? ParseTile(*bytes) : std::nullopt;
        if (!bytes) {
          Problem("log-file-missing", path, "there is no such file");
        } else if (!held || !std::equal(held->begin(), held->end(), hashes.begin(), hashes.end())) {
          Problem("log-file-damaged", path, "it does not hold the hashes of its entries");
        }
        if (width == kTileWidth) above.push_back(RootHash(hashes));
      }
      level = std::move(above);
    }
  }

  const LogFiles& files_;
  const LogPolicy& policy_;
  LogWalk walk_;
  TreeHasher tree_;
  std::vector<Digest> leaves_;
  std::multimap<uint64_t, std::pair<std::string, Digest>> roots_;  // what was signed, by size
};

}  // namespace

LogWalk WalkLog(const LogFiles& files, const LogPolicy& policy) {
  return Walker(files, policy).Walk();
}

}  // namespace polder::crypto::log
