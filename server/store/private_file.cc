#include "server/store/private_file.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "policies/base/problem.h"

namespace polder::server::store {

namespace {

[[noreturn]] void Unavailable() {
  throw base::ProblemError("store-unavailable", "",
                           "The store's file cannot be opened or written. Check that its folder "
                           "exists and belongs to the service's user.");
}

void Sync(const std::string& path, int flags) {
  int file = open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) Unavailable();
  int result = fsync(file);
  close(file);
  if (result != 0) Unavailable();
}

}  // namespace

void MakePrivateFile(const std::string& path) {
  int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) Unavailable();
  close(file);
}

void MakeNewPrivateFile(const std::string& path) {
  int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    throw base::ProblemError("file-exists", "",
                             "There is a file of that name already. Choose another name: a backup "
                             "never overwrites one.");
  }
  if (file < 0) Unavailable();
  close(file);
}

void SyncFile(const std::string& path) {
  Sync(path, O_RDONLY);
  std::string folder = std::filesystem::path(path).parent_path().string();
  Sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

void UseWriteAheadLog(Connection& connection, int timeout_ms) {
  using Clock = std::chrono::steady_clock;
  auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    try {
      connection.Execute("PRAGMA journal_mode = WAL");
      return;
    } catch (const base::ProblemError&) {
      if (Clock::now() >= deadline) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

}  // namespace polder::server::store
