#include "server/govern/witness_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::server::govern {

namespace {

constexpr std::string_view kFirstLine = "polder-witness-1\n";

[[noreturn]] void Unavailable() {
  throw base::ProblemError("store-unavailable", "",
                           "The file of the last checkpoint cannot be read or written. Check that "
                           "its folder exists and belongs to the service's user.");
}

[[noreturn]] void Unreadable() {
  throw base::ProblemError("log-behind", "",
                           "The file of the last checkpoint is damaged, so nothing can be signed. "
                           "Restore it from a member that keeps the checkpoints.");
}

void WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Unavailable();
    text.remove_prefix(static_cast<size_t>(written));
  }
}

// Closes at the end of a scope.
struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

}  // namespace

WitnessFile::WitnessFile(const std::string& path)
    : path_(path), lock_(open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (lock_ < 0) Unavailable();
  while (flock(lock_, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    close(lock_);
    Unavailable();
  }
}

WitnessFile::~WitnessFile() { close(lock_); }

std::optional<Witnessed> WitnessFile::Read() const {
  File file{open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor < 0) {
    if (errno == ENOENT) return std::nullopt;
    Unavailable();
  }
  char buffer[256];
  ssize_t count = read(file.descriptor, buffer, sizeof buffer);
  if (count < 0) Unavailable();
  std::string_view text(buffer, static_cast<size_t>(count));
  if (!text.starts_with(kFirstLine)) Unreadable();
  text.remove_prefix(kFirstLine.size());
  Witnessed witnessed;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), witnessed.size);
  if (error != std::errc() || end == text.data() + text.size() || *end != '\n') Unreadable();
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  if (text.empty() || text.back() != '\n') Unreadable();
  auto root = base::FromHex(text.substr(0, text.size() - 1));
  if (!root || root->size() != witnessed.root.size()) Unreadable();
  std::copy(root->begin(), root->end(), witnessed.root.begin());
  return witnessed;
}

void WitnessFile::Replace(const Witnessed& witnessed) const {
  const std::string fresh = path_ + ".new";
  {
    File file{open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (file.descriptor < 0) Unavailable();
    WriteAll(file.descriptor, std::string(kFirstLine) + std::to_string(witnessed.size) + "\n" +
                                  base::ToHex(witnessed.root) + "\n");
    if (fsync(file.descriptor) != 0) Unavailable();
  }
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) Unavailable();
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  File directory{open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.descriptor < 0 || fsync(directory.descriptor) != 0) Unavailable();
}

}  // namespace polder::server::govern
