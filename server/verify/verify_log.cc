#include "server/verify/verify_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "crypto/log/checkpoint.h"
#include "crypto/log/log_walk.h"
#include "crypto/log/note.h"
#include "policies/base/bytes.h"
#include "server/verify/acts.h"

namespace polder::server::verify {
namespace {

std::optional<base::Bytes> ReadIn(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return std::nullopt;
  return base::Bytes(std::istreambuf_iterator<char>(file), {});
}

std::vector<std::string> NotesIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> notes;
  for (const auto& path : paths) {
    if (const auto note = ReadIn(path)) notes.emplace_back(base::AsText(*note));
  }
  return notes;
}

}  // namespace

LogVerdict VerifyLog(const std::string& directory, const std::vector<std::string>& earlier,
                     const crypto::log::LogPolicy& policy) {
  const std::filesystem::path root(directory);
  Acts acts;
  crypto::log::LogFiles files{
      .read = [&](const std::string& path) { return ReadIn(root / path); },
      .earlier_checkpoints = NotesIn(root / "checkpoints"),
      .entry = [&](uint64_t index, base::ByteView entry) { acts.Add(index, entry); }};
  files.earlier_checkpoints.insert(files.earlier_checkpoints.end(), earlier.begin(), earlier.end());
  crypto::log::LogWalk walk = crypto::log::WalkLog(files, policy);
  LogVerdict verdict{walk.size, walk.checkpoints, acts.releases(), std::move(walk.problems)};
  if (!verdict.problems.empty()) return verdict;
  std::vector<GivenOut> given_out;
  if (const auto last = ReadIn(root / "checkpoint")) {
    files.earlier_checkpoints.emplace_back(base::AsText(*last));
  }
  for (std::string& note : files.earlier_checkpoints) {
    const auto verified = crypto::log::VerifyNote(note, policy.logs());
    const auto checkpoint =
        verified ? crypto::log::Checkpoint::Parse(verified->text) : std::nullopt;
    if (checkpoint) given_out.push_back({checkpoint->size, std::move(note)});
  }
  verdict.problems = acts.Problems(given_out, policy);
  return verdict;
}

}  // namespace polder::server::verify
