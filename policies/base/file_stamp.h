// Whether files were replaced since they were read, so that a service takes over new certificates
// and revocation lists without a restart.
#ifndef POLDER_POLICIES_BASE_FILE_STAMP_H_
#define POLDER_POLICIES_BASE_FILE_STAMP_H_

#include <cstdint>
#include <string>
#include <vector>

namespace polder::base {

// What the file system says about some files: which they are, how long, and when they last changed.
// Equal stamps mean the same content, unless somebody set the clock back to hide a change. Files
// that are not there have a stamp too. Cost: one system call a file.
class FileStamp {
 public:
  static FileStamp Of(const std::vector<std::string>& paths);
  bool operator==(const FileStamp&) const = default;

 private:
  std::vector<int64_t> facts_;
};

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_FILE_STAMP_H_
