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

namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) Fail();
  }
  ~OpenFile() { ::close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Nothing when it is not known beforehand.
  size_t size() const {
    struct stat about {};
    return ::fstat(file_, &about) == 0 && about.st_size > 0 ? static_cast<size_t>(about.st_size)
                                                            : 0;
  }
  size_t Read(char* into, size_t room) {  // 0 at the end
    for (;;) {
      const ssize_t got = ::read(file_, into, room);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) Fail();
    }
  }

 private:
  [[noreturn]] void Fail() const {
    throw base::ProblemError("cannot-read", "",
                             "Cannot read " + path_ + ". Check the path and that you may read it.");
  }
  const std::string path_;
  const int file_;
};

}  // namespace

std::string ReadFile(const std::string& path) {
  OpenFile file(path);
  // One byte more than the file should have, so that its end is seen without growing again.
  std::string text(file.size() > 0 ? file.size() + 1 : 4096, '\0');
  size_t done = 0;
  while (const size_t got = file.Read(text.data() + done, text.size() - done)) {
    done += got;
    if (done == text.size()) text.resize(2 * text.size());
  }
  text.resize(done);
  return text;
}

void ReadParts(const std::string& path, const std::function<void(std::string_view)>& take) {
  OpenFile file(path);
  std::string part(size_t{1} << 16, '\0');
  while (const size_t got = file.Read(part.data(), part.size())) {
    take(std::string_view(part).substr(0, got));
  }
}

NewFile::NewFile(std::string path, bool secret) : path_(std::move(path)) {
  // A device or a pipe is written, never replaced.
  struct stat about {};
  const bool there = ::stat(path_.c_str(), &about) == 0;
  if (there && S_ISDIR(about.st_mode)) {
    errno = EISDIR;
    Fail();
  }
  if (there && !S_ISREG(about.st_mode)) {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (file_ < 0) Fail();
    return;
  }
  std::error_code ignored;
  const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  // A draft of its own, whatever was left behind or happens to be called so.
  const std::string draft = path_ + "." + std::to_string(::getpid());
  for (int attempt = 0; file_ < 0; ++attempt) {
    draft_ = draft + "-" + std::to_string(attempt) + ".part";
    file_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                   secret ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    if (file_ < 0 && errno != EEXIST) Fail();
  }
}

NewFile::~NewFile() {
  if (file_ >= 0) ::close(file_);
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
  draft_.clear();
}

void WriteFile(const std::string& path, std::string_view text, bool secret) {
  NewFile file(path, secret);
  file.Write(text);
  file.Finish();
}

}  // namespace polder::server::config
