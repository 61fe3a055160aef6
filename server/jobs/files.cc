#include "server/jobs/files.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "policies/base/problem.h"

namespace polder::server::jobs {
namespace {

[[noreturn]] void CannotWrite(const std::string& path) {
  throw base::ProblemError("cannot-write", "",
                           path +
                               " could not be written; check the directory, its rights and the "
                               "space on the disk");
}

void SyncPath(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) CannotWrite(path);
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (!synced) CannotWrite(path);
}

}  // namespace

std::string ReadWholeFile(const std::string& path) {
  std::error_code error;
  std::ifstream file;
  if (!std::filesystem::is_directory(path, error)) file.open(path, std::ios::binary);
  std::string text;
  if (file.is_open()) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) {
    throw base::ProblemError("cannot-read", "",
                             path + " could not be read; check its name and its rights");
  }
  return text;
}

namespace {

void Write(const std::string& path, std::string_view text, mode_t mode) {
  const std::string beside = path + ".new";
  // one that an interrupted run left behind would keep its rights
  std::remove(beside.c_str());
  const int made = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (made < 0) CannotWrite(path);
  ::close(made);
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.flush();
    if (!file) CannotWrite(path);
  }
  SyncPath(beside, O_RDONLY);
  if (std::rename(beside.c_str(), path.c_str()) != 0) CannotWrite(path);
  const auto directory = std::filesystem::path(path).parent_path();
  SyncPath(directory.empty() ? "." : directory.string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace

void WriteWholeFile(const std::string& path, std::string_view text) { Write(path, text, 0666); }
void WriteSecretFile(const std::string& path, std::string_view text) { Write(path, text, 0600); }

void MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) CannotWrite(path);
}

}  // namespace polder::server::jobs
