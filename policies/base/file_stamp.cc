#include "policies/base/file_stamp.h"

#include <sys/stat.h>

namespace polder::base {

FileStamp FileStamp::Of(const std::vector<std::string>& paths) {
  FileStamp stamp;
  for (const std::string& path : paths) {
    struct stat facts {};
    if (path.empty() || ::stat(path.c_str(), &facts) != 0) {
      stamp.facts_.push_back(-1);
      continue;
    }
    stamp.facts_.insert(
        stamp.facts_.end(),
        {static_cast<int64_t>(facts.st_dev), static_cast<int64_t>(facts.st_ino),
         static_cast<int64_t>(facts.st_size), static_cast<int64_t>(facts.st_mtim.tv_sec),
         static_cast<int64_t>(facts.st_mtim.tv_nsec), static_cast<int64_t>(facts.st_ctim.tv_sec),
         static_cast<int64_t>(facts.st_ctim.tv_nsec)});
  }
  return stamp;
}

}  // namespace polder::base
