#include "server/config/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/base/problem.h"

namespace polder::server::config {

std::string ReadFile(const std::string& path) {
  const auto fail = [&] {
    throw base::ProblemError("cannot-read", "",
                             "Cannot read " + path + ". Check the path and that you may read it.");
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail();
  struct stat about {};
  // One byte more than the file should have, so that its end is seen without growing again.
  const bool known = ::fstat(file, &about) == 0 && about.st_size > 0;
  std::string text(known ? static_cast<size_t>(about.st_size) + 1 : 4096, '\0');
  size_t done = 0;
  for (;;) {
    const ssize_t got = ::read(file, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      ::close(file);
      fail();
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
    if (done == text.size()) text.resize(2 * text.size());
  }
  ::close(file);
  text.resize(done);
  return text;
}

NewFile::NewFile(std::string path, bool secret) : path_(std::move(path)) {
  // A device or a pipe is written, never replaced.
  struct stat about {};
  if (::stat(path_.c_str(), &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (file_ < 0) Fail();
    return;
  }
  draft_ = path_ + ".part";
  std::error_code ignored;
  const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  file_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                 secret ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (file_ < 0) Fail();
}

NewFile::~NewFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

void NewFile::Fail() const {
  throw base::ProblemError("cannot-write", "",
                           "Cannot write " + path_ + ": " + std::strerror(errno) + ".");
}

void NewFile::Write(std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(file_, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) Fail();
    done += static_cast<size_t>(wrote);
  }
}

void NewFile::Finish() {
  if (!draft_.empty() && ::fsync(file_) != 0) Fail();
  if (::close(std::exchange(file_, -1)) != 0) Fail();
  if (!draft_.empty() && std::rename(draft_.c_str(), path_.c_str()) != 0) Fail();
}

void WriteFile(const std::string& path, std::string_view text, bool secret) {
  NewFile file(path, secret);
  file.Write(text);
  file.Finish();
}

}  // namespace polder::server::config
