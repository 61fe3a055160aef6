#include "server/member/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "policies/base/problem.h"

namespace polder::server::member {
namespace {

[[noreturn]] void CannotWrite(const std::string& path) {
  throw base::ProblemError("cannot-write", "",
                           "Cannot write " + path + ": " + std::strerror(errno) + ".");
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (in.bad() || !in.is_open() || std::filesystem::is_directory(path)) {
    throw base::ProblemError("cannot-read", "",
                             "Cannot read " + path + ". Check the path and that you may read it.");
  }
  return std::move(text).str();
}

void WriteFile(const std::string& path, std::string_view content, bool secret) {
  const std::string draft = path + ".part";
  ::unlink(draft.c_str());  // an older draft may have a wider mode
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                          secret ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (file < 0) CannotWrite(path);
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t wrote = ::write(file, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const int reason = errno;
      ::close(file);
      ::unlink(draft.c_str());
      errno = reason;
      CannotWrite(path);
    }
    done += static_cast<size_t>(wrote);
  }
  if (::close(file) != 0 || std::rename(draft.c_str(), path.c_str()) != 0) CannotWrite(path);
}

crypto::digest::SecretBytes ReadKeyFile(const std::string& path) {
  std::string text = ReadFile(path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  auto bytes = base::FromHex(text);
  crypto::digest::SecureWipe(text);
  if (!bytes || bytes->size() < 32) {
    if (bytes) crypto::digest::SecureWipe(*bytes);
    throw base::ProblemError("bad-key-file", "",
                             path + " holds no key: expected at least 64 hexadecimal digits.");
  }
  return crypto::digest::SecretBytes::Taking(std::move(*bytes));
}

}  // namespace polder::server::member
