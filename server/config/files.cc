#include "server/config/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

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

void WriteFile(const std::string& path, std::string_view text, bool secret) {
  const auto fail = [&] {
    throw base::ProblemError("cannot-write", "",
                             "Cannot write " + path + ": " + std::strerror(errno) + ".");
  };
  std::error_code ignored;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  const std::string draft = path + ".part";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                          secret ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (file < 0) fail();
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      ::close(file);
      fail();
    }
    done += static_cast<size_t>(wrote);
  }
  if (::fsync(file) != 0 || ::close(file) != 0) fail();
  if (std::rename(draft.c_str(), path.c_str()) != 0) fail();
}

}  // namespace polder::server::config
