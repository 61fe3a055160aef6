// Whole files, for commands: read at once, written whole or not at all.
#ifndef POLDER_SERVER_CONFIG_FILES_H_
#define POLDER_SERVER_CONFIG_FILES_H_

#include <functional>
#include <string>
#include <string_view>

namespace polder::server::config {

// Throws ProblemError "cannot-read" with the path.
std::string ReadFile(const std::string& path);
// The same part by part, for a file too large to hold; a part is valid during the call.
void ReadParts(const std::string& path, const std::function<void(std::string_view)>& take);
// Atomic: a reader sees the old file or the new one. `secret` makes it readable by its owner only.
// A device or a pipe is written as it is. Makes the folders above it. Throws ProblemError
// "cannot-write" with the path.
void WriteFile(const std::string& path, std::string_view text, bool secret = false);

// The same for a file too large to hold, written part by part. Without Finish there is no file.
class NewFile {
 public:
  explicit NewFile(std::string path, bool secret = false);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void Write(std::string_view text);
  void Finish();

 private:
  [[noreturn]] void Fail() const;

  const std::string path_;
  std::string draft_;  // empty: the path itself is written
  int file_ = -1;
};

}  // namespace polder::server::config

#endif  // POLDER_SERVER_CONFIG_FILES_H_
