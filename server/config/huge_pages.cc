#include "server/config/huge_pages.h"

#include <cstdlib>

#include <unistd.h>

namespace polder::server::config {

void RestartWithHugePages(char** argv) {
  constexpr char kName[] = "GLIBC_TUNABLES";
  if (std::getenv(kName) != nullptr) return;
  if (::setenv(kName, "glibc.malloc.hugetlb=1", 1) != 0) return;
  ::execv("/proc/self/exe", argv);
}

}  // namespace polder::server::config
